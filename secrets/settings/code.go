package settings

import "strings"

// code reads the settings of a text in a programming language or in a format that is
// built like one. It knows names, literals, brackets and a few operators, and yields
// a literal where one of them says what its name is. Everything else is passed by.
type code struct {
	*reader
	dialect
	to      int
	frames  []frame
	deep    int     // brackets open beyond maxFrames
	table   string  // the header that the lines stand under
	last    operand // the name or literal read last
	key     operand // what stands before the operator
	colon   bool    // that operator is a colon
	chained bool    // the next name belongs to the last one
	secure  bool    // the statement makes a secure string of PowerShell
	ternary int     // question marks whose colon is to come
	prev    byte    // the kind of the sign read last: one of the constants below, or the sign
	header  []string
	lineTo  int // the end of the line that is read
	call    positional
}

// The kinds of signs.
const (
	none     byte = 0
	name     byte = 'n'
	text     byte = 't'
	assign   byte = '='
	fallback byte = '|'
	other    byte = '?'
)

// operand is a name or a literal.
type operand struct {
	name    string
	at      int
	literal bool
	valued  bool // it stands behind an operator
	first   bool // it begins its statement
	env     bool // it is the name of a variable of the environment
	alone   bool // as a key, it stands under no path
}

// positional is a call of Ruby without brackets, whose arguments are known by their
// place.
type positional struct {
	of    string // "" while there is none
	at    int
	depth int // the brackets around it
	args  int // the commas so far
}

// frame is an open bracket.
type frame struct {
	closed byte
	path   string
	key    operand // what its content is the value of
	base   operand // what stands before it
	index  bool    // it picks a part of base
	callee string  // the last part of the function whose arguments it holds, in lower case
	module string  // that of the module before it
	arg    operand // the literal that is its last complete argument
	args   int     // the commas so far
	only   operand // its content, if that is one literal
	named  string  // the value of its key "name"
	drop   bool    // its key "default" or "value" means the frame itself
}

// maxFrames bounds the depth to which brackets tell the path of a key.
const maxFrames = 48

func (r *reader) code(d dialect, from, to int) {
	c := &code{reader: r, dialect: d, to: to}
	for at := from; at < to; {
		at = max(c.step(at), at+1)
	}
}

// step reads the sign at at and gives the offset behind it.
func (c *code) step(at int) int {
	b := c.text[at]
	switch {
	case b == '\n':
		c.lineBreak()
		return at + 1
	case isBlank(b):
		return at + 1
	}
	if end := c.commentEnd(at); end > 0 {
		return end
	}
	switch {
	case c.tables && b == '[' && c.prev == none && len(c.frames) == 0:
		return c.tableHeader(at)
	case strings.IndexByte(c.quotes, b) >= 0:
		return c.quote(at)
	case isWordByte(b) || strings.IndexByte(c.ident, b) >= 0 && c.beginsName(at):
		return c.name(at)
	case b == '(' || b == '[' || b == '{':
		c.open(b, at)
		return at + 1
	case b == ')' || b == ']' || b == '}':
		c.shut(b)
		return at + 1
	}
	return c.sign(at)
}

// beginsName tells whether a sign that may stand in names begins one here.
func (c *code) beginsName(at int) bool {
	return at+1 < c.to && (isLetter(c.text[at+1]) || c.text[at+1] == '_' || c.text[at+1] == '@')
}

// eol is the end of the line that at stands in. It is asked for again and again in
// the same line, which may be long.
func (c *code) eol(at int) int {
	if at > c.lineTo || c.lineTo == 0 {
		c.lineTo = c.lineEnd(at, c.to)
	}
	return c.lineTo
}

// lineBreak ends a statement, unless it stands where one cannot end.
func (c *code) lineBreak() {
	if !c.newline || c.prev == assign || c.prev == fallback || c.prev == ',' {
		return
	}
	if n := len(c.frames); n > 0 && c.frames[n-1].closed != '}' {
		return
	}
	c.call = positional{}
	c.statement()
}

// statement forgets what has been read: a new statement begins.
func (c *code) statement() {
	c.last, c.key = operand{}, operand{}
	c.prev, c.colon, c.chained, c.secure, c.ternary = none, false, false, false, 0
	c.header = c.header[:0]
}

// name reads a name with the parts that dots join to it.
func (c *code) name(at int) int {
	end := at + 1
	for end < c.to && (isWordByte(c.text[end]) || strings.IndexByte(c.ident, c.text[end]) >= 0 ||
		c.text[end] == '.' && end+1 < c.to && isWordByte(c.text[end+1])) {
		end++
	}
	word := c.text[at:end]
	if end < c.to && len(word) <= 2 && strings.IndexByte(c.quotes, c.text[end]) >= 0 && !c.heredocNear() {
		return end
	}
	switch word {
	case "or":
		c.prev = fallback
		return end
	case "and", "not", "in", "is", "return", "if", "unless", "case", "when", "else", "function", "class", "for", "while", "const", "let", "var", "val", "export", "fun":
		c.statement()
		return end
	case "new", "await", "string":
		if c.prev == assign || c.prev == name && word == "string" {
			return end
		}
	}
	operandNow := operand{name: cleanName(word), at: at, valued: c.prev == assign || c.prev == name && c.last.valued, first: c.prev == none || c.prev == '{'}
	if c.chained && c.prev == name {
		operandNow = c.part(c.last, operandNow.name)
	}
	if operandNow.first {
		c.header = append(c.header[:0], word)
		if word == "provider" || word == "omniauth" || strings.HasSuffix(word, ".omniauth") {
			c.call = positional{of: word, at: at, depth: len(c.frames)}
		}
	}
	c.chained, c.last, c.prev = false, operandNow, name
	c.secure = c.secure || c.doubled && strings.EqualFold(word, "ConvertTo-SecureString")
	return end
}

