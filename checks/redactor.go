package checks

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/scan"
)

// Redactor returns a function that cuts the secret values of a file out of a text,
// for those who show what somebody else's rules say of the file. Such a text may hold
// a value as JSON writes it, and that again inside other JSON. Of a file that cannot
// be searched nothing is shown.
func Redactor(name string, data []byte) (redact func(string) string) {
	defer func() {
		if recover() != nil {
			redact = func(string) string { return redacted }
		}
	}()
	file := manifest.Read(name, data, manifest.DefaultLimits())
	var values []string
	for _, d := range file.Documents {
		values = append(values, secretValues(d)...)
	}
	for _, f := range scan.File(file, scan.Options{}) {
		if f.Answer.Class.Leaks() {
			values = appendLong(values, f.Value, f.Raw)
		}
	}
	names := namesIn(file.Documents)
	values = slices.DeleteFunc(values, func(v string) bool { return names[v] })
	for _, v := range slices.Clone(values) {
		for _, line := range strings.Split(v, "\n") {
			values = appendLong(values, line)
		}
	}
	for _, v := range slices.Clone(values) {
		for _, html := range []bool{false, true} {
			for escaped, last := asJSON(v, html), v; escaped != last && len(escaped) < 6*len(v)+16; escaped, last = asJSON(escaped, html), escaped {
				values = append(values, escaped)
			}
		}
	}
	return cutting(values)
}

// namesIn are the names, namespaces and labels of objects. A password that is one of
// them is told by every tool that names the object; cut out, it would only make what is
// said of the object useless.
func namesIn(docs []*manifest.Document) map[string]bool {
	names := map[string]bool{}
	for _, d := range docs {
		names[d.Object.Name], names[d.Object.Namespace] = true, true
		if labels := d.Root.Lookup("metadata", "labels"); labels != nil {
			for i := range labels.Items {
				names[labels.Items[i].Text] = true
			}
		}
	}
	return names
}

// asJSON writes a text as JSON does between quotes, for HTML or not.
func asJSON(s string, html bool) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(html)
	if err := e.Encode(s); err != nil {
		return s
	}
	return strings.Trim(strings.TrimSuffix(b.String(), "\n"), `"`)
}
