package manifest

import (
	"bytes"
	"iter"
	"slices"
)

// A chunk is the text of one or more documents of a file.
type chunk struct {
	text []byte
	line uint32 // the line of the file on which text begins, from 1
}

// splitYAML cuts YAML at its document separators: a line that begins with "---"
// and goes on with blanks or a comment (as the reader in
// k8s.io/apimachinery/pkg/util/yaml does), and a line "...". A "---" that has
// content behind it begins a chunk and stays in it, as do the "%" directives
// before a "---". Lines end with LF, CRLF or a mix of them; a CR alone ends a
// line and begins no chunk.
//
// Each chunk can be parsed by itself, so that a broken document does not hide
// the others. Chunks without content are left out. The last line is given an end,
// as kubectl's reader does, since it is part of a block scalar.
//
// anew tells whether kubectl's reader begins a document there as well. Behind a
// "..." it reads nothing up to the next "---".
func splitYAML(c chunk) iter.Seq2[chunk, bool] {
	return func(yield func(c chunk, anew bool) bool) {
		for part, anew := range splitParts(c) {
			if hasContent(part.text) && !yield(part, anew) {
				return
			}
		}
	}
}

// splitParts is splitYAML with the chunks that have no content.
func splitParts(c chunk) iter.Seq2[chunk, bool] {
	return func(yield func(c chunk, anew bool) bool) {
		s := splitter{text: c.text, line: c.line, startLine: c.line, crs: bytes.IndexByte(c.text, '\r') >= 0}
		for s.start < len(s.text) {
			anew := !s.behindEnd
			part := s.chunk()
			if !bytes.HasSuffix(part.text, []byte("\n")) {
				part.text = append(slices.Clip(part.text), '\n')
			}
			if !yield(part, anew) {
				return
			}
		}
	}
}

type splitter struct {
	text      []byte
	crs       bool // text has a CR somewhere
	next      int  // offset and number of the next line to look at
	line      uint32
	start     int // offset and number of the line where the current chunk begins
	startLine uint32
	behindEnd bool // it begins behind a "..."
}

// chunk reads up to the end of one chunk.
func (s *splitter) chunk() chunk {
	for s.next < len(s.text) {
		at, atLine := s.next, s.line
		line := s.readLine()
		if len(line) < 3 || line[0] != '-' && line[0] != '.' {
			continue
		}
		switch {
		case isSeparator(line):
			if !onlyDirectives(s.text[s.start:at]) {
				s.behindEnd = false
				return s.cut(at, s.next, s.line)
			}
		case isMarkerWithContent(line) && at > s.start && !onlyDirectives(s.text[s.start:at]):
			s.behindEnd = false
			return s.cut(at, at, atLine)
		case isDocumentEnd(line):
			s.behindEnd = true
			return s.cut(at, s.next, s.line)
		}
	}
	return s.cut(len(s.text), len(s.text), s.line)
}

// readLine returns the next line without its LF and moves behind it.
func (s *splitter) readLine() []byte {
	line := s.text[s.next:]
	if i := bytes.IndexByte(line, '\n'); i >= 0 {
		line = line[:i]
		s.next++
	}
	s.next += len(line)
	s.line++
	if s.crs {
		s.line += uint32(bytes.Count(bytes.TrimSuffix(line, []byte("\r")), []byte("\r")))
	}
	return line
}

// cut ends the current chunk at offset end; the next one begins at offset next,
// which is on line nextLine.
func (s *splitter) cut(end, next int, nextLine uint32) chunk {
	c := chunk{text: s.text[s.start:end], line: s.startLine}
	s.start, s.startLine = next, nextLine
	return c
}

func isSeparator(line []byte) bool {
	if !bytes.HasPrefix(line, []byte("---")) {
		return false
	}
	rest := bytes.TrimSpace(line[3:])
	return len(rest) == 0 || rest[0] == '#'
}

func isMarkerWithContent(line []byte) bool {
	return bytes.HasPrefix(line, []byte("---")) && len(line) > 3 && isBlank(line[3])
}

// isDocumentEnd follows YAML alone, since kubectl does not split there.
func isDocumentEnd(line []byte) bool {
	if !bytes.HasPrefix(line, []byte("...")) {
		return false
	}
	rest := bytes.Trim(line[3:], " \t\r")
	return len(rest) == 0 || rest[0] == '#' && isBlank(line[3])
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

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
