package scan

import (
	"bytes"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
	"github.com/gatehouse-dev/gatehouse/secrets/settings"
)

// embedded is a text inside a document that is read as a document or as settings
// itself: a file in a ConfigMap, values in an Application, a patch.
type embedded struct {
	outer *walker
	node  *manifest.Node // the text in the outer tree
	text  []byte
	depth int

	indented bool
	margin   uint32 // by how much a block scalar is indented
}

// maxEmbedded is how deep texts inside texts are read.
const maxEmbedded = 4

// maxEmbeddedBytes is the size up to which a text inside a document is read as one.
const maxEmbeddedBytes = 4 << 20

func (w *walker) depth() int {
	if w.inside == nil {
		return 0
	}
	return w.inside.depth
}

// textInside reads n as a text that holds settings or a document, and tells whether
// it is one. Only texts of several lines and JSON are.
func (w *walker) textInside(n *manifest.Node, key string, st state) bool {
	form := textForm(n.Text)
	if form == "" && isFileName(key) && settings.FormatOf(key, nil) != settings.Unknown {
		form = lineForm
	}
	switch {
	case settings.IsStatement(n.Text) && form != jsonForm:
		form = sqlForm
	case st.program != settings.Unknown && (form == lineForm || n.Key == ""):
		form = string(st.program)
	case isShellKey(key) && form != jsonForm && (form != "" || strings.IndexByte(n.Text, ' ') >= 0):
		form = shellForm
	}
	if form == "" || w.isTooDeep(n, n.Text) {
		return false
	}
	if form == lineForm && w.level(st, key) == secrets.Promises && !isFileName(key) && !isProse(n.Text) && settings.Embedded(key, n.Text) == settings.Unknown {
		return false
	}
	w.readInside(n, []byte(n.Text), key, st, form)
	return true
}

// The forms of a text inside a document, as far as its first bytes tell.
const (
	jsonForm  = "json"
	yamlForm  = "yaml"
	lineForm  = "lines"
	shellForm = string(settings.Shell)
	sqlForm   = string(settings.SQL)
)

// textForm says how a text is to be read, or "" for one that is a plain value.
func textForm(text string) string {
	trimmed := strings.TrimLeft(text, " \t\r\n\ufeff")
	switch {
	case len(trimmed) < 4:
		return ""
	case (trimmed[0] == '{' || trimmed[0] == '[') && strings.IndexByte(trimmed, '"') > 0 && !strings.HasPrefix(trimmed, "{{"):
		if end := strings.TrimRight(trimmed, " \t\r\n"); trimmed[0] == '{' && end[len(end)-1] == '}' || trimmed[0] == '[' && end[len(end)-1] == ']' && strings.Contains(trimmed, "\":") {
			return jsonForm
		}
	}
	if strings.IndexByte(strings.TrimRight(text, "\r\n"), '\n') < 0 {
		return ""
	}
	if strings.HasPrefix(trimmed, "-----BEGIN ") {
		return ""
	}
	if looksLikeYAML(trimmed) {
		return yamlForm
	}
	return lineForm
}

// looksLikeYAML looks at the first line that is no comment: a key with a colon, an
// item of a list, or a separator.
func looksLikeYAML(text string) bool {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#' || strings.HasPrefix(line, "{{") && strings.HasSuffix(line, "}}"):
			continue
		case line == "---" || strings.HasPrefix(line, "- "):
			return true
		}
		key, rest, ok := strings.Cut(line, ":")
		key = strings.Trim(key, `"'`)
		return ok && isName(key) && (rest == "" || rest[0] == ' ' || rest[0] == '\t')
	}
	return false
}

// formatInside is the format of a text, by the key under which it stands and by
// what it looks like.
func formatInside(key string, text []byte, form string) settings.Format {
	switch form {
	case shellForm:
		if language := settings.Script(text); language != settings.Unknown {
			return language
		}
		return settings.Shell
	case lineForm, yamlForm, jsonForm:
	default:
		return settings.Format(form)
	}
	if format := settings.Embedded(key, string(text)); format != settings.Unknown || form != lineForm {
		return format
	}
	return formatOfLines(string(text))
}

// isShellKey knows the keys of commands and scripts: of containers, of compose and
// of CI files.
func isShellKey(key string) bool {
	if i := strings.LastIndexByte(key, '.'); i > 0 && (strings.HasPrefix(key, "ansible.") || strings.HasPrefix(key, "community.")) {
		key = key[i+1:]
	}
	switch key {
	case "run", "script", "command", "cmd", "entrypoint", "shell", "exec", "before_script", "after_script", "commands", "inlineScript", "commandToExecute", "inline", "test", "args",
		"source", "runcmd", "bootcmd", "before_install", "install", "user_data", "userData", "UserData", "healthcheck", "raw", "local_exec":
		return true
	}
	for _, ending := range []string{"Script", "_script", "Command", "_command", "Commands", "Args", "_args", "Opts", "_OPTS", "_opts", "Flags", "_FLAGS", "_ARGS", "Options", "_OPTIONS"} {
		if strings.HasSuffix(key, ending) {
			return true
		}
	}
	return false
}

// isProse tells whether a text is prose or code: several of its lines have words
// between blanks.
func isProse(text string) bool {
	lines := 0
	for line := range strings.Lines(text) {
		if strings.Contains(strings.TrimSpace(line), " ") {
			lines++
		}
		if lines == 2 {
			return true
		}
	}
	return false
}

// isFileName tells whether a key names a file, as those of a ConfigMap do.
func isFileName(key string) bool {
	i := strings.LastIndexByte(key, '.')
	return i >= 0 && i < len(key)-1 && len(key)-i <= 12
}

