package seal

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"github.com/bitnami-labs/sealed-secrets/pkg/crypto"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// encrypt gives values as they stand in encryptedData, by key.
func (r *rewriter) encrypt(d *manifest.Document, id identity, values []value) (map[string]string, error) {
	out := make(map[string]string, len(values))
	for _, v := range values {
		if v.class.Leaks() || v.class == secrets.Hash {
			r.result.Values.add(v.key, v.plain)
		}
		ciphertext, err := r.options.Known.encrypt(r.options.Certificate, id.label(), v)
		if err != nil {
			return nil, r.refuse(d, v.at, "", "the value of %q cannot be encrypted: %s", v.key, err)
		}
		out[v.key] = ciphertext
	}
	return out, nil
}

// Known remembers ciphertexts by what they hold: certificate, label, key and
// value. It keeps no value, only digests under a key of its own that never leaves
// it. The zero value is ready; a Known is for one goroutine.
type Known struct {
	digests digests
	sealed  map[digest]string
}

func (k *Known) encrypt(c Certificate, label string, v value) (string, error) {
	if k == nil {
		return encrypt(c, label, v.plain)
	}
	id := k.digests.of([]byte(c.Fingerprint), []byte(label), []byte(v.key), v.plain)
	if known, ok := k.sealed[id]; ok {
		return known, nil
	}
	ciphertext, err := encrypt(c, label, v.plain)
	if err == nil {
		if k.sealed == nil {
			k.sealed = map[digest]string{}
		}
		k.sealed[id] = ciphertext
	}
	return ciphertext, err
}

func encrypt(c Certificate, label string, plain []byte) (string, error) {
	ciphertext, err := crypto.HybridEncrypt(rand.Reader, c.key, plain, []byte(label))
	if err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(ciphertext), nil
}

// digest stands for a list of byte strings.
type digest [sha256.Size]byte

// digests makes digests under a random key, so that nobody who sees one can try
// which value it stands for.
type digests struct{ key []byte }

func (d *digests) of(parts ...[]byte) digest {
	if d.key == nil {
		d.key = make([]byte, sha256.Size)
		_, _ = rand.Read(d.key) // never fails since Go 1.24
	}
	mac := hmac.New(sha256.New, d.key)
	for _, part := range parts {
		fmt.Fprintf(mac, "%d:", len(part))
		mac.Write(part)
	}
	var out digest
	mac.Sum(out[:0])
	return out
}

// Values are the secret values that a file held. It keeps no value, only digests.
type Values struct {
	digests digests
	known   map[digest]bool
}

func (v *Values) add(key string, plain []byte) {
	if v.known == nil {
		v.known = map[digest]bool{}
	}
	v.known[v.digests.of([]byte(key), plain)] = true
}

// In gives the keys under which a Secret or SealedSecret of a file carries one of the
// values in plain text, in the order of the file. What cannot be read carries none.
func (v Values) In(name string, data []byte) []string {
	if len(v.known) == 0 {
		return nil
	}
	var keys []string
	for _, d := range manifest.Read(name, data, manifest.DefaultLimits()).Documents {
		switch {
		case isSecret(d):
			for _, section := range []string{"data", "stringData"} {
				eachField(d.Root, []string{section}, func(n *manifest.Node) {
					if v.holds(section, n) {
						keys = append(keys, n.Key)
					}
				})
			}
		case sealed.IsSealedSecret(d):
			e := examine(d)
			for _, c := range e.clear {
				if v.known[v.digests.of([]byte(c.key), c.plain)] {
					keys = append(keys, c.key)
				}
			}
			e.wipe()
		}
	}
	return keys
}

func (v Values) holds(section string, n *manifest.Node) bool {
	plain := []byte(n.Text)
	if section == "data" {
		decoded, err := base64.StdEncoding.DecodeString(n.Text)
		if err != nil {
			return false
		}
		plain = decoded
	}
	found := v.known[v.digests.of([]byte(n.Key), plain)]
	clear(plain)
	return found
}

// The lengths from which a value that stands somewhere else by its letters is no
// chance.
const (
	shortestTelling      = 8
	shortestTellingWords = 16 // of one that has small letters and simple punctuation only
	shortestTellingLine  = 24 // of one line of a value that has several
)

// inEncoding is the index of the base64 of a value among what tells of it.
const inEncoding = 1

// telling gives the texts that give v away where they stand: itself, as it is and
// in base64, and its long lines. A value that is no secret, or that is short and
// plain enough to be a word of its own, has none.
func (v value) telling() [][]byte {
	odd := bytes.ContainsAny(v.plain, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!\"#$%&'()*+,/:;<=>?@[\\]^`{|}~")
	if !v.class.Leaks() || len(v.plain) < shortestTelling || !odd && len(v.plain) < shortestTellingWords {
		return nil
	}
	forms := [][]byte{v.plain, base64.StdEncoding.AppendEncode(nil, v.plain)}
	for line := range bytes.Lines(v.plain) {
		if line = bytes.TrimSpace(line); len(line) >= shortestTellingLine && !bytes.HasPrefix(line, []byte("-----")) {
			forms = append(forms, line)
		}
	}
	return forms
}
