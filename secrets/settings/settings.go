// Package settings reads the settings that a text holds: key, value and place of
// each, in the formats in which configuration is written.
//
// It is pure: a name and a text in, settings out. It knows nothing of secrets, of
// objects and of files, does not judge a value, does not fill in a template, and
// follows no reference. YAML and JSON are recognised and left to their parsers.
package settings

import (
	"cmp"
	"slices"
)

// Setting is one key with its value. text[At:End] is the value as it is written,
// inside its quotes; it equals Value where the text has no escape, no joined line
// and no entity. KeyAt <= At <= End always holds.
type Setting struct {
	// Key is the path of the setting as far as it says what it is for, its parts
	// joined by dots: "datasource.password", "aws_db_instance.main.password".
	Key string
	// Value is decoded: quotes and escapes are resolved, continued lines joined.
	// Templates and variables stand as written.
	Value string
	// KeyAt, At and End are byte offsets in the text: of what names the key, of
	// the value inside its quotes, and behind the value. KeyAt equals At where
	// nothing before the value names it.
	KeyAt, At, End int
	// Quoted tells that the value is written as a quoted literal.
	Quoted bool
	// Comment tells that the setting is commented out, or is an example in a text for
	// people.
	Comment bool
	// Word is the index of the word that holds the value; only Command sets it.
	Word int
}

// Read yields the settings of a text in the order of their values, in the format
// that its name or its content tells. It is nil where there is none. A value that is
// a connection string or a URL is yielded as a whole: Pairs splits it. It takes time
// and memory in proportion to the text, whatever the text is.
func Read(name string, text []byte) []Setting {
	return ReadAs(FormatOf(name, text), text)
}

// ReadAs yields the settings of a text of a known format, as Read does. It is nil
// for YAML, JSON and an unknown format.
func ReadAs(f Format, text []byte) []Setting { return ReadWithin(f, text, nil) }

// ReadWithin is ReadAs that tells of each limit that kept a part of the text from
// being read, by the name that Limits lists and the byte offset where that part
// begins. over may be nil.
func ReadWithin(f Format, text []byte, over func(limit string, at int)) []Setting {
	if !f.readHere() {
		return nil
	}
	r := newReader(string(text))
	r.over = over
	r.read(f, r.start(), len(r.text))
	return r.settings()
}

// reader collects the settings of one text. Its methods take and give offsets in
// the whole text, so that a part is read by naming its bounds.
type reader struct {
	text    string
	out     []Setting
	keys    int  // bytes that may still be spent on joined keys
	ahead   int  // bytes that may still be looked at in vain
	comment bool // what is read stands in a comment
	nested  int
	script  [2]int                     // the bounds of the script that is read
	over    func(limit string, at int) // told of each limit that was met; may be nil
}

func newReader(text string) *reader {
	return &reader{text: text, keys: 4*len(text) + 1<<16, ahead: 4*len(text) + 1<<16}
}

// start is where the text begins, behind its byte order mark.
func (r *reader) start() int {
	const mark = "\ufeff"
	if len(r.text) >= len(mark) && r.text[:len(mark)] == mark {
		return len(mark)
	}
	return 0
}

// settings are what has been read, in the order of their values, each of them once: a
// text that is read in two ways may give one twice.
func (r *reader) settings() []Setting {
	inOrder := func(a, b Setting) int { return cmp.Or(cmp.Compare(a.Word, b.Word), cmp.Compare(a.At, b.At)) }
	if !slices.IsSortedFunc(r.out, inOrder) {
		slices.SortStableFunc(r.out, inOrder)
	}
	return slices.CompactFunc(r.out, func(a, b Setting) bool {
		return a.At == b.At && a.End == b.End && a.Word == b.Word && a.Comment == b.Comment && a.Value == b.Value && lastPart(a.Key) == lastPart(b.Key)
	})
}

func (r *reader) add(s Setting) {
	if s.Key == "" {
		return
	}
	s.KeyAt = min(s.KeyAt, s.At)
	s.Comment = s.Comment || r.comment
	r.out = append(r.out, s)
}

// join puts a key behind the path it stands under. Keys of hostile texts, of which
// the path is longer than the lines under it, are cut at the front.
func (r *reader) join(path, key string) string {
	const maxPath = 256
	if path == "" {
		return key
	}
	if len(path) > maxPath {
		path = path[len(path)-maxPath:]
	}
	if r.keys -= len(path) + len(key) + 1; r.keys < 0 {
		return key
	}
	return path + "." + key
}

// inside reads a part of the text in a format of its own.
func (r *reader) inside(f Format, from, to int) {
	if from >= to {
		return
	}
	if r.nested >= maxNesting {
		r.cut(LimitNesting, from)
		return
	}
	r.nested++
	r.read(f, from, to)
	r.nested--
}
