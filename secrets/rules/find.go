package rules

import (
	"bytes"
	"cmp"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Hit is a secret that a rule has found.
type Hit struct {
	// Start and End are the bytes of the secret in the text; both are 0 where a
	// rule of a path alone has found the file.
	Start, End int
	Rule       *Rule
}

// The limits of a search. Over one, it is cut short and says so.
const (
	// MostHits is the number of hits in one text.
	MostHits = 1_000
	// MostMatches is about the number of matches of one rule in one text, those whose
	// entropy is too low among them. Each may cost a look at all that a regular
	// expression is given at once.
	MostMatches = 5_000
	// LongestMatch is the number of bytes of a match that is surely found. A longer
	// one may be found in part or not at all: a regular expression is given three
	// times as much text at once, so that no text costs the square of its
	// length.
	LongestMatch = 16 << 10
)

const windowBytes = 3 * LongestMatch

// Limits lists the limits by name with their values and what they bound, for
// documentation.
func Limits() [][3]string {
	return [][3]string{
		{"rule-hits", strconv.Itoa(MostHits), "what the repository's own rules for secrets find in one file"},
		{"rule-matches", strconv.Itoa(MostMatches), "matches of one such rule in one file, about"},
		{"rule-match-bytes", strconv.Itoa(LongestMatch>>10) + " KiB", "length of a match of such a rule that is found for certain"},
	}
}

// Find searches a text for what the rules of s describe. path is its path from
// the root of the repository. The hits are sorted by their place. complete is
// false where a limit has cut the search short, so that there may be more.
//
// The rules are applied as Gitleaks v8.30.1 does (detect.go): a rule with keywords
// needs one of them anywhere in the text; a hit of a rule whose ID has the word
// "generic" gives way to one of another rule on its line whose secret holds its
// own. Unlike there, what is encoded in the text is not decoded, comments such as
// gitleaks:allow have no meaning, and no allowlist has an effect.
func (s Set) Find(path string, text []byte) (hits []Hit, complete bool) {
	if len(s.Rules) == 0 {
		return nil, true
	}
	if s.plan == nil {
		s = s.ready()
	}
	f := finder{rules: s.Rules, plan: s.plan(), path: path, text: text, complete: true}
	f.present, f.folds = f.plan.present(text)
	for i := range s.Rules {
		if r := &s.Rules[i]; !r.Unreported && f.mayMatch(i) {
			f.hits = append(f.hits, f.apply(r)...)
		}
		if len(f.hits) > MostHits {
			f.hits, f.complete = f.hits[:MostHits], false
			break
		}
	}
	return f.sorted(), f.complete
}

// present tells which words stand in a text, and whether it has letters by which
// the implied ones may be there in another guise.
func (p *plan) present(text []byte) (present []bool, folds bool) {
	if p.count == 0 {
		return nil, false
	}
	if folds = foldsFromAfar(text); folds || !p.ascii {
		text = bytes.ToLower(text)
	}
	return p.words.in(text, p.count), folds
}

// finder is the search of one text.
type finder struct {
	rules    []Rule
	plan     *plan
	path     string
	text     []byte
	present  []bool
	folds    bool
	hits     []located
	complete bool
	newlines []int // where each is, once somebody has asked
}

// located is a hit with the beginning of the match that it was found in.
type located struct {
	Hit
	at int
}

// mayMatch tells whether the words that rule i waits for are there.
func (f *finder) mayMatch(i int) bool {
	any := func(list []int) bool {
		return len(list) == 0 || slices.ContainsFunc(list, func(n int) bool { return f.present[n] })
	}
	return any(f.plan.keywords[i]) && (f.folds || any(f.plan.implied[i]))
}

// apply gives the hits of one rule, with those that it requires of others.
func (f *finder) apply(r *Rule) []located {
	found := f.matches(r)
	if len(found) > 0 && len(r.Required) > 0 {
		found = f.withRequired(r, found)
	}
	hits := make([]located, len(found))
	for i, m := range found {
		hits[i] = located{Hit{m.start, m.end, r}, m.at}
	}
	return hits
}

// match is a match of a rule whose secret has passed.
type match struct{ at, start, end int }

// matches gives what one rule matches by itself, whatever words it waits for.
func (f *finder) matches(r *Rule) []match {
	if r.path != nil && !r.path().MatchString(f.path) {
		return nil
	}
	if r.regex == nil {
		return []match{{}}
	}
	var found []match
	re := r.regex()
	all := eachMatch(re, f.text, func(from, to int) bool {
		if m, ok := r.secretIn(re, f.text, from, to); ok {
			found = append(found, m)
		}
		return len(found) <= MostHits
	})
	f.complete = f.complete && all
	return found
}

// secretIn finds the secret in a match, and tells whether it passes. Newlines
// around the match are no part of it, and the groups are those of the match when
// it stands alone, as in Gitleaks.
func (r *Rule) secretIn(re *regexp.Regexp, text []byte, from, to int) (match, bool) {
	trimmed := bytes.TrimLeft(text[from:to], "\n")
	from = to - len(trimmed)
	trimmed = bytes.TrimRight(trimmed, "\n")
	m := match{at: from, start: from, end: from + len(trimmed)}
	secret := trimmed
	if start, end, ok := r.group(re.FindSubmatchIndex(trimmed)); ok {
		secret = trimmed[start:end]
		if start < end {
			m.start, m.end = from+start, from+end
		}
	}
	return m, m.start < m.end && (r.Entropy == 0 || entropy(secret) > r.Entropy)
}

// group chooses the group that is the secret from the places of a match and its
// groups; ok is false where that is the whole match.
func (r *Rule) group(at []int) (start, end int, ok bool) {
	switch {
	case len(at) <= 2:
		return 0, 0, false
	case r.SecretGroup > 0 && at[2*r.SecretGroup] < 0:
		return 0, 0, true
	case r.SecretGroup > 0:
		return at[2*r.SecretGroup], at[2*r.SecretGroup+1], true
	}
	for i := 2; i < len(at); i += 2 {
		if at[i] < at[i+1] {
			return at[i], at[i+1], true
		}
	}
	return 0, 0, false
}

// eachMatch visits the matches of re one after the other, until visit says no. It
// tells whether it came to the end of the text within its limits.
//
// The text is searched in windows that overlap by the longest match. A match
// belongs to the window that holds its beginning before the overlap, and begins
// behind the match before it.
func eachMatch(re *regexp.Regexp, text []byte, visit func(from, to int) bool) bool {
	next, left := 0, MostMatches
	for at := 0; ; {
		end := min(at+windowBytes, len(text))
		limit := end - LongestMatch
		if end == len(text) {
			limit = end + 1
		}
		found := re.FindAllIndex(text[at:end], left)
		for _, m := range found {
			from, to := at+m[0], at+m[1]
			if from < next || from >= limit {
				continue
			}
			if from < to && !visit(from, to) {
				return false
			}
			next = max(to, from+1)
		}
		if left -= len(found); left <= 0 {
			return false
		}
		if end == len(text) {
			return true
		}
		next = max(next, limit)
		at = windowStart(text, limit)
	}
}

// windowStart is a little before the place from which matches are wanted, so that
// they have what stands before them in view: at the beginning of its line or,
// where that is far, of a character.
func windowStart(text []byte, at int) int {
	const far = 1 << 10
	before := text[at-far : at]
	if i := bytes.LastIndexByte(before, '\n'); i >= 0 {
		return at - far + i
	}
	start := at - far
	for i := 0; i < utf8.UTFMax && !utf8.RuneStart(text[start]); i++ {
		start++
	}
	return start
}

// entropy is the Shannon entropy of a text in bits: that of its characters, each
// weighed against the number of bytes, as Gitleaks computes it.
func entropy(text []byte) float64 {
	counts := map[rune]int{}
	for _, r := range string(text) {
		counts[r]++
	}
	sum := 0.0
	for _, r := range string(text) {
		if n := counts[r]; n > 0 {
			share := float64(n) / float64(len(text))
			sum -= share * math.Log2(share)
			counts[r] = 0
		}
	}
	return sum
}

// withRequired keeps the matches that have one of each required rule near them.
func (f *finder) withRequired(r *Rule, found []match) []match {
	near := make([][]match, len(r.Required))
	for i, q := range r.Required {
		n, ok := f.plan.byID[q.ID]
		if !ok {
			return nil
		}
		near[i] = f.matches(&f.rules[n])
	}
	budget := MostMatches * 100 // pairs
	return slices.DeleteFunc(found, func(m match) bool {
		for i, q := range r.Required {
			if !slices.ContainsFunc(near[i], func(other match) bool {
				budget--
				return budget > 0 && f.isNear(m, other, q)
			}) {
				f.complete = f.complete && budget > 0
				return true
			}
		}
		return false
	})
}

func (f *finder) isNear(m, other match, q Required) bool {
	if q.WithinLines == nil && q.WithinColumns == nil {
		return true
	}
	line, column := f.place(m.at)
	otherLine, otherColumn := f.place(other.at)
	return (q.WithinLines == nil || distance(line, otherLine) <= *q.WithinLines) &&
		(q.WithinColumns == nil || distance(column, otherColumn) <= *q.WithinColumns)
}

func distance(a, b int) int { return max(a-b, b-a) }

// place gives line and column of a byte, both from 0.
func (f *finder) place(at int) (line, column int) {
	if f.newlines == nil {
		f.newlines = []int{-1}
		for i, b := range f.text {
			if b == '\n' {
				f.newlines = append(f.newlines, i)
			}
		}
	}
	line, _ = slices.BinarySearch(f.newlines, at)
	return line - 1, at - f.newlines[line-1] - 1
}

// sorted gives the hits by place, without those of generic rules that give way.
func (f *finder) sorted() []Hit {
	var exact, generic []located
	for _, h := range f.hits {
		if h.Start < h.End && strings.Contains(strings.ToLower(h.Rule.ID), "generic") {
			generic = append(generic, h)
		} else {
			exact = append(exact, h)
		}
	}
	var hits []Hit
	for _, h := range exact {
		hits = append(hits, h.Hit)
	}
	for _, h := range generic {
		if !slices.ContainsFunc(exact, func(e located) bool { return f.covers(e, h) }) {
			hits = append(hits, h.Hit)
		}
	}
	slices.SortStableFunc(hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End))
	})
	return hits
}

// covers tells whether both matches begin on the same line, and the secret of e
// holds that of h: its text or, where it is long, its place.
func (f *finder) covers(e, h located) bool {
	const long = 4 << 10
	line, _ := f.place(e.at)
	other, _ := f.place(h.at)
	switch {
	case line != other || e.End-e.Start < h.End-h.Start:
		return false
	case e.End-e.Start > long:
		return e.Start <= h.Start && h.End <= e.End
	}
	return bytes.Contains(f.text[e.Start:e.End], f.text[h.Start:h.End])
}
