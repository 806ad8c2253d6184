package sealed

import (
	"fmt"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// Kind names what is wrong, as the check that reports it is named.
type Kind string

// The kinds of a Fault.
const (
	SealedMalformed         Kind = "sealed-malformed"
	SealedScopeMismatch     Kind = "sealed-scope-mismatch"
	SealedValueReused       Kind = "sealed-value-reused"
	SealedIdentityChanged   Kind = "sealed-identity-changed"
	SealedTemplatePlaintext Kind = "sealed-template-plaintext"
	SOPSValueUnencrypted    Kind = "sops-value-unencrypted"
	SOPSRuleDrift           Kind = "sops-rule-drift"
	SOPSRecipientMismatch   Kind = "sops-recipient-mismatch"
	SOPSMACStale            Kind = "sops-mac-stale"
	SOPSValueMalformed      Kind = "sops-value-malformed"
	CertificateExpiring     Kind = "certificate-expiring"
)

// A Fault is one thing that is wrong at one place.
type Fault struct {
	Kind Kind
	// Rule is the ID of the Ground on which the fault stands.
	Rule string
	// Certain tells that the bytes prove the fault. One that is not is a likely
	// mistake or an opinion.
	Certain bool
	// Placeholder tells that somebody has still to put a ciphertext here.
	Placeholder bool
	// Document is which document of the file is meant, from 0, for faults of files.
	Document int
	// Field is the path of the place in the notation of manifest.Node.Walk; "" for
	// the file, the object or the certificate as a whole.
	Field string
	// Key is the last key on the way to the place, or "".
	Key string
	// Node is what stands there; nil where there is nothing. It may hold a value that
	// is in the clear.
	Node *manifest.Node
	// At is where to look; zero where no place in a text is meant.
	At manifest.Pos
	// Reason is one sentence for people, without a full stop and without a value.
	Reason string
}

// fault makes a Fault on a ground.
func fault(g ground, node *manifest.Node, format string, args ...any) Fault {
	on := grounds[g]
	f := Fault{Kind: on.Kind, Rule: on.ID, Certain: on.Certain, Node: node, Reason: fmt.Sprintf(format, args...)}
	if node != nil {
		f.Key, f.At = node.Key, node.Place()
	}
	return f
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

// full tells that nothing more is told.
func (f *faults) full() bool { return len(f.list) >= mostFaults }

// locate writes the field of every fault whose node lies in root: one walk for all
// of them, since to name the items of a list takes a look at the whole list.
func locate(root *manifest.Node, list []Fault) {
	wanted := map[*manifest.Node][]int{}
	for i, f := range list {
		if f.Node != nil && f.Field == "" {
			wanted[f.Node] = append(wanted[f.Node], i)
		}
	}
	if len(wanted) == 0 {
		return
	}
	root.Walk(func(path func() string, n *manifest.Node) bool {
		indexes, ok := wanted[n]
		if !ok {
			return true
		}
		field := path()
		for _, i := range indexes {
			list[i].Field = field
		}
		delete(wanted, n)
		return true
	})
}
