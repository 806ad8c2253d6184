package scan

import "bytes"

// uncertain is the depth of a flow collection of which it is not known where it ends.
// It holds to the end of the document.
const uncertain = 1 << 20

// flowAfter is how deep a line ends in flow collections that begins in some. It counts
// brackets in plain texts, too, so that at worst it is deeper.
func flowAfter(line []byte, depth int) int {
	if depth == uncertain {
		return uncertain
	}
	last := byte(' ') // the last character that is no blank
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case c == '{' && i+1 < len(line) && line[i+1] == '{':
			end := bytes.Index(line[i:], []byte("}}"))
			if end < 0 {
				return uncertain
			}
			i += end + 1
			c = 'x'
		case c == '{' || c == '[':
			depth++
		case (c == '}' || c == ']') && depth > 0:
			depth--
		case (c == '"' || c == '\'') && depth > 0:
			end := quoteEnd(line[i+1:], c)
			if end < 0 || bytes.IndexByte([]byte("{[,:"), last) < 0 {
				return uncertain
			}
			i += end + 1
		}
		if c != ' ' && c != '\t' {
			last = c
		}
	}
	return depth
}

// quoteEnd returns where a text in quotes ends, or -1 where that is not on this line.
func quoteEnd(text []byte, quote byte) int {
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && quote == '"':
			i++
		case text[i] == quote && quote == '\'' && i+1 < len(text) && text[i+1] == '\'':
			i++
		case text[i] == quote:
			return i
		}
	}
	return -1
}

// inFlow notes how deep a line leaves the text in flow collections, of which the first
// may begin with the line or where value does. What stands in them may be indented
// anyhow.
func (s *sweep) inFlow(line, value []byte) {
	s.flowing = s.flow > 0
	if !s.flowing {
		switch {
		case beginsFlow(line):
		case beginsFlow(value):
			line = value
		default:
			return
		}
		s.flowNames, s.flowValues = false, false
	}
	s.flow = flowAfter(line, s.flow)
	s.flowing = s.flowing || s.flow > 0
}

// beginsFlow tells whether a value is a flow collection, behind its anchor and tag.
func beginsFlow(value []byte) bool {
	for len(value) > 0 && (value[0] == '&' || value[0] == '!') {
		i := bytes.IndexByte(value, ' ')
		if i < 0 {
			return false
		}
		value = bytes.TrimLeft(value[i:], " ")
	}
	return len(value) > 0 && (value[0] == '[' || value[0] == '{' && !bytes.HasPrefix(value, []byte("{{")))
}
