package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
)

// parseJSON reads a stream of JSON values. Those that come before an error are
// returned with it.
func parseJSON(c chunk, lim Limits) ([]parsed, error) {
	docs, _, err := parseJSONPrefix(c, lim)
	return docs, err
}

// parseJSONPrefix reads the JSON values with which c begins. end is the offset
// behind the last of them; err says why the text does not go on with another.
func parseJSONPrefix(c chunk, lim Limits) (docs []parsed, end int, err error) {
	r := newJSONReader(c, lim)
	for len(docs) < lim.Documents {
		doc, err := r.document()
		if errors.Is(err, io.EOF) {
			return docs, len(c.text), nil
		}
		if err != nil {
			return docs, end, err
		}
		docs, end = append(docs, doc), int(r.dec.InputOffset())
	}
	if hasContent(c.text[end:]) {
		return docs, end, overLimit{name: LimitDocuments}
	}
	return docs, len(c.text), nil
}

// looksLikeJSON tells whether text begins as kubectl's reader expects of JSON.
func looksLikeJSON(text []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(text), []byte("{"))
}

type jsonReader struct {
	chunk   chunk
	dec     *json.Decoder
	locator *locator
	limits  Limits
	nodes   int // values so far, of all documents
	before  int // those of the documents before this one
	scanned int // bytes of the texts and numbers so far

	out  parsed
	open int // maps and lists that are not closed yet
	path []pathStep
}

func newJSONReader(c chunk, lim Limits) *jsonReader {
	r := &jsonReader{chunk: c, dec: json.NewDecoder(lim.stop.reader(c.text)), locator: newLocator(c.text), limits: lim}
	r.dec.UseNumber()
	return r
}

// maxJSONDepth is the depth from which encoding/json refuses a value, and kubectl
// with it.
const maxJSONDepth = 10_000

// document reads the next value, or returns io.EOF. One that goes over a limit is
// read to its end all the same, so that those behind it are found.
func (r *jsonReader) document() (parsed, error) {
	r.out, r.path = parsed{}, r.path[:0]
	tok, at, err := r.token()
	if err != nil {
		return parsed{}, err
	}
	r.before = r.nodes
	if err := r.value(&r.out.root, tok, at); err != nil {
		return parsed{}, err
	}
	for r.open > 0 {
		if _, at, err = r.next(); err != nil {
			return parsed{}, err
		}
		if r.open > maxJSONDepth {
			return parsed{}, overLimit{LimitDepth, at}
		}
	}
	if r.out.over != nil {
		r.nodes = r.before
		return r.out, nil
	}
	r.out.nodes = r.nodes - r.before
	r.out.name()
	return r.out, nil
}

// token returns the next token and where it begins. At the end of the input the
// error is io.EOF.
func (r *jsonReader) token() (json.Token, Pos, error) {
	from := r.tokenStart(int(r.dec.InputOffset()))
	tok, err := r.dec.Token()
	if err != nil {
		return nil, Pos{}, r.failed(err, from)
	}
	switch tok {
	case json.Delim('{'), json.Delim('['):
		r.open++
	case json.Delim('}'), json.Delim(']'):
		r.open--
	default:
		r.scanned += int(r.dec.InputOffset()) - from
	}
	return tok, r.place(from), nil
}

// failed gives an error of the decoder its place. The offset of a SyntaxError is
// that of the wrong character where it stands between two values. Within a value it
// is the one behind it, not counting what stands between values.
func (r *jsonReader) failed(err error, from int) error {
	if errors.Is(err, io.EOF) {
		return err
	}
	var syntax *json.SyntaxError
	switch {
	case !errors.As(err, &syntax):
	case syntax.Offset == r.dec.InputOffset():
		from = int(syntax.Offset)
	default:
		from += int(syntax.Offset) - r.scanned - 1
	}
	return syntaxError{r.place(from), jsonReason(err)}
}

func (r *jsonReader) place(offset int) Pos {
	p := r.locator.advance(offset)
	p.Line += r.chunk.line - 1
	return p
}

// tokenStart skips what may stand between two JSON tokens.
func (r *jsonReader) tokenStart(offset int) int {
	for offset < len(r.chunk.text) && strings.IndexByte(" \t\r\n,:", r.chunk.text[offset]) >= 0 {
		offset++
	}
	return offset
}

// next is token inside a value, where the end of the input is a fault.
func (r *jsonReader) next() (json.Token, Pos, error) {
	tok, at, err := r.token()
	if errors.Is(err, io.EOF) {
		err = syntaxError{r.place(len(r.chunk.text)), jsonReason(err)}
	}
	return tok, at, err
}

func (r *jsonReader) value(dst *Node, tok json.Token, at Pos) error {
	r.nodes++
	r.out.countNodes(r.limits, r.nodes-r.before, r.nodes, at)
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
		if !isJSONNumber(dst.Text) {
			r.out.problem(at, "the number is too large for 64 bits")
		}
	case json.Delim:
		return r.nested(dst, tok)
	}
	return nil
}

func (r *jsonReader) nested(dst *Node, delim json.Delim) error {
	if r.open > r.limits.Depth {
		r.out.exceed(LimitDepth, dst.At)
	}
	dst.Style = Flow
	read := r.list
	if delim == '{' {
		read = r.object
	}
	if err := read(dst); err != nil || r.out.over != nil {
		return err
	}
	_, _, err := r.next()
	return err
}

func (r *jsonReader) list(dst *Node) error {
	dst.Kind = List
	for i := 0; r.out.over == nil && r.dec.More(); i++ {
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
	for r.out.over == nil && r.dec.More() {
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
		r.out.duplicate(r.limits, Duplicate{First: earlier.KeyAt, Again: keyAt, Shadowed: earlier}, r.path)
	}
	r.path = r.path[:len(r.path)-1]
	return nil
}

// numberLiteral writes a JSON number as Kubernetes keeps it: an integer of 64
// bits as it stands, everything else as a 64-bit float. One that is too large
// comes back as infinity, which is no JSON.
func numberLiteral(text string) string {
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		return strconv.FormatInt(i, 10)
	}
	f, _ := strconv.ParseFloat(text, 64)
	return floatLiteral(f)
}

// jsonReasons words the messages of encoding/json, which quote what they found.
var jsonReasons = []struct{ message, reason string }{
	{"after object key:value pair", "a comma or a } was expected here"},
	{"after array element", "a comma or a ] was expected here"},
	{"after object key", "a : was expected here"},
	{"looking for beginning of object key", "a key in double quotes was expected here"},
	{"looking for beginning of value", "a value was expected here; JSON has no comments, no single quotes and no comma before a closing bracket"},
	{"in string literal", "a line break or control character stands in a string; write it as an escape, or close the quote"},
	{"in string escape code", "a backslash escape that JSON does not know"},
	{"in \\u hexadecimal character escape", "a \\u escape needs four hexadecimal digits"},
	{"in numeric literal", "this is not a number as JSON writes it"},
	{"in literal", "a value was expected here; text must stand in double quotes"},
	// Without more words: behind a {.
	{"invalid character", "a key in double quotes was expected here"},
}

// jsonReason words an error of encoding/json without the content it quotes.
func jsonReason(err error) string {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "the JSON ends before it is complete"
	}
	for _, r := range jsonReasons {
		if strings.Contains(err.Error(), r.message) {
			return r.reason
		}
	}
	return "this is not valid JSON"
}
