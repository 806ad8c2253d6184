package settings

import "strings"

// script reads a shell script: its assignments, and the flags and words of its
// commands that hold settings.
type script struct {
	*reader
	to       int
	words    []word
	input    []word // the words of the command whose output the current one reads
	skip     bool   // the next word is the target of a redirection
	target   string // of the output of the command, or "" where it has none
	here     bool   // the next word is the input
	heredocs []heredoc
}

type heredoc struct {
	marker string
	tabs   bool
	target string // the file that it is written to, where that stands before it
}

// maxWords bounds the words of one command; what follows is read as another one.
const maxWords = 1 << 12

func (r *reader) shell(from, to int) {
	s := &script{reader: r, to: to}
	outer := r.script
	r.script = [2]int{from, to}
	for at := from; at < to; {
		at = s.step(at)
	}
	s.finish(false)
	r.script = outer
}

// step reads what stands at at and gives the offset behind it.
func (s *script) step(at int) int {
	switch c := s.text[at]; {
	case isBlank(c):
		return at + 1
	case c == '\n':
		s.finish(false)
		return s.bodies(at + 1)
	case c == '\\' && at+1 < s.to && (s.text[at+1] == '\n' || s.text[at+1] == '\r'):
		return at + 2
	case c == '#':
		end := s.lineEnd(at, s.to)
		s.commentLine(at, end)
		return end
	case c == ';' || c == '(' || c == ')':
		s.finish(false)
		return at + 1
	case c == '|' || c == '&':
		double := at+1 < s.to && s.text[at+1] == c
		s.finish(c == '|' && !double)
		if double {
			at++
		}
		return at + 1
	case c == '<' || c == '>':
		return s.redirect(at)
	}
	end := s.wordEnd(at)
	s.word(at, end)
	return end
}

// commentLine reads a comment that is a setting or a command.
func (s *script) commentLine(at, end int) {
	before := len(s.out)
	s.commented(at, end, "=")
	if len(s.out) > before {
		return
	}
	for at < end && (s.text[at] == '#' || s.text[at] == '$' || isBlank(s.text[at])) {
		at++
	}
	if !isCommand(s.text[at:end]) {
		return
	}
	outer := s.reader.comment
	s.reader.comment = true
	s.inside(Shell, at, end)
	s.reader.comment = outer
}

// isCommand tells whether a line of a comment may be a command that was commented
// out: it begins with a program that takes a password, or has an option.
func isCommand(line string) bool {
	line = strings.TrimPrefix(line, "sudo ")
	program, _, _ := strings.Cut(line, " ")
	_, known := passwordFlags[program]
	return known || withUser[program] || strings.Contains(line, " --")
}

func (s *script) word(at, end int) {
	if s.skip {
		s.skip = false
		w := s.shellWord(at, end)
		s.target = w.value
		return
	}
	if s.here {
		s.here = false
		s.input = []word{{value: "echo"}, s.shellWord(at, end)}
		return
	}
	s.words = append(s.words, s.shellWord(at, end))
	if len(s.words) >= maxWords {
		s.finish(false)
	}
}

// finish reads the command that ends here. piped tells that its output is the input
// of the next one.
func (s *script) finish(piped bool) {
	s.skip, s.here = false, false
	if len(s.words) > 0 {
		s.command(s.words, s.input)
		s.written()
		s.nameDocuments()
	}
	s.input, s.target = nil, ""
	if piped {
		s.input = s.words
		s.words = nil
	}
	s.words = s.words[:0]
}

// written reads what the command writes into a file, in the format of that file: of echo
// and printf, or what tee is given of them.
func (s *script) written() {
	words, target := s.words, s.target
	last := words[len(words)-1].value
	if len(s.input) > 1 && (words[0].value == "tee" || len(words) > 1 && words[1].value == "tee") && !strings.HasPrefix(last, "-") {
		words, target = s.input, last
	}
	if target == "" || len(words) < 2 || words[0].value != "echo" && words[0].value != "printf" {
		return
	}
	if f, ok := formatOfName(target); ok && f.readHere() && f != Shell {
		w := &words[len(words)-1]
		s.textIn(f, w, 0)
	}
}

// nameDocuments gives the here-documents of the command the file that they are written
// to, where that stands behind them.
func (s *script) nameDocuments() {
	target := s.target
	if last := s.words[len(s.words)-1].value; target == "" && (s.words[0].value == "tee" || len(s.words) > 1 && s.words[1].value == "tee") {
		target = last
	}
	for i := range s.heredocs {
		if s.heredocs[i].target == "" {
			s.heredocs[i].target = target
		}
	}
}

