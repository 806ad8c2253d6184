package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Limits bound what reading one file may cost. A file or document over a limit
// is not judged, and the limit's name is given as the reason.
type Limits struct {
	FileBytes       int64 // largest file that is read
	Depth           int   // deepest nesting of maps and lists
	AliasExpansions int   // aliases followed, counted as if each were written out
	AliasBytes      int64 // bytes of text that aliases add when written out
	Documents       int   // documents in one file
	Nodes           int   // maps, lists and values in one document, each alias written out
	FileNodes       int   // the same in one file
	Duplicates      int   // keys that stand twice, in one document

	stop *stopper
}

// stopper tells whether nobody waits for what is read.
type stopper struct{ ask func() bool }

// Until returns limits with which reading is given up soon after stop is true. What has
// been read then is not all, and nothing in it says so: the caller has to ask stop, too.
func (l Limits) Until(stop func() bool) Limits {
	l.stop = &stopper{stop}
	return l
}

func (s *stopper) stopped() bool { return s != nil && s.ask() }

var errStopped = errors.New("reading was stopped")

// reader returns a reader of text for a library, which fails when reading is stopped.
func (s *stopper) reader(text []byte) io.Reader {
	if s == nil {
		return bytes.NewReader(text)
	}
	return &stoppedReader{s, text}
}

type stoppedReader struct {
	*stopper
	rest []byte
}

func (r *stoppedReader) Read(p []byte) (int, error) {
	switch {
	case r.stopped():
		return 0, errStopped
	case len(r.rest) == 0:
		return 0, io.EOF
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// DefaultLimits returns the limits that hold unless a caller sets its own.
func DefaultLimits() Limits {
	return Limits{
		FileBytes:       32 << 20,
		Depth:           200,
		AliasExpansions: 10_000,
		AliasBytes:      64 << 20,
		Documents:       100_000,
		Nodes:           1_000_000,
		FileNodes:       2_000_000,
		Duplicates:      1_000,
	}
}

// Names of the limits, as they stand in reasons and in the documentation.
const (
	LimitFileBytes       = "file-bytes"
	LimitDepth           = "depth"
	LimitAliasExpansions = "alias-expansions"
	LimitAliasBytes      = "alias-bytes"
	LimitDocuments       = "documents"
	LimitNodes           = "nodes"
	LimitFileNodes       = "file-nodes"
	LimitDuplicates      = "duplicate-keys"
)

// Table lists the limits by name with their values and what they bound, for
// documentation.
func (l Limits) Table() [][3]string {
	return [][3]string{
		{LimitFileBytes, fmt.Sprintf("%d MiB", l.FileBytes>>20), "size of one file"},
		{LimitDepth, fmt.Sprint(l.Depth), "nesting of maps and lists in one document"},
		{LimitAliasExpansions, fmt.Sprint(l.AliasExpansions), "YAML aliases followed in one document, each written out"},
		{LimitAliasBytes, fmt.Sprintf("%d MiB", l.AliasBytes>>20), "text that aliases add to one document when written out"},
		{LimitDocuments, fmt.Sprint(l.Documents), "documents in one file"},
		{LimitNodes, fmt.Sprint(l.Nodes), "maps, lists and values in one document, each alias written out; estimated from indicators before YAML is read"},
		{LimitFileNodes, fmt.Sprint(l.FileNodes), "maps, lists and values in one file"},
		{LimitDuplicates, fmt.Sprint(l.Duplicates), "keys that stand twice, in one document"},
	}
}

// overLimit is the error of a document that goes over a limit. at is where, or
// zero for the whole of it.
type overLimit struct {
	name string
	at   Pos
}

func (e overLimit) Error() string { return "over the limit " + e.name }
