package checks

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/scan"
)

// shortestRedacted is the length from which a secret value is cut out of
// messages. A shorter one says less about itself than the words it occurs in.
const shortestRedacted = 4

// redactor returns a function that cuts the secret values of a file out of a text:
// what the search for secrets found, and the values of Secrets, as they are written
// and as they decode.
func redactor(docs []*manifest.Document, found []scan.Found) func(string) string {
	var values []string
	for _, d := range docs {
		values = append(values, secretValues(d)...)
	}
	for _, f := range found {
		if f.Answer.Class.Leaks() {
			values = appendLong(values, f.Value, f.Raw)
		}
	}
	return cutting(values)
}

// cutting returns a function that cuts values out of a text. A value of letters
// alone, such as admin, is cut out as a word and not of another word: the text
// would be of no use, and says no more by adminPassword than by any other key.
func cutting(values []string) func(string) string {
	if len(values) == 0 {
		return func(s string) string { return s }
	}
	for _, v := range values {
		if quoted := strconv.Quote(v); quoted[1:len(quoted)-1] != v {
			values = append(values, quoted[1:len(quoted)-1]) // as it stands in a map or list that is worded
		}
	}
	// Of two values of which one begins with the other, the longer one counts.
	slices.SortFunc(values, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	words := map[string]bool{}
	var pairs []string
	for _, v := range slices.Compact(values) {
		switch {
		case len(v) >= shortestWhole || strings.IndexFunc(v, isNoLetter) >= 0:
			pairs = append(pairs, v, redacted)
		case !isOwnWord(v):
			words[v] = true
		}
	}
	replace := strings.NewReplacer(pairs...).Replace
	return func(s string) string { return cutWords(replace(s), words) }
}

// shortestWhole is the length from which a value is cut out wherever it stands.
const shortestWhole = 16

func isNoLetter(r rune) bool { return !unicode.IsLetter(r) }

// isOwnWord knows the words of our own messages. Cut out, they would make a message
// useless and tell what the value is; left in, they tell nothing.
func isOwnWord(v string) bool {
	switch strings.ToLower(v) {
	case "password", "secret", "default", "value", "values", "token", "credential", "placeholder", "template", "generator", "weak", "plain", "text",
		"clear", "hash", "file", "name", "data", "vault", "rotate", "kubernetes", "private", "public", "commit", "remote", "here", "this", "that":
		return true
	}
	return false
}

// cutWords cuts the words of a set out of s: runs of letters and digits that are one
// of them as a whole.
func cutWords(s string, words map[string]bool) string {
	if len(words) == 0 {
		return s
	}
	var out strings.Builder
	start := -1
	flush := func(end int) {
		if start < 0 {
			return
		}
		if word := s[start:end]; words[word] {
			out.WriteString(redacted)
		} else {
			out.WriteString(word)
		}
		start = -1
	}
	for i, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			if start < 0 {
				start = i
			}
			continue
		}
		flush(i)
		out.WriteRune(r)
	}
	flush(len(s))
	return out.String()
}

// appendLong appends the values that are long enough to be cut out.
func appendLong(values []string, more ...string) []string {
	for _, v := range more {
		if len(v) >= shortestRedacted {
			values = append(values, v)
		}
	}
	return values
}

func secretValues(d *manifest.Document) []string {
	if d.Root.Get("kind").Str() != "Secret" && len(d.Duplicates) == 0 {
		return nil
	}
	var values []string
	add := func(v string) { values = appendLong(values, v) }
	leaves := func(n *manifest.Node) {
		n.Walk(func(_ func() string, n *manifest.Node) bool {
			add(n.Text)
			if plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(n.Text)); err == nil {
				add(string(plain))
			}
			return true
		})
	}
	for _, field := range []string{"data", "stringData"} {
		if fields := d.Root.Get(field); fields != nil {
			leaves(fields)
		}
	}
	if clear := d.Root.Get("stringData"); clear != nil {
		// In the canonical form, which policies see, it stands encoded under data.
		clear.Walk(func(_ func() string, n *manifest.Node) bool {
			add(base64.StdEncoding.EncodeToString([]byte(n.Text)))
			return true
		})
	}
	for i := range d.Duplicates {
		leaves(&d.Duplicates[i].Shadowed)
	}
	if d.Root.Get("kind").Str() != "Secret" {
		// What a second key hides may have been a Secret's value; a plain word of it
		// more often names something that the messages are about.
		values = slices.DeleteFunc(values, func(v string) bool { return !identifies(v) })
	}
	return values
}

// identifies tells whether a value in a name or path would give it away. They are
// what a reader finds the place by, so a word that happens to be somebody's weak
// password stays: only a long value, or one of letters and digits, is cut out.
func identifies(value string) bool {
	letters := strings.ContainsFunc(value, unicode.IsLetter)
	digits := strings.ContainsFunc(value, unicode.IsDigit)
	return len(value) >= 16 || len(value) >= 8 && letters && digits
}

// identityRedactor returns a function that cuts the leaking values of a file out of
// names and paths, or nil where there are none.
func identityRedactor(found []scan.Found) func(string) string {
	var values []string
	for _, f := range found {
		if !f.Answer.Class.Leaks() {
			continue
		}
		for _, v := range []string{f.Value, f.Raw} {
			if identifies(v) {
				values = append(values, v)
			}
		}
	}
	if len(values) == 0 {
		return nil
	}
	return cutting(values)
}

// redactIdentity cuts the values of its own file out of where a finding is said to
// be. It comes last: waivers and fingerprints need the real names.
func (f *Finding) redactIdentity() {
	f.key, f.subject = "", ""
	if f.identityRedactor == nil {
		return
	}
	for _, s := range []*string{&f.File, &f.Field, &f.Object.Namespace, &f.Object.Name} {
		*s = f.identityRedactor(*s)
	}
	for i := range f.Origins {
		f.Origins[i].File = f.identityRedactor(f.Origins[i].File)
	}
}
