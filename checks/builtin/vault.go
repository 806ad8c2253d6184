package builtin

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/secrets/reference"
)

// VaultQuestion asks whether a secret, or one key of it, is there. Its fields are those
// of vault.Question.
type VaultQuestion struct {
	Namespace   string // of Vault
	Mount, Path string
	API         bool // Path is that of the HTTP API, and begins with the mount
	Key         string
	Metadata    bool // Key is one of the custom metadata
	Version     int  // 0 for the newest
}

// VaultOutcome is what is known of what was asked for.
type VaultOutcome uint8

// The outcomes. The zero value claims nothing.
const (
	VaultUnknown  VaultOutcome = iota
	VaultThere                 // it is there
	VaultMissing               // it is not there, or no longer
	VaultNoSecret              // the engine keeps no secrets: it makes them when it is asked
)

// VaultAnswer is what a Vault says to a question, without a value of it.
type VaultAnswer struct {
	Outcome    VaultOutcome
	What, Next string // what is so, and what to do, as sentences without a full stop
}

// asked is one reference that Vault is asked about.
type asked struct {
	question VaultQuestion
	where    checks.Location
}

// unasked counts the references that cannot be asked about.
type unasked struct{ open, storeless, foreign int }

// locatedIn are the references of a tree with what the stores of their environment say
// of them.
func locatedIn(t checks.Tree, s References) (references said[reference.Reference], err error) {
	all, err := saidIn(t, factReference, reference.DecodeReference)
	if err != nil {
		return references, err
	}
	stores, err := saidIn(t, factStore, reference.DecodeStore)
	if err != nil {
		return references, err
	}
	for _, in := range scopesOf(t) {
		of, _ := located(in, all, stores.within(in).list, s.options())
		references.list, references.where = append(references.list, of.list...), append(references.where, of.where...)
	}
	return references, nil
}

// vaultQuestions are those about the references of a tree. What a reference writes to
// Vault need not be there, and what an engine makes when it is asked is not asked for.
func vaultQuestions(references said[reference.Reference], s References) (list []asked, left unasked) {
	one := oneAddress(references.list)
	for i, r := range references.list {
		switch {
		case r.Pushes, r.Engine == reference.Dynamic, r.Engine == reference.PKI, r.Engine == reference.Transit:
		case r.Backend == "" && r.Store.Name != "":
			left.storeless++
		case r.Backend != "vault":
		case r.Address != "" && !one && !sameAddress(r.Address, s.Vault):
			left.foreign++
		default:
			q, ok := vaultQuestion(r)
			if !ok {
				left.open++
				continue
			}
			list = append(list, asked{q, references.where[i]})
		}
	}
	return list, left
}

// oneAddress tells whether all references that name a server name the same: it is the
// Vault of the configuration then, by the name that it has in the cluster.
func oneAddress(list []reference.Reference) bool {
	first := ""
	for _, r := range list {
		if r.Address == "" || r.Backend != "vault" {
			continue
		}
		if first != "" && !sameAddress(first, r.Address) {
			return false
		}
		first = r.Address
	}
	return true
}

func sameAddress(a, b string) bool {
	return strings.EqualFold(strings.TrimRight(a, "/"), strings.TrimRight(b, "/"))
}

// vaultQuestion is that about a reference; ok is false where a part of it is filled in
// later.
func vaultQuestion(r reference.Reference) (q VaultQuestion, ok bool) {
	for _, part := range []string{r.Mount, r.Path, r.Key, r.Version, r.VaultNamespace} {
		if isOpen(part) {
			return q, false
		}
	}
	if r.Path == "" {
		return q, false
	}
	q = VaultQuestion{Namespace: r.VaultNamespace, Mount: r.Mount, Path: r.Path, Key: r.Key, Metadata: r.Metadata}
	if r.Metadata && r.Key == "" {
		q.Metadata = false
	}
	if r.Request != "" && !r.Metadata {
		q.Mount, q.Path, q.API = "", r.Request, true
	}
	if r.Version != "" {
		version, err := strconv.Atoi(r.Version)
		if err != nil || version < 1 {
			return q, false // reference-malformed tells it
		}
		q.Version = version
	}
	return q, true
}

// askVault asks about all references of a tree, and reports what is not there.
func askVault(p *checks.Pass, t checks.Tree, s References, ask func(context.Context, []VaultQuestion) []VaultAnswer) error {
	references, err := locatedIn(t, s)
	if err != nil {
		return err
	}
	list, left := vaultQuestions(references, s)
	left.tell(p)
	if len(list) == 0 {
		return nil
	}
	index, questions := map[VaultQuestion]int{}, []VaultQuestion{}
	for _, a := range list {
		if _, known := index[a.question]; !known {
			index[a.question] = len(questions)
			questions = append(questions, a.question)
		}
	}
	answers := ask(p.Context, questions)
	if len(answers) != len(questions) {
		return fmt.Errorf("%d of %d references were answered", len(answers), len(questions))
	}
	unknown := map[string][]checks.Location{}
	var reasons []string
	for _, a := range list {
		switch answer := answers[index[a.question]]; answer.Outcome {
		case VaultUnknown:
			reason := answer.words()
			if unknown[reason] == nil {
				reasons = append(reasons, reason)
			}
			unknown[reason] = append(unknown[reason], a.where)
		case VaultMissing:
			p.Report(checks.Report{
				Where: a.where, Inner: a.question.Path + " " + a.question.Key, Severity: checks.Error,
				Message: told("Vault was asked: " + answer.What), Fix: sentence(answer.Next),
			})
		}
	}
	for _, reason := range reasons {
		where := unknown[reason]
		if n := len(where) - 1; n > 0 {
			reason += fmt.Sprintf(" (and so for others: %d)", n)
		}
		p.NotJudged(where[0], "what is referred to was not checked: "+reason)
	}
	return nil
}

// words are what is so and what to do.
func (a VaultAnswer) words() string {
	if a.Next == "" {
		return a.What
	}
	return a.What + "; " + a.Next
}

// tell tells what is left out.
func (u unasked) tell(p *checks.Pass) {
	for _, left := range []struct {
		n   int
		why string
	}{
		{u.open, "without a path, or with a part that is filled in later"},
		{u.storeless, "whose store is not in the tree, or there in several forms"},
		{u.foreign, "to another Vault than the one in the configuration"},
	} {
		if left.n > 0 {
			p.NotRun(fmt.Sprintf("Vault was not asked about references %s: %d", left.why, left.n))
		}
	}
}
