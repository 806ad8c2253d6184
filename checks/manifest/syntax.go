package manifest

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// faultFinder finds the place of syntax errors in one file. Doing so reads text
// again; left is how many bytes it may still spend on that.
type faultFinder struct{ left int }

// locateBytes is what a faultFinder may spend on one file.
const locateBytes = 32 << 20

// describe words the error of one chunk for a person: where it is and why,
// without any content of the file.
func (f *faultFinder) describe(c chunk, err error) (Pos, string) {
	var syntax syntaxError
	if errors.As(err, &syntax) {
		return syntax.at, syntax.reason
	}
	text, err := f.unclosed(c.text, err)
	line := f.line(text, err)
	return Pos{Line: line + c.line - 1, Column: indent(c.text, line)}, yamlReason(err)
}

// unclosed finds out whether err comes from a bracket that is not closed: where
// the text ends behind a comma the library complains of a missing value, and only
// where a value stands there of the bracket. It returns that error and its text.
func (f *faultFinder) unclosed(text []byte, err error) ([]byte, error) {
	if !strings.Contains(err.Error(), "did not find expected node content") || len(text) > f.left {
		return text, err
	}
	f.left -= len(text)
	withValue := append(slices.Clip(text), 'x')
	if again := parseError(withValue); again != nil && isUnclosed(again) {
		return withValue, again
	}
	return text, err
}

// line returns the line of text, from 1, that a reader should look at.
//
// The YAML library names the line on which the enclosing construct begins, which
// may be far above. The parser reads forward, so the first line whose presence
// brings the same error about is the one that is wrong; where that is the end of
// the text, something was opened and never closed, and its beginning is meant.
func (f *faultFinder) line(text []byte, err error) uint32 {
	claimed := claimedLine(err)
	price := len(text) * bits.Len(uint(bytes.Count(text, []byte("\n"))))
	if price > f.left {
		return claimed
	}
	f.left -= price
	ends := lineEnds(text)
	low, high := 1, len(ends) // the line is in [low, high]
	for low < high {
		mid := (low + high) / 2
		if again := parseError(text[:ends[mid-1]]); again != nil && again.Error() == err.Error() {
			high = mid
		} else {
			low = mid + 1
		}
	}
	if low == len(ends) && isUnclosed(err) {
		return min(uint32(low), opening(text, claimed))
	}
	return uint32(low)
}

// opening returns the line on which begins what is not closed. The library does
// not name the first line but the last one instead, so that it is given another
// first line.
func opening(text []byte, claimed uint32) uint32 {
	if again := parseError(append([]byte("\n"), text...)); again != nil && isUnclosed(again) {
		return max(1, claimedLine(again)-1)
	}
	return claimed
}

// parseError returns the error with which the YAML library stops, or nil.
func parseError(text []byte) error {
	dec := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var root yaml.Node
		err := decodeNode(dec, &root)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// editorLines yields the lines of text with their ends, as an editor shows them.
func editorLines(text []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for line := range bytes.Lines(text) {
			for len(line) > 0 {
				n := bytes.IndexByte(line, '\r') + 1
				if n == 0 || n == len(line)-1 && line[n] == '\n' {
					n = len(line)
				}
				if !yield(line[:n]) {
					return
				}
				line = line[n:]
			}
		}
	}
}

// lineEnds returns the offset behind each line.
func lineEnds(text []byte) []int {
	var ends []int
	at := 0
	for line := range editorLines(text) {
		at += len(line)
		ends = append(ends, at)
	}
	return ends
}

// indent returns the column of the first character of a line that is not blank.
func indent(text []byte, line uint32) uint32 {
	n := uint32(1)
	for l := range editorLines(text) {
		if n == line {
			return uint32(len(l)-len(bytes.TrimLeft(l, " \t"))) + 1
		}
		n++
	}
	return 1
}

// firstLine is the line of the file on which the content of c begins.
func firstLine(c chunk) uint32 {
	n := c.line
	for line := range editorLines(c.text) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' {
			return n
		}
		n++
	}
	return c.line
}

// claimedLine is the line in the library's message ("yaml: line 3: …"), which is
// one too small where the parser and not the scanner complains.
func claimedLine(err error) uint32 {
	rest, ok := strings.CutPrefix(err.Error(), "yaml: line ")
	if !ok {
		return 1
	}
	digits, _, _ := strings.Cut(rest, ":")
	n, convErr := strconv.ParseUint(digits, 10, 32)
	if convErr != nil {
		return 1
	}
	if strings.Contains(rest, "did not find expected") {
		n++
	}
	return uint32(n)
}

func isUnclosed(err error) bool {
	msg := err.Error()
	return strings.Contains(msg, "unexpected end of stream") || strings.Contains(msg, "did not find expected ',' or")
}

// yamlReasons words the messages of go.yaml.in/yaml/v3. A message that is not
// here is not shown, since it may quote the file.
var yamlReasons = []struct{ message, reason string }{
	{"found character that cannot start any token", "a value cannot begin with this character; a tab must not be used for indentation, and a value that begins with @, ` or % must be quoted"},
	{"found a tab character that violates indentation", "a tab is used for indentation; use spaces"},
	{"mapping values are not allowed in this context", "there is a second \": \" where only one value can stand; quote the value, or check the indentation"},
	{"did not find expected key", "a key was expected here; check the indentation and the quotes of this line and the line above"},
	{"did not find expected '-' indicator", "a list item (\"- \") was expected here; check the indentation"},
	{"did not find expected ',' or '}'", "a { is not closed"},
	{"did not find expected ',' or ']'", "a [ is not closed"},
	{"did not find expected <document start>", "a new document must begin with ---"},
	{"did not find expected node content", "a value was expected here"},
	{"did not find expected alphabetic or numeric character", "an anchor (&) or alias (*) needs a name; quote a value that begins with & or *"},
	{"did not find expected whitespace or line break", "a blank was expected here"},
	{"did not find expected comment or line break", "the line goes on where it must end; quote the value"},
	{"could not find expected ':'", "a key without \": \" behind it; check the indentation of multi-line text"},
	{"found unexpected end of stream", "a quote is not closed"},
	{"found unexpected document indicator", "a quote is not closed before the document ends"},
	{"found unexpected ':'", "a : stands where it cannot; quote the value"},
	{"found unknown escape character", "a backslash escape that YAML does not know; use single quotes"},
	{"found invalid Unicode character escape code", "an escape that is not a Unicode character"},
	{"found unknown directive name", "a line begins with % and is no directive that YAML knows"},
	{"found undefined tag handle", "a tag (!) whose handle is not defined"},
	{"block sequence entries are not allowed in this context", "a list item (\"- \") cannot stand here; it must begin on a line of its own"},
	{"block collections are not allowed in this context", "a nested block cannot begin on this line"},
	{"unknown anchor", "an alias (*) to an anchor that is not defined above it in this document"},
	{"control characters are not allowed", "the file holds a control character"},
	{"invalid leading UTF-8 octet", "the file is not UTF-8"},
	{"invalid trailing UTF-8 octet", "the file is not UTF-8"},
	{"incomplete UTF-8 octet sequence", "the file is not UTF-8"},
	{"invalid Unicode character", "the file holds a character that Unicode does not have"},
	{"exceeded max depth", "the nesting is too deep"},
	{errPanic.Error(), "the YAML reader failed on this document"},
}

func yamlReason(err error) string {
	msg := err.Error()
	for _, r := range yamlReasons {
		if strings.Contains(msg, r.message) {
			return r.reason
		}
	}
	return "this is not valid YAML"
}
