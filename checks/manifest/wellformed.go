package manifest

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// skeleton follows the lines of a chunk of YAML and tells whether both readers
// certainly read it: block maps and lists, with scalars and flow collections of
// one or of several lines, and aliases of scalars. It builds nothing. Tags, merges,
// complex keys and what else it does not know are left to the readers.
type skeleton struct {
	odd    oddities
	limits Limits

	frames  []frame // the block collections around the line
	rooted  bool    // the outermost one has begun
	repeats int     // keys that may stand twice in their map

	plain   bool // the line above ends in a plain scalar, of one that is indented by parent
	goesOn  bool // and it may go on
	block   bool // the lines are those of a block scalar
	parent  int
	margin  int  // of the block scalar; -1 where no line has told
	widest  int  // the longest of its blank lines so far
	quote   byte // of the scalar in quotes that the line begins in, or 0
	inFlow  flow
	flowing bool            // the line begins inside a flow collection
	anchors map[string]bool // whether what was last called so is a scalar
	aliases int
	size    int // of the chunk
}

// frame is a block map or list.
type frame struct {
	indent int
	list   bool
	waits  bool // the last key or dash has nothing beside it so far
	// anchored tells that it has an anchor beside it.
	anchored bool
	keys     [4]uint64
}

// deepest is how deep block collections may stand in one another. It is far under
// the limits of all readers.
const deepest = 100

// isWellFormed tells whether a chunk is certainly one document that is a map or a
// list, and within the limits.
func (o *skeleton) isWellFormed(text []byte) bool {
	*o = skeleton{odd: o.odd, limits: o.limits, frames: o.frames[:0], size: len(text)}
	for len(text) > 0 {
		line := text
		if i := bytes.IndexByte(text, '\n'); i >= 0 {
			line, text = text[:i], text[i+1:]
		} else {
			text = nil
		}
		if n := len(line); o.odd.returns && n > 0 && line[n-1] == '\r' {
			line = line[:n-1]
		}
		if !o.line(line) {
			return false
		}
	}
	return o.rooted && o.quote == 0 && !o.flowing
}

// spaces returns how many spaces a line begins with.
func spaces(line []byte) int {
	n := 0
	for ; len(line)-n >= 8; n += 8 {
		if other := binary.LittleEndian.Uint64(line[n:]) ^ 0x2020202020202020; other != 0 {
			return n + bits.TrailingZeros64(other)/8
		}
	}
	for n < len(line) && line[n] == ' ' {
		n++
	}
	return n
}

func (o *skeleton) line(line []byte) bool {
	n := spaces(line)
	if n == len(line) {
		if o.block && o.margin < 0 {
			o.widest = max(o.widest, n)
		}
		return true
	}
	if o.block {
		switch {
		case o.margin >= 0 && n >= o.margin:
			return true
		case line[n] == '\t':
			return false
		case o.margin < 0 && n > o.parent:
			o.margin = n
			return n >= o.widest
		}
		o.block = false
	}
	body := line[n:]
	switch {
	case body[0] == '#' && o.quote == 0 && !o.flowing:
		o.goesOn = false
		return true
	case o.odd.tabs && bytes.IndexByte(body, '\t') >= 0:
		return false
	case o.quote != 0:
		return o.quoted(body)
	case o.flowing:
		return o.flow(body)
	case o.plain && n > o.parent:
		return o.goesOn && o.plainLine(body)
	}
	o.plain = false
	return o.structure(n, body)
}

// structure reads a line on which keys or dashes stand.
func (o *skeleton) structure(n int, body []byte) bool {
	if n == 0 && (body[0] == '%' || bytes.HasPrefix(body, []byte("---")) || bytes.HasPrefix(body, []byte("..."))) {
		return false
	}
	for len(o.frames) > 0 && o.top().indent > n {
		o.frames = o.frames[:len(o.frames)-1]
	}
	for beside := false; ; beside = true {
		if body[0] != '-' || len(body) > 1 && body[1] != ' ' {
			return o.field(n, body, beside)
		}
		if !o.open(n, true) {
			return false
		}
		gap := 1 + spaces(body[1:])
		o.top().waits = true
		if gap == len(body) || body[gap] == '#' {
			return true
		}
		n, body = n+gap, body[gap:]
	}
}

