package sops

import (
	"slices"
	"strings"
)

// sealer encrypts the values of a text that has none that are encrypted.
type sealer struct {
	name    string
	options Options
	cipher  dataCipher
	meta    metadata
	chosen  *selector
	// known has ciphertexts to use again; nil has none.
	known *known
	// old is the file as it was, whose metadata are taken over as they are written; nil
	// where there was none.
	old *envelope
	// fresh is what was encrypted with a new nonce.
	fresh []Field
}

// seal encrypts the values of f that the rule covers, adds the metadata, and then
// encrypts the comments: only in the text with its metadata is it told where SOPS will
// find them.
func (s *sealer) seal(f *file) ([]byte, error) {
	leaves, err := s.leaves(f)
	if err != nil {
		return nil, err
	}
	sealedIn := map[int]bool{}
	sum := newMAC(s.meta.macOnly)
	var values []visited
	done := map[*spot]bool{}
	for _, v := range leaves {
		sum.add(v.value, v.covered)
		if !v.covered || v.value.isEmpty() {
			continue
		}
		sealedIn[v.document] = true
		if v.shape != isComment && !done[v.spot] {
			done[v.spot] = true
			values = append(values, v)
		}
	}
	edits := s.values(f, values)
	mac := sum.sum()
	if !s.known.fits(mac) {
		s.meta.modified = s.options.stamp()
		s.meta.mac = s.cipher.encrypt(value{text, mac}, s.meta.address())
	}
	for i, doc := range f.docs {
		if i > 0 && !sealedIn[i] && !s.old.hasMetadataIn(i) {
			continue
		}
		if i == 0 && doc.span.isEmpty() {
			return nil, refuse(doc.line, "leave it out", "the first document is empty, and SOPS keeps its metadata in it")
		}
		edits = append(edits, f.syntax.attach(f, i, s.metadataEntry(f, i)))
	}
	out, err := f.edited(edits, s.options)
	if err != nil {
		return nil, err
	}
	return s.finish(out, leaves)
}

// leaves walks the values, and refuses what could not be encrypted or read again.
func (s *sealer) leaves(f *file) ([]visited, error) {
	var list []visited
	g := guard{file: f, seen: map[*spot]visited{}}
	w := walker{selector: s.chosen}
	w.visit = func(v visited) error {
		list = append(list, v)
		return g.check(v)
	}
	err := w.walk(f.docs)
	return list, err
}

func (s *sealer) metadataEntry(f *file, document int) string {
	if s.old != nil {
		return s.old.metadataFor(f, document)
	}
	return f.syntax.metadata(f, document, s.meta.tree())
}

// values encrypts values, or uses their ciphertexts again.
func (s *sealer) values(f *file, list []visited) []edit {
	var items []item
	for _, v := range list {
		items = append(items, item{v.address, v.value, f.raw(v.spot)})
	}
	var edits []edit
	for i, old := range s.known.matchValues(items) {
		v := list[i]
		if old != nil {
			edits = append(edits, old.restore(f, v.spot)...)
			continue
		}
		s.note(v)
		edits = append(edits, f.syntax.seal(f, v.spot, s.cipher.encrypt(v.value, v.address))...)
	}
	return edits
}

func (s *sealer) note(v visited) {
	s.fresh = append(s.fresh, Field{Document: v.document, Path: v.path(), Line: v.line, Comment: v.shape == isComment})
}

// finish encrypts the comments of a text whose values are encrypted, and sets the MAC
// and its time where the metadata were taken over.
func (s *sealer) finish(out []byte, leaves []visited) ([]byte, error) {
	f, err := read(s.name, out, s.options)
	if err != nil {
		return nil, unlike(err)
	}
	if !s.sameCover(f, leaves) {
		return nil, unlike(nil)
	}
	list, err := s.plainComments(f)
	if err != nil {
		return nil, err
	}
	edits := f.stamp(s.meta)
	var items []item
	for _, v := range list {
		items = append(items, item{v.address, v.value, ""})
	}
	for i, old := range s.known.matchComments(items) {
		v := list[i]
		if old != nil {
			edits = append(edits, old.restoreComment(v.spot))
			continue
		}
		ciphertext := s.cipher.encrypt(v.value, v.address)
		if s.chosen.inverted && s.chosen.matchesComment(ciphertext) {
			return nil, refuse(v.line, "write an expression that matches the words of the comment", "the expression of unencrypted_comment_regex matches an encrypted comment, so that nobody could tell them apart")
		}
		s.note(v)
		edits = append(edits, f.syntax.seal(f, v.spot, ciphertext)...)
	}
	slices.SortStableFunc(s.fresh, func(a, b Field) int { return a.Line - b.Line })
	return f.edited(edits, s.options)
}

