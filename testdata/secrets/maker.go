package corpus

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// maker makes values from a seed. Each value has a stream of random bytes of its
// own, named by its file and its number there, so that a new case changes no other.
type maker struct {
	seed uint64
	rsa  map[int]rsaMaterial // by number; slow to make
}

func newMaker(seed uint64) *maker { return &maker{seed: seed, rsa: map[int]rsaMaterial{}} }

// stream is the random bytes of one value.
type stream struct {
	*rand.Rand
	maker *maker
	args  []string
}

func (m *maker) stream(path string, number int, args []string) stream {
	digest := sha256.Sum256(fmt.Appendf(nil, "%d %s %d", m.seed, path, number))
	return stream{rand.New(rand.NewPCG(binary.BigEndian.Uint64(digest[:8]), binary.BigEndian.Uint64(digest[8:16]))), m, args}
}

// make makes the value that words name: a maker and its arguments.
func (m *maker) make(path string, number int, words []string) (string, error) {
	r := m.stream(path, number, words[1:])
	for _, table := range []map[string]func(stream) string{passwords(), tokens(), vendorTokens(), checkedTokens(), keyMaterial(), ciphertexts()} {
		if f, ok := table[words[0]]; ok {
			return f(r), nil
		}
	}
	return "", fmt.Errorf("unknown maker %q", words[0])
}

// number is an argument, or its default.
func (r stream) number(i, standard int) int {
	if i < len(r.args) {
		if n, err := strconv.Atoi(r.args[i]); err == nil {
			return n
		}
	}
	return standard
}

const (
	digits    = "0123456789"
	lower     = "abcdefghijklmnopqrstuvwxyz"
	upper     = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	hexDigits = "0123456789abcdef"
	base62    = digits + upper + lower
	urlSafe   = base62 + "-_"
	base32    = upper + "234567"
)

func (r stream) text(alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}

func (r stream) bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func (r stream) base64(n int) string { return base64.StdEncoding.EncodeToString(r.bytes(n)) }

func (r stream) pick(list []string) string { return list[r.IntN(len(list))] }

// passwords are values without a form of their own, secret or not.
func passwords() map[string]func(stream) string {
	return map[string]func(stream) string{
		"pw":     randomPassword,
		"human":  humanPassword,
		"phrase": phrase,
		"weak":   func(r stream) string { return strings.Join(r.args, " ") },
		"hexed":  func(r stream) string { return r.text(hexDigits, r.number(0, 32)) },
		"alnum":  func(r stream) string { return mixed(r, base62, r.number(0, 24)) },
		"raw64":  func(r stream) string { return r.base64(r.number(0, 32)) },
		"digits": func(r stream) string { return "8" + r.text(digits, r.number(0, 8)-1) },
		"uuid":   uuid,
		"bytes":  func(r stream) string { return string(r.bytes(r.number(0, 32))) },
		"base32": func(r stream) string { return r.text(base32, r.number(0, 32)) },
		"png": func(r stream) string {
			return base64.StdEncoding.EncodeToString(append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x10\x00\x00\x00\x10\x08\x06\x00\x00\x00"), r.bytes(180)...))
		},
		"bcrypt":   func(r stream) string { return "$2y$10$" + r.text("./"+base62, 53) },
		"apr1":     func(r stream) string { return "$apr1$" + r.text(base62, 8) + "$" + r.text("./"+base62, 22) },
		"sha512c":  func(r stream) string { return "$6$" + r.text(base62, 16) + "$" + r.text("./"+base62, 86) },
		"argon2id": func(r stream) string { return "$argon2id$v=19$m=65536,t=3,p=4$" + raw64(r, 16) + "$" + raw64(r, 32) },
		"scram": func(r stream) string {
			return "SCRAM-SHA-256$4096:" + r.base64(16) + "$" + r.base64(32) + ":" + r.base64(32)
		},
		"sri": func(r stream) string { return "sha512-" + r.base64(64) },
		"fingerprint": func(r stream) string {
			return strings.ToUpper(hex.EncodeToString(r.bytes(20)))
		},
	}
}

func raw64(r stream, n int) string { return base64.RawStdEncoding.EncodeToString(r.bytes(n)) }

// mixed is text that has a small letter, a capital and a digit.
func mixed(r stream, alphabet string, n int) string {
	for {
		if t := r.text(alphabet, n); strings.ContainsAny(t, digits) && strings.ContainsAny(t, lower) && strings.ContainsAny(t, upper) {
			return t
		}
	}
}

// randomPassword is what a password manager makes. Its signs need no quotes in
// YAML, properties, shell words, URLs' authorities and XML.
func randomPassword(r stream) string {
	return r.text(lower+upper, 1) + mixed(r, base62+"-_.~", 10+r.IntN(6)) + r.text("-_.", 1) + r.text(base62, 3)
}

// humanPassword is what people make: words of a dictionary with a number.
func humanPassword(r stream) string {
	words := []string{"correct", "horse", "battery", "staple", "orange", "winter", "marble", "falcon", "harbor", "lantern", "copper", "meadow", "violet", "thunder", "pebble", "saddle"}
	first, second := r.pick(words), r.pick(words)
	switch r.IntN(3) {
	case 0:
		return first + "-" + strings.ToUpper(second[:1]) + second[1:] + r.text(digits[1:], 1) + r.pick(words)
	case 1:
		return strings.ToUpper(first[:1]) + first[1:] + strings.ToUpper(second[:1]) + second[1:] + r.text(digits[1:], 2)
	}
	return strings.ToUpper(first[:1]) + first[1:] + "_" + second + r.text(digits[1:], 4)
}

func phrase(r stream) string {
	words := []string{"seven", "green", "kettles", "under", "the", "quiet", "bridge", "never", "sleep", "before", "friday", "morning"}
	r.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
	return strings.Join(words[:5], " ")
}

func uuid(r stream) string {
	h := hex.EncodeToString(r.bytes(16))
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-a" + h[17:20] + "-" + h[20:]
}
