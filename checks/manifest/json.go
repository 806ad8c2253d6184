package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"sort"
	"strconv"
	"unicode/utf8"
)

// parseJSON reads a stream of JSON values. Those that come before an error are
// returned with it.
func parseJSON(c chunk, lim Limits) ([]parsed, error) {
	dec := json.NewDecoder(bytes.NewReader(c.text))
	dec.UseNumber()
	lines := newLineTable(c)
	var docs []parsed
	for {
		r := jsonReader{dec: dec, lines: lines, limits: lim}
		tok, at, err := r.token()
		if errors.Is(err, io.EOF) {
			return docs, nil
		}
		if err != nil {
			return docs, syntaxError{at, jsonReason(err)}
		}
		if err := r.value(&r.out.root, tok, at); err != nil {
			return docs, err
		}
		r.out.name()
		docs = append(docs, r.out)
		if len(docs) > lim.Documents {
			return docs, overLimit{LimitDocuments}
		}
	}
}

// looksLikeJSON tells whether text begins as kubectl's reader expects of JSON.
func looksLikeJSON(text []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(text), []byte("{"))
}

type jsonReader struct {
	dec    *json.Decoder
	lines  *lineTable
	limits Limits
	out    parsed
	depth  int
	path   []pathStep
}

// token returns the next token and where it begins.
func (r *jsonReader) token() (json.Token, Pos, error) {
	from := r.dec.InputOffset()
	tok, err := r.dec.Token()
	if err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) && syntax.Offset > 0 {
			return nil, r.lines.pos(int(syntax.Offset) - 1), err
		}
		return nil, r.lines.pos(r.lines.tokenStart(int(from))), err
	}
	return tok, r.lines.pos(r.lines.tokenStart(int(from))), nil
}

// next is token inside a value, where the end of the input is an error.
func (r *jsonReader) next() (json.Token, Pos, error) {
	tok, at, err := r.token()
	if err != nil {
		return nil, at, syntaxError{at, jsonReason(err)}
	}
	return tok, at, nil
}

func (r *jsonReader) value(dst *Node, tok json.Token, at Pos) error {
	dst.At = at
	switch tok := tok.(type) {
	case nil:
		dst.Kind = Null
	case bool:
		dst.Kind, dst.Text = Bool, strconv.FormatBool(tok)
	case string:
		dst.Kind, dst.Text, dst.Style = String, tok, DoubleQuoted
	case json.Number:
		dst.Kind, dst.Text = Number, numberLiteral(string(tok))
	case json.Delim:
		return r.nested(dst, tok)
	}
	return nil
}

func (r *jsonReader) nested(dst *Node, open json.Delim) error {
	if r.depth++; r.depth > r.limits.Depth {
		return overLimit{LimitDepth}
	}
	dst.Style = Flow
	read := r.list
	if open == '{' {
		read = r.object
	}
	if err := read(dst); err != nil {
		return err
	}
	r.depth--
	_, _, err := r.next()
	return err
}

func (r *jsonReader) list(dst *Node) error {
	dst.Kind = List
	for i := 0; r.dec.More(); i++ {
		tok, at, err := r.next()
		if err != nil {
			return err
		}
		var item Node
		r.path = append(r.path, pathStep{index: i})
		if err := r.value(&item, tok, at); err != nil {
			return err
		}
		r.path = r.path[:len(r.path)-1]
		dst.Items = append(dst.Items, item)
	}
	return nil
}

func (r *jsonReader) object(dst *Node) error {
	dst.Kind = Map
	fields := fieldSet{node: dst}
	for r.dec.More() {
		tok, keyAt, err := r.next()
		if err != nil {
			return err
		}
		key, ok := tok.(string)
		if !ok {
			return syntaxError{keyAt, "a key must be a string"}
		}
		if err := r.field(&fields, key, keyAt); err != nil {
			return err
		}
	}
	return nil
}

func (r *jsonReader) field(fields *fieldSet, key string, keyAt Pos) error {
	tok, at, err := r.next()
	if err != nil {
		return err
	}
	field := Node{Key: key, KeyAt: keyAt}
	r.path = append(r.path, pathStep{key: key, index: -1})
	if err := r.value(&field, tok, at); err != nil {
		return err
	}
	if earlier, twice := fields.set(field, true); twice {
		r.out.duplicates = append(r.out.duplicates, Duplicate{
			First: earlier.KeyAt, Again: keyAt, Shadowed: earlier, steps: slices.Clone(r.path),
		})
	}
	r.path = r.path[:len(r.path)-1]
	return nil
}

// numberLiteral writes a JSON number as Kubernetes keeps it: an integer of 64
// bits as it stands, everything else as a 64-bit float.
func numberLiteral(text string) string {
	if _, err := strconv.ParseInt(text, 10, 64); err == nil {
		return text
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	return floatLiteral(f)
}

// jsonReason words an error of encoding/json without the content it quotes.
func jsonReason(err error) string {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the JSON ends before it is complete"
	default:
		return "this is not valid JSON"
	}
}

// lineTable finds the line and column of an offset.
type lineTable struct {
	chunk  chunk
	starts []int // offsets at which lines begin
}

func newLineTable(c chunk) *lineTable {
	t := &lineTable{chunk: c, starts: []int{0}}
	for at := 0; ; {
		i := bytes.IndexByte(c.text[at:], '\n')
		if i < 0 {
			return t
		}
		at += i + 1
		t.starts = append(t.starts, at)
	}
}

// tokenStart skips what may stand between two JSON tokens.
func (t *lineTable) tokenStart(offset int) int {
	for offset < len(t.chunk.text) && bytes.IndexByte([]byte(" \t\r\n,:"), t.chunk.text[offset]) >= 0 {
		offset++
	}
	return offset
}

func (t *lineTable) pos(offset int) Pos {
	offset = min(offset, len(t.chunk.text))
	line := sort.SearchInts(t.starts, offset+1) - 1
	column := uint32(1)
	for text := t.chunk.text[t.starts[line]:offset]; len(text) > 0; {
		r, size := utf8.DecodeRune(text)
		column += utf16Units(r)
		text = text[size:]
	}
	return Pos{Line: uint32(line) + t.chunk.line, Column: column}
}
