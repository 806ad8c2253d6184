package reference

import (
	"fmt"
	"unicode/utf8"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// Kind names what is wrong, as the check that reports it is named.
type Kind string

// The kinds of a Fault.
const (
	// Malformed is a reference that the tool cannot read, or reads as another than is
	// meant.
	Malformed Kind = "reference-malformed"
	// StoreMissing is one to a store that is not there, or is not for this namespace.
	StoreMissing Kind = "reference-store-missing"
	// KeyMissing is one to a key that the same object does not have.
	KeyMissing Kind = "reference-key-missing"
	// NotAReference is a value, a command or a foreign server in the notation of a
	// reference.
	NotAReference Kind = "reference-not-a-reference"
	// PathForbidden is one to a path that is not for this namespace.
	PathForbidden Kind = "reference-path-forbidden"
)

// A Fault is one thing that is wrong at one place.
type Fault struct {
	Kind Kind
	// Rule is the ID of the Ground on which the fault stands.
	Rule string
	// Certain tells that the bytes prove the fault. One that is not is a likely mistake.
	Certain bool
	// Document is which document of the file is meant, from 0, for faults of documents.
	Document int
	// Index is which of the needs or references that were handed in is meant, from 0, for
	// faults of Resolve and Locate.
	Index int
	Place
	// Start and End are the byte offsets of what is meant in the text of Node, or in the
	// text of a file; both 0 where all of it is meant.
	Start, End int
	// Reason is one sentence for people, without a full stop and without a value.
	Reason string
	// Fix is one sentence that says what to do.
	Fix string
}

// fault makes a Fault on a ground.
func fault(g ground, node *manifest.Node, format string, args ...any) Fault {
	on := grounds[g]
	f := Fault{Kind: on.Kind, Rule: on.ID, Certain: on.Certain, Reason: sentence(fmt.Sprintf(format, args...)), Fix: on.Fix}
	if node != nil {
		f.Node, f.At = node, node.Place()
	}
	return f
}

// longestReason is the length of the longest reason that is shown.
const longestReason = 500

// sentence cuts a text off that is too long for people.
func sentence(text string) string {
	if len(text) <= longestReason {
		return text
	}
	end := longestReason
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}

// mostFaults is how many faults of one file or object are told. What is wrong more
// often is wrong as a whole.
const mostFaults = 500

// faults collects the faults of one file or object.
type faults struct{ list []Fault }

func (f *faults) add(one Fault) {
	if len(f.list) < mostFaults {
		f.list = append(f.list, one)
	}
}

// report adds a fault that is made on a ground.
func (f *faults) report(g ground, node *manifest.Node, format string, args ...any) {
	f.add(fault(g, node, format, args...))
}

// locate writes the field of every place whose node lies in root: one walk for all of
// them, since to name the items of a list takes a look at the whole list.
func locate(root *manifest.Node, places []*Place) {
	wanted := map[*manifest.Node][]*Place{}
	for _, p := range places {
		if p.Node != nil && p.Field == "" {
			wanted[p.Node] = append(wanted[p.Node], p)
		}
	}
	if len(wanted) == 0 {
		return
	}
	root.Walk(func(path func() string, n *manifest.Node) bool {
		if found, ok := wanted[n]; ok {
			field := path()
			for _, p := range found {
				p.Field = field
			}
			delete(wanted, n)
		}
		return len(wanted) > 0
	})
}

// places returns the places of a list of values, for locate.
func places[T any](list []T, place func(*T) *Place) []*Place {
	out := make([]*Place, len(list))
	for i := range list {
		out[i] = place(&list[i])
	}
	return out
}
