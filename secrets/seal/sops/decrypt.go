package sops

import "bytes"

// Decrypt returns the plain text of an encrypted file: what Encrypt was given, as far
// as the format keeps it. The MAC must fit, unless Options.AcceptMismatch is set. A
// file in which a value stands in the clear that must be encrypted is an error of the
// cause HalfSealed. The error is an *Error.
//
// The result holds secrets: the caller overwrites it after use.
func Decrypt(name string, source []byte, o Options) ([]byte, error) {
	return answer(name, func() ([]byte, error) {
		e, err := open(name, source, o.withDefaults(name))
		if err != nil {
			return nil, err
		}
		defer e.close()
		return e.plain()
	})
}

// envelope is an encrypted file with its data key.
type envelope struct {
	*file
	name    string
	options Options
	meta    metadata
	chosen  *selector
	key     []byte
	cipher  dataCipher
	list    []opened
	mac     string // the hash of its content
}

// open opens an encrypted file and checks its MAC.
func open(name string, source []byte, o Options) (*envelope, error) {
	e, err := unlock(name, source, o)
	if err != nil {
		return nil, err
	}
	if e.list, e.mac, err = e.openAll(e.chosen, e.meta.macOnly, e.cipher, halfSealed); err == nil && !o.AcceptMismatch && !e.meta.fits(e.cipher, e.mac) {
		err = mismatch()
	}
	if err != nil {
		e.close()
		return nil, err
	}
	return e, nil
}

// unlock reads an encrypted file and recovers its data key.
func unlock(name string, source []byte, o Options) (*envelope, error) {
	f, err := read(name, source, o)
	if err != nil {
		return nil, err
	}
	e := &envelope{file: f, name: name, options: o}
	if e.meta, e.chosen, err = f.metadataOf(); err != nil {
		return nil, err
	}
	if e.key, err = o.Keys.open(e.meta); err != nil {
		return nil, err
	}
	e.cipher, err = newCipher(e.key)
	return e, err
}

// close overwrites the data key.
func (e *envelope) close() { clear(e.key) }

func (e *envelope) plain() ([]byte, error) {
	if e.options.Format == Binary {
		return binaryText(e.list)
	}
	return e.plainText(e.list, e.options)
}

// plainText puts values in the place of ciphertexts and takes the metadata out. It
// reads the result again: a value that would be another one where it stands is written
// in a safe form, and else nothing is returned.
func (f *file) plainText(list []opened, o Options) ([]byte, error) {
	safe := map[*spot]bool{}
	for range 2 {
		out, err := f.openedText(list, safe, o)
		if err != nil {
			return nil, err
		}
		again, err := f.syntax.read(bytes.TrimPrefix(out, f.mark), readLimits{nodes: o.Limits.FileNodes})
		if err != nil {
			return nil, notPlain()
		}
		wrong, alike := again.unlike(list)
		switch {
		case !alike:
			return nil, notPlain()
		case len(wrong) == 0:
			return out, nil
		}
		for _, one := range wrong {
			safe[one.spot] = true
			f.endBreak = f.endBreak || !one.sealed
		}
	}
	return nil, notPlain()
}

func notPlain() error {
	return refuse(0, "use sops to decrypt it", "the file would not hold the same values when it is decrypted: it is written in a way that cannot be edited byte for byte")
}

// unlike finds the values that are others in a plain text than in a list. alike is
// false where the texts have not even as many.
func (f *file) unlike(list []opened) (wrong []opened, alike bool) {
	var values []value
	w := walker{selector: &selector{known: map[string]bool{}}, visit: func(v visited) error {
		if v.shape != isComment {
			values = append(values, v.value)
		}
		return nil
	}}
	if w.walk(f.docs) != nil {
		return nil, false
	}
	i := 0
	for _, one := range list {
		if one.shape == isComment || one.plain.kind == remarked {
			continue
		}
		if i == len(values) {
			return nil, false
		}
		if got, want := values[i], one.plain; got != want && !(want.kind == octets && got.kind == text && got.text == want.text) {
			wrong = append(wrong, one)
		}
		i++
	}
	return wrong, i == len(values)
}

// openedText puts values in the place of ciphertexts and takes the metadata out.
func (f *file) openedText(list []opened, safe map[*spot]bool, o Options) ([]byte, error) {
	var edits []edit
	done := map[*spot]bool{}
	for _, one := range list {
		if !one.sealed || done[one.spot] {
			continue
		}
		done[one.spot] = true
		more, ok := f.syntax.open(f, one.spot, one.plain, safe[one.spot])
		switch {
		case ok:
			edits = append(edits, more...)
		case one.shape != isComment:
			return nil, refuse(one.line, "set it anew", "the value cannot be written in this format as text").at(one.path())
		}
	}
	for i, meta := range f.metas {
		if meta != nil {
			edits = append(edits, f.syntax.detach(f, i))
		}
	}
	return f.edited(edits, o)
}
