package policies

import (
	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/inventory"
	"github.com/gatehouse-dev/gatehouse/policies/review"
)

// Policies of the user's own, and templates of Gatekeeper, that read data.inventory are
// asked when all of a tree is known, each of every object. As for gator, the inventory
// is every object of the tree under the name and namespace in its file; of a Secret
// there are the keys alone, and what is known to be a secret is cut out everywhere.
//
// At admission there is no tree: they are not run there.

// wholeFacts is the name under which they share their facts.
const wholeFacts = "whole objects"

// onWholeTree makes a check of a policy that judges documents one that judges them when
// all of the tree is known. judging gives its function for a judge.
func (j *judge) onWholeTree(check checks.Check, judging func(*judge) func(*checks.Pass, *manifest.Document) error) checks.Check {
	check.Document, check.Transition = nil, nil
	check.Facts, check.FactsOf, check.Quotes = inventory.WholeFacts, wholeFacts, true
	check.Reads = func(string) bool { return false } // it shares what it makes of the facts
	check.Tree = func(pass *checks.Pass, t checks.Tree) error {
		whole := t.Share(wholeFacts, func() any { return j.wholeOf(t) }).(*wholeTree)
		judge := judging(whole.judge)
		for _, d := range whole.documents {
			if err := judge(pass, d); err != nil {
				pass.NotJudged(checks.At(d, "", nil), err.Error())
			}
		}
		return nil
	}
	return check
}

// wholeTree is the objects of a tree, and a judge that sees them all.
type wholeTree struct {
	documents []*manifest.Document
	judge     *judge
}

func (j *judge) wholeOf(t checks.Tree) *wholeTree {
	w := &wholeTree{documents: inventory.Whole(t.Facts)}
	objects := make([]*manifest.Node, len(w.documents))
	for i, d := range w.documents {
		objects[i] = d.Canonical()
	}
	set := *j.set
	set.base = review.Inventory(objects, j.set.data)
	w.judge = newJudge(&set, j.objects)
	w.judge.tree = w.documents
	return w
}
