package sops

import (
	"time"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// Options say how a file is encrypted, and with which keys it is opened.
type Options struct {
	// Rule says for whom a new file is encrypted and what in it. With it the result is
	// judged, too.
	Rule Rule
	// Keys open and close data keys.
	Keys Keys
	// Format is that of the file; "" goes by its name, as SOPS does.
	Format Format
	// Limits bound what is read; the zero value stands for manifest.DefaultLimits.
	Limits manifest.Limits
	// Now is the time of the change, which stands in the metadata; zero stands for the
	// present.
	Now time.Time
	// AcceptMismatch goes on where the MAC of a file does not fit its content, so that
	// somebody has changed it without the data key. The new MAC then covers the change.
	AcceptMismatch bool
}

func (o Options) withDefaults(name string) Options {
	if o.Limits == (manifest.Limits{}) {
		o.Limits = manifest.DefaultLimits()
	}
	if o.Format == "" {
		o.Format = FormatOf(name)
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	return o
}

// stamp is the time of a change as metadata give it.
func (o Options) stamp() string { return o.Now.UTC().Format(time.RFC3339) }

// Result is a file after a change.
type Result struct {
	// Text is the whole file: where nothing changed, the text as it was.
	Text []byte
	// Changed tells that Text is another than before.
	Changed bool
	// Fields are the values and comments that were encrypted anew, in file order.
	Fields []Field
	// Notes are what a person should know.
	Notes []Note
	// Rotated says why the file has a new data key, "" where it keeps its own or is
	// new.
	Rotated string
}

// Field is one value of a file.
type Field struct {
	Document int    // from 0
	Path     string // in the notation of manifest.Node.Walk, list items by number
	Line     int    // in the text as it was, from 1
	Comment  bool   // it is a comment of what Path names
}

// Note is something about one place of the file as it was.
type Note struct {
	Line int
	Path string
	Text string // one sentence without a full stop and without a value
}
