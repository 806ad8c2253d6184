package sops

import "bytes"

// Edit encrypts plain, the edited text that Decrypt gave for old, with the data key of
// old. What did not change keeps its ciphertext and its line to the byte; the MAC and
// its time change with the values alone. The rule and the recipients are those of the
// file. The error is an *Error; then nothing is encrypted.
func Edit(name string, old, plain []byte, o Options) (Result, error) {
	return answer(name, func() (Result, error) { return editFile(name, old, plain, o.withDefaults(name)) })
}

func editFile(name string, old, plain []byte, o Options) (Result, error) {
	e, err := open(name, old, o)
	if err != nil {
		return Result{}, err
	}
	defer e.close()
	before, err := e.plain()
	if err != nil {
		return Result{}, err
	}
	defer clear(before)
	fits := e.meta.fits(e.cipher, e.mac)
	if bytes.Equal(before, plain) && fits {
		return Result{Text: old}, nil
	}
	if o.Format == Binary {
		return e.editBinary(plain)
	}
	f, err := read(name, plain, o)
	if err != nil {
		return Result{}, err
	}
	if f.hasMetadata() {
		return Result{}, refuse(f.lines.number(0), "leave the key out", "the edited text has metadata of SOPS")
	}
	k, err := e.known(before)
	if err != nil {
		return Result{}, err
	}
	if !fits {
		k.mac = "" // it is made anew
	}
	s := &sealer{name: name, options: o, cipher: e.cipher, meta: e.meta, chosen: e.chosen, known: k, old: e}
	r, err := s.run(f, old)
	if err != nil {
		return Result{}, err
	}
	if err := judge(name, r.Text, old, o); err != nil {
		return Result{}, err
	}
	return r, nil
}

// known remembers the ciphertexts of a file, and how the values are written in its
// plain text.
func (e *envelope) known(before []byte) (*known, error) {
	k := &known{mac: e.mac}
	f, err := read(e.name, before, e.options)
	if err != nil {
		return nil, err
	}
	plain := f.spellings()
	var values []opened
	for _, one := range e.list {
		switch {
		case one.plain.kind == remarked && one.sealed:
			k.add(e.file, one, "")
		case one.shape == isLeaf && one.alias == 0:
			values = append(values, one)
		}
	}
	for i, one := range values {
		raw := ""
		if len(values) == len(plain) { // else a value was written as something else
			raw = plain[i].raw
		}
		if one.sealed {
			k.add(e.file, one, raw)
		}
	}
	return k, nil
}

// hasMetadataIn tells whether a document has metadata of its own; of no file none has.
func (e *envelope) hasMetadataIn(document int) bool {
	return e != nil && document < len(e.metas) && e.metas[document] != nil
}

// metadataFor gives the metadata of the old file as they were written, for a document
// of the new one that is written alike.
func (e *envelope) metadataFor(f *file, document int) string {
	from := document
	if !e.hasMetadataIn(from) {
		from = 0
	}
	if f.docs[document].flow != e.docs[from].flow {
		return f.syntax.metadata(f, document, e.meta.tree())
	}
	return string(e.text[e.syntax.entryStart(e.file, from):e.metas[from].span.end])
}

// editBinary encrypts another content in the old envelope.
func (e *envelope) editBinary(plain []byte) (Result, error) {
	if len(plain) == 0 {
		return Result{}, refuse(0, "take the file out of the repository", "nothing would be left to encrypt").because(Uncovered)
	}
	n := e.docs[0].get(binaryKey)
	if n == nil || n.shape != isLeaf {
		return Result{}, refuse(0, "name the format of the file", "the file is no binary one: it has no %q", binaryKey).because(Broken)
	}
	v := value{text, string(plain)}
	edits := e.syntax.seal(e.file, n.spot, e.cipher.encrypt(v, binaryKey+":"))
	out, err := e.edited(edits, e.options)
	if err != nil {
		return Result{}, err
	}
	return e.finish(out, []Field{{Path: binaryKey, Line: n.line}})
}
