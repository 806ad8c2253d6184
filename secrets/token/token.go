// Package token knows the forms that services give their credentials, and finds
// them in raw bytes.
//
// It is pure: bytes in, places out. It knows no files, no objects and no keys
// of documents but those that MatchNamed is given, and it refuses to guess: a text
// is a credential by its form, its structure or its checksum, never by its entropy
// alone. No part of a value ever stands in what it says of it.
package token

import (
	"bytes"
	"slices"
	"strings"
)

// Family is the form of the credentials of one service.
type Family struct {
	ID    string // "github-pat"
	Title string // "GitHub personal access token"

	forms []string // patterns, see form
	prove func([]byte) (Proof, bool)
	// narrow names the family that a value of this one is of in particular, or "".
	narrow func([]byte) string
	// inContext tells that what stands around a value is part of the proof, so that
	// the value alone is none.
	inContext bool
	// isURL tells that the scheme before the host belongs to the value.
	isURL bool
	// plain tells that the value may be any text, so that its variety says nothing.
	plain bool
	// sealed stands soon after a value whose key is encrypted.
	sealed   string
	evidence [proofs]string
	names    []string // of keys, see MatchNamed
}

// Proof is what shows that a text is a credential.
type Proof string

// The proofs, the strongest first.
const (
	Checksum  Proof = "checksum"
	Structure Proof = "structure"
	Prefix    Proof = "prefix"
	KeyName   Proof = "key name"
)

const proofs = 4

func (p Proof) rank() int {
	switch p {
	case Checksum:
		return 0
	case Structure:
		return 1
	case Prefix:
		return 2
	}
	return 3
}

// Hit is a credential in a text.
type Hit struct {
	Start, End int // byte offsets in the text
	Family     *Family
	Proof      Proof
	// Evidence completes "because …" and holds no part of the value: "its checksum
	// is that of a GitHub personal access token".
	Evidence string
	// Example tells that the value is known from a vendor's documentation or is
	// filled up so that it cannot be real: a placeholder, not a leak.
	Example bool
	// Encrypted tells that a private key is useless without a passphrase.
	Encrypted bool
}

// Families returns all forms that are known, by ID.
func Families() []Family { return slices.Clone(known().families) }

// Find returns all credentials anywhere in text, in order and not overlapping. It
// takes time linear in the length of text, and allocates nothing where there are none.
func Find(text []byte) []Hit {
	f := finder{text: text}
	f.scan()
	return settle(f.hits)
}

// MayHold is a cheap test: where it is false, Find returns nil for certain.
func MayHold(text []byte) bool {
	f := finder{text: text, peek: true}
	f.scan()
	return f.seen
}

// Match tells whether the whole of value, without the blanks around it, is one
// credential. The offsets of the hit are those of the trimmed value in value.
func Match(value string) (Hit, bool) {
	trimmed := strings.TrimSpace(value)
	start := strings.Index(value, trimmed)
	if trimmed == "" {
		return Hit{}, false
	}
	text := []byte(trimmed)
	for _, hit := range Find(text) {
		whole := hit.Start == 0 && hit.End == len(text) || text[0] == '{' && hit.Family.ID == "gcp-service-account-key"
		alone := !hit.Family.inContext || strings.HasPrefix(hit.Evidence, decoded)
		if whole && alone {
			hit.Start, hit.End = start, start+len(text)
			return hit, true
		}
	}
	if hit, ok := known().filler(text); ok {
		hit.Start, hit.End = start, start+len(text)
		return hit, true
	}
	return Hit{}, false
}

// settle orders hits and drops those that overlap a better one: the stronger proof,
// then the longer text.
func settle(hits []Hit) []Hit {
	if len(hits) < 2 {
		return hits
	}
	slices.SortStableFunc(hits, func(a, b Hit) int {
		if a.Start != b.Start {
			return a.Start - b.Start
		}
		return b.End - a.End
	})
	kept := hits[:1]
	for _, hit := range hits[1:] {
		last := &kept[len(kept)-1]
		switch {
		case hit.Start >= last.End:
			kept = append(kept, hit)
		case better(hit, *last):
			*last = hit
		}
	}
	return kept
}

func better(a, b Hit) bool {
	if a.Example != b.Example {
		return b.Example
	}
	if a.Family.plain != b.Family.plain {
		return b.Family.plain
	}
	if a.Proof != b.Proof {
		return a.Proof.rank() < b.Proof.rank()
	}
	return a.End-a.Start > b.End-b.Start
}

func (f *finder) add(hit Hit) {
	if hit.Evidence == "" {
		hit.Evidence = hit.Family.evidenceOf(hit.Proof)
	}
	f.hits = append(f.hits, hit)
	f.seen = f.peek
}

func cut(text []byte, at int, word string) bool {
	return at >= 0 && at+len(word) <= len(text) && string(text[at:at+len(word)]) == word
}

func foldedSuffix(text []byte, end int, word string) bool {
	return end >= len(word) && bytes.EqualFold(text[end-len(word):end], []byte(word))
}
