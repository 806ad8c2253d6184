package settings

import "strings"

// commentEnd is the offset behind a comment that begins at at, or 0. The settings
// that are commented out are read.
func (c *code) commentEnd(at int) int {
	rest := c.text[at:c.to]
	if c.blockOpen != "" && strings.HasPrefix(rest, c.blockOpen) {
		end := strings.Index(rest, c.blockClosed)
		if end < 0 {
			end = len(rest)
		}
		c.commentLines(at+len(c.blockOpen), at+max(end, len(c.blockOpen)))
		return min(at+end+len(c.blockClosed), c.to)
	}
	for _, sign := range c.lineComments {
		if strings.HasPrefix(rest, sign) && !c.isURL(at) {
			end := c.lineEnd(at, c.to)
			c.commentLines(at+len(sign), end)
			return end
		}
	}
	return 0
}

// isURL tells whether the slashes at at stand behind a scheme.
func (c *code) isURL(at int) bool { return c.text[at] == '/' && at > 0 && c.text[at-1] == ':' }

// commentLines reads the lines of a comment that clearly are a setting each: they
// begin with its key, and nothing but punctuation follows the literal.
func (c *code) commentLines(from, to int) {
	if c.comment {
		return
	}
	for at := from; at < to; {
		end := c.lineEnd(at, to)
		start, stop := c.trim(at, end)
		for start < stop && strings.IndexByte("#*/-;% \t", c.text[start]) >= 0 {
			start++
		}
		if strings.ContainsAny(c.text[start:stop], c.quotes) {
			c.commentLine(start, stop)
		}
		at = end + 1
	}
}

func (c *code) commentLine(from, to int) {
	before := len(c.out)
	c.comment = true
	c.code(c.dialect, from, to)
	c.comment = false
	kept := c.out[:before]
	for _, s := range c.out[before:] {
		if s.KeyAt >= from && s.End <= to && isLead(c.text[from:s.KeyAt]) && isTail(c.text[s.End:to]) {
			kept = append(kept, s)
		}
	}
	c.out = kept
}

// isLead tells whether what stands before a key only declares it.
func isLead(s string) bool {
	for word := range strings.FieldsSeq(strings.Trim(s, " \t$@'\"([")) {
		if !declaring[strings.ToLower(strings.TrimRight(word, "(['\""))] {
			return false
		}
	}
	return true
}

func isTail(s string) bool { return strings.Trim(s, "\"'`,;)}] \t\r") == "" }
