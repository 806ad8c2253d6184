package scan

import (
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// literal is a text that is written out in an action of a template and that the
// action may give out.
type literal struct {
	text     string
	variable string // that it is assigned to, or that it stands in for: {{ $password := "x" }}, {{ .password | default "x" }}
	format   bool   // it is a format, of which only a part is a value
	printed  bool   // it is put into a format
}

// isName tells whether a literal stands in for the name of a Secret or of a key in
// one.
func (l literal) isName() bool {
	return l.variable != "" && (namesKey(l.variable, l.text) || namesSecret(l.variable, l.text))
}

// literals are those in the actions and variables of a text that stands at n.
func (w *walker) literals(n *manifest.Node, text string) []literal {
	cut := func() { w.over(LimitLiteral, w.lineOf(n)) }
	return append(literalsIn(text, cut), defaultsIn(text, cut)...)
}

// literalsIn returns the literals in the actions of text that the actions may give
// out: what they begin with, and what a function such as default falls back on.
// Names that are looked up, compared and included are none. cut is called for one
// that is too long to be read.
func literalsIn(text string, cut func()) []literal {
	var out []literal
	if !strings.ContainsAny(text, "\"'`") {
		return nil
	}
	for at := 0; at < len(text); {
		i := strings.Index(text[at:], "{{")
		if i < 0 {
			break
		}
		start := at + i + 2
		end := len(text)
		if i := strings.Index(text[start:], "}}"); i >= 0 {
			end = start + i + len("}}")
		}
		r := actionReader{text: strings.TrimSuffix(text[start:end], "}}"), cut: cut}
		out = append(out, r.read()...)
		at = end
	}
	return out
}

// actionReader reads one action of a Go template or of Jinja: words, literals,
// pipes and parentheses.
type actionReader struct {
	text     string
	at       int
	function string   // that the next literal is an argument of; "" at the beginning
	args     int      // of it so far
	outer    []string // the functions around, one for each open parenthesis
	variable string
	asked    string // the field or variable that is asked for
	unnamed  int    // those of out before it stand in for something
	out      []literal
	cut      func()
}

// maxParens bounds how deep parentheses are followed.
const maxParens = 64

func (r *actionReader) read() []literal {
	for r.at < len(r.text) {
		switch c := r.text[r.at]; {
		case c == '"' || c == '`' || c == '\'':
			r.literal(c)
		case c == '|':
			r.function, r.args = "", 0
			r.at++
		case c == '(':
			if len(r.outer) < maxParens {
				r.outer = append(r.outer, r.function)
			}
			r.at++
			// A parenthesis behind the name of a function holds its arguments, as in Jinja.
			if r.at >= 2 && !isWordByte(r.text[r.at-2]) {
				r.function, r.args = "", 0
			}
		case c == ')':
			if n := len(r.outer); n > 0 {
				r.function, r.outer = r.outer[n-1], r.outer[:n-1]
			}
			r.args++
			r.at++
		case c == '[' || c == '~' || c == '=' && r.isComparison():
			r.function = "index"
			r.at++
		case c == ':' || c == '=':
			r.function, r.args = "", 0
			r.at++
		case isWordByte(c):
			r.word()
		default:
			r.at++
		}
	}
	return r.out
}

func (r *actionReader) isComparison() bool {
	return r.at+1 < len(r.text) && r.text[r.at+1] == '=' || r.at > 0 && (r.text[r.at-1] == '!' || r.text[r.at-1] == '=')
}

func isWordByte(c byte) bool {
	return c == '_' || c == '.' || c == '$' || c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// word reads a word: a function where one may stand, else a value.
func (r *actionReader) word() {
	start := r.at
	for r.at < len(r.text) && isWordByte(r.text[r.at]) {
		r.at++
	}
	word := r.text[start:r.at]
	switch {
	case word == "-":
	case word == "if" || word == "else" || word == "with" || word == "range" || word == "include" || word == "template" || word == "define" || word == "block":
		r.function, r.args = word, 0
	case word[0] == '$' && r.args == 0 && r.function == "":
		r.variable = word[1:]
		r.function = "value"
	case r.function == "" || r.function == "else" || r.function == "value":
		r.function, r.args = word, 0
		if word[0] == '.' || word[0] == '$' || r.asked == "" && strings.HasPrefix(strings.TrimLeft(r.text[r.at:], " "), "|") {
			r.ask(word)
		}
	default:
		r.args++
		if word[0] == '.' || word[0] == '$' {
			r.ask(word)
		}
	}
}

// literal reads a literal and keeps it where the action may give it out.
func (r *actionReader) literal(quote byte) {
	start := r.at + 1
	for r.at++; r.at < len(r.text) && r.text[r.at] != quote; r.at++ {
		if quote != '`' && r.text[r.at] == '\\' {
			r.at++
		}
	}
	text := r.text[start:min(r.at, len(r.text))]
	r.at++
	r.args++
	if r.function == "env" || r.function == "expandenv" || r.function == "getenv" && r.args == 1 || r.function == "lookup" && r.args == 2 {
		r.asked = text
		return
	}
	if !r.givesOut() || len(text) == 0 {
		return
	}
	if len(text) > maxLiteral {
		r.cut()
		return
	}
	l := literal{text: text, variable: r.variable}
	if l.variable == "" && isFallback(r.function) {
		l.variable = r.asked
	}
	l.format = r.function == "printf" && strings.IndexByte(text, '%') >= 0
	l.printed = r.function == "printf" && !l.format && r.args > 1
	r.out = append(r.out, l)
}

// isFallback knows the functions that give a literal where nothing else is given.
func isFallback(function string) bool {
	switch function {
	case "default", "d", "coalesce", "or", "getenv", "envOr":
		return true
	}
	return false
}

// ask takes note of what an action asks for: a field, or a variable of the
// environment. The literals before it stand in for it: {{ default "x" .password }}.
func (r *actionReader) ask(word string) {
	r.asked = strings.TrimPrefix(strings.TrimLeft(word, "$."), "Values.")
	if !isFallback(r.function) {
		return
	}
	for i := r.unnamed; i < len(r.out); i++ {
		if r.out[i].variable == "" {
			r.out[i].variable = r.asked
		}
	}
	r.unnamed = len(r.out)
}

// maxLiteral is the longest literal of an action that is read.
const maxLiteral = 16 << 10

// givesOut tells whether a literal at this place may come out of the action.
func (r *actionReader) givesOut() bool {
	switch r.function {
	case "getenv":
		return r.args == 2
	case "", "else", "value", "default", "d", "envOr", "coalesce", "or", "b64enc", "b64encode", "quote", "squote", "print", "println", "printf", "toString", "trim",
		"bcrypt", "htpasswd", "sha256sum", "sha1sum", "urlquery", "toJson", "nindent", "indent", "cat":
		return true
	case "ternary":
		return r.args <= 2
	}
	return false
}