// field reads "key: value", or a value beside a dash or below its key.
func (o *skeleton) field(n int, body []byte, beside bool) bool {
	key, rest, ok := plainKey(body)
	if !ok {
		return (beside || len(o.frames) > 0 && o.top().waits && n > o.top().indent) && o.value(body)
	}
	if !o.open(n, false) {
		return false
	}
	o.note(key)
	rest = rest[spaces(rest):]
	if len(rest) == 0 || rest[0] == '#' {
		o.top().waits = true
		return o.repeats <= o.limits.Duplicates
	}
	return o.repeats <= o.limits.Duplicates && o.value(rest)
}

func (o *skeleton) top() *frame { return &o.frames[len(o.frames)-1] }

// open makes the list or map that stands at an indent the innermost one: the one that
// is open there, or a new one where one may begin.
func (o *skeleton) open(n int, list bool) bool {
	if len(o.frames) == 0 {
		if o.rooted {
			return false
		}
		return o.push(n, list)
	}
	top := o.top()
	if top.indent == n && top.list && !list {
		// A list may be indented like the key above it.
		if len(o.frames) < 2 || o.frames[len(o.frames)-2].indent != n {
			return false
		}
		o.frames = o.frames[:len(o.frames)-1]
		top = o.top()
	}
	switch {
	case top.indent == n && top.list == list:
		top.waits, top.anchored = false, false
		return true
	case top.waits && (n > top.indent || n == top.indent && list):
		top.waits, top.anchored = false, false
		return o.push(n, list)
	}
	return false
}

func (o *skeleton) push(n int, list bool) bool {
	o.rooted = true
	o.frames = append(o.frames, frame{indent: n, list: list})
	return len(o.frames) <= min(deepest, o.limits.Depth)
}

// note counts a key that the innermost map may have already.
func (o *skeleton) note(key []byte) {
	h := uint32(len(key))
	for _, c := range key {
		h = h*31 + uint32(c)
	}
	h *= 0x9E3779B1
	set, bit := &o.top().keys[h>>30], uint64(1)<<(h>>24&63)
	if *set&bit != 0 {
		o.repeats++
	}
	*set |= bit
}

// longestKey is the length of a key that certainly may stand before its colon.
const longestKey = 256

// beginsPlain are the bytes with which a plain scalar may begin anywhere. More may, and
// are not needed.
var beginsPlain = func() (set [256]bool) {
	for c := range set {
		set[c] = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= 0x80 || c == '_' || c == '.' || c == '/' || c == '$' || c == '('
	}
	return set
}()

// plainKey cuts a line behind its key, with or without quotes around it.
func plainKey(body []byte) (key, rest []byte, ok bool) {
	if body[0] == '"' || body[0] == '\'' {
		return quotedKey(body)
	}
	if !beginsPlain[body[0]] {
		return nil, nil, false
	}
	for i, c := range body[:min(len(body), longestKey)] {
		if c == ':' && (i+1 == len(body) || body[i+1] == ' ') {
			key = bytes.TrimRight(body[:i], " ")
			return key, body[i+1:], isFieldName(key)
		}
		if c == '#' {
			break
		}
	}
	return nil, nil, false
}

func quotedKey(body []byte) (key, rest []byte, ok bool) {
	end := bytes.IndexByte(body[1:], body[0])
	if end < 0 || end > longestKey || bytes.IndexByte(body[1:1+end], '\\') >= 0 {
		return nil, nil, false
	}
	rest = body[end+2:]
	if len(rest) == 0 || rest[0] != ':' || len(rest) > 1 && rest[1] != ' ' {
		return nil, nil, false
	}
	return body[1 : 1+end], rest[1:], true
}

// isFieldName tells whether a key without quotes is one in JSON for certain: it is no
// null, and no number over 63 bits.
func isFieldName(key []byte) bool {
	if c := key[0]; c >= '0' && c <= '9' || c == '-' || c == '+' {
		return len(key) <= 15 || bytes.ContainsFunc(key, isInNoNumber)
	}
	return len(key) != len("null") || !bytes.EqualFold(key, []byte("null"))
}

// isInNoNumber tells whether a character stands in no number, however it is written.
func isInNoNumber(r rune) bool {
	return r >= utf8.RuneSelf || bytes.IndexByte([]byte("0123456789abcdefABCDEFxXoO_.+-"), byte(r)) < 0
}
