package reference

import "strings"

// longestWord is the length from which a word is no misspelling of anything.
const longestWord = 80

// mostCandidates is with how many words one is compared.
const mostCandidates = 2000

// nearest returns the word of known that is most like word, or "" where none is: at
// most a quarter of its letters differ. Case, and - for _, count for nothing.
func nearest(word string, known []string) string {
	if len(word) > longestWord || word == "" {
		return ""
	}
	if len(known) > mostCandidates {
		known = known[:mostCandidates]
	}
	folded := fold(word)
	best, least := "", 0
	for _, candidate := range known {
		most := min(max(1, len(candidate)/4), len(word)-1)
		if candidate == word || len(candidate) > longestWord || letters(folded, candidate) > most {
			continue
		}
		n := distance(folded, fold(candidate))
		if n <= most && (best == "" || n < least) {
			best, least = candidate, n
		}
	}
	return best
}

// letters counts the letters that one word has more often than the other: the distance is
// no less than that. a is folded.
func letters(a, b string) int {
	var count [128]int8
	for i := 0; i < len(a); i++ {
		count[a[i]&127]++
	}
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		case c == '_':
			c = '-'
		}
		count[c&127]--
	}
	more, less := 0, 0
	for _, n := range count {
		more, less = more+max(0, int(n)), less+max(0, -int(n))
	}
	return max(more, less)
}

func fold(word string) string { return strings.ReplaceAll(strings.ToLower(word), "_", "-") }

// distance counts the letters to insert, drop, replace or swap with the next to make b
// of a.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j-1]+cost, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

// meant returns a clause that names the word that was meant, or "".
func meant(word string, known []string) string {
	if near := nearest(word, known); near != "" {
		return "; is " + near + " meant?"
	}
	return ""
}
