package sealed_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"regexp"
	"strconv"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// What follows encrypts and decrypts as SOPS does (getsops/sops v3.13, aes/cipher.go
// and sops.go), for the tests: AES-256-GCM with a nonce of 32 bytes, the path as
// additional data, and the MAC over the values in order.

// field is one field of a tree; its value is a string, an int, a bool, nil, a tree or
// a list of those.
type field struct {
	key   string
	value any
}

type tree []field

// secretFile is a file to encrypt.
type secretFile struct {
	tree     tree
	key      []byte // the data key
	modified string
	rule     string   // a line of metadata, such as encrypted_regex: ^data$
	age      []string // recipients
	more     string   // further lines of metadata, for YAML
	macOnly  bool
}

const (
	alice = "age1yt3tfqlfrwdwx0z0ynwplcr6qxcxfaqycuprpmy89nr83ltx74tqdpszlw"
	bob   = "age1s3cqcks5genc6ru8chl0hkkd04zmxvczsvdxq99ekffe4gmvjpzsedk23c"
	carol = "age1qe5lxzzeppw5k79vxn3872272sgy224g2nzqlzy3uljs84say3yqgvd0sw"
)

func newFile(t tree) secretFile {
	return secretFile{tree: t, key: random(32), modified: "2026-05-04T12:00:00Z", rule: "encrypted_regex: ^(data|stringData)$", age: []string{alice}}
}

func random(n int) []byte {
	b := make([]byte, n)
	if _, err := rand.Read(b); err != nil {
		panic(err)
	}
	return b
}

// covers tells whether SOPS encrypts the value at a path.
func covers(rule string, path []string) bool {
	name, text, found := strings.Cut(rule, ": ")
	if !found {
		name, text = "unencrypted_suffix", "_unencrypted"
	}
	matched := false
	for _, key := range path {
		switch {
		case strings.HasSuffix(name, "comment_regex"):
		case strings.HasSuffix(name, "regex"):
			matched = matched || regexp.MustCompile(text).MatchString(key)
		default:
			matched = matched || strings.HasSuffix(key, text)
		}
	}
	return matched != strings.HasPrefix(name, "unencrypted_")
}

// encryption is the state of encrypting one file.
type encryption struct {
	file secretFile
	mac  hash.Hash
}

func (f secretFile) encryption() *encryption {
	e := &encryption{file: f, mac: sha512.New()}
	if f.macOnly {
		start, err := hex.DecodeString("8a3fd2ad54ce66527b1034f3d147be0b0b975b3bf44f72c6fdadec8176f27d69")
		if err != nil {
			panic(err)
		}
		e.mac.Write(start)
	}
	return e
}

// value returns a value as it is written.
func (e *encryption) value(path []string, value any) string {
	plain, kind := plainOf(value)
	covered := covers(e.file.rule, path) && value != nil
	if covered || !e.file.macOnly {
		e.mac.Write([]byte(plain))
	}
	switch {
	case value == nil:
		return "null"
	case covered && plain != "":
		return encryptValue(e.file.key, plain, kind, strings.Join(path, ":")+":")
	case kind == "str":
		return strconv.Quote(plain)
	}
	return strings.ToLower(plain)
}

func plainOf(value any) (plain, kind string) {
	switch v := value.(type) {
	case string:
		return v, "str"
	case int:
		return strconv.Itoa(v), "int"
	case bool:
		return map[bool]string{true: "True", false: "False"}[v], "bool"
	}
	return "", "str"
}

func gcm(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCMWithNonceSize(block, 32)
	if err != nil {
		panic(err)
	}
	return aead
}

func encryptValue(key []byte, plain, kind, path string) string {
	iv := random(32)
	out := gcm(key).Seal(nil, iv, []byte(plain), []byte(path))
	b64 := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("ENC[AES256_GCM,data:%s,iv:%s,tag:%s,type:%s]", b64(out[:len(out)-16]), b64(iv), b64(out[len(out)-16:]), kind)
}

// yaml writes the encrypted file.
func (f secretFile) yaml() string {
	e := f.encryption()
	var b strings.Builder
	e.tree(&b, "", nil, f.tree)
	b.WriteString("sops:\n")
	for _, line := range e.metadata() {
		fmt.Fprintf(&b, "  %s\n", line)
	}
	return b.String() + f.more
}

func (e *encryption) tree(b *strings.Builder, indent string, path []string, t tree) {
	for _, field := range t {
		below := append(path[:len(path):len(path)], field.key)
		switch v := field.value.(type) {
		case tree:
			fmt.Fprintf(b, "%s%s:\n", indent, field.key)
			e.tree(b, indent+"  ", below, v)
		case []any:
			fmt.Fprintf(b, "%s%s:\n", indent, field.key)
			for _, item := range v {
				fmt.Fprintf(b, "%s- %s\n", indent, e.value(below, item))
			}
		default:
			fmt.Fprintf(b, "%s%s: %s\n", indent, field.key, e.value(below, v))
		}
	}
}

