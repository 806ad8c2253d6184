package rules

import "strings"

// The limits of what is given to the parser of TOML, whose memory grows with the
// square of the depth of a key.
const (
	deepestBrackets = 32 // open [ and { at one place
	mostDots        = 8  // of one key
)

// places are the lines of the rules of a file, from the first to the last.
type places []rulePlace

type rulePlace struct {
	line   int
	fields map[string]int // by key in lower case
}

// line gives the line of a field of rule i or, where it has none, of the rule. It
// is 1 where the place is not known.
func (p places) line(i int, field string) int {
	if i >= len(p) {
		return 1
	}
	if line, ok := p[i].fields[strings.ToLower(field)]; ok {
		return line
	}
	return p[i].line
}

// survey reads a file of TOML roughly, without its strings and comments: where
// its rules stand, and whether it is nested too deeply for the parser, by the
// line where that is, or 0.
func survey(data []byte) (list places, tooDeep int) {
	s := surveyor{data: data, line: 1}
	inRule := false
	for s.at < len(data) {
		begin := s.line
		text, ok := s.statement()
		if !ok {
			return nil, s.line
		}
		text = strings.ToLower(strings.TrimSpace(text))
		switch {
		case text == "":
		case strings.HasPrefix(text, "["):
			inRule = strings.TrimSpace(strings.Trim(text, "[]")) == "rules" && strings.HasPrefix(text, "[[")
			if inRule {
				list = append(list, rulePlace{begin, map[string]int{}})
			}
		case inRule:
			key, _, _ := strings.Cut(text, "=")
			fields := list[len(list)-1].fields
			if key = strings.TrimSpace(key); len(fields) < 20 && fields[key] == 0 {
				fields[key] = begin
			}
		}
	}
	return list, 0
}

// surveyor walks over a file of TOML.
type surveyor struct {
	data     []byte
	at, line int
}

// mostKept bounds the text of a statement: a header or a key is short.
const mostKept = 64

// statement gives the beginning of the next statement, which ends with a line
// outside of brackets and strings. Strings in quotes are left out. ok is false
// where it is nested too deeply.
func (s *surveyor) statement() (text string, ok bool) {
	var kept []byte
	open, dots := 0, 0
	for s.at < len(s.data) {
		c := s.data[s.at]
		s.at++
		switch c {
		case '\n':
			s.line++
			if dots = 0; open <= 0 {
				return string(kept), true
			}
		case '#':
			s.comment()
		case '"', '\'':
			s.quoted(c)
		case '[', '{':
			open++
		case ']', '}':
			open--
		case '.':
			dots++
		case '=', ',':
			dots = 0
		}
		if open > deepestBrackets || dots > mostDots {
			return "", false
		}
		if len(kept) < mostKept && c != '#' && c != '\n' {
			kept = append(kept, c)
		}
	}
	return string(kept), true
}

func (s *surveyor) comment() {
	for s.at < len(s.data) && s.data[s.at] != '\n' {
		s.at++
	}
}

// quoted steps over a string whose first quotation mark has been read.
func (s *surveyor) quoted(mark byte) {
	long := s.at+1 < len(s.data) && s.data[s.at] == mark && s.data[s.at+1] == mark
	if long {
		s.at += 2
	}
	for s.at < len(s.data) {
		c := s.data[s.at]
		switch {
		case c == '\n' && !long:
			return // not closed: the parser tells it
		case c == '\n':
			s.line++
		case c == '\\' && mark == '"' && s.at+1 < len(s.data) && s.data[s.at+1] != '\n':
			s.at++
		case c == mark && !long:
			s.at++
			return
		case c == mark && s.at+2 < len(s.data) && s.data[s.at+1] == mark && s.data[s.at+2] == mark:
			for s.at < len(s.data) && s.data[s.at] == mark {
				s.at++ // the text may end in up to two of them
			}
			return
		}
		s.at++
	}
}
