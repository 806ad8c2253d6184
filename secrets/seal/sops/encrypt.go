package sops

import (
	"slices"
	"strings"
)

// Encrypt encrypts a plain file by Options.Rule. A file that is encrypted already is
// left as it is, with a Note; one in which a value stands in the clear that its own
// rule covers is an error of the cause HalfSealed. The result opens with SOPS and is
// the input to the byte, but for what was encrypted, and the metadata. source is not
// changed. The error is an *Error; then nothing is encrypted.
func Encrypt(name string, source []byte, o Options) (Result, error) {
	return answer(name, func() (Result, error) { return encrypt(name, source, o.withDefaults(name)) })
}

func encrypt(name string, source []byte, o Options) (Result, error) {
	if o.Format == Binary && !isEncryptedBinary(source, o) {
		return encryptBinary(name, source, o)
	}
	f, err := read(name, source, o)
	if err != nil {
		return Result{}, err
	}
	if f.hasMetadata() {
		return already(f, source)
	}
	return encryptFile(name, f, source, o)
}

func encryptFile(name string, f *file, source []byte, o Options) (Result, error) {
	sel, err := newSelector(o.Rule.Selection)
	if err != nil {
		return Result{}, err
	}
	if !f.anyCovered(sel) {
		return Result{}, refuse(0, "change the rule, or leave the file as it is", "the rule encrypts nothing in this file").because(Uncovered)
	}
	key := newDataKey()
	defer clear(key)
	meta := metadata{selection: o.Rule.Selection, macOnly: o.Rule.MACOnlyEncrypted, version: formatVersion}
	if meta.selection.Field == "" && o.Format != Binary {
		meta.selection = defaultSelection
	}
	if len(o.Rule.Groups) > 1 {
		if meta.threshold = o.Rule.Threshold; meta.threshold == 0 {
			meta.threshold = len(o.Rule.Groups)
		}
	}
	if meta.groups, err = o.Keys.close(key, o.Rule.Groups, meta.threshold, o.stamp()); err != nil {
		return Result{}, err
	}
	c, err := newCipher(key)
	if err != nil {
		return Result{}, err
	}
	s := &sealer{name: name, options: o, cipher: c, meta: meta, chosen: sel}
	return s.run(f, source)
}

// run seals a file and looks at what came out.
func (s *sealer) run(f *file, source []byte) (Result, error) {
	out, err := s.seal(f)
	if err != nil {
		return Result{}, err
	}
	plain, err := proven(s.name, out, s.cipher, f, s.options)
	if err != nil {
		return Result{}, err
	}
	r := Result{Text: out, Changed: true, Fields: s.fresh}
	if r.Notes, err = respelt(s.name, f, plain, s.options); err != nil {
		return Result{}, err
	}
	if s.options.Format == Dotenv {
		r.Notes = append(r.Notes, f.returns()...)
	}
	if s.known == nil {
		err = judge(s.name, out, nil, s.options)
	}
	return r, err
}

// anyCovered tells whether a rule covers a value of a file.
func (f *file) anyCovered(sel *selector) bool {
	found := false
	w := walker{selector: sel, visit: func(v visited) error {
		found = found || v.covered && !v.value.isEmpty() && v.shape != isComment
		return nil
	}}
	return w.walk(f.docs) != nil || found
}

// already answers for a file that has metadata.
func already(f *file, source []byte) (Result, error) {
	meta, sel, err := f.metadataOf()
	if err != nil {
		return Result{}, err
	}
	w := walker{selector: sel, visit: func(v visited) error {
		if v.shape == isLeaf && v.covered && !v.value.isEmpty() && !(v.value.kind == text && isCiphertext(v.value.text)) {
			return halfSealed(v)
		}
		return nil
	}}
	if err := w.walk(f.docs); err != nil {
		return Result{}, err
	}
	note := Note{Line: f.first().line, Text: "the file is encrypted already, for " + names(recipients(meta.recipients()))}
	return Result{Text: source, Notes: []Note{note}}, nil
}

// metadataOf reads the metadata that count, and the rule in them.
func (f *file) metadataOf() (metadata, *selector, error) {
	if f.first() == nil {
		if f.hasMetadata() {
			return metadata{}, nil, refuse(0, "move them to the first document", "the metadata of SOPS stand in a later document alone, and SOPS reads those of the first").because(NotEncrypted)
		}
		return metadata{}, nil, refuse(0, "encrypt it first", "the file is not encrypted with SOPS").because(NotEncrypted)
	}
	meta, e := readMetadata(f.first())
	if e != nil {
		return metadata{}, nil, e
	}
	sel, err := newSelector(meta.selection)
	return meta, sel, err
}

// proven opens what was written and compares it with what was meant: every value, in
// its order, under the new MAC. It returns the plain text.
func proven(name string, out []byte, c dataCipher, meant *file, o Options) ([]byte, error) {
	f, err := read(name, out, o)
	if err != nil {
		return nil, unlike(err)
	}
	meta, sel, err := f.metadataOf()
	if err != nil {
		return nil, unlike(nil)
	}
	list, mac, err := f.openAll(sel, meta.macOnly, c, halfSealed)
	if err != nil || !meta.fits(c, mac) {
		return nil, unlike(nil)
	}
	var got, want []value
	for _, one := range list {
		if !one.stray && one.plain.kind != remarked {
			got = append(got, one.plain)
		}
	}
	w := walker{selector: sel, visit: func(v visited) error {
		if v.shape != isComment {
			want = append(want, v.value)
		}
		return nil
	}}
	if w.walk(meant.docs) != nil || !slices.Equal(got, want) {
		return nil, unlike(nil)
	}
	if o.Format == Binary {
		return nil, nil
	}
	return f.plainText(list, o)
}

// respelt notes the values that come back in another spelling than they were written.
func respelt(name string, f *file, plain []byte, o Options) ([]Note, error) {
	if o.Format == Binary {
		return nil, nil
	}
	again, err := read(name, plain, o)
	if err != nil {
		return nil, err
	}
	var notes []Note
	before, after := f.spellings(), again.spellings()
	if len(before) != len(after) {
		return nil, nil
	}
	for i, v := range before {
		if v.raw == after[i].raw {
			continue
		}
		note := Note{Line: v.line, Path: v.path, Text: "SOPS keeps the value and not its spelling, which will be another one after decryption"}
		if v.value.kind == text && isOtherWord(v.value.text) {
			note.Text = "without quotes this is a boolean for Kubernetes and a text for SOPS, which will give it back in quotes"
		}
		notes = append(notes, note)
	}
	return notes, nil
}

// returns notes the values of a dotenv file that end with a carriage return.
func (f *file) returns() []Note {
	var notes []Note
	for _, s := range f.spellings() {
		if strings.HasSuffix(s.raw, "\r") {
			notes = append(notes, Note{Line: s.line, Path: s.path, Text: "the line ends with a carriage return, which SOPS takes for a part of the value: save the file with the line ends of Unix"})
		}
	}
	return notes
}

// spelling is a value as it is written.
type spelling struct {
	raw, path string
	line      int
	value     value
}

func (f *file) spellings() []spelling {
	var list []spelling
	all, _ := newSelector(defaultSelection)
	w := walker{selector: all, visit: func(v visited) error {
		if v.shape == isLeaf && v.alias == 0 {
			list = append(list, spelling{f.raw(v.spot), v.path(), v.line, v.value})
		}
		return nil
	}}
	_ = w.walk(f.docs) // the same tree was walked before
	return list
}
