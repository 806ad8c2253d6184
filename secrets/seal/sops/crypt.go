package sops

import (
	"crypto/sha512"
	"encoding/hex"
	"hash"
	"strings"
	"unicode/utf8"
)

// Where only encrypted values count, the hash of a file begins with these bytes: the
// SHA-256 of "sops" (sops.go, MACOnlyEncryptedInitialization).
const macOnlyStart = "8a3fd2ad54ce66527b1034f3d147be0b0b975b3bf44f72c6fdadec8176f27d69"

// macHash hashes the values of a file in their order (sops.go, Tree.Encrypt): not the
// keys, and no comments.
type macHash struct {
	hash    hash.Hash
	onlyOwn bool
}

func newMAC(onlyEncrypted bool) macHash {
	m := macHash{sha512.New(), onlyEncrypted}
	if onlyEncrypted {
		start, _ := hex.DecodeString(macOnlyStart)
		m.hash.Write(start)
	}
	return m
}

func (m macHash) add(v value, covered bool) {
	if v.kind != remarked && v.kind != null && (covered || !m.onlyOwn) {
		m.hash.Write([]byte(v.text))
	}
}

func (m macHash) sum() string { return strings.ToUpper(hex.EncodeToString(m.hash.Sum(nil))) }

// opened is a value or comment of a file with what stands in it.
type opened struct {
	visited
	plain  value
	sealed bool // it was encrypted
	stray  bool
}

// openAll decrypts what is encrypted in a file and hashes it. inClear decides about a
// value that must be encrypted and is not; what it returns ends the walk.
func (f *file) openAll(sel *selector, macOnly bool, c dataCipher, inClear func(visited) error) (list []opened, mac string, err error) {
	sum := newMAC(macOnly)
	w := walker{selector: sel}
	w.visit = func(v visited) error {
		one := opened{visited: v, plain: v.value}
		switch {
		case !v.covered || v.value.isEmpty():
		case v.shape == isComment:
			one.plain, one.sealed = openComment(c, v, v.address)
		case v.value.kind != text || !isCiphertext(v.value.text):
			if err := inClear(v); err != nil {
				return err
			}
			list = append(list, one)
			return nil // no part of what was hashed
		default:
			plain, err := c.decrypt(v.value.text, v.address)
			if err != nil {
				return unopened(v, err)
			}
			one.plain, one.sealed = plain, true
		}
		sum.add(one.plain, v.covered)
		list = append(list, one)
		return nil
	}
	if err := w.walk(f.docs); err != nil {
		return nil, "", err
	}
	for _, v := range f.strays(sel) {
		one := opened{visited: v, plain: v.value, stray: true}
		one.plain, one.sealed = openComment(c, v, v.address, ":")
		list = append(list, one)
	}
	return list, sum.sum(), nil
}

// openComment decrypts a comment; one that does not open is left as it is, as SOPS
// does.
func openComment(c dataCipher, v visited, addresses ...string) (value, bool) {
	if !isCiphertext(v.value.text) {
		return v.value, false
	}
	for _, address := range addresses {
		if plain, err := c.decrypt(v.value.text, address); err == nil && plain.kind == remarked {
			return plain, true
		}
	}
	return v.value, false
}

// unopened words why a ciphertext does not open.
func unopened(v visited, err error) error {
	if err == errGrammar {
		return refuse(v.line, "take the value of the last commit, or set it anew", "the value is encrypted, but %s", err).at(v.path())
	}
	return refuse(v.line, "if it was moved or copied, move it back and set it anew where it belongs", "the value does not open: it was encrypted for another key or place, or was changed").at(v.path())
}

// halfSealed is the error of a value that stands in the clear in an encrypted file.
func halfSealed(v visited) error {
	return refuse(v.line, "encrypt it", "the value stands in the clear, and by the rule of the file it must be encrypted").at(v.path()).because(HalfSealed)
}

// fits compares the MAC of a file with its content.
func (m metadata) fits(c dataCipher, mac string) bool {
	v, err := c.decrypt(m.mac, m.address())
	return err == nil && v.kind == text && v.text == mac
}

func mismatch() error {
	return refuse(0, "compare it with the last commit; what stands in the clear was changed by hand, or the values were moved", "the MAC does not fit the content: the file was changed without its data key").because(Mismatch)
}

// validText tells whether a value can stand in a text.
func validText(s string) bool { return utf8.ValidString(s) }
