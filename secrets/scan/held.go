package scan

import (
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
	"github.com/gatehouse-dev/gatehouse/secrets/settings"
)

// worstInside judges the settings of a text that is one value of a Secret, such as a
// script or a cloud-init file, by all that this package knows of places. a is what
// the text is as a whole.
func (w *walker) worstInside(n *manifest.Node, v value, st state, a secrets.Answer) secrets.Answer {
	form := textForm(v.text)
	if isShellKey(v.key) && form == lineForm {
		form = shellForm
	}
	if form == "" || w.isTooDeep(n, v.text) {
		return a
	}
	plain := *n
	plain.Text, plain.Style = v.text, manifest.Plain
	since := len(w.found)
	w.readInside(&plain, []byte(v.text), v.key, state{place: st.place, in: secrets.Named, kind: st.kind}, form)
	worst := a
	for _, f := range w.found[since:] {
		switch c := f.Answer.Class; {
		case !c.Leaks() || worst.Class == secrets.Credential:
		case c == secrets.Credential:
			worst = f.Answer
		case worst.Class != secrets.Plaintext:
			worst = secrets.Answer{Class: c, Evidence: "a setting in it is a secret that is written out"}
		}
	}
	w.found = w.found[:since]
	return worst
}

// isTooDeep tells whether a text is not read because too many stand around it or it
// is too large, and says so.
func (w *walker) isTooDeep(n *manifest.Node, text string) bool {
	switch {
	case w.depth() >= maxEmbedded:
		w.over(LimitDepth, w.lineOf(n))
	case len(text) > maxEmbeddedBytes:
		w.over(LimitBytes, w.lineOf(n))
	default:
		return false
	}
	return true
}

func (w *walker) lineOf(n *manifest.Node) uint32 {
	at, _ := w.where(n)
	return at.Line
}

// heldIn is the state for a setting of a text, of which the key may say that a Secret
// is made of it: the data of a kubernetes_secret of Terraform.
func heldIn(format settings.Format, key string, st state) state {
	st.in = secrets.Named
	if format != settings.HCL {
		return st
	}
	resource, rest, _ := strings.Cut(key, ".")
	_, rest, _ = strings.Cut(rest, ".")
	attribute, _, nested := strings.Cut(rest, ".")
	if strings.HasPrefix(resource, "kubernetes_secret") && nested && (attribute == "data" || attribute == "binary_data" || attribute == "data_wo" || attribute == "binary_data_wo") {
		st.in = secrets.Held
	}
	return st
}

// encrypted tells whether a map is a value of an encrypted data bag of Chef, of which
// every field belongs to the ciphertext.
func isEncryptedItem(n *manifest.Node) bool {
	return n.Get("encrypted_data").Str() != "" && (n.Get("iv") != nil || n.Get("cipher") != nil)
}

// privateMember is the field of a JSON Web Key that is secret (RFC 7518, section 6):
// d of a pair of keys, k of a symmetric one; nil where n is no such key.
func privateMember(n *manifest.Node) *manifest.Node {
	var member *manifest.Node
	switch n.Get("kty").Str() {
	case "RSA", "EC", "OKP":
		member = n.Get("d")
	case "oct":
		member = n.Get("k")
	}
	if member == nil || member.Kind != manifest.String {
		return nil
	}
	return member
}

// webKey walks a JSON Web Key.
func (w *walker) webKey(n, private *manifest.Node, st state) {
	w.fields(n, func(child *manifest.Node) {
		if child != private {
			w.plainField(shape{}, st, child)
			return
		}
		if a := secrets.Classify("private_key", child.Text, secrets.Held); a.Class.Leaks() {
			w.report(child, st.place, value{key: child.Key, text: child.Text, raw: child.Text},
				secrets.Answer{Class: secrets.Credential, Evidence: "it is the private part of a JSON Web Key", Family: a.Family})
			w.noteTokens(child)
		}
	})
}

// fakeValues walks the values that a SecretStore of the fake provider gives out as
// they are.
func (w *walker) fakeValues(n *manifest.Node) {
	st := state{place: Secret, in: secrets.Held}
	w.fields(n, func(data *manifest.Node) {
		if data.Key != "data" || data.Kind != manifest.List {
			return
		}
		w.items(data, func(_ int, item *manifest.Node) {
			if item.Kind != manifest.Map {
				return
			}
			st.key = short(item.Get("key").Str())
			w.fields(item, func(child *manifest.Node) {
				switch child.Key {
				case "value":
					named := *child
					named.Key = st.key
					w.held(&named, st)
				case "valueMap":
					w.held(child, st)
				}
			})
		})
	})
}
