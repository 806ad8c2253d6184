package checks

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
	"github.com/gatehouse-dev/gatehouse/secrets/scan"
)

// Memory keeps what came of single files from one run to the next. A zero Memory
// keeps nothing. What is kept holds findings and facts, never the content of a
// file; a file with a finding that cites a value is not kept at all.
type Memory struct {
	// Version identifies the program and all that a verdict depends on besides the
	// path, the content, the checks and the day.
	Version string
	Recall  func(key Key) ([]byte, bool)
	Keep    func(key Key, record []byte)
}

// Key identifies the verdict on one file.
type Key [sha256.Size]byte

// rulesOf is the part of a Key that is the same for all files of a run.
func (in Input) rulesOf() string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %+v %q %q %q\n", in.Memory.Version, in.Time.UTC().Format(time.DateOnly), in.Limits, in.Given, in.Rules.Digest, in.Layout.Environments)
	for _, c := range in.Checks {
		fmt.Fprintf(h, "%q %q %d\n", c.ID, c.Kind(), c.Severity)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// key identifies the verdict on f. content is the git object ID where the source
// knows it, or the hash of what was read.
func (r *runner) key(f File, content string) Key {
	changed := ""
	if r.compares && r.changed(f) {
		changed = "\x00changed"
	}
	return sha256.Sum256([]byte(r.rules + "\x00" + f.Path + "\x00" + content + changed))
}

func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// remembers tells whether verdicts are kept in this run.
func (r *runner) remembers() bool { return r.in.Memory.Recall != nil }

// keepsFile tells whether a file is needed after it has been judged: by checks that
// compare both sides of a change.
func (r *runner) keepsFile(f File) bool {
	return r.in.HasOld && !f.Unchanged && f.Commit == "" && len(r.change)+len(r.transition) > 0
}

// recall gives what came of f before, if that is known.
func (r *runner) recall(f File, key Key) (judged, bool) {
	record, ok := r.in.Memory.Recall(key)
	if !ok {
		return judged{}, false
	}
	j, err := decodeJudged(record, len(r.sayers))
	if err != nil {
		return judged{}, false
	}
	for i := range j.findings {
		j.findings[i].Environment = r.layout.Environment(f.Path)
	}
	return j, true
}

// keep stores what came of f, unless it could not be judged or cites a value.
func (r *runner) keep(key Key, j judged) {
	if len(j.notJudged) > 0 || len(j.notRun) > 0 {
		return
	}
	for _, f := range j.findings {
		if !f.cites.IsZero() || f.identityRedactor != nil {
			return
		}
	}
	r.in.Memory.Keep(key, encodeJudged(j))
}

// recordVersion is the first byte of a record.
const recordVersion = 2

// writer appends the fields of a record.
type writer struct{ out []byte }

func (w *writer) int(n int) { w.out = binary.AppendVarint(w.out, int64(n)) }

func (w *writer) string(s string) {
	w.int(len(s))
	w.out = append(w.out, s...)
}

func (w *writer) location(l Location) {
	w.string(l.File)
	w.int(int(l.At.Line))
	w.int(int(l.At.Column))
	w.int(int(l.EndLine))
	w.object(l.Object)
	w.string(l.Field)
}

func (w *writer) object(o manifest.Object) {
	for _, s := range []string{o.APIVersion, o.Kind, o.Namespace, o.Name} {
		w.string(s)
	}
}

func encodeJudged(j judged) []byte {
	w := writer{out: []byte{recordVersion}}
	templated := 0
	if j.templated {
		templated = 1
	}
	for _, n := range []int{int(j.bytes), j.found, j.read, j.broken, j.objects, templated, len(j.findings), len(j.opaque), len(j.facts), len(j.sources)} {
		w.int(n)
	}
	for _, f := range j.findings {
		for _, s := range []string{f.Check, string(f.Category), f.Message, f.Fix} {
			w.string(s)
		}
		w.int(int(f.Severity))
		w.location(Location{f.File, manifest.Pos{Line: f.Line, Column: f.Column}, f.EndLine, f.Object, f.Field})
	}
	for _, o := range j.opaque {
		w.string(o.File)
		w.int(int(o.Line))
		w.string(o.What)
		w.string(o.Reason)
	}
	for _, s := range j.sources {
		w.string(s.Path)
		w.int(int(s.As))
		w.string(s.Key)
		w.string(s.Name)
	}
	for _, facts := range j.facts {
		w.int(len(facts))
		for _, f := range facts {
			w.string(f.Kind)
			w.string(f.Key)
			w.int(len(f.Values))
			for _, v := range f.Values {
				w.string(v)
			}
			w.location(f.Where)
		}
	}
	return w.out
}

// reader takes the fields of a record apart; the first fault is kept.
type reader struct {
	in  []byte
	err error
}

var errRecord = errors.New("not a record of this version")

func (r *reader) int() int {
	n, size := binary.Varint(r.in)
	if size <= 0 {
		r.in, r.err = nil, errRecord
		return 0
	}
	r.in = r.in[size:]
	return int(n)
}

func (r *reader) string() string {
	n := r.int()
	if n < 0 || n > len(r.in) {
		r.in, r.err = nil, errRecord
		return ""
	}
	s := string(r.in[:n])
	r.in = r.in[n:]
	return s
}

// count reads the length of a list, each item of which takes a byte at least.
func (r *reader) count() int {
	n := r.int()
	if n < 0 || n > len(r.in) {
		r.in, r.err = nil, errRecord
		return 0
	}
	return n
}

func (r *reader) location() Location {
	var l Location
	l.File = r.string()
	l.At.Line, l.At.Column, l.EndLine = uint32(r.int()), uint32(r.int()), uint32(r.int())
	l.Object = manifest.Object{APIVersion: r.string(), Kind: r.string(), Namespace: r.string(), Name: r.string()}
	l.Field = r.string()
	return l
}

func decodeJudged(record []byte, trees int) (judged, error) {
	if len(record) == 0 || record[0] != recordVersion {
		return judged{}, errRecord
	}
	r := reader{in: record[1:]}
	var j judged
	j.bytes = int64(r.int())
	j.found, j.read, j.broken, j.objects = r.int(), r.int(), r.int(), r.int()
	j.templated = r.int() == 1
	findings, opaque, facts, sources := r.count(), r.count(), r.count(), r.count()
	for range findings {
		j.findings = append(j.findings, r.finding())
	}
	for range opaque {
		j.opaque = append(j.opaque, Opaque{File: r.string(), Line: uint32(r.int()), What: r.string(), Reason: r.string()})
	}
	for range sources {
		j.sources = append(j.sources, scan.Source{Path: r.string(), As: secrets.Context(r.int()), Key: r.string(), Name: r.string()})
	}
	for range facts {
		j.facts = append(j.facts, r.facts())
	}
	if r.err == nil && (len(r.in) > 0 || len(j.facts) != trees) {
		r.err = errRecord
	}
	return j, r.err
}

func (r *reader) finding() Finding {
	f := Finding{Check: r.string(), Category: Category(r.string()), Message: r.string(), Fix: r.string(), Severity: Severity(r.int()), Origins: []Origin{}, New: true}
	l := r.location()
	f.File, f.Line, f.Column, f.EndLine, f.Object, f.Field = l.File, l.At.Line, l.At.Column, l.EndLine, l.Object, l.Field
	return f
}

func (r *reader) facts() []Fact {
	var facts []Fact
	for range r.count() {
		f := Fact{Kind: r.string(), Key: r.string()}
		for range r.count() {
			f.Values = append(f.Values, r.string())
		}
		f.Where = r.location()
		facts = append(facts, f)
	}
	return facts
}
