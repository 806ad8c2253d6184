package scan

import (
	"bytes"
	"path"
	"sort"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
	"github.com/gatehouse-dev/gatehouse/secrets/settings"
)

// text judges what of the file is no document: a file of another format, the lines
// of a template that could not be read, comments.
func (s *scanner) text() {
	if len(s.file.Documents) == 0 && bytes.IndexByte(s.file.Text, 0) >= 0 {
		return // an archive or a picture that holds words of a manifest
	}
	if len(s.file.Documents) == 0 {
		s.settings()
	}
	if len(s.file.Templated)+len(s.file.Broken) > 0 && isYAMLTemplate(s.file.Path) {
		s.unread()
	}
	if (len(s.file.Templated) > 0 || s.file.Form == manifest.FormText) && !isProseFile(s.file.Path) {
		s.templateText()
	}
	s.comments()
	if s.stopped {
		return
	}
	s.tokens()
	s.rules()
}

// settings judges a file as settings of the format that its name or content tells.
func (s *scanner) settings() {
	quiet := s.isQuiet()
	place := Setting
	if s.file.Form == manifest.FormValues {
		place = Values
	}
	st := state{place: place, in: secrets.Named, quiet: quiet}
	w := &walker{scanner: s, tree: &manifest.Node{}, source: s.lines}
	format := settings.FormatOf(s.file.Path, s.file.Text)
	if s.file.Form == manifest.FormText && (format == settings.JSON || format == settings.YAML) && s.otherDocuments(string(format), st) {
		return
	}
	if format == settings.Unknown && s.file.Form == manifest.FormText {
		s.oneValue(w, st)
		s.login(w, st)
		if len(s.file.Text) <= maxOneValue && !isProseFile(s.file.Path) {
			format = formatOfLines(string(s.file.Text))
		}
	}
	read := 0 // the end of the document that was read last in a setting
	for _, setting := range s.settingsOf(format, s.file.Text, 1) {
		if setting.End <= read {
			continue
		}
		v := value{key: setting.Key, text: setting.Value, raw: string(s.file.Text[setting.At:setting.End])}
		v.at, v.end = s.lines.at(startOf(s.lines, setting)), s.lines.at(setting.End).Line
		v.path = pathIn(format)
		st.comment = setting.Comment
		if strings.Contains(v.text, "{{") && strings.Contains(v.text, "}}") {
			s.markJudged(v.at.Line)
		}
		if s.documentIn(setting, v, st) {
			read = setting.End
			continue
		}
		w.setting(w.tree, v, heldIn(format, setting.Key, st))
	}
}

// oneValue judges a file that holds nothing but one value by the name of the file,
// such as master.key or db-password.txt.
func (s *scanner) oneValue(w *walker, st state) {
	if bytes.IndexByte(bytes.TrimSpace(s.file.Text[:min(len(s.file.Text), maxOneValue)]), '\n') >= 0 {
		return
	}
	text := strings.TrimSpace(string(s.file.Text))
	if len(text) < minToken || strings.ContainsAny(text, " \t\r\n") {
		return
	}
	if len(text) > maxOneValue {
		s.over(LimitOneValue, 1)
		return
	}
	start := bytes.Index(s.file.Text, []byte(text))
	v := value{key: path.Base(s.file.Path), text: text, raw: text}
	v.at, v.end = s.lines.at(start), s.lines.at(start+len(text)).Line
	w.setting(w.tree, v, st)
}

// login judges a file of two words on two lines whose name says that it is for signing
// in, such as OpenVPN reads: the name of a user, and a password.
func (s *scanner) login(w *walker, st state) {
	if len(s.file.Text) > maxOneValue || w.promise(path.Base(s.file.Path)) < secrets.Suggests {
		return
	}
	words := strings.Fields(string(s.file.Text))
	if len(words) != 2 || strings.ContainsAny(words[0], "=:") || s.lines.count() < 2 || !strings.HasPrefix(strings.TrimSpace(string(s.lines.line(2))), words[1]) {
		return
	}
	start := bytes.LastIndex(s.file.Text, []byte(words[1]))
	v := value{key: path.Base(s.file.Path), path: "password", text: words[1], raw: words[1]}
	v.at, v.end = s.lines.at(start), s.lines.at(start+len(words[1])).Line
	w.setting(w.tree, v, st)
}

// maxOneValue is the largest file that is read as one value.
const maxOneValue = 4 << 10

// otherDocuments walks a text that is JSON or YAML under another name, such as
// .dockerconfigjson, and tells whether it is.
func (s *scanner) otherDocuments(format string, st state) bool {
	f := manifest.Read("text."+format, s.file.Text, insideLimits())
	for _, b := range f.Broken {
		if b.Limit != "" {
			s.over(LimitRead, b.At.Line)
		}
	}
	if len(f.Broken) > 0 || len(f.Documents) == 0 || f.Documents[0].Root.Kind != manifest.Map && f.Documents[0].Root.Kind != manifest.List {
		return false
	}
	if strings.HasSuffix(strings.ToLower(s.file.Path), ".ipynb") {
		st.program = settings.Python // a notebook has its lines in lists
	}
	for _, d := range f.Documents {
		w := &walker{scanner: s, tree: d.Root, source: s.lines, templated: d.Templated, shadow: newShadows(d.Duplicates)}
		w.node(d.Root, st)
	}
	return true
}

