package sealed

import (
	"errors"
	"regexp"
	"regexp/syntax"
)

// Limits of expressions, which come from the files that are judged. RE2 takes time by
// the length of the text and by the size of the program, and a{1000} is a thousand
// steps.
const (
	longestExpression = 2000
	largestExpression = 5000
	// mostMatching is what one walk may spend on matching, in steps of a program over
	// characters of a text.
	mostMatching = 500_000_000
)

var (
	errExpression = errors.New("the expression does not compile")
	errLarge      = errors.New("the expression is larger than is judged")
)

// expression is a compiled one with the size of its program.
type expression struct {
	compiled *regexp.Regexp
	size     int
}

// compile compiles an expression as SOPS does. An error is one of the two above.
func compile(text string) (expression, error) {
	if len(text) > longestExpression {
		return expression{}, errLarge
	}
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return expression{}, errExpression
	}
	size := steps(parsed)
	if size > largestExpression {
		return expression{}, errLarge
	}
	compiled, err := regexp.Compile(text)
	if err != nil {
		return expression{}, errExpression
	}
	return expression{compiled, size}, nil
}

// steps is about the size of the program of an expression. It stops counting where it
// is too large.
func steps(re *syntax.Regexp) int {
	n := 1 + len(re.Rune)
	for _, sub := range re.Sub {
		n = min(n+steps(sub), largestExpression+1)
	}
	if re.Op == syntax.OpRepeat {
		n = min(n*max(1, re.Min, re.Max), largestExpression+1)
	}
	return n
}

// meter is what matching has cost.
type meter struct{ spent int }

// matches tells whether an expression matches, unless too much was spent.
func (m *meter) matches(e expression, text string) bool {
	if e.compiled == nil || m.over() {
		return false
	}
	m.spent += e.size * (len(text) + 1)
	return e.compiled.MatchString(text)
}

func (m *meter) over() bool { return m.spent > mostMatching }