// metadata returns the lines of the metadata, after the values.
func (e *encryption) metadata() []string {
	var lines []string
	lines = append(lines, "age:")
	for _, recipient := range e.file.age {
		lines = append(lines, "- recipient: "+recipient, "  enc: |")
		for line := range strings.Lines(ageFile("X25519")) {
			lines = append(lines, "    "+strings.TrimRight(line, "\n"))
		}
	}
	lines = append(lines, fmt.Sprintf("lastmodified: %q", e.file.modified), "mac: "+e.sum())
	if e.file.rule != "" {
		lines = append(lines, e.file.rule)
	}
	if e.file.macOnly {
		lines = append(lines, "mac_only_encrypted: true")
	}
	return append(lines, "version: 3.13.0")
}

func (e *encryption) sum() string {
	return encryptValue(e.file.key, fmt.Sprintf("%X", e.mac.Sum(nil)), "str", e.file.modified)
}

// ageFile has the structure of a file of age, with stanzas of some kinds.
func ageFile(kinds ...string) string {
	raw := base64.RawStdEncoding.EncodeToString
	var b strings.Builder
	b.WriteString("age-encryption.org/v1\n")
	for _, kind := range kinds {
		fmt.Fprintf(&b, "-> %s %s\n%s\n", kind, raw(random(32)), raw(random(32)))
	}
	fmt.Fprintf(&b, "--- %s\n", raw(random(32)))
	b.Write(random(16 + 32 + 16))
	text := base64.StdEncoding.EncodeToString([]byte(b.String()))
	var armour strings.Builder
	armour.WriteString("-----BEGIN AGE ENCRYPTED FILE-----\n")
	for len(text) > 64 {
		armour.WriteString(text[:64] + "\n")
		text = text[64:]
	}
	return armour.String() + text + "\n-----END AGE ENCRYPTED FILE-----\n"
}

// decrypt opens a file as SOPS does, or says why it refuses it.
func decrypt(f *manifest.File, key []byte) error {
	meta := f.Documents[0].Root.Get("sops")
	rule := ""
	for _, name := range []string{"encrypted_regex", "unencrypted_regex", "encrypted_suffix", "unencrypted_suffix"} {
		if text := meta.Get(name).Str(); text != "" {
			rule = name + ": " + text
		}
	}
	only := meta.Get("mac_only_encrypted")
	e := secretFile{rule: rule, macOnly: only != nil && only.Text == "true"}.encryption()
	d := decryption{e, key}
	for _, doc := range f.Documents {
		if err := d.walk(nil, doc.Root); err != nil {
			return err
		}
	}
	mac, err := d.open(meta.Get("mac").Str(), meta.Get("lastmodified").Str())
	if err != nil {
		return fmt.Errorf("the MAC: %w", err)
	}
	if want := fmt.Sprintf("%X", e.mac.Sum(nil)); mac != want {
		return errors.New("MAC mismatch")
	}
	return nil
}

type decryption struct {
	*encryption
	key []byte
}

func (d decryption) walk(path []string, n *manifest.Node) error {
	for i := range n.Items {
		child := &n.Items[i]
		below := path
		if n.Kind == manifest.Map {
			if len(path) == 0 && child.Key == "sops" {
				continue
			}
			below = append(path[:len(path):len(path)], child.Key)
		}
		if child.Kind == manifest.Map || child.Kind == manifest.List {
			if err := d.walk(below, child); err != nil {
				return err
			}
			continue
		}
		if err := d.leaf(below, child); err != nil {
			return fmt.Errorf("%s: %w", strings.Join(below, ":"), err)
		}
	}
	return nil
}

func (d decryption) leaf(path []string, n *manifest.Node) error {
	text := n.Text
	if n.Kind == manifest.Bool {
		text = map[string]string{"true": "True", "false": "False"}[text]
	}
	covered := covers(d.file.rule, path)
	if covered && n.Kind != manifest.Null && text != "" {
		plain, err := d.open(text, strings.Join(path, ":")+":")
		if err != nil {
			return err
		}
		text = plain
	}
	if covered || !d.file.macOnly {
		d.mac.Write([]byte(text))
	}
	return nil
}

var encrypted = regexp.MustCompile(`^ENC\[AES256_GCM,data:(.+),iv:(.+),tag:(.+),type:(.+)\]`)

func (d decryption) open(text, path string) (string, error) {
	m := encrypted.FindStringSubmatch(text)
	if m == nil {
		return "", errors.New("no data of SOPS")
	}
	var raw [3][]byte
	for i := range raw {
		var err error
		if raw[i], err = base64.StdEncoding.DecodeString(m[i+1]); err != nil {
			return "", err
		}
	}
	if len(raw[1]) != 32 {
		return "", errors.New("the nonce has another length")
	}
	plain, err := gcm(d.key).Open(nil, raw[1], append(bytes.Clone(raw[0]), raw[2]...), []byte(path))
	return string(plain), err
}
