package checks

import (
	"slices"
	"sync"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/scan"
)

// A Transition is one object before and after a change. Before is nil where the
// object is new, Now where it is gone; they differ in more than their places.
type Transition struct {
	Before, Now *manifest.Document
}

// sided is a document with the file that it stands in.
type sided struct {
	file File
	doc  *manifest.Document
	read *manifest.File
	used bool
}

// judgeTransitions runs the checks that look at an object on both sides, over the
// objects of the files that differ.
func (r *runner) judgeTransitions(now, before []judged, current *side) []Finding {
	if !r.in.HasOld || len(r.transition) == 0 {
		return nil
	}
	olds := sidedOf(r.in.Before, before)
	news := sidedOf(r.in.Files, now)
	byName := map[manifest.Object][]*sided{}
	for i := range olds {
		name := unversioned(olds[i].doc.Object)
		byName[name] = append(byName[name], &olds[i])
	}
	var out judged
	for i := range news {
		n := &news[i]
		old := pairOf(byName[unversioned(n.doc.Object)], n)
		switch {
		case old == nil:
			r.transit(n, Transition{Now: n.doc}, &out)
		case !sameValue(old.doc.Canonical(), n.doc.Canonical()):
			r.transit(n, Transition{Before: old.doc, Now: n.doc}, &out)
		}
	}
	for i := range olds {
		if o := &olds[i]; !o.used {
			r.transit(o, Transition{Before: o.doc}, &out)
		}
	}
	current.notJudged, current.notRun = append(current.notJudged, out.notJudged...), append(current.notRun, out.notRun...)
	sortFindings(out.findings)
	r.fingerprint(out.findings, r.layout)
	return out.findings
}

// sidedOf lists the objects of the files that were kept for this.
func sidedOf(files []File, results []judged) []sided {
	var list []sided
	for i := range results {
		read := results[i].file
		if read == nil || files[i].Commit != "" || files[i].Unchanged {
			continue
		}
		for _, d := range read.Documents {
			if d.IsObject() && !d.Templated {
				list = append(list, sided{file: files[i], doc: d, read: read})
			}
		}
	}
	return list
}

// unversioned names an object whatever API version it is written in.
func unversioned(o manifest.Object) manifest.Object {
	o.APIVersion = o.Group()
	return o
}

// pairOf finds the old object of n among those of its name: in the same file, or else
// the only one, which was moved.
func pairOf(olds []*sided, n *sided) *sided {
	var elsewhere []*sided
	for _, o := range olds {
		if o.used {
			continue
		}
		if o.file.Path == n.file.Path {
			o.used = true
			return o
		}
		elsewhere = append(elsewhere, o)
	}
	if len(elsewhere) != 1 {
		return nil
	}
	elsewhere[0].used = true
	return elsewhere[0]
}

// transit runs all checks of transitions on one.
func (r *runner) transit(at *sided, t Transition, out *judged) {
	found := sync.OnceValue(func() []scan.Found {
		list, _ := r.search(at.read)
		return list
	})
	redactFile := sync.OnceValue(func() func(string) string { return redactor(at.read.Documents, found()) })
	redact := func(s string) string { return redactFile()(s) }
	for _, c := range r.transition {
		first := len(out.findings)
		r.guard(at.file, c, redact, out, func(p *Pass) error { return c.Transition(p, t) })
		for i := range out.findings[first:] {
			out.findings[first+i].identityRedactor = identityRedactor(found())
		}
	}
}

// sameValue tells whether two trees hold the same, wherever it is written. The order
// of the fields of a map does not count.
func sameValue(a, b *manifest.Node) bool {
	if a.Kind != b.Kind || a.Text != b.Text || len(a.Items) != len(b.Items) {
		return false
	}
	if a.Kind == manifest.Map {
		for i := range a.Items {
			other := b.Get(a.Items[i].Key)
			if other == nil || !sameValue(&a.Items[i], other) {
				return false
			}
		}
		return true
	}
	return slices.EqualFunc(a.Items, b.Items, func(x, y manifest.Node) bool { return sameValue(&x, &y) })
}
