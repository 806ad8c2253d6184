// Package packed writes numbers and texts one after the other, and reads them back:
// a form for what is made when Gatehouse is built and read in every run.
//
// It knows nothing of what they mean: reader and writer agree on the order.
package packed

import (
	"encoding/binary"
	"errors"
)

// Writer collects numbers and words. The zero value is empty.
type Writer struct {
	words []string
	known map[string]int
	out   []byte
}

// Int writes a number, which must not be negative.
func (w *Writer) Int(n int) { w.out = binary.AppendUvarint(w.out, uint64(n)) }

// Bool writes true or false.
func (w *Writer) Bool(b bool) {
	if b {
		w.Int(1)
		return
	}
	w.Int(0)
}

// Word writes a text. One that is written again costs a number.
func (w *Writer) Word(s string) {
	i, ok := w.known[s]
	if !ok {
		if w.known == nil {
			w.known = map[string]int{}
		}
		i = len(w.words)
		w.known[s] = i
		w.words = append(w.words, s)
	}
	w.Int(i)
}

// Words writes a list of texts.
func (w *Writer) Words(list []string) {
	w.Int(len(list))
	for _, s := range list {
		w.Word(s)
	}
}

// Bytes is all that was written: the words, each once, and then the numbers.
func (w *Writer) Bytes() []byte {
	var out []byte
	out = binary.AppendUvarint(out, uint64(len(w.words)))
	for _, s := range w.words {
		out = binary.AppendUvarint(out, uint64(len(s)))
		out = append(out, s...)
	}
	return append(out, w.out...)
}

// ErrFormat tells that a text is not what a Writer has written, or not in this order.
var ErrFormat = errors.New("not in the form of this version")

// Reader takes a text apart. The first fault is kept, and all that is read after it is
// zero.
type Reader struct {
	in    string
	words []string
	err   error
}

// NewReader begins to read. Words are parts of the text, which they keep.
func NewReader(text string) *Reader {
	r := &Reader{in: text}
	r.words = make([]string, r.Count())
	for i := range r.words {
		n := r.Count()
		r.words[i], r.in = r.in[:n], r.in[n:]
	}
	return r
}

// Fail makes what was read a fault.
func (r *Reader) Fail() { r.in, r.err = "", ErrFormat }

// Err tells of the first fault. What is left over is one.
func (r *Reader) Err() error {
	if r.err == nil && r.in != "" {
		r.Fail()
	}
	return r.err
}

// Failed tells whether there was a fault so far.
func (r *Reader) Failed() bool { return r.err != nil }

// Int reads a number.
func (r *Reader) Int() int {
	if r.in != "" && r.in[0] < 0x80 {
		n := int(r.in[0])
		r.in = r.in[1:]
		return n
	}
	return r.long()
}

func (r *Reader) long() int {
	n, size := binary.Uvarint([]byte(r.in[:min(len(r.in), binary.MaxVarintLen32)]))
	if size <= 0 || n > 1<<31 {
		r.Fail()
		return 0
	}
	r.in = r.in[size:]
	return int(n)
}

// Count reads the length of a list, each item of which takes a byte at least.
func (r *Reader) Count() int {
	n := r.Int()
	if n > len(r.in) {
		r.Fail()
		return 0
	}
	return n
}

// Bool reads true or false.
func (r *Reader) Bool() bool { return r.Int() == 1 }

// Index reads the number of a word, which is below Distinct; -1 after a fault.
func (r *Reader) Index() int {
	i := r.Int()
	if i >= len(r.words) {
		r.Fail()
	}
	if r.err != nil {
		return -1
	}
	return i
}

// Distinct is how many different words there are.
func (r *Reader) Distinct() int { return len(r.words) }

// At is the word of a number that Index gave.
func (r *Reader) At(i int) string {
	if i < 0 {
		return ""
	}
	return r.words[i]
}

// Word reads a text.
func (r *Reader) Word() string { return r.At(r.Index()) }

// Words reads a list of texts; nil where it is empty.
func (r *Reader) Words() []string {
	n := r.Count()
	if n == 0 {
		return nil
	}
	list := make([]string, n)
	for i := range list {
		list[i] = r.Word()
	}
	return list
}
