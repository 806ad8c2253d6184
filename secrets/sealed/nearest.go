package sealed

import "strings"

// longestWord is the length from which a word is no misspelling of anything.
const longestWord = 40

// nearest returns the word of known that is most like word, or "" where none is: at
// most a quarter of its letters differ. Case, and - for _, count for nothing.
func nearest(word string, known []string) string {
	if len(word) > longestWord {
		return ""
	}
	word = strings.ReplaceAll(strings.ToLower(word), "-", "_")
	best, least := "", 0
	for _, candidate := range known {
		n := distance(word, candidate)
		if n <= max(1, len(candidate)/4) && n < len(word) && (best == "" || n < least) {
			best, least = candidate, n
		}
	}
	return best
}

// distance counts the letters to insert, drop or replace to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
