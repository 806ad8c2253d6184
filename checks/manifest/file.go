package manifest

import (
	"bytes"
	"errors"
	"math"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A File is what was read from one file.
type File struct {
	Path string
	Form Form
	// Encoding is the encoding of the bytes where it is not UTF-8 ("UTF-16LE").
	Encoding string
	// Text is the content as UTF-8 without a byte-order mark; for a binary file
	// the bytes as they are.
	Text []byte
	// Found counts the YAML and JSON documents of the file, broken ones included.
	Found int
	// Documents are the objects and documents that could be read, in file order.
	Documents []*Document
	// Broken are the documents that could not.
	Broken []Broken
	// Templated are the parts that are no YAML before a template engine has run.
	Templated []Pos
}

// A Broken document could not be read.
type Broken struct {
	Index  int    // which document of the file, from 0
	At     Pos    // where to look
	Reason string // in words, without any content of the file
	Limit  string // the name of the limit that it goes over, or ""
	// Manifest tells whether the text looks like a Kubernetes object: it names
	// an apiVersion and a kind.
	Manifest bool
}

// Read reads the bytes of a file. It never fails: what cannot be read is listed
// in Broken. The name of the file decides, besides its content, what it is
// taken for. data must not be changed afterwards.
func Read(name string, data []byte, lim Limits) *File {
	f := &File{Path: name, Text: data}
	if int64(len(data)) > lim.FileBytes {
		f.Form = FormText
		f.Broken = []Broken{{At: Pos{1, 1}, Reason: "the file is larger than the limit", Limit: LimitFileBytes}}
		return f
	}
	if f.Form = formOfBytes(name, data); f.Form != "" {
		return f
	}
	f.Text, f.Encoding = toUTF8(data)
	if isYAMLName(name) || mayHoldManifest(f.Text) {
		r := fileReader{file: f, limits: lim, faults: faultFinder{left: locateBytes}, readable: math.MaxInt}
		r.read()
		if !isYAMLName(name) {
			r.forget()
		}
	}
	f.Form = formOfDocuments(f)
	return f
}

// isYAMLName tells whether tools of the field read a file of this name as YAML
// or JSON.
func isYAMLName(name string) bool {
	base := path.Base(name)
	switch strings.ToLower(path.Ext(base)) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return base == "kustomization" || base == "Kustomization"
}

// looksLikeManifest tells whether text has the two fields that every Kubernetes
// object has, as YAML or JSON writes them.
func looksLikeManifest(text []byte) bool {
	return hasField(text, "apiVersion") && hasField(text, "kind")
}

func holdsWords(text []byte) bool {
	return bytes.Contains(text, []byte("apiVersion")) && bytes.Contains(text, []byte("kind"))
}

// mayHoldManifest tells whether a YAML or JSON reader could find the two fields in
// text: they stand there, or are written with escapes or as !!binary.
func mayHoldManifest(text []byte) bool {
	for _, escape := range [...]string{`\x`, `\u`, `\U`, "\\\n", "\\\r", "binary"} {
		if bytes.Contains(text, []byte(escape)) {
			return true
		}
	}
	return holdsWords(text)
}

// hasField looks for a key: at the beginning of a line, or in quotes, or behind
// a { or a comma, and with a colon behind it.
func hasField(text []byte, key string) bool {
	for at := 0; ; {
		i := bytes.Index(text[at:], []byte(key))
		if i < 0 {
			return false
		}
		start, end := at+i, at+i+len(key)
		at = end
		rest := bytes.TrimLeft(bytes.TrimPrefix(bytes.TrimPrefix(text[end:], []byte(`"`)), []byte("'")), " \t")
		if bytes.HasPrefix(rest, []byte(":")) && beginsKey(text[:start]) {
			return true
		}
	}
}

func beginsKey(before []byte) bool {
	if n := len(before); n > 0 && (before[n-1] == '"' || before[n-1] == '\'') {
		before = before[:n-1]
	}
	before = bytes.TrimRight(before, " \t")
	if len(before) == 0 {
		return true
	}
	switch before[len(before)-1] {
	case '\n', '\r', '{', ',', '-':
		return true
	}
	return false
}

// fileReader reads the documents of one file.
type fileReader struct {
	file   *File
	limits Limits // Documents and FileNodes are what is left of them
	faults faultFinder

	trees *[]*Node // where the documents go as they are written; nil for Documents

	looks    looks // of the chunk that begins at lookedAt
	lookedAt *byte

	startsAsJSON bool // as looksLikeJSON says of the file
	anew         bool // kubectl begins a document with the current chunk
	// readable is how many documents come before the first one that kubectl
	// cannot read; it would stop there.
	readable int
}

// read follows kubectl's reader: the JSON values with which a file begins, if it
// begins with a {, and what follows them as YAML. It goes on where that one stops.
func (r *fileReader) read() {
	rest := chunk{r.file.Text, 1}
	r.startsAsJSON = looksLikeJSON(rest.text)
	if r.isJSON(rest.text) {
		rest = r.json(rest)
	}
	for c, anew := range splitYAML(rest) {
		r.anew = anew
		if r.limits.stop.stopped() {
			return
		}
		if r.limits.Documents == 0 {
			r.broken(c, overLimit{name: LimitDocuments})
			return
		}
		r.chunk(c)
	}
}

// isJSON tells whether text begins as JSON does. A [ begins a list in YAML, too.
func (r *fileReader) isJSON(text []byte) bool {
	return looksLikeJSON(text) || isJSONName(r.file.Path) && bytes.HasPrefix(bytes.TrimSpace(text), []byte("["))
}

// isJSONName tells whether a file is meant for a reader of JSON. Many tools allow
// comments in theirs, so one that is no manifest may well not be JSON.
func isJSONName(name string) bool { return strings.EqualFold(path.Ext(name), ".json") }

// json adds the JSON values with which c begins and returns what follows them.
func (r *fileReader) json(c chunk) chunk {
	docs, end, err := parseJSONPrefix(c, r.limits)
	for i := range docs {
		r.add(c, &docs[i], false)
	}
	if err == nil {
		return chunk{}
	}
	rest := behindJSON(c, end)
	if limit := (overLimit{}); errors.As(err, &limit) {
		r.broken(rest, err)
		return chunk{}
	}
	return rest
}

// behindJSON returns what of c follows a JSON value that ends at offset end, less
// the blanks up to the next line, which kubectl's reader skips as well.
func behindJSON(c chunk, end int) chunk {
	if end == 0 {
		return c
	}
	rest := chunk{c.text[end:], c.line - 1}
	for range editorLines(c.text[:end]) {
		rest.line++
	}
	for len(rest.text) > 0 {
		char, size := utf8.DecodeRune(rest.text)
		if !unicode.IsSpace(char) {
			break
		}
		rest.text = rest.text[size:]
		if char == '\n' {
			rest.line++
			break
		}
	}
	return rest
}

// chunk adds the documents of c that can be read, and says what cannot. What is no
// YAML may still be JSON, which has escapes that YAML does not know.
func (r *fileReader) chunk(c chunk) {
	docs, err := parseYAML(c, r.limits)
	if err != nil && r.isJSON(c.text) {
		values, jsonErr := parseJSON(c, r.limits)
		if jsonErr == nil || isJSONName(r.file.Path) && len(docs) == 0 {
			docs, err = values, jsonErr
		}
	}
	for i := range docs {
		r.add(c, &docs[i], i == 0)
	}
	switch {
	case err == nil:
	case len(docs) == 0:
		r.failed(c, err)
	default:
		r.unread(c, err)
	}
}

// add adds a document of c. One that only the reader of Kubernetes can read must
// begin c to be read by it.
func (r *fileReader) add(c chunk, p *parsed, begins bool) {
	switch {
	case p.over != nil:
		r.broken(c, *p.over)
	case isOneText(p) && (r.startsAsJSON || r.look(c).manifest):
		// "1 {…}", "null\n{…}" and "{…} x" are texts to YAML, and nobody means that.
		r.broken(c, syntaxError{p.root.At, "this is one text without quotes, where a manifest is meant; write each document by itself"})
	case len(p.problems) == 0 || !isManifest(&p.root) && !r.look(c).templated:
		r.keep(p)
	case begins:
		r.failed(c, syntaxError{p.problems[0].at, p.problems[0].reason})
	default:
		r.unread(c, syntaxError{p.problems[0].at, p.problems[0].reason})
	}
}

func isOneText(p *parsed) bool { return p.root.Kind == String && p.root.Style == Plain }

// looks are what a chunk looks like, and the line on which its content begins.
type looks struct {
	templated, manifest, words bool
	line                       uint32
}

// look looks at a chunk, once for all its documents.
func (r *fileReader) look(c chunk) looks {
	if len(c.text) == 0 {
		return looks{line: c.line}
	}
	if begin := &c.text[0]; r.lookedAt != begin {
		r.lookedAt, r.looks = begin, looks{isTemplated(c.text), looksLikeManifest(c.text), holdsWords(c.text), firstLine(c)}
	}
	return r.looks
}

func isManifest(root *Node) bool { return root.Get("apiVersion") != nil && root.Get("kind") != nil }

func (r *fileReader) keep(p *parsed) {
	if r.trees != nil {
		*r.trees = append(*r.trees, &p.root)
		r.limits.FileNodes -= p.nodes
		r.count()
		return
	}
	r.file.Documents = append(r.file.Documents, documents(r.file.Path, r.count(), p)...)
	r.limits.FileNodes -= p.nodes
}

// count counts one more document and returns its index.
func (r *fileReader) count() int {
	r.spend()
	r.file.Found++
	return r.file.Found - 1
}

// spend takes one document off what the limit leaves.
func (r *fileReader) spend() { r.limits.Documents = max(0, r.limits.Documents-1) }

// failed files a document that could not be read, and with which c begins, under
// what it is.
func (r *fileReader) failed(c chunk, err error) {
	if r.limits.stop.stopped() {
		return
	}
	if limit := (overLimit{}); errors.As(err, &limit) {
		r.broken(c, err)
		return
	}
	doc, whole, lenientErr := parseLenient(c, r.limits)
	if lenientErr == nil && doc.over == nil && len(doc.problems) == 0 {
		r.keep(&doc)
		if whole {
			return
		}
	} else if r.anew {
		r.readable = min(r.readable, r.file.Found)
	}
	r.unread(c, err)
}

// unread files what is left of a chunk under what it is.
func (r *fileReader) unread(c chunk, err error) {
	if r.limits.stop.stopped() {
		return
	}
	switch {
	case r.look(c).templated:
		r.templated(c)
	case !isJSONName(r.file.Path) || r.look(c).words || len(r.file.Documents) > 0:
		r.broken(c, err)
	default:
		r.spend()
	}
}

// templated notes a chunk that a template engine must fill, once, and adds the
// objects that it shows with its actions masked. They are no documents of the file
// and not counted as such.
func (r *fileReader) templated(c chunk) {
	at, list := Pos{r.look(c).line, 1}, r.file.Templated
	if len(list) > 0 && list[len(list)-1] == at {
		return
	}
	r.file.Templated = append(list, at)
	r.spend()
	docs := readMasked(c, r.limits)
	for i := range docs {
		r.limits.FileNodes -= docs[i].nodes
		for _, d := range documents(r.file.Path, r.file.Found, &docs[i]) {
			d.Templated = true
			r.file.Documents = append(r.file.Documents, d)
		}
	}
}

func (r *fileReader) broken(c chunk, err error) {
	b := Broken{Index: r.count(), Manifest: r.look(c).manifest}
	if limit := (overLimit{}); errors.As(err, &limit) {
		b.At, b.Reason, b.Limit = limit.at, limit.Error(), limit.name
		if b.At == (Pos{}) {
			b.At = Pos{r.look(c).line, 1}
		}
	} else {
		b.At, b.Reason = r.faults.describe(c, err)
	}
	r.file.Broken = append(r.file.Broken, b)
}

// forget drops what was read from a file of another name than YAML and JSON files
// have, unless it is a manifest or a template after all: kubectl, told to apply
// it, would find an object before it stops.
func (r *fileReader) forget() {
	f := r.file
	if isTemplateName(f.Path) && len(f.Templated) > 0 || len(f.Broken) > 0 && f.Broken[0].Limit != "" && f.Broken[0].Manifest {
		return
	}
	for _, d := range f.Documents {
		if d.IsObject() && !d.Templated && d.Index < r.readable {
			return
		}
	}
	f.Found, f.Documents, f.Broken, f.Templated = 0, nil, nil, nil
}
