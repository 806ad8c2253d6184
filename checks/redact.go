package checks

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strings"
	"unicode"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
)

// shortestRedacted is the length from which a secret value is cut out of
// messages. A shorter one says less about itself than the words it occurs in.
const shortestRedacted = 4

// redactor returns a function that cuts the secret values of documents out of a
// text: the values of Secrets, as they are written and as they decode.
func redactor(docs []*manifest.Document) func(string) string {
	var values []string
	for _, d := range docs {
		values = append(values, secretValues(d)...)
	}
	if len(values) == 0 {
		return func(s string) string { return s }
	}
	// Of two values of which one begins with the other, the longer one counts.
	slices.SortFunc(values, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	pairs := make([]string, 0, 2*len(values))
	for _, v := range values {
		pairs = append(pairs, v, redacted)
	}
	return strings.NewReplacer(pairs...).Replace
}

func secretValues(d *manifest.Document) []string {
	if d.Root.Get("kind").Str() != "Secret" && len(d.Duplicates) == 0 {
		return nil
	}
	var values []string
	add := func(v string) {
		if len(v) >= shortestRedacted {
			values = append(values, v)
		}
	}
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
	for i := range d.Duplicates {
		leaves(&d.Duplicates[i].Shadowed)
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

// identityRedactor returns a function that cuts the leaking values of documents
// out of names and paths, or nil where there are none.
func identityRedactor(docs []*manifest.Document) func(string) string {
	var pairs []string
	for _, d := range docs {
		for _, v := range leakingValues(d) {
			if identifies(v) {
				pairs = append(pairs, v, redacted)
			}
		}
	}
	if len(pairs) == 0 {
		return nil
	}
	return strings.NewReplacer(pairs...).Replace
}

// leakingValues are the values of a Secret that are secret by what their keys say:
// a user name may well be the name of the object, too.
func leakingValues(d *manifest.Document) []string {
	if d.Root.Get("kind").Str() != "Secret" {
		return nil
	}
	var values []string
	for _, field := range []string{"data", "stringData"} {
		fields := d.Root.Get(field)
		if fields == nil {
			continue
		}
		for _, n := range fields.Items {
			value := n.Text
			if plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(n.Text)); err == nil && field == "data" {
				value = string(plain)
			}
			if secrets.Classify(n.Key, value, secrets.Held).Class.Leaks() {
				values = append(values, value, n.Text)
			}
		}
	}
	return values
}

// redactIdentity cuts the values of its own file out of where a finding is said to
// be. It comes last: waivers and fingerprints need the real names.
func (f *Finding) redactIdentity() {
	f.key = ""
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
