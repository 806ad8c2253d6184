package rego

import (
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// Fields are the fields that rules cannot do without, each with a number. It may be
// shared once all are in it.
type Fields struct {
	names  []string
	byName map[string]asked
}

// asked are the numbers of what is asked of one field: that it is there, is true, is not
// false; 0 where that is not asked, else one more than the number.
type asked struct{ there, isTrue, isNotFalse uint8 }

// Number returns the number of a need (see Guard.Needs), which it may get now; ok is
// false where there is no room for more.
func (f *Fields) Number(need string) (n int, ok bool) {
	if f.byName == nil {
		f.byName = map[string]asked{}
	}
	name, of := need, func(a *asked) *uint8 { return &a.there }
	if field, ok := strings.CutSuffix(need, IsTrue); ok {
		name, of = field, func(a *asked) *uint8 { return &a.isTrue }
	} else if field, ok := strings.CutSuffix(need, IsNotFalse); ok {
		name, of = field, func(a *asked) *uint8 { return &a.isNotFalse }
	}
	entry := f.byName[name]
	number := of(&entry)
	if *number == 0 {
		if len(f.names) == MaxNumbers {
			return 0, false
		}
		f.names = append(f.names, need)
		*number = uint8(len(f.names))
		f.byName[name] = entry
	}
	return int(*number) - 1, true
}

// Names lists the needs by their number.
func (f *Fields) Names() []string { return f.names }

// Of are the needs that an object meets.
func (f *Fields) Of(root *manifest.Node) Numbers {
	var found Numbers
	if len(f.names) > 0 {
		f.add(&found, root)
	}
	return found
}

func (f *Fields) add(found *Numbers, n *manifest.Node) {
	for i := range n.Items {
		item := &n.Items[i]
		if n.Kind == manifest.Map {
			if a, ok := f.byName[item.Key]; ok {
				a.met(found, item)
			}
		}
		if len(item.Items) > 0 {
			f.add(found, item)
		}
	}
}

func (a asked) met(found *Numbers, item *manifest.Node) {
	isBool := item.Kind == manifest.Bool
	for _, need := range [...]struct {
		number uint8
		met    bool
	}{{a.there, true}, {a.isTrue, isBool && item.Text == "true"}, {a.isNotFalse, !isBool || item.Text == "true"}} {
		if need.number != 0 && need.met {
			found.Add(int(need.number) - 1)
		}
	}
}

// MaxNumbers is how many things a set of Numbers can tell apart.
const MaxNumbers = 128

// Numbers is a set of small numbers.
type Numbers [MaxNumbers / 64]uint64

// Add puts a number in.
func (n *Numbers) Add(i int) { n[i/64] |= 1 << (i % 64) }

// Has tells whether a number is in.
func (n Numbers) Has(i int) bool { return n[i/64]&(1<<(i%64)) != 0 }

// Within tells whether all of n are in other.
func (n Numbers) Within(other Numbers) bool {
	for i := range n {
		if n[i]&^other[i] != 0 {
			return false
		}
	}
	return true
}

// Empty tells whether none is in.
func (n Numbers) Empty() bool { return n == Numbers{} }

// List gives the numbers in rising order.
func (n Numbers) List() []int {
	var out []int
	for i := range MaxNumbers {
		if n.Has(i) {
			out = append(out, i)
		}
	}
	return out
}
