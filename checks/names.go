package checks

import (
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
	"github.com/gatehouse-dev/gatehouse/secrets/scan"
)

// shortestInName is the length of the shortest run of letters and digits in a path
// that is looked at: no credential of a recognised form is shorter.
const shortestInName = 16

// judgeName judges the path of a file: it is a credential, or holds one. The values
// are returned too, also where no check reports them, so that nothing shows them.
func (r *runner) judgeName(f File) (findings []Finding, values []string) {
	if f.Message || !mayHoldCredential(f.Path) {
		return nil, nil
	}
	// A credential ends where a part of the path does.
	text := strings.ReplaceAll(f.Path, "/", "\n")
	list, _ := r.search(&manifest.File{Form: manifest.FormText, Text: []byte(text)})
	var found []scan.Found
	for _, one := range list {
		if one.Answer.Class != secrets.Credential {
			continue
		}
		found = append(found, scan.Found{Place: scan.Text, At: manifest.Pos{Line: 1, Column: 1}, EndLine: 1, Answer: one.Answer, Value: one.Value, Raw: one.Raw})
		values = appendLong(values, one.Value, one.Raw)
	}
	if len(found) == 0 || r.in.Past.Versions == nil {
		return nil, values // a gate without a past has objects, and makes up their paths
	}
	var out judged
	for _, c := range r.secrets {
		r.guard(f, c, cutting(values), &out, func(p *Pass) error { return c.Secrets(p, found) })
	}
	for i := range out.findings {
		one := &out.findings[i]
		one.Message += " It stands in the name of the file."
		one.Fix = "Give the file another name: `git mv`."
	}
	return out.findings, values
}

// mayHoldCredential tells whether a path has a long run of the characters of
// credentials, not all of them small letters.
func mayHoldCredential(path string) bool {
	run, mixed := 0, false
	for _, c := range []byte(path) {
		switch {
		case c >= 'a' && c <= 'z' || c == '-' || c == '_':
			run++
		case c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '+' || c == '=':
			run, mixed = run+1, true
		default:
			run, mixed = 0, false
		}
		if mixed && run >= shortestInName {
			return true
		}
	}
	return false
}

// hideNames keeps the credentials that names of files hold, so that they are shown
// nowhere.
func (r *runner) hideNames(results ...[]judged) {
	var values []string
	for _, list := range results {
		for i := range list {
			values = append(values, list[i].named...)
		}
	}
	if len(values) > 0 {
		r.hidden = cutting(values)
	}
}

// shown is a path, or any other text, without the credentials in names of files.
func (r *runner) shown(s string) string {
	if r.hidden == nil {
		return s
	}
	return r.hidden(s)
}

// redactNames cuts the credentials in names of files out of all that a result says.
func (r *runner) redactNames(result *Result) {
	if r.hidden == nil {
		return
	}
	cut := func(texts ...*string) {
		for _, s := range texts {
			*s = r.hidden(*s)
		}
	}
	for i := range result.Findings {
		f := &result.Findings[i]
		cut(&f.File, &f.Message, &f.Fix, &f.Field, &f.Environment, &f.Object.APIVersion, &f.Object.Kind, &f.Object.Namespace, &f.Object.Name)
		for k := range f.Origins {
			cut(&f.Origins[k].File, &f.Origins[k].What)
		}
	}
	for i := range result.NotJudged {
		cut(&result.NotJudged[i].File, &result.NotJudged[i].Reason)
	}
	for i := range result.Opaque {
		cut(&result.Opaque[i].File, &result.Opaque[i].What, &result.Opaque[i].Reason)
	}
}
