package sops

// known are the ciphertexts of a file as it was, to be used again where a value did
// not change. The nil known has none.
type known struct {
	values, comments []oldValue // in the order of the file
	mac              string     // the hash of the file as it was
}

// oldValue is a value or comment as it was.
type oldValue struct {
	item
	ciphertext string
	head       string // how it was written: the scalar, or the header of a block
	lines      string // of a block
	isItem     bool   // a comment that is an item of a list
}

// item is what a ciphertext is used again for.
type item struct {
	address string
	value   value
	raw     string // how it is written in plain text
}

func (i item) withoutRaw() item { return item{i.address, i.value, ""} }

func (k *known) fits(mac string) bool { return k != nil && k.mac == mac }

// add remembers a value. raw is how it is written in plain text.
func (k *known) add(f *file, one opened, raw string) {
	s := one.spot
	old := oldValue{item: item{one.address, one.plain, raw}, ciphertext: one.value.text, head: string(f.text[s.start:s.end])}
	if !s.lines.isEmpty() {
		old.lines = string(f.text[s.lines.start:s.lines.end])
	}
	if one.plain.kind != remarked {
		k.values = append(k.values, old)
		return
	}
	if old.isItem = s.form != commentForm; old.isItem {
		old.head = string(f.text[s.dash.start:s.end])
	}
	k.comments = append(k.comments, old)
}

// match finds for each of the new items the old one whose ciphertext it keeps, or nil.
// What stands before the first change and behind the last goes by its place; between
// them the first of the same value is taken.
func match(old []oldValue, now []item) []*oldValue {
	found := make([]*oldValue, len(now))
	first := 0
	for first < len(now) && first < len(old) && old[first].withoutRaw() == now[first].withoutRaw() {
		found[first] = &old[first]
		first++
	}
	endOld, endNow := len(old), len(now)
	for endOld > first && endNow > first && old[endOld-1].withoutRaw() == now[endNow-1].withoutRaw() {
		endOld--
		endNow--
		found[endNow] = &old[endOld]
	}
	taken := make([]bool, len(old))
	for _, by := range [...]func(item) item{func(i item) item { return i }, item.withoutRaw} {
		left := map[item][]int{}
		for i := first; i < endOld; i++ {
			if !taken[i] {
				left[by(old[i].item)] = append(left[by(old[i].item)], i)
			}
		}
		for i := first; i < endNow; i++ {
			if list := left[by(now[i])]; found[i] == nil && len(list) > 0 {
				left[by(now[i])] = list[1:]
				taken[list[0]] = true
				found[i] = &old[list[0]]
			}
		}
	}
	return found
}

// matchValues is match for values; of the nil known it finds none.
func (k *known) matchValues(now []item) []*oldValue {
	if k == nil {
		return make([]*oldValue, len(now))
	}
	return match(k.values, now)
}

func (k *known) matchComments(now []item) []*oldValue {
	if k == nil {
		return make([]*oldValue, len(now))
	}
	return match(k.comments, now)
}

// restore gives the edits that put an unchanged value back: to the byte where it is
// written as it was, else its ciphertext in the new way.
func (old *oldValue) restore(f *file, s *spot) []edit {
	if f.raw(s) == old.raw {
		switch block := !s.lines.isEmpty(); {
		case block && old.lines != "":
			return []edit{{s.extent, old.head}, {s.lines, old.lines}}
		case block:
			// Its lines go, with the break before them.
			return []edit{{s.extent, old.head}, {extent{f.lines.end(s.end), s.lines.end}, ""}}
		case old.lines == "":
			return []edit{{s.extent, old.head}}
		}
	}
	return f.syntax.seal(f, s, old.ciphertext)
}

// restoreComment puts an unchanged comment back as it was.
func (old *oldValue) restoreComment(s *spot) edit {
	e := edit{s.extent, old.head}
	if old.isItem {
		e.start-- // the sign; it was a dash
	}
	return e
}
