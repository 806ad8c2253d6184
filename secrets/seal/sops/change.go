package sops

import (
	"slices"
	"strconv"
	"strings"
)

// A Place is where in a file a value stands.
type Place struct {
	Document int // from 0
	// Path are the keys on the way to the value, and the numbers, from 0, of items of
	// lists.
	Path []string
}

func (p Place) String() string { return strings.Join(p.Path, ".") }

// Set gives a value of an encrypted file another content, or adds it at the end of the
// map that it is in. It is written as text; a number or boolean stays one where the
// new content is spelt as one. Only its lines, the MAC and the time of the change
// become others; where the content is the same, nothing does. The error is an *Error;
// then nothing is changed.
func Set(name string, source []byte, at Place, content []byte, o Options) (Result, error) {
	return answer(name, func() (Result, error) {
		return change(name, source, o.withDefaults(name), func(e *envelope) ([]edit, []Field, error) { return e.set(at, content) })
	})
}

// Unset takes a value, or a map or list, out of an encrypted file, with its lines. Of
// the last entry of a map an empty map stays. The error is an *Error; it has the cause
// Missing where nothing stands there.
func Unset(name string, source []byte, at Place, o Options) (Result, error) {
	return answer(name, func() (Result, error) {
		return change(name, source, o.withDefaults(name), func(e *envelope) ([]edit, []Field, error) { return e.unset(at) })
	})
}

func change(name string, source []byte, o Options, do func(*envelope) ([]edit, []Field, error)) (Result, error) {
	e, err := open(name, source, o)
	if err != nil {
		return Result{}, err
	}
	defer e.close()
	if o.Format == Binary {
		return Result{}, refuse(0, "edit it as a whole", "the file is encrypted as a whole and has no single values")
	}
	edits, fields, err := do(e)
	if err != nil {
		return Result{}, err
	}
	if len(edits) == 0 && e.meta.fits(e.cipher, e.mac) {
		return Result{Text: source}, nil
	}
	return e.changed(edits, fields, source)
}

// changed makes edits by which values were encrypted. A document that had none before
// gets the metadata, too.
func (e *envelope) changed(edits []edit, fields []Field, source []byte) (Result, error) {
	given := map[int]bool{}
	for _, f := range fields {
		if !e.hasMetadataIn(f.Document) && !given[f.Document] {
			given[f.Document] = true
			edits = append(edits, e.syntax.attach(e.file, f.Document, e.metadataFor(e.file, f.Document)))
		}
	}
	out, err := e.edited(edits, e.options)
	if err != nil {
		return Result{}, err
	}
	r, err := e.finish(out, fields)
	if err != nil {
		return Result{}, err
	}
	return r, judge(e.name, r.Text, source, e.options)
}

// finish sets the MAC of an encrypted text whose values were changed, and looks
// whether it opens.
func (e *envelope) finish(out []byte, fields []Field) (Result, error) {
	f, err := read(e.name, out, e.options)
	if err != nil {
		return Result{}, unlike(err)
	}
	meta := e.meta
	_, mac, err := f.openAll(e.chosen, meta.macOnly, e.cipher, halfSealed)
	if err != nil {
		return Result{}, unlike(nil)
	}
	if !meta.fits(e.cipher, mac) {
		meta.modified = e.options.stamp()
		meta.mac = e.cipher.encrypt(value{text, mac}, meta.address())
		if out, err = f.edited(f.stamp(meta), e.options); err != nil {
			return Result{}, err
		}
	}
	again, err := read(e.name, out, e.options)
	if err != nil {
		return Result{}, unlike(nil)
	}
	now, _, err := again.metadataOf()
	if err != nil {
		return Result{}, unlike(nil)
	}
	if _, mac, err = again.openAll(e.chosen, now.macOnly, e.cipher, halfSealed); err != nil || !now.fits(e.cipher, mac) {
		return Result{}, unlike(nil)
	}
	return Result{Text: out, Changed: true, Fields: fields}, nil
}

