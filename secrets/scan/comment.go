package scan

import (
	"bytes"
	"cmp"
	"slices"
	"sort"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
	"github.com/gatehouse-dev/gatehouse/secrets/settings"
)

// What is commented out is a leak as much as what is not, but most values there are
// examples. There only a credential of a known form counts, and a literal that no
// one would write down as an example: one that a generator has made, or that a
// person has made hard to guess.

// countsInComment tells whether a value that is commented out is reported.
func countsInComment(c secrets.Class, text string) bool {
	switch c {
	case secrets.Credential:
		return holdsChosen(text, isMixed)
	case secrets.Plaintext:
		return len(text) <= maxChosen && !strings.ContainsAny(text, " \t\r\n") && holdsChosen(text, isChosen)
	}
	return false
}

// maxChosen is the longest literal in a comment that counts.
const maxChosen = 512

// mixture is what letters, digits and other signs a text without blanks has.
type mixture struct {
	size, lower, upper, digits, signs int
	turns                             int // from a letter to a digit and back
}

// holdsChosen tells whether one of the words that blanks part in a text is as is
// asks.
func holdsChosen[T string | []byte](text T, is func(mixture) bool) bool {
	var r mixture
	last := byte(0)
	for i := 0; i < len(text); i++ {
		c := text[i]
		kind := byte('s')
		switch {
		case c <= ' ':
			if is(r) {
				return true
			}
			r, last = mixture{}, 0
			continue
		case c >= '0' && c <= '9':
			r.digits++
			kind = 'd'
		case c >= 'a' && c <= 'z':
			r.lower++
			kind = 'l'
		case c >= 'A' && c <= 'Z':
			r.upper++
			kind = 'l'
		default:
			r.signs++
		}
		if r.size++; last != 0 && (kind == 'd') != (last == 'd') {
			r.turns++
		}
		last = kind
	}
	return is(r)
}

// isMixed tells a word that may be a credential: it is long, and has letters and
// digits.
func isMixed(r mixture) bool {
	return r.size >= minToken && r.digits > 0 && r.lower+r.upper > 0
}

// isChosen tells a word that somebody or something has made hard to guess: it mixes
// digits with letters of both cases or other signs, or changes often between letters
// and digits.
func isChosen(r mixture) bool {
	letters := r.lower + r.upper
	switch {
	case r.size < minToken || r.digits == 0 || letters == 0:
		return false
	case r.upper > 0 && r.lower > 0:
		return r.digits >= 2 || r.turns >= 2
	}
	return r.size >= 16 && r.turns >= 6
}

// comments judges the settings and commands in the comments of YAML. Those in the
// texts of block scalars belong to the document, and are read there.
func (s *scanner) comments() {
	if bytes.IndexByte(s.file.Text, '#') < 0 || len(s.file.Documents) == 0 && !isYAMLTemplate(s.file.Path) {
		return
	}
	w := &walker{scanner: s, tree: &manifest.Node{}, source: s.lines}
	w.commentsOf(s.file.Text, func(start, end int, v value) {
		v.at, v.end = s.lines.at(start), s.lines.at(end).Line
		if !s.inBlock(v.at.Line) {
			w.setting(w.tree, v, state{place: Setting, in: secrets.Named, comment: true, quiet: s.isQuiet()})
		}
	})
}

// commentsInside judges the comments of YAML that stands as a text in a document.
func (w *walker) commentsInside(in *embedded, text []byte, st state) {
	if bytes.IndexByte(text, '#') < 0 {
		return
	}
	st.comment, st.in = true, secrets.Named
	source := newLines(text)
	w.commentsOf(text, func(start, end int, v value) {
		v.inner = v.key
		v.at, v.end = in.span(source, start, end)
		w.setting(in.node, v, st)
	})
}

// commentsOf gives the settings in the lines of a text that are comments, with the
// bytes between which each stands.
func (w *walker) commentsOf(text []byte, give func(start, end int, v value)) {
	name := ""
	for at := 0; at < len(text) && !w.halted(); {
		end := len(text)
		if i := bytes.IndexByte(text[at:], '\n'); i >= 0 {
			end = at + i
		}
		line := text[at:end]
		start := at
		at = end + 1
		body := bytes.TrimLeft(line, " \t")
		if len(body) == 0 || body[0] != '#' {
			name = ""
			continue
		}
		if holdsChosen(body, isMixed) {
			name = w.commentLine(line, start, name, give)
			continue
		}
		name = ""
		if key, value, ok := cutKey(bytes.TrimLeft(body, "# \t-")); ok && isNameKey(string(key)) {
			name = plainScalar(value)
		}
	}
}

// commentLine gives the settings of one line, and returns the name that it gives to
// the value on the next one. name is that of the line before.
func (w *walker) commentLine(line []byte, start int, name string, give func(start, end int, v value)) string {
	bare := bytes.TrimLeft(line, " \t#-")
	from := start + len(line) - len(bare)
	key, rest := keyOfLine(bare)
	text := plainScalar(bytes.TrimRight(rest, ","))
	switch {
	case key != "" && isNameKey(key):
		return text
	case key != "" && isValueKey(key) && name != "":
		key = name
	}
	if key != "" && text != "" {
		if holdsChosen(text, isMixed) && (w.promise(key) >= secrets.Suggests || isURL(text)) {
			give(from, start+len(line), value{key: key, text: text, raw: text})
		}
		return ""
	}
	if bytes.IndexByte(bare, '=') < 0 && !bytes.Contains(bare, []byte(" -")) || len(line) > maxLine {
		return ""
	}
	for _, s := range settings.ReadAs(settings.Shell, line) {
		if s.Comment && w.promise(s.Key) >= secrets.Suggests {
			give(start+s.KeyAt, start+s.End, value{key: s.Key, text: s.Value, raw: string(line[s.At:s.End])})
		}
	}
	return ""
}

// inBlock tells whether a line is one of a block scalar.
func (s *scanner) inBlock(line uint32) bool {
	if s.blocks == nil {
		s.blocks = []lineSpan{{}}
		for _, d := range s.file.Documents {
			d.Root.Walk(func(_ func() string, n *manifest.Node) bool {
				if n.Style == manifest.Literal || n.Style == manifest.Folded {
					s.blocks = append(s.blocks, lineSpan{n.At.Line + 1, n.EndLine()})
				}
				return true
			})
		}
		slices.SortFunc(s.blocks, func(a, b lineSpan) int { return cmp.Compare(a.from, b.from) })
	}
	i := sort.Search(len(s.blocks), func(i int) bool { return s.blocks[i].from > line }) - 1
	return i >= 0 && line <= s.blocks[i].to
}
