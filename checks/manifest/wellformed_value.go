package manifest

import (
	"bytes"
	"strings"
)

// value reads what stands behind a key or a dash.
func (o *skeleton) value(text []byte) bool {
	top := o.top()
	top.waits = false
	o.parent = top.indent
	anchored := top.anchored
	if top.anchored = false; text[0] == '&' && !anchored {
		rest, ok := o.anchor(text[1:])
		if !ok || len(rest) == 0 || rest[0] == '#' {
			top.waits, top.anchored = true, true
			return ok
		}
		text, anchored = rest, true
	}
	switch text[0] {
	case '|', '>':
		return o.blockHeader(text[1:])
	case '*':
		return !anchored && o.alias(text[1:])
	case '"', '\'':
		o.quote = text[0]
		return o.quoted(text[1:])
	case '{', '[':
		o.inFlow, o.flowing = flow{}, true
		return o.flow(text)
	case '&', '!', '%', '@', '`', ',', ']', '}', '#':
		return false
	case '-', '?', ':':
		if len(text) == 1 || text[1] == ' ' {
			return false
		}
	}
	if isNoNumber(text) {
		return false
	}
	o.plain, o.goesOn = true, true
	return o.plainLine(text)
}

// anchorName cuts the name of an anchor or alias off a text.
func anchorName(text []byte) (name string, rest []byte) {
	n := 0
	for n < len(text) && (text[n] == '-' || text[n] == '_' || text[n] >= '0' && text[n] <= '9' || text[n] >= 'a' && text[n] <= 'z' || text[n] >= 'A' && text[n] <= 'Z') {
		n++
	}
	return string(text[:n]), text[n:]
}

// anchor reads an anchor and returns what stands behind it.
func (o *skeleton) anchor(text []byte) (rest []byte, ok bool) {
	name, rest := anchorName(text)
	if name == "" || len(rest) > 0 && rest[0] != ' ' {
		return nil, false
	}
	rest = rest[spaces(rest):]
	if o.anchors == nil {
		o.anchors = map[string]bool{}
	}
	o.anchors[name] = len(rest) > 0 && bytes.IndexByte([]byte("#{["), rest[0]) < 0
	return rest, true
}

// mostAliases is how many aliases of scalars a chunk may have, and mostAliased the
// size of one: together they are under the limits of all readers.
const mostAliases, mostAliased = 500, 64 << 10

// alias reads an alias of a scalar.
func (o *skeleton) alias(text []byte) bool {
	name, rest := anchorName(text)
	o.aliases++
	return o.anchors[name] && endsLine(rest) && o.size <= mostAliased && o.aliases <= min(mostAliases, o.limits.AliasExpansions)
}

// isNoNumber tells whether a plain scalar may be infinite or not a number, which JSON
// cannot write.
func isNoNumber(text []byte) bool {
	if text[0] == '+' || text[0] == '-' {
		text = text[1:]
	}
	return len(text) > 1 && text[0] == '.' && (text[1]|0x20 == 'i' || text[1]|0x20 == 'n')
}

// plainLine reads one line of a plain scalar: no key stands in it, and behind a
// comment it does not go on.
func (o *skeleton) plainLine(text []byte) bool {
	if i := bytes.IndexByte(text, '#'); i >= 0 {
		for ; i < len(text); i++ {
			if text[i] == '#' && i > 0 && text[i-1] == ' ' {
				text, o.goesOn = text[:i], false
				break
			}
		}
	}
	for {
		i := bytes.IndexByte(text, ':')
		if i < 0 {
			return true
		}
		if i+1 == len(text) || text[i+1] == ' ' {
			return false
		}
		text = text[i+1:]
	}
}

// blockHeader reads what stands behind the sign of a block scalar.
func (o *skeleton) blockHeader(text []byte) bool {
	o.block, o.margin, o.widest = true, -1, 0
	for chomps := false; len(text) > 0; text = text[1:] {
		switch c := text[0]; {
		case (c == '-' || c == '+') && !chomps:
			chomps = true
		case c >= '1' && c <= '9' && o.margin < 0:
			o.margin = o.parent + int(c-'0')
		default:
			return endsLine(text)
		}
	}
	return true
}

// endsLine tells whether nothing but blanks and a comment stands on the rest of a
// line, behind something else.
func endsLine(rest []byte) bool {
	n := spaces(rest)
	return n == len(rest) || n > 0 && rest[n] == '#'
}

// quoted reads on in a scalar in quotes.
func (o *skeleton) quoted(text []byte) bool {
	n, closed, ok := inQuotes(text, o.quote)
	if !ok || !closed {
		return ok
	}
	o.quote = 0
	return endsLine(text[n:])
}

