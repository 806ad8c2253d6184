package sealed

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// Options say what is known besides a SealedSecret. The zero value knows nothing.
type Options struct {
	// Old is the same object before the change, or nil. That of an object that was
	// renamed or moved is another one: see Moved.
	Old *manifest.Document
	// Certificates and Keys are those that the controller can open, as pinned in the
	// repository. A value must fit one of them. None means not known.
	Certificates []*x509.Certificate
	Keys         []*rsa.PublicKey
	// AllowEmpty takes a sealed empty value for meant.
	AllowEmpty bool
	// LeastBits is the smallest RSA key that is not weak; 0 stands for 2048.
	LeastBits int
	// Plaintext tells whether a literal in spec.template is one that must not stand
	// in the clear, by its key and itself. nil stands for PlainByKey.
	Plaintext func(key, literal string) bool
}

// The limits of a Secret: k8s.io/api core/v1 (MaxSecretSize), and
// k8s.io/apimachinery pkg/util/validation (DNS1123SubdomainMaxLength).
const (
	mostSecretBytes  = 1 << 20
	mostDataKeyBytes = 253
)

// IsSealedSecret tells whether d is a SealedSecret.
func IsSealedSecret(d *manifest.Document) bool {
	return d.Object.Kind == "SealedSecret" && d.Object.Group() == "bitnami.com"
}

// SealedSecret judges one SealedSecret; another object has no faults. The fields of
// the faults are those of the object.
func SealedSecret(d *manifest.Document, o Options) []Fault {
	if !IsSealedSecret(d) {
		return nil
	}
	s := inspection{doc: d, options: o, moduli: modules(o), identity: identityOf(d.Root)}
	s.values()
	s.scope()
	s.reuse()
	s.plaintext()
	s.recorded()
	if o.Old != nil && IsSealedSecret(o.Old) {
		s.compare(o.Old)
	}
	locate(d.Root, s.list)
	for i := range s.list {
		s.list[i].Document = d.Index
	}
	return s.list
}

// inspection is the state of judging one SealedSecret.
type inspection struct {
	faults
	doc      *manifest.Document
	options  Options
	moduli   []modulus
	identity Identity
	blobs    []Blob // the values that have the structure of a ciphertext
}

// values judges the structure of every value.
func (s *inspection) values() {
	spec := s.doc.Root.Get("spec")
	if old := spec.Get("data"); old != nil && old.Kind == manifest.String {
		s.value(old)
	}
	data := spec.Get("encryptedData")
	if old := spec.Get("data"); old != nil && old.Kind == manifest.Map && data == nil {
		s.add(fault(onNotText, old, "data is a map: a SealedSecret has its values under encryptedData, sealed one by one"))
	}
	if data == nil || data.Kind == manifest.Null {
		return
	}
	if data.Kind == manifest.String && s.doc.Templated {
		return // an action writes the map
	}
	if data.Kind != manifest.Map {
		s.add(fault(onNotText, data, "encryptedData is a %s, and must map names to ciphertexts", data.Kind))
		return
	}
	total := 0
	for i := range data.Items {
		item := &data.Items[i]
		if reason := badDataKey(item.Key); reason != "" && !isHole(item.Key) {
			s.add(fault(onDataKey, item, "a Secret cannot have this key: %s", reason))
		}
		total += s.value(item)
	}
	s.shadowed()
	if total > mostSecretBytes {
		s.add(fault(onTooLarge, data, "the Secret would have %d bytes, and at most %d are allowed", total, mostSecretBytes))
	}
}

// shadowed judges values of keys that stand again: they do not count, and anybody can
// read them.
func (s *inspection) shadowed() {
	for i := range s.doc.Duplicates {
		dup := &s.doc.Duplicates[i]
		text := dup.Shadowed.Str()
		if !strings.HasPrefix(dup.Path, "spec.encryptedData") || s.isFilledIn(text) {
			continue
		}
		if _, g, reason := dismantle(text); reason != "" && text != "" {
			f := fault(g, &dup.Shadowed, "the key stands twice, and its first value is no ciphertext: %s", reason)
			f.At, f.Field = dup.First, dup.Path
			s.add(f)
		}
	}
}

// value judges one value and returns the length of its plaintext.
func (s *inspection) value(n *manifest.Node) int {
	if n.Kind != manifest.String {
		s.add(fault(onNotText, n, "the value is a %s, and a ciphertext is a string", n.Kind))
		return 0
	}
	if s.isFilledIn(n.Text) {
		return 0
	}
	p, g, reason := dismantle(n.Text)
	if reason != "" {
		if awaitsCiphertext(n.Text) {
			one := fault(onPlaceholder, n, "a placeholder stands where a ciphertext must: %s", reason)
			one.Placeholder = true
			s.add(one)
		} else {
			s.add(fault(g, n, "this is no ciphertext of sealed-secrets: %s", reason))
		}
		return 0
	}
	s.sound(n, p)
	s.blobs = append(s.blobs, Blob{Digest: sha256.Sum256(p.raw), Object: s.doc.Object, Key: n.Key, Node: n,
		Document: s.doc.Index, Identity: s.identity})
	return p.plaintext
}

// sound judges a value that has the structure of a ciphertext.
func (s *inspection) sound(n *manifest.Node, p parts) {
	least := s.options.LeastBits
	if least == 0 {
		least = leastBits
	}
	if bits := 8 * len(p.rsa); bits < least {
		s.add(fault(onWeak, n, "it is sealed with an RSA key of %d bits, and less than %d is too weak", bits, least))
	}
	if p.plaintext == 0 && !s.options.AllowEmpty {
		s.add(fault(onEmpty, n, "what is sealed here is empty"))
	}
	if reason := foreign(p.rsa, s.moduli); reason != "" {
		s.add(fault(onForeign, n, "it was not sealed with %s: %s", pinned(len(s.moduli)), reason))
	}
}

func pinned(n int) string {
	if n == 1 {
		return "the pinned certificate"
	}
	return "any of the pinned certificates"
}

// isFilledIn tells a value that something else writes before the object is applied.
func (s *inspection) isFilledIn(text string) bool {
	return isHole(text) || s.doc.Root.Lookup("metadata", "annotations", "avp.kubernetes.io/path") != nil && hasAngles(text)
}

func badDataKey(key string) string {
	switch {
	case key == "":
		return "it is empty"
	case key == "." || strings.HasPrefix(key, ".."):
		return "it reads like the name of a folder"
	case len(key) > mostDataKeyBytes:
		return fmt.Sprintf("it has more than %d characters", mostDataKeyBytes)
	}
	for i := 0; i < len(key); i++ {
		c := key[i]
		if !isAlnum(c) && c != '-' && c != '_' && c != '.' {
			return "it may have letters, digits, -, _ and . only"
		}
	}
	return ""
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
