package sops

// form is how a value or comment is written.
type form uint8

const (
	plainForm     form = iota // without quotes
	singleForm                // in 'single quotes'
	doubleForm                // in "double quotes"
	literalForm               // a block after |
	foldedForm                // a block after >
	commentForm               // a comment, without its sign
	emptyForm                 // nothing is written: a null, or an empty text
	rawForm                   // up to the end of the line, as dotenv and INI have it
	tickForm                  // in `backticks`, as INI has them
	threefoldForm             // in """three quotes""", as INI has them
)

// spot is where one value or comment is written.
type spot struct {
	extent
	form form
	flow bool // inside of braces or brackets
	// lines are those of a block scalar, and column is how far they are indented.
	lines  extent
	column int
	// above is the column of the block that the value is in, -1 for none; a block
	// scalar is indented more.
	above int
	line  int
	tag   string // as written, or ""
	// remark tells that this is a comment behind something, or has one behind it, in a
	// format in which only some readers take it for one.
	remark bool
	// dash is where the dash of a list item is written that has only this value.
	dash extent
}

// file is a text taken apart in one format.
type file struct {
	syntax syntax
	text   []byte
	mark   []byte // the byte-order mark before the text
	lines  *lines
	docs   []*node // without the metadata
	metas  []*node // the metadata of each document, or nil
	brk    string  // how lines end
	unit   int     // by how much a level is indented
	stray  []*node // comments that SOPS does not see
	// endBreak has the plain text end with a line break, also where the encrypted one
	// does not: a block at its end needs it.
	endBreak bool
}

// syntax is how one format reads and writes.
type syntax interface {
	// read takes a text apart. The error is an *Error.
	read(text []byte, limits readLimits) (*file, error)
	// seal gives the edits that put a ciphertext where a value or comment is written.
	seal(f *file, s *spot, ciphertext string) []edit
	// open gives the edits that put a value or a comment where a ciphertext is
	// written; ok is false where it cannot be written there. safe has it written in
	// the form that holds every text.
	open(f *file, s *spot, v value, safe bool) (_ []edit, ok bool)
	// metadata writes metadata as the entry of a document that attach takes.
	metadata(f *file, document int, meta *node) string
	// attach adds such an entry to a document, or puts it in the place of the one that
	// it has.
	attach(f *file, document int, entry string) edit
	// entryStart is where the text of such an entry begins; it ends with its value.
	entryStart(f *file, document int) int
	// detach takes the metadata of a document out.
	detach(f *file, document int) edit
	// insert adds an entry with a ciphertext below a map, for keys that are not there.
	insert(f *file, below *node, keys []string, ciphertext string) (edit, error)
	// remove takes an entry or item out of what it is in.
	remove(f *file, from, which *node) (edit, error)
}

// readLimits bound a tree.
type readLimits struct{ nodes int }

// first returns the metadata that count: those of the first document.
func (f *file) first() *node {
	if len(f.metas) == 0 {
		return nil
	}
	return f.metas[0]
}

// hasMetadata tells whether any document has metadata.
func (f *file) hasMetadata() bool {
	for _, m := range f.metas {
		if m != nil {
			return true
		}
	}
	return false
}
