package seal

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// examination is what of a SealedSecret is sealed, and what is not.
type examination struct {
	sealed   []sealedNode
	clear    []clearValue
	awaiting []*manifest.Node // placeholders of ciphertexts
	broken   []*manifest.Node // ciphertexts that nobody can open
	mixed    []sealed.Fault   // templates with a secret among their actions
	copies   [][]string       // paths of annotations with a copy of the Secret
	taken    map[string]bool  // keys that are sealed, or in the clear
}

// sealedNode is one sealed value.
type sealedNode struct {
	*manifest.Node
	sealed.Ciphertext
}

// clearValue is a value in the clear.
type clearValue struct {
	value
	path []string // of the map in which it stands
	// doubt says why it is not known what is to be sealed, or "".
	doubt, fix string
}

func (e examination) wipe() {
	for _, v := range e.clear {
		clear(v.plain)
	}
}

// encryptedData is the path of the sealed values.
var encryptedData = []string{"spec", "encryptedData"}

// misplaced are the paths of fields that a SealedSecret does not have, and in which
// people write values.
var misplaced = [][]string{{"data"}, {"stringData"}, {"spec", "data"}, {"spec", "stringData"}, {"spec", "template", "stringData"}}

// templateData is the path of the templates of values.
var templateData = []string{"spec", "template", "data"}

// examine looks at the values of a SealedSecret. What is in the clear besides
// encryptedData is what the gate says of it.
func examine(d *manifest.Document) examination {
	e := examination{taken: map[string]bool{}}
	faulty := map[*manifest.Node]sealed.Fault{}
	for _, f := range sealed.SealedSecret(d, sealed.Options{AllowEmpty: true, Plaintext: isPlaintext}) {
		if f.Kind == sealed.SealedTemplatePlaintext {
			faulty[f.Node] = f
		}
	}
	filled := d.Root.Lookup("metadata", "annotations", "avp.kubernetes.io/path") != nil
	eachField(d.Root, encryptedData, func(n *manifest.Node) { e.encrypted(n, filled) })
	for _, path := range misplaced {
		eachField(d.Root, path, func(n *manifest.Node) {
			if _, ok := faulty[n]; ok {
				e.clear = append(e.clear, e.misplaced(n, path))
			}
		})
	}
	eachField(d.Root, templateData, func(n *manifest.Node) {
		switch f, ok := faulty[n]; {
		case !ok:
		case strings.Contains(n.Text, "{{"):
			e.mixed = append(e.mixed, f)
		default:
			e.clear = append(e.clear, e.once(clearOf(n, templateData), "spec.template.data"))
		}
	})
	for _, path := range [][]string{{"metadata", "annotations"}, {"spec", "template", "metadata", "annotations"}} {
		eachField(d.Root, path, func(n *manifest.Node) {
			if _, ok := faulty[n]; ok {
				e.copies = append(e.copies, append(slices.Clone(path), n.Key))
			}
		})
	}
	return e
}

// isPlaintext judges a literal in the template.
func isPlaintext(key, literal string) bool {
	return sealed.PlainByKey(key, literal) || secrets.Classify(key, literal, secrets.Named).Class.Leaks()
}

func eachField(root *manifest.Node, path []string, visit func(*manifest.Node)) {
	n := root.Lookup(path...)
	if n == nil || n.Kind != manifest.Map {
		return
	}
	for i := range n.Items {
		visit(&n.Items[i])
	}
}

func clearOf(n *manifest.Node, path []string) clearValue {
	v := clearValue{path: path, value: value{key: n.Key, node: n, at: n.Place()}}
	if n.Kind != manifest.String {
		v.doubt, v.fix = "it is a "+n.Kind.String()+", where a value is text", "put it in quotes"
		return v
	}
	v.plain, v.class = []byte(n.Text), secrets.Classify(n.Key, n.Text, secrets.Held).Class
	return v
}

// encrypted looks at one value of encryptedData. filled tells that texts in angle
// brackets are filled in.
func (e *examination) encrypted(n *manifest.Node, filled bool) {
	if c, ok := sealed.ReadCiphertext(n.Str()); ok {
		e.sealed = append(e.sealed, sealedNode{n, c})
		e.taken[n.Key] = true
		return
	}
	v := clearOf(n, encryptedData)
	switch {
	case n.Kind == manifest.Null:
		e.awaiting = append(e.awaiting, n)
	case n.Kind == manifest.String && (sealed.IsFilledIn(n.Text) || filled && strings.HasPrefix(n.Text, "<")):
	case v.class == secrets.Template || v.class == secrets.Reference:
	case v.class == secrets.Empty || v.class == secrets.Placeholder:
		e.awaiting = append(e.awaiting, n)
	case v.class == secrets.Sealed || v.class == secrets.Encrypted || beginsAsCiphertext.MatchString(n.Text):
		e.broken = append(e.broken, n)
	default:
		if v.doubt == "" && mayBeEncoded(n.Text) {
			v.doubt, v.fix = "it may be meant as it stands or as the base64 of a value", "gatehouse seal set puts a sealed value in its place"
		}
		e.clear = append(e.clear, v)
		e.taken[n.Key] = true
	}
}

// beginsAsCiphertext knows the base64 of the size of an RSA key in two bytes.
var beginsAsCiphertext = regexp.MustCompile(`^(AQ|AY|Ag|Aw|BA)[A-D]`)

// longestWord is the length up to which a text that is base64 by chance, and decodes to
// nothing readable, is taken for the word that it is.
const longestWord = 20

// mayBeEncoded tells a text that may be the base64 of the value that was meant, as data
// of a Secret has it.
func mayBeEncoded(text string) bool {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return false
	}
	defer clear(raw)
	hidden := func(r rune) bool { return !unicode.IsPrint(r) && !unicode.IsSpace(r) }
	return len(text) > longestWord || utf8.Valid(raw) && strings.IndexFunc(string(raw), hidden) < 0
}

// misplaced looks at one value in a field that a SealedSecret does not have.
func (e *examination) misplaced(n *manifest.Node, path []string) clearValue {
	v := clearOf(n, path)
	if path[len(path)-1] == "data" && v.doubt == "" {
		raw, err := base64.StdEncoding.DecodeString(n.Text)
		if err != nil {
			v.doubt, v.fix = "it is not base64, as the values of data are", "gatehouse seal set puts a sealed value in its place"
			return v
		}
		v.plain, v.class = raw, secrets.Classify(n.Key, string(raw), secrets.Held).Class
	}
	return e.once(v, strings.Join(path, "."))
}

// once doubts a value whose key has another value already.
func (e *examination) once(v clearValue, where string) clearValue {
	if e.taken[v.key] && v.doubt == "" {
		v.doubt = "the key has another value besides the one in " + where
		v.fix = "take one of them out; gatehouse seal set replaces a sealed value"
	}
	e.taken[v.key] = true
	return v
}
