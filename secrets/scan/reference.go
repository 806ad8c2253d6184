package scan

import (
	"bytes"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
)

// isReference tells whether a value in a document is the name of a Secret, or of a
// key in one, rather than what it holds: only the place tells.
func (w *walker) isReference(n *manifest.Node, v value, st state) bool {
	if w.hasLocalTag(n) {
		return true
	}
	if v.inner != "" || st.place == Env || st.place == Args || st.place == Generator {
		return false
	}
	return namesSecret(v.key, v.text) || namesKey(v.key, v.text)
}

// isFilledByPlugin tells whether argocd-vault-plugin replaces a text when the object is
// applied: it has placeholders, and the object names the path whose keys they are
// (https://argocd-vault-plugin.readthedocs.io/en/stable/howitworks/).
func (w *walker) isFilledByPlugin(text string) bool {
	open := strings.IndexByte(text, '<')
	return open >= 0 && strings.IndexByte(text[open:], '>') > 1 &&
		w.tree.Lookup("metadata", "annotations", "avp.kubernetes.io/path").Str() != ""
}

// hasLocalTag tells whether n is written with a tag of the program that reads it,
// such as !GetAtt, !Ref, !vault and !secret: its text is not the value.
func (w *walker) hasLocalTag(n *manifest.Node) bool {
	if n.Kind != manifest.String || n.At.Line == 0 {
		return false
	}
	at := w.source.offset(n.At)
	if at+1 >= len(w.source.text) || w.source.text[at] != '!' {
		return false
	}
	tag := w.source.text[at:min(len(w.source.text), at+maxTag)]
	if end := bytes.IndexAny(tag, " \t\r\n"); end >= 0 {
		tag = tag[:end]
	}
	switch string(tag) {
	case "!", "!Sub", "!Join", "!unsafe":
		return false
	}
	return !bytes.HasPrefix(tag, []byte("!!"))
}

// maxTag is the longest tag that is read.
const maxTag = 64

// namesSecret tells whether a value under a key such as tlsSecret or credentials is
// the name of a Secret: words joined by dashes. A client secret is a value.
func namesSecret(key, text string) bool {
	key = lastPart(key)
	if i := strings.LastIndexByte(key, '/'); i >= 0 {
		key = key[i+1:]
	}
	lower := strings.ToLower(key)
	switch {
	case lower == "credentials" || lower == "secrets":
	case lower == "secret" || strings.HasSuffix(key, "Secret") || strings.HasSuffix(key, "-secret"):
		before := strings.TrimRight(strings.TrimSuffix(lower, "secret"), "-_")
		for _, word := range secretOwners {
			if strings.HasSuffix(before, word) {
				return false
			}
		}
	default:
		return false
	}
	return isObjectName(text)
}

// secretOwners are the words before "secret" that make it a value.
var secretOwners = [...]string{
	"client", "app", "application", "api", "consumer", "shared", "cookie", "jwt", "session", "oauth", "oauth2", "access", "token", "signing", "encryption", "hmac",
	"master", "super", "totp", "webhook", "user", "root", "admin", "key",
}

// isObjectName tells whether a text is a name that a person would give an object:
// words of letters joined by dashes and dots, perhaps behind a namespace, with at
// most a number at the end of a word.
func isObjectName(text string) bool {
	if len(text) > 253 || !strings.ContainsAny(text, "-/") {
		return false
	}
	slashes := 0
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '-' || r == '.' || r == '/' }) {
		if !isWordOfName(word) {
			return false
		}
	}
	slashes = strings.Count(text, "/")
	return slashes <= 1 && isAlnum(text[0]) && isAlnum(text[len(text)-1])
}

// isWordOfName tells whether a word has letters with a few digits behind or before
// them, in one case.
func isWordOfName(word string) bool {
	letters := strings.Trim(word, "0123456789")
	if len(word)-len(letters) > 4 || len(word) > 24 {
		return false
	}
	for i := 0; i < len(letters); i++ {
		if c := letters[i]; !isAlnum(c) || c >= '0' && c <= '9' {
			return false
		}
	}
	return letters == strings.ToLower(letters) || letters == strings.ToUpper(letters)
}

// namesKey tells whether a value under a key such as secretKey is the name of a key
// in a Secret: it is a word that names secrets or what goes with them.
func namesKey(key, text string) bool {
	key = lastPart(key)
	if !strings.HasSuffix(key, "Key") && !strings.HasSuffix(key, "Keys") && !strings.HasSuffix(key, "-key") {
		return false
	}
	return len(text) <= 63 && isName(text) && !strings.ContainsAny(text, "0123456789/") && !isBoast(text) && secrets.Promise(text) != secrets.SaysNothing
}

// isBoast tells a text that begins with words for how secret it is: nobody calls a key
// of a Secret so.
func isBoast(text string) bool {
	text = strings.ToLower(text)
	for _, word := range [...]string{"thisis", "mysuper", "myvery", "mysecretkey", "supersecret", "verysecret", "topsecret"} {
		if strings.HasPrefix(text, word) {
			return true
		}
	}
	return false
}

// namesKeysOf tells whether a map names a Secret and keys in it, as Strimzi does:
// passwordSecret: {secretName: db, password: password}.
func namesKeysOf(n *manifest.Node) bool {
	return n.Kind == manifest.Map && strings.HasSuffix(n.Key, "Secret") && n.Get("secretName") != nil
}

// isKeyOfSecret tells whether n, which stands beside a name, is the key of a Secret
// of that name: a word or a file name.
func isKeyOfSecret(n *manifest.Node) bool {
	if n.Kind != manifest.String || len(n.Text) > 63 || !isName(n.Text) {
		return false
	}
	digits := 0
	for i := 0; i < len(n.Text); i++ {
		if c := n.Text[i]; c >= '0' && c <= '9' {
			digits++
		}
	}
	return digits <= 3 && (n.Text == strings.ToLower(n.Text) || n.Text == strings.ToUpper(n.Text))
}
