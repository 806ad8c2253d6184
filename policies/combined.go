package policies

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/conftest"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
)

// Rules of conftest that are written for --combine are asked once of a tree, with all
// of its objects as conftest would combine them: sorted by their paths, which are those
// of the repository. Values of Secrets are not among them.

// combinedDeadline is how long one namespace may take over a whole tree.
const combinedDeadline = 30 * time.Second

// onCombined makes a check of one object one of all objects together.
func (j *judge) onCombined(check checks.Check, namespace, rule int) checks.Check {
	n := j.set.Namespaces[namespace]
	check = j.onWholeTree(check, nil)
	check.Tree = func(pass *checks.Pass, t checks.Tree) error {
		whole := t.Share(wholeFacts, func() any { return j.wholeOf(t) }).(*wholeTree)
		said := t.Share("combined "+n.Path, func() any { return j.combine(pass, n, whole.documents) }).(*combination)
		if said.err != nil {
			return said.err
		}
		for _, r := range said.outcome.Results {
			if r.Rule == rule {
				pass.Report(said.report(n, r))
			}
		}
		return nil
	}
	return check
}

// combination is what a namespace says of all objects together.
type combination struct {
	documents []*manifest.Document
	outcome   conftest.Outcome
	err       error
	locate    func(rule int) (*rego.Locator, error)
}

func (j *judge) combine(pass *checks.Pass, n *conftest.Namespace, documents []*manifest.Document) *combination {
	documents = slices.Clone(documents)
	slices.SortStableFunc(documents, func(a, b *manifest.Document) int { return cmp.Compare(a.File, b.File) })
	object := rego.NewLocated(conftest.Combine(documents))
	g := j.given(pass)
	g.Input, g.Deadline = object.Term, combinedDeadline
	c := &combination{documents: documents}
	c.outcome, c.err = n.Evaluate(pass.Context, g, "", nil)
	c.locate = func(rule int) (*rego.Locator, error) { return n.Locate(pass.Context, g, rule, &object) }
	return c
}

// inCombined is the path of a field in the input: the number of the document, and the
// path in it.
var inCombined = regexp.MustCompile(`^\[(\d+)\](?:\.contents\.?|\.path$)?(.*)$`)

// report places a result in the file of the object that it is about; where that cannot
// be told, in the first one.
func (c *combination) report(n *conftest.Namespace, r conftest.Result) checks.Report {
	d, where := c.documents[0], rego.Place{Node: c.documents[0].Root}
	l, err := c.locate(r.Rule)
	if err != nil {
		return reportOf(d, r, where, false)
	}
	place := l.Of(n.RulePath(r.Rule), r.Element)
	m := inCombined.FindStringSubmatch(place.Field)
	if m == nil {
		return reportOf(d, r, where, false)
	}
	if number, err := strconv.Atoi(m[1]); err == nil && number < len(c.documents) {
		d = c.documents[number]
		where = rego.Place{Field: strings.TrimPrefix(m[2], "."), Node: place.Node}
		if where.Field == "" {
			where.Node = d.Root
		}
	}
	return reportOf(d, r, where, false)
}
