package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// plainFields recognises values that SOPS has encrypted where they stood in plain text.
// It keeps no value, only digests under a key of its own.
type plainFields struct {
	key   []byte
	known map[[sha256.Size]byte]bool
}

// newPlainFields takes the values that stand in the clear before, and no longer after.
func newPlainFields(name string, before, after []byte) *plainFields {
	p := &plainFields{key: make([]byte, sha256.Size), known: map[[sha256.Size]byte]bool{}}
	_, _ = rand.Read(p.key) // never fails
	p.each(name, before, func(key, value string) { p.known[p.digest(key, value)] = true })
	p.each(name, after, func(key, value string) { delete(p.known, p.digest(key, value)) })
	return p
}

// newPlainField takes one value, which a person has given.
func newPlainField(key string, value []byte) *plainFields {
	p := &plainFields{key: make([]byte, sha256.Size), known: map[[sha256.Size]byte]bool{}}
	_, _ = rand.Read(p.key) // never fails
	p.known[p.digest(key, string(value))] = true
	return p
}

// recognisers know what any of them knows.
type recognisers []recogniser

func (list recognisers) In(name string, data []byte) (keys []string) {
	for _, r := range list {
		keys = append(keys, r.In(name, data)...)
	}
	return keys
}

// In gives the keys under which a file that SOPS has not encrypted carries one of the
// values.
func (p *plainFields) In(name string, data []byte) (keys []string) {
	if len(p.known) == 0 {
		return nil
	}
	p.each(name, data, func(key, value string) {
		if p.known[p.digest(key, value)] {
			keys = append(keys, key)
		}
	})
	return keys
}

// each visits the values of a file that may be secret. What cannot be read has none.
func (p *plainFields) each(name string, data []byte, visit func(key, value string)) {
	file := manifest.Read(name, data, manifest.DefaultLimits())
	for _, d := range file.Documents {
		held := d.Object.Kind == "Secret" && d.Object.APIVersion == "v1"
		d.Root.Walk(func(path func() string, n *manifest.Node) bool {
			if n.Kind == manifest.Map || n.Kind == manifest.List || n.Kind == manifest.Null {
				return true
			}
			value, in := n.Text, secrets.Named
			if section := sectionOf(held, path); section != "" {
				in = secrets.Held
				if decoded, err := base64.StdEncoding.DecodeString(value); err == nil && section == "data" {
					value = string(decoded)
				}
			}
			if secrets.Classify(n.Key, value, in).Class.Leaks() {
				visit(n.Key, value)
			}
			return true
		})
	}
	if len(file.Documents) > 0 || sealed.IsSOPS(file) {
		return
	}
	for line := range strings.Lines(string(file.Text)) {
		key, value, ok := strings.Cut(line, "=")
		key, value = strings.TrimSpace(key), strings.Trim(strings.TrimSpace(value), `"'`)
		if ok && secrets.Classify(key, value, secrets.Named).Class.Leaks() {
			visit(key, value)
		}
	}
}

// sectionOf is the section of a Secret that a field stands in, or "".
func sectionOf(held bool, path func() string) string {
	if !held {
		return ""
	}
	for _, section := range []string{"data", "stringData"} {
		if rest, ok := strings.CutPrefix(path(), section); ok && rest != "" && (rest[0] == '.' || rest[0] == '[') {
			return section
		}
	}
	return ""
}

func (p *plainFields) digest(key, value string) (sum [sha256.Size]byte) {
	h := hmac.New(sha256.New, p.key)
	h.Write([]byte(key + "\x00" + value))
	h.Sum(sum[:0])
	return sum
}