// inQuotes returns the length of what stands on a line before the end of a quote, with
// the quote. ok is false where that is not certain.
func inQuotes(text []byte, quote byte) (n int, closed, ok bool) {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == quote && quote == '\'' && i+1 < len(text) && text[i+1] == '\'':
			i++
		case c == quote:
			return i + 1, true, true
		case c == '\\' && quote == '"':
			if i++; i < len(text) && bytes.IndexByte([]byte(`ntr"\'0abvfe `), text[i]) < 0 {
				return 0, false, false
			}
		}
	}
	return len(text), false, true
}

// flow is how far a flow collection has been read.
type flow struct {
	depth int
	maps  uint64 // a bit for each collection around, the innermost lowest: it is a map
	next  flowNext
}

// flowNext is what may come next in a flow collection.
type flowNext uint8

const (
	flowItem   flowNext = iota // an item, a key, or the end
	flowValue                  // the value of a key
	flowBehind                 // a comma or the end
)

// deepestFlow is how deep flow collections may stand in one another.
const deepestFlow = 60

// flow reads on in a flow collection.
func (o *skeleton) flow(text []byte) bool {
	f := &o.inFlow
	for i := 0; i < len(text); {
		switch c := text[i]; c {
		case ' ':
			i++
			continue
		case '{', '[':
			if f.next == flowBehind || f.next == flowItem && f.inMap() || f.depth == deepestFlow || f.depth+len(o.frames) >= o.limits.Depth {
				return false
			}
			f.depth++
			f.maps <<= 1
			if c == '{' {
				f.maps |= 1
			}
			f.next = flowItem
			i++
			continue
		case '}', ']':
			if f.next == flowValue || (c == '}') != f.inMap() {
				return false
			}
			f.depth--
			f.maps >>= 1
			f.next = flowBehind
			i++
			if f.depth == 0 {
				o.flowing = false
				return endsLine(text[i:])
			}
			continue
		case ',':
			if f.next != flowBehind {
				return false
			}
			f.next = flowItem
			i++
			continue
		}
		if f.next == flowBehind {
			return false
		}
		n, ok := o.flowScalar(text[i:])
		if !ok {
			return false
		}
		i += n
	}
	return f.next != flowValue
}

// inMap tells whether the innermost collection is a map.
func (f *flow) inMap() bool { return f.depth > 0 && f.maps&1 == 1 }

// flowScalar reads a scalar, with the colon behind it where it is a key.
func (o *skeleton) flowScalar(text []byte) (n int, ok bool) {
	f := &o.inFlow
	if text[0] == '"' || text[0] == '\'' {
		end, closed, certain := inQuotes(text[1:], text[0])
		if !certain || !closed {
			return 0, false
		}
		n = 1 + end
	} else if n = plainInFlow(text); n == 0 {
		return 0, false
	}
	isKey := n+spaces(text[n:]) < len(text) && text[n+spaces(text[n:])] == ':'
	if f.next == flowValue || !f.inMap() && !isKey {
		f.next = flowBehind
		return n, !isKey
	}
	// In a list, a key and its value are a map of their own.
	key := bytes.TrimRight(text[:n], " ")
	if n > longestKey || text[0] != '"' && text[0] != '\'' && !isFieldName(key) {
		return 0, false
	}
	if o.repeats++; o.repeats > o.limits.Duplicates {
		return 0, false
	}
	f.next = flowValue
	if n += spaces(text[n:]); n+1 < len(text) && text[n] == ':' && (text[n+1] == ' ' || text[0] == '"') {
		return n + 1, true
	}
	return 0, false
}

// inPlain are the bytes that a plain scalar may have inside a flow collection, besides
// those with which it may begin. More may, and are not needed.
const inPlain = "-+)*@^~<>=;% "

// plainInFlow returns the length of the plain scalar that text begins with, or 0 where
// that is not certain.
func plainInFlow(text []byte) int {
	if !beginsPlain[text[0]] && text[0] != '-' && text[0] != '+' || text[0] == '-' && (len(text) < 2 || text[1] == ' ') || isNoNumber(text) {
		return 0
	}
	for i, c := range text {
		switch {
		case c == ',' || c == ']' || c == '}':
			return i
		case c == ':' && i+1 < len(text) && text[i+1] == ' ':
			return i
		case c == ':' && i+1 < len(text) && beginsPlain[text[i+1]]:
		case !beginsPlain[c] && strings.IndexByte(inPlain, c) < 0:
			return 0
		}
	}
	return len(text)
}