// heredocNear tells whether the sign before is that of a here-document.
func (c *code) heredocNear() bool { return c.heredoc != "" && c.prev == '<' }

// cleanName is a name without the signs that only say what sort of name it is.
func cleanName(word string) string {
	word = strings.TrimLeft(word, "$@-")
	for _, scope := range []string{"env:", "global:", "script:", "local:"} {
		if len(word) > len(scope) && strings.EqualFold(word[:len(scope)], scope) {
			return word[len(scope):]
		}
	}
	return strings.TrimRight(word, ":")
}

// part is the operand that a part of a base makes.
func (c *code) part(base operand, part string) operand {
	base.name = c.join(base.name, part)
	base.env = base.env || strings.EqualFold(lastPart(base.name), "env")
	return base
}

func lastPart(key string) string { return key[strings.LastIndexByte(key, '.')+1:] }

// path is the path that a key stands under.
func (c *code) path() string {
	if n := len(c.frames); n > 0 {
		return c.frames[n-1].path
	}
	return c.table
}

// sign reads an operator or any other sign.
func (c *code) sign(at int) int {
	next := byte(0)
	if at+1 < c.to {
		next = c.text[at+1]
	}
	switch b := c.text[at]; b {
	case ',':
		c.comma()
	case ';':
		c.statement()
		c.prev = none
	case '.':
		c.chained = c.prev == name || c.chained
	case ':':
		return c.colonSign(at, next)
	case '=':
		return c.equals(at, next)
	case '+', '*', '!', '~':
		if next == '=' && b == '+' {
			c.assign(false)
			return at + 2
		}
		c.prev = other
		if next == '=' {
			return at + 2
		}
	case '|', '?':
		return c.question(at, b, next)
	case '-':
		if next == '>' {
			c.chained = c.prev == name
			return at + 2
		}
		c.prev = other
	case '<':
		return c.less(at, next)
	case '@', '$', '&', '>', '\\':
	default:
		c.prev = other
	}
	return at + 1
}

func (c *code) comma() {
	n := len(c.frames)
	if n == c.call.depth {
		c.call.args++
	}
	if n > 0 {
		f := &c.frames[n-1]
		f.arg = operand{}
		if c.prev == text || f.closed == '}' && c.prev == name {
			f.arg = c.last
		}
		f.args++
		f.only = operand{}
	}
	c.last, c.key, c.colon, c.chained, c.ternary = operand{}, operand{}, false, false, 0
	c.prev = ','
}

func (c *code) colonSign(at int, next byte) int {
	switch {
	case next == ':':
		c.chained = c.prev == name
		return at + 2
	case next == '=':
		c.assign(false)
		return at + 2
	case c.symbols && (isLetter(next) || next == '_' || next == '"' || next == '\'') && c.prev != name && c.prev != text:
		return c.symbol(at + 1)
	case c.ternary > 0:
		c.ternary--
		c.prev, c.last = fallback, operand{}
		return at + 1
	}
	c.assign(true)
	return at + 1
}

// symbol reads a name of Ruby behind its colon.
func (c *code) symbol(at int) int {
	end := at
	for end < c.to && isWordByte(c.text[end]) {
		end++
	}
	if end == at {
		return at
	}
	c.last = operand{name: c.text[at:end], at: at, literal: true}
	c.prev = name
	c.only(c.last)
	return end
}

func (c *code) equals(at int, next byte) int {
	switch next {
	case '=', '~':
		c.prev, c.last = other, operand{}
		if at+2 < c.to && c.text[at+2] == '=' {
			return at + 3
		}
		return at + 2
	case '>':
		c.assign(false)
		return at + 2
	}
	if c.colon && c.key.name != "" && (c.prev == name || c.prev == '}' || c.prev == assign || c.prev == fallback) {
		c.prev = assign // behind "name: type"
		return at + 1
	}
	c.assign(false)
	return at + 1
}

// assign takes what was read last for the key of what follows.
func (c *code) assign(colon bool) {
	c.key, c.colon = operand{}, colon
	if c.prev == name || c.prev == text || c.prev == '}' {
		c.key = c.last
		if n := len(c.frames); n > 0 && colon && c.titles && c.prev == text && c.frames[n-1].args == 0 {
			c.frames[n-1].named = c.last.name
		}
	}
	c.last, c.prev, c.chained = operand{}, assign, false
}

// question reads a question mark or a bar: the operators that stand before what is
// taken in place of a missing value, and the condition whose two results follow.
func (c *code) question(at int, b, next byte) int {
	switch {
	case b == '?' && next == ':' && c.optional, b == '?' && next == '.', b == '?' && c.symbols && at > 0 && isWordByte(c.text[at-1]):
		return at + 1
	case next == b || b == '?' && next == ':':
		c.prev = fallback
		if at+2 < c.to && c.text[at+2] == '=' {
			c.assign(false)
			return at + 3
		}
		return at + 2
	case next == '=':
		c.assign(false)
		return at + 2
	case b == '?':
		c.ternary++
		c.prev, c.last = fallback, operand{}
	}
	return at + 1
}

// less reads the sign of a here-document, and passes by that of a binary.
func (c *code) less(at int, next byte) int {
	if c.heredoc != "" && strings.HasPrefix(c.text[at:c.to], c.heredoc) {
		return c.heredocAt(at)
	}
	if !c.tuples || next != '<' {
		c.prev = other
		return at + 1
	}
	return at + 2
}

// only takes note of a literal that may be the only content of a bracket.
func (c *code) only(o operand) {
	if n := len(c.frames); n > 0 && c.frames[n-1].args == 0 {
		c.frames[n-1].only = o
	}
}