// redirect reads the sign of a redirection. A here-document begins behind its line.
func (s *script) redirect(at int) int {
	text := s.text[at:s.to]
	switch {
	case strings.HasPrefix(text, "<<<"):
		s.here = true
		return at + 3
	case strings.HasPrefix(text, "<("):
		s.finish(false)
		return at + 2
	case !strings.HasPrefix(text, "<<"):
		n := 1
		for n < len(text) && n < 3 && (text[n] == '>' || text[n] == '&' || text[n] == '|') {
			n++
		}
		s.skip = true
		return at + n
	}
	at += 2
	tabs := at < s.to && s.text[at] == '-'
	if tabs {
		at++
	}
	at = s.skipBlanks(at, s.to)
	end := at
	for end < s.to && (isWordByte(s.text[end]) || strings.IndexByte(`'"-\.!`, s.text[end]) >= 0) {
		end++
	}
	marker := strings.Trim(s.text[at:end], `'"\`)
	if marker != "" && len(s.heredocs) < 16 {
		s.heredocs = append(s.heredocs, heredoc{marker, tabs, s.target})
	}
	return max(end, at)
}

// bodies skips the here-documents of the line before at, and reads what they hold
// where its form tells, and else its KEY=value lines.
func (s *script) bodies(at int) int {
	for _, doc := range s.heredocs {
		end, next := s.heredocEnd(at, s.to, doc.marker)
		if end < 0 {
			break
		}
		if f, ok := formatOfName(doc.target); ok && f.readHere() {
			s.inside(f, at, end)
		} else {
			s.document(at, end)
		}
		at = next
	}
	s.heredocs = s.heredocs[:0]
	return at
}

// document reads a text that stands in another one, in the format it looks like.
func (r *reader) document(from, to int) {
	if to-from < 3 {
		return
	}
	switch f := sniff([]byte(r.text[from:min(to, from+maxSniffed)])); f {
	case Unknown, YAML:
		r.inside(Dotenv, from, to)
	case JSON:
		r.inside(JavaScript, from, to)
	default:
		r.inside(f, from, to)
	}
}

// heredocEnd finds the line that holds nothing but the marker: where it begins, and
// where the next one does. It is -1 where there is none.
func (r *reader) heredocEnd(from, to int, marker string) (end, next int) {
	if r.ahead < 0 {
		return -1, 0
	}
	for at := from; at < to; {
		stop := r.lineEnd(at, to)
		if line := r.text[at:stop]; strings.HasSuffix(strings.TrimRight(line, " \t\r;,)"), marker) {
			if i, _ := r.trim(at, stop); strings.HasPrefix(r.text[i:stop], marker) && strings.Trim(r.text[i+len(marker):stop], " \t\r;,)") == "" {
				return at, min(stop+1, to)
			}
		}
		at = stop + 1
	}
	r.searchedInVain(to-from, from)
	return -1, 0
}

// wordEnd is the end of the word that begins at at.
func (s *script) wordEnd(at int) int {
	i := at
	for i < s.to {
		switch c := s.text[i]; c {
		case ' ', '\t', '\n', '\r', ';', '&', '|', '<', '>', '(', ')':
			return i
		case '\\':
			i = min(i+2, s.to)
		case '\'', '`':
			i = s.quoteEnd(i)
		case '"':
			i = s.doubleEnd(i)
		case '$':
			i = s.expansionEnd(i, false)
		case '{':
			i = s.templateEnd(i)
		default:
			i++
		}
	}
	return max(i, at+1)
}

// quoteEnd is the offset behind a quoted part, or behind its sign if it has no end.
func (s *script) quoteEnd(at int) int {
	end := s.closing(s.text[at], at+1, s.to, s.text[at] == '`' || at > 0 && s.text[at-1] == '$')
	if end < 0 {
		return at + 1
	}
	if s.text[at] == '`' {
		s.inside(Shell, at+1, end)
	}
	return end + 1
}

// doubleEnd is the offset behind a part in double quotes.
func (s *script) doubleEnd(at int) int {
	if s.ahead < 0 {
		return at + 1
	}
	for i := at + 1; i < s.to; {
		j := strings.IndexAny(s.text[i:s.to], "\"\\$")
		if j < 0 {
			break
		}
		i += j
		switch s.text[i] {
		case '"':
			return i + 1
		case '\\':
			i += 2
		default:
			i = s.expansionEnd(i, true)
		}
	}
	s.searchedInVain(s.to-at, at)
	return at + 1
}

// expansionEnd is the offset behind $(…), ${…} or the dollar sign alone. The command
// in the first is read.
func (s *script) expansionEnd(at int, quoted bool) int {
	if at+1 >= s.to {
		return s.to
	}
	var end int
	switch s.text[at+1] {
	case '(':
		if end = s.matching(at+1, '(', ')'); end > 0 {
			s.inside(Shell, at+2, end)
		}
	case '{':
		end = s.matching(at+1, '{', '}')
	}
	if end > 0 {
		return end + 1
	}
	if !quoted && s.text[at+1] == '\'' {
		return s.quoteEnd(at + 1)
	}
	return at + 1
}

// matching finds the bracket that closes the one at at, and is 0 if it is not near.
func (s *script) matching(at int, open, closed byte) int {
	const maxExpansion = 4096
	if s.ahead < 0 {
		return 0
	}
	depth := 0
	stop := min(s.to, at+maxExpansion)
	for i := at; i < stop; i++ {
		switch s.text[i] {
		case open:
			depth++
		case closed:
			if depth--; depth == 0 {
				return i
			}
		case '\\':
			i++
		}
	}
	s.searchedInVain(stop-at, at)
	return 0
}

// templateEnd is the offset behind a {{ template }}, which may hold blanks.
func (s *script) templateEnd(at int) int {
	const maxTemplate = 256
	if rest := s.text[at:min(s.to, at+maxTemplate)]; strings.HasPrefix(rest, "{{") {
		if i := strings.Index(rest, "}}"); i > 0 {
			return at + i + 2
		}
	}
	return at + 1
}
