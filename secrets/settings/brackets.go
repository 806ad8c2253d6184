package settings

import "strings"

// open reads an opening bracket.
func (c *code) open(b byte, at int) {
	if c.deep > 0 || len(c.frames) == maxFrames {
		c.deep++
		return
	}
	touches := at > 0 && !isSpace(c.text[at-1])
	f := frame{closed: closedBy[b], path: c.path(), base: c.last}
	switch {
	case b == '[' && (c.prev == name || c.prev == text) && touches:
		f.index = true
	case b == '(' && c.prev == name:
		f.callee = strings.ToLower(lastPart(c.last.name))
		f.module, _, _ = strings.Cut(c.last.name, ".")
		f.key = c.calleeKey()
	default:
		f.key = c.key
		if c.prev != assign && b != '{' {
			f.key = operand{}
		}
	}
	if !f.index {
		c.namePath(&f, b)
	}
	c.frames = append(c.frames, f)
	c.statement()
	c.prev = b
}

var closedBy = map[byte]byte{'(': ')', '[': ']', '{': '}'}

// calleeKey is what the result of the function that opens here is assigned to.
func (c *code) calleeKey() operand {
	if c.last.valued {
		return c.key
	}
	return operand{}
}

// namePath puts what the content of a bracket is called on its path.
func (c *code) namePath(f *frame, b byte) {
	if f.key.name != "" {
		f.path, f.base = c.join(f.path, f.key.name), f.key
		return
	}
	if b != '{' || !c.blocks || len(c.header) == 0 {
		return
	}
	kind, labels := c.header[0], c.header[1:]
	f.drop = (kind == "variable" || kind == "output") && len(labels) > 0
	switch {
	case len(labels) > 0:
		for _, label := range labels {
			f.path = c.join(f.path, label)
		}
	case kind != "locals":
		f.path = c.join(f.path, kind)
	}
}

// shut reads a closing bracket. One that does not fit closes what it can.
func (c *code) shut(b byte) {
	if c.deep > 0 {
		c.deep--
		return
	}
	n := len(c.frames) - 1
	for n >= 0 && c.frames[n].closed != b {
		n--
	}
	if n < 0 {
		c.statement()
		return
	}
	f := c.frames[n]
	c.frames = c.frames[:n]
	c.statement()
	c.prev = name
	switch {
	case f.index && f.only.name != "":
		c.last = c.part(f.base, f.only.name)
	case f.index:
		c.last = f.base
	case b == ']' && f.only.literal:
		c.last = operand{name: f.only.name, at: f.only.at}
	case b == ')' && environment[f.callee] && f.arg.name != "":
		c.last = operand{name: f.arg.name, at: f.arg.at, env: true}
	case b == ')' && environment[f.callee] && f.only.literal:
		c.last = operand{name: f.only.name, at: f.only.at, env: true}
	case b == '}':
		c.last, c.prev = f.base, '}'
	default:
		c.last = f.base
	}
	c.key = f.outerKey()
	if b == ']' && !f.index && f.args == 0 && f.only.name == "" && f.key.name != "" {
		c.key, c.prev = f.key, assign // the type of a slice: []byte("literal")
	}
}

// outerKey is the key that a bracket stands behind, for what may follow it.
func (f *frame) outerKey() operand {
	if f.closed == ')' {
		return f.key
	}
	return operand{}
}

// tableHeader reads [a.b] and [[a.b]], which name what stands below.
func (c *code) tableHeader(at int) int {
	end := c.lineEnd(at, c.to)
	header, _, _ := strings.Cut(strings.TrimLeft(c.text[at:end], "["), "]")
	c.table = ""
	if len(header) < 256 {
		c.table = header
	}
	if strings.ContainsAny(c.table, `"' `) {
		c.table = strings.NewReplacer(`"`, "", "'", "", " ", "").Replace(header)
	}
	return end
}

// heredocAt reads a here-document: its content is the literal.
func (c *code) heredocAt(at int) int {
	i := at + len(c.heredoc)
	for i < c.to && strings.IndexByte(`-~"' `, c.text[i]) >= 0 {
		i++
	}
	end := i
	for end < c.to && isWordByte(c.text[end]) {
		end++
	}
	if end == i || !isLetter(c.text[i]) && c.text[i] != '_' {
		c.prev = other
		return at + len(c.heredoc)
	}
	body := min(c.eol(end)+1, c.to)
	stop, next := c.heredocEnd(body, c.to, c.text[i:end])
	if stop < 0 {
		c.prev = other
		return end
	}
	value := strings.TrimSuffix(c.text[body:max(stop, body)], "\n")
	key := c.key.name
	if c.prev == name && c.words {
		key = c.last.name
	}
	before := len(c.out)
	c.literal(literal{value: value, at: body, end: body + len(value), quoted: true}, at)
	if n := len(c.frames); n > 0 && len(c.out) == before {
		// The argument of a function: what that makes of it stands under its key.
		c.add(Setting{Key: c.join(c.frames[n-1].path, c.frames[n-1].callee), Value: value, KeyAt: body, At: body, End: body + len(value), Quoted: true})
	}
	if running[strings.ToLower(lastPart(key))] {
		c.inside(Shell, body, stop)
	} else {
		c.document(body, stop)
	}
	c.lineBreak()
	return next
}
