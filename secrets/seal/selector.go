package seal

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// Selector names an object of a file. What it leaves out may be anything.
type Selector struct{ Kind, Namespace, Name string }

// ParseSelector reads NAME, NAMESPACE/NAME or KIND/NAMESPACE/NAME. "" selects every
// object.
func ParseSelector(text string) (Selector, error) {
	parts := strings.Split(text, "/")
	if slices.Contains(parts, "") && text != "" || len(parts) > 3 {
		return Selector{}, fmt.Errorf("%q names no object: write NAME, NAMESPACE/NAME or KIND/NAMESPACE/NAME", text)
	}
	s := Selector{Name: parts[len(parts)-1]}
	if len(parts) > 1 {
		s.Namespace = parts[len(parts)-2]
	}
	if len(parts) > 2 {
		s.Kind = parts[0]
	}
	return s, nil
}

// String writes s as ParseSelector reads it, as far as that can be.
func (s Selector) String() string {
	return strings.Trim(strings.Join([]string{s.Kind, s.Namespace, s.Name}, "/"), "/")
}

// Matches tells whether s names an object.
func (s Selector) Matches(o manifest.Object) bool {
	return (s.Kind == "" || strings.EqualFold(s.Kind, o.Kind)) && (s.Namespace == "" || s.Namespace == o.Namespace) && (s.Name == "" || s.Name == o.Name)
}

// choose finds the one SealedSecret that is meant.
func (r *rewriter) choose(s Selector) (*manifest.Document, error) {
	var found, others []*manifest.Document
	for _, d := range r.file.Documents {
		switch {
		case !s.Matches(d.Object):
		case sealed.IsSealedSecret(d):
			found = append(found, d)
		case isSecret(d):
			others = append(others, d)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return nil, &Error{File: r.name, Reason: "several SealedSecrets are meant: " + choices(found), Fix: "name one of them"}
	case len(others) > 0 && isSOPS(others[0]):
		return nil, r.refuse(others[0], others[0].At(), "edit it with sops", "it is encrypted with SOPS, and no SealedSecret")
	case len(others) > 0:
		return nil, r.refuse(others[0], others[0].At(), "gatehouse seal "+r.name+" seals it", "it is not sealed yet")
	}
	return nil, &Error{File: r.name, Reason: "there is no such SealedSecret in it", Fix: r.instead()}
}

// instead says which SealedSecrets a file has.
func (r *rewriter) instead() string {
	var found []*manifest.Document
	for _, d := range r.file.Documents {
		if sealed.IsSealedSecret(d) {
			found = append(found, d)
		}
	}
	if len(found) == 0 {
		return "gatehouse seal create makes one"
	}
	return "it has " + choices(found)
}

// mostChoices is how many objects a message lists.
const mostChoices = 20

func choices(found []*manifest.Document) string {
	var names []string
	for i, d := range found {
		if i == mostChoices {
			names = append(names, fmt.Sprintf("and %d more", len(found)-i))
			break
		}
		names = append(names, Selector{Namespace: d.Object.Namespace, Name: d.Object.Name}.String()+fmt.Sprintf(" (line %d)", d.At().Line))
	}
	return strings.Join(names, ", ")
}
