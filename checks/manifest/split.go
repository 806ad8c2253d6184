package manifest

import "bytes"

// A chunk is the text of one or more documents of a YAML file.
type chunk struct {
	text []byte
	line uint32 // the line of the file on which text begins, from 1
}

// splitYAML cuts a YAML file at its document separators: a line that begins with
// "---" and goes on with blanks or a comment (as the reader in
// k8s.io/apimachinery/pkg/util/yaml does), and a line "...". A "---" that has
// content behind it begins a chunk and stays in it, as do the "%" directives
// before a "---". Lines end with LF, CRLF or a mix of them.
//
// Each chunk can be parsed by itself, so that a broken document does not hide
// the others. Chunks without content are left out.
func splitYAML(text []byte) []chunk {
	var chunks []chunk
	s := splitter{text: text, startLine: 1}
	for s.next < len(text) {
		if c, ok := s.chunk(); ok {
			chunks = append(chunks, c)
		}
	}
	return chunks
}

type splitter struct {
	text      []byte
	next      int // offset of the next line to look at
	line      uint32
	start     int // offset and line where the current chunk begins
	startLine uint32
}

// chunk reads up to the end of one chunk. ok is false where it holds nothing.
func (s *splitter) chunk() (c chunk, ok bool) {
	for s.next < len(s.text) {
		at := s.next
		line := s.readLine()
		if len(line) < 3 || line[0] != '-' && line[0] != '.' {
			continue
		}
		switch {
		case isSeparator(line):
			if onlyDirectives(s.text[s.start:at]) {
				continue
			}
			return s.cut(at, s.next, s.line+1)
		case isMarkerWithContent(line) && at > s.start && !onlyDirectives(s.text[s.start:at]):
			return s.cut(at, at, s.line)
		case isDocumentEnd(line):
			return s.cut(at, s.next, s.line+1)
		}
	}
	return s.cut(len(s.text), len(s.text), s.line+1)
}

// readLine returns the next line without its end and moves behind it.
func (s *splitter) readLine() []byte {
	s.line++
	rest := s.text[s.next:]
	if i := bytes.IndexByte(rest, '\n'); i >= 0 {
		s.next += i + 1
		return rest[:i]
	}
	s.next = len(s.text)
	return rest
}

// cut ends the current chunk at offset end; the next one begins at offset next,
// which is on line nextLine.
func (s *splitter) cut(end, next int, nextLine uint32) (chunk, bool) {
	c := chunk{text: s.text[s.start:end], line: s.startLine}
	s.start, s.startLine = next, nextLine
	return c, hasContent(c.text)
}

func isSeparator(line []byte) bool {
	if !bytes.HasPrefix(line, []byte("---")) {
		return false
	}
	rest := bytes.TrimSpace(line[3:])
	return len(rest) == 0 || rest[0] == '#'
}

func isMarkerWithContent(line []byte) bool {
	return bytes.HasPrefix(line, []byte("---")) && len(line) > 3 && (line[3] == ' ' || line[3] == '\t')
}

func isDocumentEnd(line []byte) bool {
	if !bytes.HasPrefix(line, []byte("...")) {
		return false
	}
	rest := bytes.TrimSpace(line[3:])
	return len(rest) == 0 || rest[0] == '#' && (line[3] == ' ' || line[3] == '\t')
}

// onlyDirectives tells whether text holds a directive ("%YAML 1.2") and, besides
// it, only comments and blank lines.
func onlyDirectives(text []byte) bool {
	found := false
	for line := range bytes.Lines(text) {
		line = bytes.TrimSpace(line)
		switch {
		case len(line) == 0 || line[0] == '#':
		case line[0] == '%':
			found = true
		default:
			return false
		}
	}
	return found
}

// hasContent tells whether text has anything but comments and blank lines.
func hasContent(text []byte) bool {
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' {
			return true
		}
	}
	return false
}
