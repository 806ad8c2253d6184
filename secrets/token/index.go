package token

import (
	"slices"
	"strings"
	"sync"
)

// index is what Find looks things up in. It never changes once it is made.
type index struct {
	families []Family
	byID     map[string]*Family
	// filter has a bit for each hash of the first three bytes of a form.
	filter [1024]uint64
	first  [256][]*form
}

// known makes the index when it is first needed.
var known = sync.OnceValue(func() *index {
	ix := &index{byID: make(map[string]*Family, 512)}
	for _, group := range [][]Family{
		codeFamilies(), cloudFamilies(), platformFamilies(), chatFamilies(), paymentFamilies(), modelFamilies(),
		watchFamilies(), dataFamilies(), toolFamilies(), keyFamilies(), webFamilies(), namedFamilies(),
	} {
		ix.families = append(ix.families, group...)
	}
	slices.SortFunc(ix.families, func(a, b Family) int { return strings.Compare(a.ID, b.ID) })
	all := sets{}
	for i := range ix.families {
		family := &ix.families[i]
		ix.byID[family.ID] = family
		for _, pattern := range family.forms {
			if family.names == nil {
				ix.file(all.compile(family, pattern), all)
			}
		}
	}
	for _, forms := range ix.first {
		slices.SortStableFunc(forms, func(a, b *form) int { return b.fixed - a.fixed })
	}
	return ix
})

// knownByName are the forms without a beginning of their own, made when the first
// key is asked about.
var knownByName = sync.OnceValue(func() []*form {
	var out []*form
	all := sets{}
	ix := known()
	for i := range ix.families {
		family := &ix.families[i]
		if family.names == nil {
			continue
		}
		for _, pattern := range family.forms {
			out = append(out, all.compile(family, pattern))
		}
	}
	return out
})

// evidenceOf says what a proof shows of a value of the family.
func (f *Family) evidenceOf(proof Proof) string {
	if own := f.evidence[proof.rank()]; own != "" {
		return own
	}
	article := "a "
	if strings.IndexByte("AEIO", f.Title[0]) >= 0 || strings.HasPrefix(f.Title, "npm") || strings.HasPrefix(f.Title, "SSH") {
		article = "an "
	}
	before, after := "it has the form of ", ""
	switch proof {
	case Checksum:
		before = "its checksum is that of "
	case Structure:
		before, after = "it is built as ", " is"
	case KeyName:
		before = "its key and its form are those of "
	}
	return before + article + f.Title + after
}

// file enters a form under all beginnings of three bytes that it allows.
func (ix *index) file(f *form, all sets) {
	heads, n := &f.heads, 0
	for _, p := range f.pieces {
		for i := 0; i < len(p.literal) && n < 3; i++ {
			heads[n] = all.named(p.literal[i : i+1])
			n++
		}
		for i := 0; i < p.min && n < 3; i++ {
			heads[n] = p.set
			n++
		}
	}
	second, third := heads[1].members(), heads[2].members()
	for _, a := range heads[0].members() {
		ix.first[a] = append(ix.first[a], f)
		for _, b := range second {
			for _, c := range third {
				h := hashOfThree(a, b, c)
				ix.filter[h>>6] |= 1 << (h & 63)
			}
		}
	}
}

func hashOfThree(a, b, c byte) uint32 {
	return (uint32(a) | uint32(b)<<8 | uint32(c)<<16) * 0x9E3779B1 >> 16
}

// filler finds a value that has the beginning of a known form and goes on with what
// is to be replaced.
func (ix *index) filler(text []byte) (Hit, bool) {
	if len(text) < 8 || len(text) > 200 {
		return Hit{}, false
	}
	for _, f := range ix.first[text[0]] {
		if n := len(f.prefix); f.telling && len(text) >= n+3 && cut(text, 0, f.prefix) && isFiller(text[n:]) {
			return Hit{Family: f.family, Proof: Prefix, Evidence: f.family.evidenceOf(Prefix), Example: true}, true
		}
	}
	return Hit{}, false
}

// isTelling tells whether a beginning is so odd that a text which has it is about its family.
func isTelling(prefix string) bool {
	if len(prefix) < 3 || !strings.ContainsAny(prefix, "-_") {
		return false
	}
	switch strings.Trim(prefix, "-_.=") {
	case "key", "api", "sdk", "live", "test", "secret", "token", "perm", "access_token", "sk", "sig", "pa", "md":
		return false
	}
	return true
}
