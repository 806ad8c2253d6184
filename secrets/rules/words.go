package rules

import (
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

const (
	shortestImplied = 3  // bytes; shorter words stand in every text
	mostImplied     = 32 // alternatives of one rule
)

// impliedWords gives ASCII words in lower case of which each match of re holds
// one in some case, or nil where none are known. A text without them need not be
// searched. The letters that fold to ASCII letters from outside of ASCII are the
// caller's to think of: see foldsFromAfar.
func impliedWords(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpLiteral:
		if word := longestASCII(string(re.Rune)); len(word) >= shortestImplied {
			return []string{strings.ToLower(word)}
		}
	case syntax.OpCapture, syntax.OpPlus:
		return impliedWords(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return impliedWords(re.Sub[0])
		}
	case syntax.OpConcat:
		var best []string
		for _, sub := range re.Sub {
			if words := impliedWords(sub); shortest(words) > shortest(best) {
				best = words
			}
		}
		return best
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			words := impliedWords(sub)
			if words == nil || len(all)+len(words) > mostImplied {
				return nil
			}
			all = append(all, words...)
		}
		return all
	}
	return nil
}

func shortest(words []string) int {
	least := 0
	for _, w := range words {
		if least == 0 || len(w) < least {
			least = len(w)
		}
	}
	return least
}

func longestASCII(s string) string {
	longest := ""
	for run := range strings.FieldsFuncSeq(s, func(r rune) bool { return r >= utf8.RuneSelf }) {
		if len(run) > len(longest) {
			longest = run
		}
	}
	return longest
}

// matchesEmpty tells whether re can match no text at all, as far as its form
// says it. A place such as ^ or \b counts as empty text.
func matchesEmpty(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText,
		syntax.OpWordBoundary, syntax.OpNoWordBoundary, syntax.OpStar, syntax.OpQuest:
		return true
	case syntax.OpCapture, syntax.OpPlus:
		return matchesEmpty(re.Sub[0])
	case syntax.OpRepeat:
		return re.Min == 0 || matchesEmpty(re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if !matchesEmpty(sub) {
				return false
			}
		}
		return true
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			if matchesEmpty(sub) {
				return true
			}
		}
	}
	return false
}