// lookup follows a path as far as it goes: to the node above, the node if it is there,
// and the keys that are left.
func (e *envelope) lookup(at Place) (above, found *node, rest []string, err error) {
	if at.Document < 0 || at.Document >= len(e.docs) || len(at.Path) == 0 {
		return nil, nil, nil, refuse(0, "", "there is no such place in the file").at(at.String()).because(Missing)
	}
	above = e.docs[at.Document]
	for i, key := range at.Path {
		var next *node
		switch all := e.items(above); above.shape {
		case isMap:
			next = above.get(key)
		case isList:
			number, err := strconv.Atoi(key)
			if err == nil && number >= 0 && number < len(all) {
				next = all[number]
			}
		}
		if next == nil || i == len(at.Path)-1 {
			return above, next, at.Path[i:], nil
		}
		above = next
	}
	return above, nil, nil, nil
}

// items are the entries of a map or list, without what is a comment when it is
// decrypted.
func (e *envelope) items(n *node) []*node {
	if n.shape != isList {
		return n.entries()
	}
	return slices.DeleteFunc(n.entries(), func(item *node) bool {
		return item.shape == isLeaf && strings.HasSuffix(item.value.text, ",type:comment]")
	})
}

func (e *envelope) set(at Place, content []byte) ([]edit, []Field, error) {
	above, found, rest, err := e.lookup(at)
	if err != nil {
		return nil, nil, err
	}
	if e.options.Format != INI && e.options.Format != Dotenv && !validText(string(content)) {
		return nil, nil, refuse(0, "encode it, in base64 for one", "the value is no text, which alone can stand in the file").at(at.String())
	}
	if len(content) == 0 {
		return nil, nil, refuse(0, "take it out instead", "the value is empty, and SOPS encrypts no empty value").at(at.String())
	}
	if above.alias != 0 || found != nil && found.alias != 0 {
		return nil, nil, refuse(above.line, "write it out", "the value is named by an alias").at(at.String())
	}
	address, covered := e.bound(at)
	if !covered {
		return nil, nil, refuse(0, "name a value that the rule covers, or change the rule", "by the rule of the file this value stands in the clear").at(at.String()).because(Uncovered)
	}
	v := value{text, string(content)}
	if found == nil {
		return e.add(at, above, rest, v, address)
	}
	if found.shape != isLeaf {
		return nil, nil, refuse(found.line, "name a value in it", "this is no single value").at(at.String())
	}
	now := e.plainOf(found)
	if v = now.alike(v); v == now {
		return nil, nil, nil
	}
	field := Field{Document: at.Document, Path: at.String(), Line: found.line}
	if found.spot.form == emptyForm {
		one, ok := e.fill(found, e.cipher.encrypt(v, address))
		if !ok {
			return nil, nil, refuse(found.line, "write the key on a line of its own", "nothing can be written here").at(at.String())
		}
		return []edit{one}, []Field{field}, nil
	}
	return e.syntax.seal(e.file, found.spot, e.cipher.encrypt(v, address)), []Field{field}, nil
}

// add writes a value that was not there. rest are the keys below above.
func (e *envelope) add(at Place, above *node, rest []string, v value, address string) ([]edit, []Field, error) {
	switch {
	case above.shape == isList:
		return nil, nil, refuse(above.line, "edit the file", "the list has no such item").at(at.String()).because(Missing)
	case above.shape == isLeaf && above.value.kind != null:
		return nil, nil, refuse(above.line, "", "a single value stands on the way").at(at.String())
	case slices.Contains(rest, "") || above == e.docs[at.Document] && rest[0] == metadataKey:
		return nil, nil, refuse(0, "", "a key of this name cannot be added").at(at.String())
	}
	one, err := e.syntax.insert(e.file, above, rest, e.cipher.encrypt(v, address))
	if err != nil {
		return nil, nil, err.(*Error).at(at.String())
	}
	return []edit{one}, []Field{{Document: at.Document, Path: at.String(), Line: e.lines.number(one.start)}}, nil
}