// plainComments lists the comments of a text that are to be encrypted.
func (s *sealer) plainComments(f *file) ([]visited, error) {
	var list []visited
	done := map[*spot]bool{}
	add := func(v visited) error {
		if v.shape == isComment && v.covered && v.value.text != "" && !isCiphertext(v.value.text) && !done[v.spot] {
			done[v.spot] = true
			list = append(list, v)
		}
		return nil
	}
	w := walker{selector: s.chosen, visit: add}
	err := w.walk(f.docs)
	for _, v := range f.strays(s.chosen) {
		_ = add(v) // never fails
	}
	return list, err
}

// sameCover tells whether the rule covers the same values in the new text.
func (s *sealer) sameCover(f *file, before []visited) bool {
	values := slices.DeleteFunc(slices.Clone(before), func(v visited) bool { return v.shape == isComment })
	same, i := true, 0
	w := walker{selector: s.chosen}
	w.visit = func(v visited) error {
		if v.shape == isComment {
			return nil
		}
		same = same && i < len(values) && values[i].covered == v.covered && values[i].address == v.address &&
			(v.value.isEmpty() || !v.covered || isCiphertext(v.value.text))
		i++
		return nil
	}
	return w.walk(f.docs) == nil && same && i == len(values)
}

// stamp gives the edits that set the MAC and its time in all metadata of a file.
func (f *file) stamp(m metadata) []edit {
	var edits []edit
	for _, meta := range f.metas {
		for _, field := range [...][2]string{{"mac", m.mac}, {"lastmodified", m.modified}} {
			n := meta.get(field[0])
			if n == nil || n.shape != isLeaf || n.spot == nil || n.value.text == field[1] {
				continue
			}
			if more, ok := f.syntax.open(f, n.spot, value{text, field[1]}, false); ok {
				edits = append(edits, more...)
			}
		}
	}
	return edits
}

// guard refuses values that SOPS could not keep or give back.
type guard struct {
	file *file
	seen map[*spot]visited
}

func (g guard) check(v visited) error {
	if v.shape == isComment {
		if v.covered && v.spot.remark {
			return refuse(v.line, "put it on a line of its own", "a comment stands behind something else, and only some readers take it for one").at(v.path())
		}
		if v.covered && v.inList && v.value.text == "" {
			return refuse(v.line, "take it out", "an empty comment in a list becomes an empty item of it when SOPS decrypts it").at(v.path())
		}
		return nil
	}
	if first, again := g.seen[v.spot]; again {
		return g.alias(first, v)
	}
	g.seen[v.spot] = v
	if !v.covered && !v.spot.lines.isEmpty() && v.spot.lines.end == len(g.file.text) {
		return refuse(v.line, "end the file with a line break", "the file ends in a block without a line break, which would become a part of its text").at(v.path())
	}
	if !v.covered || v.value.isEmpty() {
		return nil
	}
	switch s := v.spot; {
	case v.value.kind == text && isCiphertext(v.value.text):
		return refuse(v.line, "take the metadata of SOPS back with it, or set the value anew", "the value is encrypted already, but the file has no metadata of SOPS").at(v.path())
	case s.tag != "" && s.tag != "!!str" && s.tag != "!":
		return refuse(v.line, "leave the tag out", "the value has a tag, which SOPS does not keep").at(v.path())
	case s.remark:
		return refuse(v.line, "put the comment on a line of its own, or the value in `backticks`", "a # or ; stands in the line of the value, and only some readers take what follows for a comment").at(v.path())
	case v.value.kind == instant && g.file.raw(s) != v.value.text:
		return refuse(v.line, "put it in quotes", "a date without quotes is a time for SOPS, which gives it back in another spelling").at(v.path())
	case v.value.kind == float && lossy(g.file.raw(s), v.value.text):
		return refuse(v.line, "put it in quotes", "the number has more digits than SOPS keeps").at(v.path())
	}
	return nil
}

// alias refuses to encrypt what stands once and is named elsewhere: a ciphertext opens
// under one path alone.
func (g guard) alias(first, v visited) error {
	if !first.covered && !v.covered || v.value.isEmpty() || first.covered == v.covered && first.address == v.address {
		return nil
	}
	return refuse(v.via, "write the value out in both places", "an alias names a value that is encrypted, and SOPS opens each value in one place alone").at(v.path())
}

// lossy tells whether a number has other digits than what SOPS makes of it.
func lossy(raw, canonical string) bool { return digits(raw) != digits(canonical) }

// digits are those of a number without its sign, point, exponent and outer zeros.
func digits(number string) string {
	number = strings.ToLower(strings.ReplaceAll(number, "_", ""))
	if strings.HasPrefix(strings.TrimLeft(number, "+-"), "0x") {
		return ""
	}
	mantissa, _, _ := strings.Cut(number, "e")
	mantissa = strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, mantissa)
	return strings.Trim(mantissa, "0")
}
