package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"

	"go.yaml.in/yaml/v3"
)

// ReadWhere is Read for a caller that wants only some documents of YAML and JSON: those
// of whose text may says so. The others are counted, and left out of Documents and Text,
// if it is certain from their lines that Read would file nothing under Broken or
// Templated for them, but the templates of a chart. None is left out where anything else
// of the file is a template or broken. any tells that not all are left out.
//
// To look at the lines costs a fraction of reading them. They tell it of the YAML and
// JSON that people and tools mostly write.
func ReadWhere(name string, data []byte, lim Limits, may func(text []byte) bool) (f *File, any bool) {
	if !isYAMLName(name) || int64(len(data)) > lim.FileBytes || len(data) >= min(lim.Nodes, lim.FileNodes) || bytes.HasPrefix(data, []byte("version ")) {
		return Read(name, data, lim), true
	}
	// A text of no other form and encoding has none but these characters.
	text := bytes.TrimPrefix(data, []byte("\uFEFF"))
	odd, ok := characters(text)
	if !ok {
		return Read(name, data, lim), true
	}
	s := skimmer{lines: skeleton{odd: odd, limits: lim}, may: may}
	s.fileReader = fileReader{file: &File{Path: name, Text: text}, limits: lim, faults: faultFinder{left: locateBytes}, readable: math.MaxInt}
	if !s.skim() {
		return Read(name, data, lim), true
	}
	s.file.Form = formOfDocuments(s.file)
	return s.file, s.wanted
}

// skimmer reads the documents of a file that are wanted.
type skimmer struct {
	fileReader
	may     func(text []byte) bool
	lines   skeleton
	wanted  bool    // one at least is
	leftOut []chunk // what is left out, and is no template
}

// skim tells whether the documents could be parted into those that are read and those
// that need not be.
func (s *skimmer) skim() bool {
	text := s.file.Text
	if begin := bytes.TrimSpace(text); len(begin) > 0 && (begin[0] == '[' && isJSONName(s.file.Path) || begin[0] == '{' && !bytes.HasPrefix(begin, []byte("{{"))) {
		s.file.Found = 1
		return !s.may(text) && s.isPlainJSON(text)
	}
	s.startsAsJSON = looksLikeJSON(text)
	templates := false
	for c, anew := range splitParts(chunk{text, 1}) {
		s.anew = anew
		switch wanted := s.may(c.text); {
		case s.limits.stop.stopped():
			return true
		case s.limits.Documents == 0, wanted && !hasContent(c.text):
			return false
		case !hasContent(c.text):
		case !wanted && s.lines.isWellFormed(c.text):
			s.count()
			s.leftOut = append(s.leftOut, c)
		case !wanted && s.isTemplate(c):
			s.spend()
			templates = true
		default:
			s.wanted = true
			s.chunk(c)
		}
	}
	switch {
	case !templates && len(s.leftOut) == 0:
		return true
	case !s.wanted:
		return true
	case len(s.file.Broken)+len(s.file.Templated) > 0 || s.limits.FileNodes < len(text) || isJSONName(s.file.Path):
		return false
	}
	s.file.Text = s.rest()
	// What a file is follows from all of its documents.
	return !templates && len(s.file.Documents) > 0 && !isValuesName(s.file.Path)
}

// rest is the text of the file with blank lines for what is left out.
func (s *skimmer) rest() []byte {
	var out bytes.Buffer
	out.Grow(len(s.file.Text))
	next, end := uint32(1), uint32(1) // the line, and the one behind the chunk it is in
	left := s.leftOut
	for line := range bytes.Lines(s.file.Text) {
		if len(left) > 0 && next == left[0].line {
			end = next + uint32(bytes.Count(left[0].text, []byte("\n")))
			left = left[1:]
		}
		if next < end {
			line = line[len(bytes.TrimSuffix(line, []byte("\n"))):]
		}
		out.Write(line)
		next++
	}
	return out.Bytes()
}

// isTemplate tells of a chunk that it is a template of a chart for certain.
func (s *skimmer) isTemplate(c chunk) bool {
	return isChartTemplate(s.file.Path) && !isJSONName(s.file.Path) && closes(c.text, "{{", "}}") && isTemplateAlone(c, s.limits)
}

// isTemplateAlone tells of a chunk with actions that it certainly holds nothing that is
// broken. What is a template and no YAML is nothing else, unless it is over a limit.
func isTemplateAlone(c chunk, lim Limits) bool {
	// The reader stops at the first action, most often near the top.
	var root yaml.Node
	if err := decodeNode(yaml.NewDecoder(bytes.NewReader(c.text)), &root); err != nil {
		return !errors.Is(err, io.EOF)
	}
	docs, err := parseYAML(c, lim)
	if limit := (overLimit{}); errors.As(err, &limit) || len(docs) == 0 {
		return false
	}
	for i := range docs {
		if p := &docs[i]; p.over != nil || isOneText(p) || len(p.problems) == 0 {
			return false
		}
	}
	return true
}

// longestNumber is the length of a number in JSON that is certainly not too large.
const longestNumber = 300

// isPlainJSON tells whether text is one value of JSON that the readers certainly
// read.
func (s *skimmer) isPlainJSON(text []byte) bool {
	maps, digits := s.lines, 0
	maps.frames, maps.repeats = maps.frames[:0], 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c >= '0' && c <= '9' {
			if digits++; digits > longestNumber {
				return false
			}
			continue
		}
		switch c {
		case '"':
			n := stringEnd(text[i+1:])
			if n < 0 || len(maps.frames) == 0 {
				return false
			}
			key := text[i+1 : i+n]
			if i += n; isSet(text[i+1:]) {
				maps.note(key)
			}
		case '{', '[':
			if len(maps.frames) == s.limits.Depth {
				return false
			}
			maps.frames = append(maps.frames, frame{})
		case '}', ']':
			if len(maps.frames) == 0 {
				return false
			}
			maps.frames = maps.frames[:len(maps.frames)-1]
		case 'E':
			return false
		case 'e':
			if digits > 0 {
				return false // an exponent
			}
		}
		digits = 0
	}
	s.lines = maps
	return maps.repeats <= s.limits.Duplicates && json.Valid(text)
}

// isSet tells whether a colon is what comes next in JSON.
func isSet(rest []byte) bool {
	for _, c := range rest {
		if c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return c == ':'
		}
	}
	return false
}

// stringEnd returns the length of a string of JSON with its closing quote, or -1.
func stringEnd(text []byte) int {
	for at := 0; ; at++ {
		i := bytes.IndexByte(text[at:], '"')
		if i < 0 {
			return -1
		}
		at += i
		escapes := 0
		for at-escapes > 0 && text[at-escapes-1] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return at + 1
		}
	}
}
