package sealed

import (
	"crypto/sha256"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// A Blob is one sealed value, as a fact of its own for what looks across objects.
// Ciphertexts are public, so that their digests may be kept and shown. One that is
// made anew of what was kept needs Digest, Object, Key and Identity.
type Blob struct {
	Digest   [sha256.Size]byte // SHA-256 of the ciphertext in bytes
	Object   manifest.Object
	Key      string
	Node     *manifest.Node
	Document int
	Identity Identity
}

// Blobs returns the values of a SealedSecret that have the structure of a
// ciphertext.
func Blobs(d *manifest.Document) []Blob {
	if !IsSealedSecret(d) {
		return nil
	}
	s := inspection{doc: d, identity: identityOf(d.Root)}
	s.values()
	return s.blobs
}

// A Reuse is a ciphertext that stands in a second object where it cannot open if it
// opens in the first.
type Reuse struct {
	First, Again Blob
	Fault        Fault // placed at Again
}

// Reused finds ciphertexts that stand under two identities of which at most one can
// open them. Objects of the same identity, as in the folders of two clusters, may
// share theirs. Of every ciphertext the first Blob is what the others are held
// against.
func Reused(blobs []Blob) []Reuse {
	first := make(map[[sha256.Size]byte]int, len(blobs))
	var list []Reuse
	for i, b := range blobs {
		j, ok := first[b.Digest]
		switch {
		case !ok:
			first[b.Digest] = i
		case b.Identity.Excludes(blobs[j].Identity):
			list = append(list, Reuse{blobs[j], b, reused(blobs[j], b)})
		}
	}
	return list
}

func reused(a, b Blob) Fault {
	f := fault(onTwoObjects, b.Node, "the same ciphertext stands in %s, and opens under one of %s and %s alone: seal the value anew for each",
		a.Object, a.Identity.words(), b.Identity.words())
	f.Field, f.Document = fieldOf(b), b.Document
	return f
}

func fieldOf(b Blob) string {
	return manifest.JoinField("spec.encryptedData", b.Key)
}

// Moved finds ciphertexts of a change that stood in the tree before it under another
// identity, and nowhere under one that fits: the object was renamed, moved to another
// namespace or given another scope without being sealed anew. before and after are
// the Blobs of all objects that the change takes away or changes, and of all that it
// adds or changes.
func Moved(before, after []Blob) []Fault {
	known := map[[sha256.Size]byte][]Identity{}
	for _, b := range before {
		list := known[b.Digest]
		if len(list) < mostHomes {
			known[b.Digest] = append(list, b.Identity)
		}
	}
	var list []Fault
	for _, b := range after {
		homes := known[b.Digest]
		if len(homes) == 0 || len(homes) == mostHomes || fits(b.Identity, homes) {
			continue
		}
		f := changed(b.Node, homes[0], b.Identity)
		f.Field, f.Document = fieldOf(b), b.Document
		list = append(list, f)
	}
	return list
}

// mostHomes bounds the identities that are remembered of one ciphertext.
const mostHomes = 64

func fits(id Identity, homes []Identity) bool {
	for _, home := range homes {
		if !id.Excludes(home) {
			return true
		}
	}
	return false
}

func changed(n *manifest.Node, before, now Identity) Fault {
	return fault(onIdentity, n, "the ciphertext was under %s and is now under %s: it opens under one of them alone, so seal the value anew", before.words(), now.words())
}

// reuse finds one ciphertext under two keys of an object.
func (s *inspection) reuse() {
	first := make(map[[sha256.Size]byte]string, len(s.blobs))
	for _, b := range s.blobs {
		if key, ok := first[b.Digest]; ok {
			s.add(fault(onTwoKeys, b.Node, "the same ciphertext stands under the key %q, so that both have the same value", key))
			continue
		}
		first[b.Digest] = b.Key
	}
}

// compare holds an object against itself before the change.
func (s *inspection) compare(old *manifest.Document) {
	before := map[[sha256.Size]byte]string{}
	at := map[string][sha256.Size]byte{}
	was := identityOf(old.Root)
	for _, b := range Blobs(old) {
		before[b.Digest], at[b.Key] = b.Key, b.Digest
	}
	for _, b := range s.blobs {
		key, kept := before[b.Digest]
		if !kept {
			continue
		}
		if s.identity.Excludes(was) {
			s.add(changed(b.Node, was, s.identity))
		}
		if digest, stood := at[b.Key]; stood && digest != b.Digest {
			s.add(fault(onSwapped, b.Node, "the key has now the ciphertext that the key %q had: it opens, and as the value of another key", key))
		}
	}
}
