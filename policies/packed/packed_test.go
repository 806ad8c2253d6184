package packed_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/policies/packed"
)

func TestReadBack(t *testing.T) {
	var w packed.Writer
	w.Int(7)
	w.Bool(true)
	w.Word("one")
	w.Words([]string{"two", "one", ""})
	w.Words(nil)
	w.Int(1 << 30)
	w.Bool(false)

	r := packed.NewReader(string(w.Bytes()))
	if n := r.Int(); n != 7 {
		t.Errorf("the number is %d", n)
	}
	if !r.Bool() {
		t.Error("true is not true")
	}
	if s := r.Word(); s != "one" {
		t.Errorf("the word is %q", s)
	}
	if list := r.Words(); !slices.Equal(list, []string{"two", "one", ""}) {
		t.Errorf("the words are %q", list)
	}
	if list := r.Words(); list != nil {
		t.Errorf("an empty list is %q", list)
	}
	if n := r.Int(); n != 1<<30 {
		t.Errorf("the long number is %d", n)
	}
	if r.Bool() {
		t.Error("false is not false")
	}
	if n := r.Distinct(); n != 3 {
		t.Errorf("%d different words", n)
	}
	if err := r.Err(); err != nil {
		t.Error(err)
	}
}

// TestFaults holds that what is cut off, or is something else, is an error and no panic.
func TestFaults(t *testing.T) {
	var w packed.Writer
	w.Words([]string{"alpha", "beta"})
	w.Int(300)
	whole := string(w.Bytes())
	read := func(text string) error {
		r := packed.NewReader(text)
		r.Words()
		r.Int()
		return r.Err()
	}
	if err := read(whole); err != nil {
		t.Fatal(err)
	}
	for n := range len(whole) {
		if err := read(whole[:n]); !errors.Is(err, packed.ErrFormat) {
			t.Errorf("the first %d bytes: %v", n, err)
		}
	}
	for _, text := range []string{whole + "x", strings.Repeat("\xff", 20), "\x01\x05ab"} {
		if err := read(text); !errors.Is(err, packed.ErrFormat) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
