// Package scan finds every place of a file where a secret may stand, and asks
// package secrets what stands there.
//
// It knows the places: keys of a Secret, environment variables, arguments, texts
// inside texts, values files, templates, comments. It does not know what a secret
// looks like (secrets, secrets/token), how formats that are no YAML are written
// (secrets/settings), or what to say about a finding. It is pure.
package scan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
	"github.com/gatehouse-dev/gatehouse/secrets/token"
)

// Place is a kind of place where a secret may stand.
type Place string

// The places.
const (
	Secret         Place = "secret"          // a key of a v1 Secret, or of a resource that becomes one
	SealedTemplate Place = "sealed-template" // the template of a SealedSecret, or what stands unsealed beside its sealed values
	Generator      Place = "generator"       // a literal of a generator of kustomize, or a file that it reads
	Env            Place = "env"             // the value of an environment variable or parameter: a name and a value side by side
	Args           Place = "args"            // a word of a command line
	Annotation     Place = "annotation"      // an annotation or label
	ConfigMap      Place = "configmap"       // a key of a ConfigMap
	Patch          Place = "patch"           // the value of a JSON patch
	Values         Place = "values"          // values of Helm, of a HelmRelease, of an Argo CD Application
	Template       Place = "template"        // a literal inside the action of a template
	Setting        Place = "setting"         // a key of any other document or text
	Text           Place = "text"            // a text that no key says anything about: a comment, prose, an unknown format
)

// Found is a value at a place.
type Found struct {
	Place    Place
	Document *manifest.Document // nil in a text that is no document
	// Field is where the value stands in Document, as kubectl explain writes it; ""
	// in a text. A key of a Secret is under data, wherever it is written. For a text
	// inside a document it is the field of the whole text.
	Field string
	// Inner is the key inside a text that stands under Field, or "".
	Inner string
	// Key is the name under which the value stands, for messages.
	Key string
	// At is where a reader must look, in a literal block scalar the very line; the
	// value ends on line EndLine.
	At      manifest.Pos
	EndLine uint32
	Answer  secrets.Answer
	// Value is the secret part, decoded. It must never be shown.
	Value string
	// Raw is Value as it is written in the file, for redaction: the base64.
	Raw string
	// Member is the path inside the archive that the file is, or "". Positions are
	// those in the member.
	Member string
}

// Range is a part of a text that a rule of the user's found, in bytes. Where both
// are 0 the rule is one of the path alone.
type Range struct {
	Start, End int
	ID, Title  string // of the rule
}

// Options is what a caller knows besides the file.
type Options struct {
	// Rules applies users' own rules to a text; nil where there are none.
	Rules func(path string, text []byte) []Range
	// Source says what the file becomes, where a generator of kustomize reads it;
	// nil where none does. See Sources.
	Source *Source
	// Stop tells that nobody waits for what is found. It is asked from time to time; once
	// it is true the search ends soon and what it gives is not all. Nil where nobody stops.
	Stop func() bool
	// Limit is told of each limit that kept a part of the file from being searched:
	// its name, as Limits lists it, and the line where that part begins. It is called
	// once for each name; nil where nobody asks.
	Limit func(name string, line uint32)
}

// File finds what stands at the places of f, in the order of the file: one Found
// for each key of a Secret, whatever stands there except templates, references,
// ciphertexts and nothing; elsewhere what leaks, and hashes and placeholders under
// a key that promises a secret. The same object gives the same places, fields and
// answers however it is written.
func File(f *manifest.File, o Options) []Found {
	s := &scanner{file: f, options: o, lines: newLines(f.Text)}
	if f.Form == manifest.FormBinary || f.Form == manifest.FormGitCrypt || f.Form == manifest.FormLFS {
		return nil
	}
	if o.Source != nil && s.source(*o.Source) {
		return s.sorted()
	}
	s.hits = token.Find(f.Text)
	s.documents()
	s.text()
	return s.sorted()
}

// scanner finds what stands in one file.
type scanner struct {
	file      *manifest.File
	options   Options
	lines     *lines
	found     []Found
	levels    map[string]secrets.Level // of the keys that were asked for
	hits      []token.Hit              // in the text as it is written
	seen      map[string][]lineSpan    // what the walk of documents has met of them
	escaped   int8                     // what escapes says: not known, no, yes
	judged    map[uint32]bool          // lines whose template actions the walk has read
	limited   map[string]bool          // the limits that were met
	quietFile tristate                 // what isQuiet says
	blocks    []lineSpan               // the lines of the block scalars, in order; nil where not asked for
	steps     int                      // see halted
	stopped   bool
}

func (s *scanner) sorted() []Found {
	slices.SortStableFunc(s.found, func(a, b Found) int {
		return cmp.Or(cmp.Compare(a.At.Line, b.At.Line), cmp.Compare(a.At.Column, b.At.Column))
	})
	return s.found
}

// documents walks the documents of the file. The items of a list are documents of
// their own, and left out where the list is one besides.
func (s *scanner) documents() {
	items := map[itemOf]bool{}
	for _, d := range s.file.Documents {
		if d.Item != "" {
			items[itemOf{d.Index, d.Item[:strings.LastIndexByte(d.Item, '[')]}] = true
		}
	}
	for _, d := range s.file.Documents {
		if s.halted() {
			return
		}
		w := newWalker(s, d)
		w.listed = items[itemOf{d.Index, manifest.JoinField(d.Item, "items")}]
		w.root()
	}
}

// itemOf names a list of documents: which of the file, and where it stands in it.
type itemOf struct {
	document int
	list     string
}
