package policies

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/open-policy-agent/opa/v1/ast"
)

// What kustomize builds is more than the file that an object stands in: an image gets
// its tag, and a container its limits, elsewhere. A policy that finds something missing
// gives its result the key unless: words for what would make up for it. Its rule settles
// gives the words that an object, such as a patch or a kustomization, makes up for. In
// a folder that kustomize builds, a result stands only where none of its words is
// settled in the tree.
//
// There the result is a fact until the whole tree is known, and facts may be kept: such
// a result has a key brief, its message without anything of the object.
const (
	settlesRule = "settles"
	unlessKey   = "unless"
	briefKey    = "brief"
)

// The kinds of facts, with the ID of the policy behind them: a fault, whose key stands for
// the words of its unless, and what an object settles. All policies share one list.
const (
	factsOfPolicies = "policies"
	faultFact       = "fault "
	settledFact     = "settled "
)

// isKustomized tells whether kustomize builds the folder of a file.
func isKustomized(l checks.Layout, file string) bool { return !l.Plain(file) && !l.InChart(file) }

// wordsOf are the words that a rule named settles gives.
func wordsOf(value *ast.Term) []string {
	set, ok := value.Value.(ast.Set)
	if !ok {
		return nil
	}
	var words []string
	set.Foreach(func(t *ast.Term) {
		if s, ok := t.Value.(ast.String); ok {
			words = append(words, string(s))
		}
	})
	return words
}

// unlessOf are the words of a result's unless.
func (r ruled) unlessOf() []string {
	return textsOf(r.Metadata[unlessKey])
}

// textsOf are a text, or the texts of a list.
func textsOf(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var texts []string
		for _, item := range v {
			texts = append(texts, textsOf(item)...)
		}
		return texts
	}
	return nil
}

// facts are what policies find in an object of a folder that kustomize builds, and what
// the object settles.
func (p *panel) facts(d *manifest.Document) []checks.Fact {
	// The checks of the document came before: they know the place.
	known, ok := p.unsettled.LoadAndDelete(d)
	if !ok {
		return nil
	}
	h := known.(*hearing)
	var list []checks.Fact
	for _, policy := range p.settling {
		list = policy.addFacts(list, d, h.verdicts[policy])
	}
	return list
}

func (p *Shelved) addFacts(list []checks.Fact, d *manifest.Document, v verdict) []checks.Fact {
	for _, r := range v.results {
		report := p.reportOf(d, r)
		brief, _ := r.Metadata[briefKey].(string)
		if brief == "" {
			brief = p.Check.Title
		}
		list = append(list, checks.Fact{
			Kind: faultFact + p.Check.ID, Key: strings.Join(sumsOf(r.unlessOf()), " "),
			Values: []string{brief, report.Severity.String(), sumOf(report.Cites)}, Where: report.Where,
		})
	}
	for _, sum := range sumsOf(v.settles) {
		list = append(list, checks.Fact{Kind: settledFact + p.Check.ID, Key: sum, Where: checks.At(d, "", nil)})
	}
	return list
}

// sumOf stands for a text of an object in a fact, which may be kept; "" for none.
func sumOf(text string) string {
	if text == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

// sumsOf are the sums of words, in rising order.
func sumsOf(words []string) []string {
	sums := make([]string, len(words))
	for i, word := range words {
		sums[i] = sumOf(word)
	}
	slices.Sort(sums)
	return sums
}

// tree reports the faults that nothing in the tree settles.
func (p *Shelved) tree(pass *checks.Pass, t checks.Tree) error {
	settled := map[string]bool{}
	for _, f := range t.Facts {
		if f.Kind == settledFact+p.Check.ID {
			settled[f.Key] = true
		}
	}
	for _, f := range t.Facts {
		if f.Kind != faultFact+p.Check.ID || len(f.Values) != 3 || anySettled(settled, f.Key) {
			continue
		}
		report := checks.Report{Where: f.Where, Message: f.Values[0], Cites: f.Values[2]}
		// A severity that is none is that of the check.
		_ = report.Severity.UnmarshalText([]byte(f.Values[1]))
		pass.Report(report)
	}
	return nil
}

func anySettled(settled map[string]bool, sums string) bool {
	for sum := range strings.SplitSeq(sums, " ") {
		if settled[sum] {
			return true
		}
	}
	return false
}
