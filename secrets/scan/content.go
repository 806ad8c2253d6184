package scan

import (
	"path"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
	"github.com/gatehouse-dev/gatehouse/secrets/settings"
)

// fileNameOf is the name of the file that a path leads to, or "".
func fileNameOf(n *manifest.Node) string {
	text := n.Str()
	if text == "" || len(text) > 4*maxName {
		return ""
	}
	return path.Base(text)
}

// fileContent judges the content of a file that stands beside its path, as in the
// files of cloud-init and of Cluster API. It tells whether something is found.
func (w *walker) fileContent(n *manifest.Node, name string, st state) bool {
	if n.Kind != manifest.String || st.quiet || st.in == secrets.Held || w.isFilled(n) {
		return false
	}
	since := len(w.found)
	plain := *n
	if text := w.unpacked(n); text != n.Text {
		plain.Text, plain.Style = text, manifest.Plain
	}
	form := textForm(plain.Text)
	bare := strings.TrimSpace(plain.Text)
	if _, _, ok := assignment(bare); form == "" && ok {
		form = lineForm
	} else if form == "" && (isExport(bare) || strings.IndexByte(bare, ' ') > 0 && settings.FormatOf(name, nil) == settings.Shell) {
		form = shellForm
	}
	switch {
	case form != "" && !w.isTooDeep(n, plain.Text):
		w.readInside(&plain, []byte(plain.Text), name, st, form)
	case w.judge(n, value{key: name, text: plain.Text, raw: n.Text}, st):
	}
	w.ofEncoded(n, &plain, since)
	return len(w.found) > since
}

// isExport tells whether a text begins as a script that sets a variable.
func isExport(text string) bool { return strings.HasPrefix(text, "export ") }

// ofEncoded gives the findings since the one of that index the text as it is written,
// where they are of what it decodes to.
func (w *walker) ofEncoded(n, plain *manifest.Node, since int) {
	if plain.Text == n.Text {
		return
	}
	for i := since; i < len(w.found); i++ {
		w.found[i].Raw = n.Text
	}
	if len(w.found) > since {
		w.noteTokens(n)
	}
}

// shortestText is the length from which a value of one line is read as a text of
// several lines in base64.
const shortestText = 32

// encodedInside judges a value that is a text of several lines in base64, such as the
// script that a machine starts with. It tells whether something is found.
func (w *walker) encodedInside(n *manifest.Node, key string, st state) bool {
	if n.Kind != manifest.String || !mayEncodeText(strings.TrimSpace(n.Text)) {
		return false
	}
	plain := *n
	plain.Text, plain.Style = w.unpacked(n), manifest.Plain
	form := textForm(plain.Text)
	if plain.Text == n.Text || form == "" || w.isTooDeep(n, plain.Text) {
		return false
	}
	if isShellKey(key) && form == lineForm {
		form = shellForm
	}
	since := len(w.found)
	w.readInside(&plain, []byte(plain.Text), key, st, form)
	w.ofEncoded(n, &plain, since)
	return len(w.found) > since
}

// mayEncodeText is a quick test for base64 of a text or of gzip: its first bytes are
// letters and signs.
func mayEncodeText(text string) bool {
	if len(text) < shortestText {
		return false
	}
	for i := 0; i < len(text); i++ {
		if c := text[i]; !isAlnum(c) && c != '+' && c != '/' && c != '=' && c != '-' && c != '_' {
			return false
		}
	}
	if strings.HasPrefix(text, "H4sI") {
		return true
	}
	head, _, ok := secrets.Decode(text[:shortestText/2])
	return ok && strings.IndexFunc(head, func(r rune) bool { return r > '~' }) < 0
}

// accounts judges the users with their passwords of cloud-init: user:password, one on
// a line or one in an item.
func (w *walker) accounts(n *manifest.Node, st state) {
	if n.Kind == manifest.List {
		w.items(n, func(_ int, item *manifest.Node) {
			if v, ok := account(item.Str()); ok {
				w.setting(item, v, st)
			}
		})
		return
	}
	in := &embedded{outer: w, node: n, text: []byte(n.Str())}
	source, at := newLines(in.text), 0
	for line := range strings.Lines(n.Str()) {
		if v, ok := account(line); ok {
			v.inner = v.key
			v.at, v.end = in.span(source, at, at+len(line)-1)
			w.setting(n, v, st)
		}
		at += len(line)
	}
}

// isBasicAuth knows the keys of maps under which users stand with their passwords, or with
// hashes of them, as in the middlewares of Traefik.
func isBasicAuth(key string) bool {
	return key == "basicAuth" || key == "basic_auth" || key == "basicauth"
}

// account cuts one of them. What cloud-init draws itself is none.
func account(line string) (value, bool) {
	user, password, ok := strings.Cut(strings.TrimSpace(line), ":")
	if !ok || password == "R" || password == "RANDOM" {
		return value{}, false
	}
	return value{key: user, path: "password", text: password, raw: password}, true
}

// formatOfLines is the format of a text that its name does not tell and that is too
// short for its lines to tell: each of them is an assignment.
func formatOfLines(text string) settings.Format {
	found := settings.Unknown
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		if _, _, ok := assignment(line); !ok {
			return settings.Unknown
		}
		found = settings.Properties
	}
	return found
}

// documentIn judges a setting of a file that is a document itself, such as the values of
// a chart in a here-document of Terraform. It tells whether it is one.
func (s *scanner) documentIn(setting settings.Setting, v value, st state) bool {
	if st.comment || st.quiet || setting.End-setting.At != len(v.text) || strings.IndexByte(v.text, '\n') < 0 {
		return false
	}
	form := textForm(v.text)
	if form != yamlForm && form != jsonForm {
		return false
	}
	w := &walker{scanner: s, tree: &manifest.Node{}, source: s.lines}
	first := s.lines.at(setting.At)
	node := &manifest.Node{Kind: manifest.String, Text: v.text, Style: manifest.Literal, At: manifest.Pos{Line: first.Line - 1, Column: 1}}
	if first.Line < 2 || first.Column > 1 && len(strings.TrimSpace(string(s.lines.line(first.Line)[:first.Column-1]))) > 0 || w.isTooDeep(node, v.text) {
		return false
	}
	st.key = short(setting.Key)
	in := &embedded{outer: w, node: node, text: []byte(v.text), depth: 1}
	return w.walkInside(in, []byte(v.text), "", st, form)
}
