package config

import (
	"bytes"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// seed adds the examples, good and bad, to a corpus.
func seed(f *testing.F, good, bad string) {
	f.Add(testdata(f, good))
	for _, file := range txtar.Parse(testdata(f, bad)).Files {
		f.Add(file.Data)
	}
}

// FuzzReadConfig holds that no bytes make the reader panic, that each fault has a
// place and is told on one short line, and that what can be read can be used.
func FuzzReadConfig(f *testing.F) {
	seed(f, "config.yaml", "bad-config.txtar")
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ReadConfig("c.yaml", data, running, known())
		if err != nil {
			mustBeErrors(t, err)
			return
		}
		for _, o := range c.SeverityOverrides() {
			if o.Severity == 0 || len(o.Checks) == 0 {
				t.Errorf("an override without effect: %+v", o)
			}
		}
		c.Layout().WithFiles([]string{"a/b.yaml"}).Environment("a/b.yaml")
	})
}

// FuzzReadWaivers holds the same of waivers, and that a file to which waivers can
// be added reads back as what it said and these, with all its bytes.
func FuzzReadWaivers(f *testing.F) {
	seed(f, "waivers.yaml", "bad-waivers.txtar")
	f.Add([]byte("version: 1\nwaivers: []\n"))
	f.Add([]byte("waivers:\n- check: host-path\n  path: a\n  owner: o\n  expires: 2026-12-31\n  reason: |+\n    - a\n\nversion: 1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		before, err := ReadWaivers("w.yaml", data, known())
		if err != nil {
			mustBeErrors(t, err)
		}
		add := twoWaivers(t)
		out, addErr := AddWaivers("w.yaml", data, add, known())
		if addErr != nil {
			return
		}
		if err != nil && !isBlank(data) {
			t.Fatalf("waivers were added to a file with faults: %v", err)
		}
		after, err := ReadWaivers("w.yaml", out, known())
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(append(before, add...), after, ignorePlace); diff != "" {
			t.Errorf("the waivers (-want +got):\n%s", diff)
		}
		if !keeps(out, data) {
			t.Errorf("bytes of the file were changed:\n%q\n%q", data, out)
		}
	})
}

// keeps tells whether out is data with something put in at one place.
func keeps(out, data []byte) bool {
	n := 0
	for n < len(data) && n < len(out) && data[n] == out[n] {
		n++
	}
	return bytes.HasSuffix(out, data[n:])
}
