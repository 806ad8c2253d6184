// Package suggest finds the known word that a person most likely meant.
//
// It knows words and nothing of flags, formats or files; it never decides that a
// word is right.
package suggest

import (
	"strings"
	"unicode/utf8"
)

// longest is the length in runes from which a word is no misspelling of anything,
// so that hostile input costs nothing.
const longest = 64

// Nearest returns the word of known that is most like word, or "" where none is
// like it: more than a third of the letters would have to change. Case, and "_"
// for "-", do not count as changes. Of equally near words the first wins.
func Nearest(word string, known []string) string {
	if utf8.RuneCountInString(word) > longest {
		return ""
	}
	asked := []rune(fold(word))
	best, least := "", 0
	for _, candidate := range known {
		letters := []rune(fold(candidate))
		if len(letters) > longest {
			continue
		}
		n := distance(asked, letters)
		if n <= allowed(asked, letters) && (best == "" || n < least) {
			best, least = candidate, n
		}
	}
	return best
}

// Sentence returns `did you mean "x"?` for the word that Nearest finds, with a
// leading blank, or "": it is made to be appended to the sentence that rejects word.
func Sentence(word string, known []string) string {
	nearest := Nearest(word, known)
	if nearest == "" {
		return ""
	}
	return ` (did you mean "` + nearest + `"?)`
}

func fold(word string) string {
	return strings.ReplaceAll(strings.ToLower(word), "_", "-")
}

// allowed is the number of changes between a word and what it was meant to be: a
// third of the longer one, at least one, and never all letters of the shorter.
func allowed(a, b []rune) int {
	return min(max(1, max(len(a), len(b))/3), min(len(a), len(b))-1)
}

// distance counts the letters to insert, drop, replace or swap with their
// neighbour to make b of a (optimal string alignment).
func distance(a, b []rune) int {
	var before []int // the row before last
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