// readInside reads a text that stands at n. A text that is not the one of n, but
// was made from it, has no places of its own.
func (w *walker) readInside(n *manifest.Node, text []byte, key string, st state, form string) {
	st.key, st.above = "", ""
	in := &embedded{outer: w, node: n, text: text, depth: w.depth() + 1}
	read, since := false, len(w.found)
	if form == jsonForm || form == yamlForm {
		read = w.walkInside(in, text, key, st, form)
	}
	if !read {
		w.settingsInside(in, text, formatInside(key, text, form), st)
	}
	if !read || bytes.IndexByte(text, '#') >= 0 {
		w.tokensSince(since, n, key, st)
	}
}

// walkInside walks a text as YAML or JSON, and tells whether it is.
func (w *walker) walkInside(in *embedded, text []byte, key string, st state, form string) bool {
	f := manifest.Read("text."+form, text, insideLimits())
	for _, b := range f.Broken {
		if b.Limit != "" {
			w.over(LimitRead, w.lineOf(in.node))
		}
	}
	if len(f.Broken) > 0 || len(f.Documents) == 0 {
		return false
	}
	source := newLines(f.Text)
	for _, d := range f.Documents {
		if d.Root.Kind != manifest.Map && d.Root.Kind != manifest.List {
			return false
		}
	}
	for _, d := range f.Documents {
		inner := &walker{
			scanner: w.scanner, doc: w.doc, tree: d.Root, source: source, inside: in,
			templated: w.templated || d.Templated, shadow: newShadows(d.Duplicates), sops: sopsRuleOf(d.Root),
		}
		inner.steps = append(inner.steps, stepsTo(d)...)
		st := st
		st.quiet = st.quiet || isQuietFile(key) || isQuietDocument(d.Root)
		inner.node(d.Root, st)
	}
	if form == yamlForm {
		w.commentsInside(in, f.Text, st)
	}
	return true
}

// stepsTo leads to a document that is an item of a list.
func stepsTo(d *manifest.Document) []step {
	if d.Item == "" {
		return nil
	}
	return []step{{item: func() string { return d.Item }}}
}

// insideLimits bound what reading a text inside a document may cost.
func insideLimits() manifest.Limits {
	lim := manifest.DefaultLimits()
	lim.Nodes, lim.FileNodes, lim.Documents = 200_000, 200_000, 1_000
	return lim
}

// settingsInside judges a text as settings of the format that its name or content
// tells.
func (w *walker) settingsInside(in *embedded, text []byte, format settings.Format, st state) {
	source := newLines(text)
	for _, s := range w.settingsOf(format, text, in.node.At.Line) {
		v := value{key: s.Key, text: s.Value, raw: string(text[s.At:s.End]), inner: s.Key}
		v.at, v.end = in.span(source, startOf(source, s), s.End)
		v.path = pathIn(format)
		st.comment = s.Comment
		w.setting(in.node, v, heldIn(format, s.Key, st))
	}
}

// pathIn says what every value of a format is for, or "" where its key does: the
// keys of a file of password hashes are the names of users.
func pathIn(format settings.Format) string {
	if format == settings.Htpasswd || format == settings.Shadow {
		return "password"
	}
	return ""
}

// startOf is where a reader must look for a setting: at its key, or at its value
// where that stands on another line, as in a table.
func startOf(source *lines, s settings.Setting) int {
	if bytes.IndexByte(source.text[s.KeyAt:s.At], '\n') >= 0 {
		return s.At
	}
	return s.KeyAt
}

// setting judges one setting of a text that stands at n.
func (w *walker) setting(n *manifest.Node, v value, st state) {
	if strings.HasSuffix(v.key, "-stdin") {
		return // an option that takes no value: --password-stdin
	}
	st.above, st.pushed = "", false
	if w.judge(n, v, st) {
		w.remember(v.raw, v.at.Line, v.end)
	}
}

// span is the place in the file of a part of the text, given in bytes.
func (in *embedded) span(source *lines, start, end int) (at manifest.Pos, last uint32) {
	from, to := source.at(start), source.at(end)
	at, ok := in.locate(from)
	if !ok {
		return in.outer.where(in.node)
	}
	return at, at.Line + to.Line - from.Line
}

// locate gives the place in the file of a place in the text. It is known in a
// literal block scalar, which keeps its lines.
func (in *embedded) locate(p manifest.Pos) (manifest.Pos, bool) {
	n := in.node
	if n.Style != manifest.Literal || p.Line == 0 {
		return manifest.Pos{}, false
	}
	at := manifest.Pos{Line: n.At.Line + p.Line, Column: p.Column + in.indent()}
	if in.outer.inside == nil {
		if at.Line > in.outer.source.count() {
			return manifest.Pos{}, false
		}
		return at, true
	}
	return in.outer.inside.locate(at)
}

// indent returns by how much the block scalar is indented in the text around it.
func (in *embedded) indent() uint32 {
	if !in.indented {
		in.indented = true
		in.margin = in.findMargin()
	}
	return in.margin
}

func (in *embedded) findMargin() uint32 {
	line := in.node.At.Line
	for text := range bytes.Lines(in.text) {
		line++
		if len(bytes.TrimSpace(text)) > 0 {
			return uint32(max(0, leadingBlanks(in.outer.source.line(line))-leadingBlanks(text)))
		}
	}
	return 0
}

func leadingBlanks(line []byte) int { return len(line) - len(bytes.TrimLeft(line, " ")) }
