package checks

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
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
	if d.Object.Kind != "Secret" {
		return nil
	}
	var values []string
	add := func(v string) {
		if len(v) >= shortestRedacted {
			values = append(values, v)
		}
	}
	for _, field := range []string{"data", "stringData"} {
		if fields := d.Root.Get(field); fields != nil {
			for _, n := range fields.Items {
				add(n.Text)
				if plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(n.Text)); err == nil {
					add(string(plain))
				}
			}
		}
	}
	return values
}