// addSetting adds a setting of the text of the file.
func (s *scanner) addSetting(place Place, setting settings.Setting, a secrets.Answer) {
	raw := string(s.file.Text[setting.At:setting.End])
	at, end := s.lines.at(startOf(s.lines, setting)), s.lines.at(setting.End)
	s.remember(raw, at.Line, end.Line)
	s.found = append(s.found, Found{Place: place, Key: setting.Key, At: at, EndLine: end.Line, Answer: a, Value: setting.Value, Raw: raw})
}

// tokens reports the credentials in the text that no document and no setting has
// shown: in comments, in prose.
func (s *scanner) tokens() {
	byLine := s.foundByLine()
	for _, hit := range s.hits {
		if hit.Example || hit.Encrypted {
			continue
		}
		text := string(s.file.Text[hit.Start:hit.End])
		at := s.lines.at(hit.Start)
		if s.isSeen(text, at.Line) || byLine.holds(text, at.Line) {
			continue
		}
		s.found = append(s.found, Found{
			Place: Text, At: at, EndLine: s.lines.at(hit.End).Line, Answer: answerOf(hit), Value: text, Raw: text,
		})
	}
}

// rules reports what the rules of the user find. What lies in a value of a document
// is said to stand there.
func (s *scanner) rules() {
	if s.options.Rules == nil {
		return
	}
	ranges := s.options.Rules(s.file.Path, s.file.Text)
	if len(ranges) == 0 {
		return
	}
	byLine, values := s.foundByLine(), s.values()
	for _, r := range ranges {
		if r.Start == 0 && r.End == 0 {
			s.found = append(s.found, s.namedByRule(r))
			continue
		}
		if r.Start < 0 || r.End > len(s.file.Text) || r.Start >= r.End {
			continue
		}
		text := string(s.file.Text[r.Start:r.End])
		at := s.lines.at(r.Start)
		if byLine.holds(text, at.Line) {
			continue
		}
		f := Found{
			Place: Text, At: at, EndLine: s.lines.at(r.End).Line, Value: text, Raw: text,
			Answer: ofRule(r),
		}
		if v, ok := values.at(at); ok {
			f.Place, f.Document, f.Field, f.Key = Setting, v.document, v.field, v.key
		}
		s.found = append(s.found, f)
	}
}

func ofRule(r Range) secrets.Answer {
	return secrets.Answer{Class: secrets.Credential, Evidence: "it matches the rule " + r.ID, Family: r.ID}
}

// namedByRule is the finding of a rule of the path alone: the file as a whole.
func (s *scanner) namedByRule(r Range) Found {
	return Found{Place: Text, At: manifest.Pos{Line: 1, Column: 1}, EndLine: 1, Answer: ofRule(r), Value: s.file.Path, Raw: s.file.Path}
}

// lineIndex finds findings by the lines that they cover.
type lineIndex map[uint32][]int

type foundIndex struct {
	found []Found
	lines lineIndex
}

// maxIndexed is how many lines of one finding, and findings of one line, are known.
const maxIndexed = 256

func (s *scanner) foundByLine() foundIndex {
	x := foundIndex{s.found, lineIndex{}}
	for i := range s.found {
		for line := s.found[i].At.Line; line <= min(s.found[i].EndLine, s.found[i].At.Line+maxIndexed); line++ {
			if len(x.lines[line]) < maxIndexed {
				x.lines[line] = append(x.lines[line], i)
			}
		}
	}
	return x
}

// holds tells whether a finding on a line has text, or is a part of it.
func (x foundIndex) holds(text string, line uint32) bool {
	bare := bareText(text)
	for _, i := range x.lines[line] {
		f := &x.found[i]
		if len(f.Value)+len(f.Raw) > maxCovering {
			continue
		}
		if covers(bareText(f.Value), bare) || covers(bareText(f.Raw), bare) {
			return true
		}
	}
	return false
}

// maxCovering is the size up to which a finding is searched for what else stands on
// its lines.
const maxCovering = 64 << 10

func covers(a, b string) bool {
	return a != "" && (strings.Contains(a, b) || len(a) >= minToken && strings.Contains(b, a))
}

// placedValue is a scalar of a document with the place where it begins.
type placedValue struct {
	at         manifest.Pos
	end        uint32
	document   *manifest.Document
	field, key string
}

type placedValues []placedValue

// values lists the scalars of the documents in the order of the text.
func (s *scanner) values() placedValues {
	var out placedValues
	for _, d := range s.file.Documents {
		d.Root.Walk(func(path func() string, n *manifest.Node) bool {
			if n.Kind == manifest.String || n.Kind == manifest.Number {
				out = append(out, placedValue{n.Place(), n.EndLine(), d, path(), n.Key})
			}
			return true
		})
	}
	sort.SliceStable(out, func(i, j int) bool { return before(out[i].at, out[j].at) })
	return out
}

func before(a, b manifest.Pos) bool {
	return a.Line < b.Line || a.Line == b.Line && a.Column < b.Column
}

// at returns the value that a place lies in: the last one that begins before it and
// does not end above it.
func (v placedValues) at(p manifest.Pos) (placedValue, bool) {
	i := sort.Search(len(v), func(i int) bool { return before(p, v[i].at) }) - 1
	if i < 0 || v[i].end < p.Line {
		return placedValue{}, false
	}
	return v[i], true
}
