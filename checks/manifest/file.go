package manifest

import (
	"bytes"
	"errors"
	"path"
	"strings"
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
	f.Form = formOfBytes(name, data)
	if f.Form != "" {
		return f
	}
	f.Text, f.Encoding = toUTF8(data)
	r := fileReader{file: f, limits: lim, named: isYAMLName(name)}
	if !r.named && !looksLikeManifest(f.Text) {
		f.Form = FormText
		return f
	}
	r.read()
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
	limits Limits
	// named is false for a file that only looks like a manifest: if it cannot be
	// read, it is text after all.
	named bool
}

func (r *fileReader) read() {
	if r.isJSON() && r.chunk(chunk{r.file.Text, 1}, parseJSON) == nil {
		return
	}
	for _, c := range splitYAML(r.file.Text) {
		if r.file.Found >= r.limits.Documents {
			r.broken(c, overLimit{LimitDocuments})
			return
		}
		if looksLikeJSON(c.text) && r.chunk(c, parseJSON) == nil {
			continue
		}
		if err := r.chunk(c, parseYAML); err != nil {
			r.failed(c, err)
		}
	}
}

func (r *fileReader) isJSON() bool {
	text := bytes.TrimSpace(r.file.Text)
	return bytes.HasPrefix(text, []byte("{")) ||
		bytes.HasPrefix(text, []byte("[")) && strings.HasSuffix(strings.ToLower(r.file.Path), ".json")
}

// chunk adds the documents of c. Where parse fails, those of a YAML chunk that
// come before the error stay; a JSON chunk is all or nothing, since it may be
// YAML after all.
func (r *fileReader) chunk(c chunk, parse func(chunk, Limits) ([]parsed, error)) error {
	docs, err := parse(c, r.limits)
	if err != nil && looksLikeJSON(c.text) {
		if limit := (overLimit{}); !errors.As(err, &limit) {
			return err
		}
	}
	for i := range docs {
		r.add(c, &docs[i])
	}
	return err
}

func (r *fileReader) add(c chunk, p *parsed) {
	index := r.file.Found
	docs := documents(r.file.Path, index, p)
	if len(p.problems) > 0 && (p.root.Get("apiVersion") != nil && p.root.Get("kind") != nil || isTemplated(c.text)) {
		r.failed(c, syntaxError{p.problems[0].at, p.problems[0].reason})
		return
	}
	r.file.Found++
	r.file.Documents = append(r.file.Documents, docs...)
}

// failed files a chunk that could not be read under what it is. One that holds
// documents before its error has them already.
func (r *fileReader) failed(c chunk, err error) {
	var limit overLimit
	switch {
	case errors.As(err, &limit):
		r.broken(c, err)
	case r.lenient(c):
	case isTemplated(c.text):
		r.file.Templated = append(r.file.Templated, Pos{firstLine(c), 1})
	case r.named && (!isJSONName(r.file.Path) || looksLikeManifest(c.text)):
		r.broken(c, err)
	}
}

// isJSONName tells whether a file is meant for a reader of JSON. Many tools allow
// comments in theirs, so one that is no manifest may well not be JSON.
func isJSONName(name string) bool { return strings.EqualFold(path.Ext(name), ".json") }

// lenient adds a chunk that only the reader of Kubernetes accepts.
func (r *fileReader) lenient(c chunk) bool {
	doc, err := parseLenient(c, r.limits)
	if err != nil || len(doc.problems) > 0 {
		return false
	}
	r.file.Found++
	r.file.Documents = append(r.file.Documents, documents(r.file.Path, r.file.Found-1, &doc)...)
	return true
}

func (r *fileReader) broken(c chunk, err error) {
	b := Broken{Index: r.file.Found, Manifest: looksLikeManifest(c.text)}
	r.file.Found++
	var limit overLimit
	if errors.As(err, &limit) {
		b.At, b.Reason, b.Limit = Pos{firstLine(c), 1}, limit.Error(), limit.name
	} else {
		b.At, b.Reason = describe(c, err)
	}
	r.file.Broken = append(r.file.Broken, b)
}

// firstLine is the line of the file on which the content of c begins.
func firstLine(c chunk) uint32 {
	n := c.line
	for line := range bytes.Lines(c.text) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' {
			return n
		}
		n++
	}
	return c.line
}