// bound tells what a value at a place is bound to, and whether the rule covers it.
func (e *envelope) bound(at Place) (address string, covered bool) {
	n := e.docs[at.Document]
	key := false
	for _, name := range at.Path {
		isItem := n != nil && n.shape == isList
		if isItem {
			i, _ := strconv.Atoi(name)
			if all := e.items(n); i >= 0 && i < len(all) {
				n = all[i]
			}
			continue
		}
		address += name + ":"
		key = key || e.chosen.matchesKey(name)
		n = n.get(name)
	}
	if e.chosen.byComment {
		return address, e.coveredByComment(n)
	}
	return address, e.chosen.covers(key, false)
}

// coveredByComment tells whether comments have a value encrypted; a new one never has
// any.
func (e *envelope) coveredByComment(n *node) bool {
	for _, one := range e.list {
		if one.node == n {
			return one.covered
		}
	}
	return e.chosen.inverted
}

func (e *envelope) plainOf(n *node) value {
	for _, one := range e.list {
		if one.node == n {
			return one.plain
		}
	}
	return n.value
}

// alike gives new content the type of the old, where it is spelt as one.
func (v value) alike(content value) value {
	if v.kind == text || v.kind == octets || v.kind == null || v.kind == remarked {
		return content
	}
	raw := content.text
	if v.kind == boolean && raw != "true" && raw != "false" {
		return content
	}
	if same, ok := decoded(v.kind, raw); ok && (same.text == raw || same.spelling() == raw) {
		return same
	}
	return content
}

func (e *envelope) unset(at Place) ([]edit, []Field, error) {
	above, found, _, err := e.lookup(at)
	switch {
	case err != nil:
		return nil, nil, err
	case found == nil:
		return nil, nil, refuse(0, "", "nothing stands there").at(at.String()).because(Missing)
	case above == e.docs[at.Document] && len(above.entries()) == 1:
		return nil, nil, refuse(0, "take the file out of the repository", "nothing would be left to encrypt").at(at.String())
	}
	one, err := e.syntax.remove(e.file, above, found)
	if err != nil {
		return nil, nil, err.(*Error).at(at.String())
	}
	return []edit{one}, nil, nil
}

// Complete encrypts what stands in the clear in an encrypted file though its own rule
// covers it, with the data key of the file: what somebody has added by hand. All else
// stays as it is, to the byte, but for the MAC and its time.
//
// The MAC must fit what was there before, so that nothing but such values was changed;
// else the error has the cause Mismatch, and Options.AcceptMismatch goes on.
func Complete(name string, source []byte, o Options) (Result, error) {
	return answer(name, func() (Result, error) { return complete(name, source, o.withDefaults(name)) })
}

func complete(name string, source []byte, o Options) (Result, error) {
	e, err := unlock(name, source, o)
	if err != nil {
		return Result{}, err
	}
	defer e.close()
	g := guard{file: e.file, seen: map[*spot]visited{}}
	var found []visited
	e.list, e.mac, err = e.openAll(e.chosen, e.meta.macOnly, e.cipher, func(v visited) error {
		found = append(found, v)
		if v.value.kind == text && strings.Contains(v.value.text, cipherSign) {
			return unopened(v, errGrammar)
		}
		return g.check(v)
	})
	switch {
	case err != nil:
		return Result{}, err
	case !o.AcceptMismatch && !e.meta.fits(e.cipher, e.mac):
		return Result{}, mismatch()
	case len(found) == 0 && e.meta.fits(e.cipher, e.mac):
		return Result{Text: source}, nil
	}
	var edits []edit
	var fields []Field
	done := map[*spot]bool{}
	for _, one := range e.list {
		v := one.visited
		if one.sealed || !v.covered || v.value.isEmpty() || done[v.spot] || v.shape == isComment && isCiphertext(v.value.text) {
			continue
		}
		done[v.spot] = true
		edits = append(edits, e.syntax.seal(e.file, v.spot, e.cipher.encrypt(v.value, v.address))...)
		fields = append(fields, Field{Document: v.document, Path: v.path(), Line: v.line, Comment: v.shape == isComment})
	}
	return e.changed(edits, fields, source)
}
