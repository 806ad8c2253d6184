package codeowners

import (
	"regexp"
	"regexp/syntax"
	"strings"
)

// expressionPattern compiles a Gitea pattern: a regular expression that must
// match the whole path, inverted by a "!" in front. budget is what the
// expressions of the file may still cost; it is lowered.
//
// Gitea has moved between expression engines. What is no RE2 expression may be
// one there, so it is unjudged rather than skipped where it looks like that.
func expressionPattern(word string, budget *int) (pattern, *fault) {
	body, inverted := strings.CutPrefix(word, "!")
	if len(body) > maxRegexpLength {
		return pattern{}, &fault{RegexpUnjudged, "the expression is too long", ""}
	}
	if *budget < 0 {
		return pattern{}, &fault{RegexpUnjudged, tooCostly, ""}
	}
	source := "^" + body + "$"
	tree, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		if strings.Contains(body, "(?") || hasBackReference(body) {
			return pattern{}, &fault{RegexpUnjudged, "the expression uses what RE2 does not know", ""}
		}
		return pattern{}, &fault{InvalidPattern, "the pattern is no regular expression", ""}
	}
	if *budget -= regexpCost + expressionCost(tree); *budget < 0 {
		return pattern{}, &fault{RegexpUnjudged, tooCostly, ""}
	}
	expr, err := regexp.Compile(source)
	if err != nil {
		return pattern{}, &fault{RegexpUnjudged, "the expression is too large", ""}
	}
	return pattern{expr: expr, inverted: inverted}, nil
}

const tooCostly = "the expressions of the file are too costly to compare"

func hasBackReference(body string) bool {
	for i := 0; i+1 < len(body); i++ {
		if body[i] == '\\' {
			if i++; '1' <= body[i] && body[i] <= '9' {
				return true
			}
		}
	}
	return false
}

// expressionCost estimates the instructions of a compiled expression, before
// repeats are written out.
func expressionCost(tree *syntax.Regexp) int {
	cost := 1 + len(tree.Rune)
	for _, sub := range tree.Sub {
		cost = capped(cost + expressionCost(sub))
	}
	if tree.Op == syntax.OpRepeat {
		cost = capped(cost * max(tree.Min, tree.Max, 1))
	}
	return cost
}

// capped keeps the estimate of nested repeats from overflowing.
func capped(cost int) int { return min(cost, maxRegexpCost+1) }

// literalEnd is what every match of an expression that ends in "$" ends with, as
// far as it can be read off.
func literalEnd(expr *regexp.Regexp) string {
	tree, err := syntax.Parse(expr.String(), syntax.Perl)
	if err != nil || tree.Op != syntax.OpConcat || len(tree.Sub) < 2 {
		return ""
	}
	end, text := tree.Sub[len(tree.Sub)-1], tree.Sub[len(tree.Sub)-2]
	if end.Op != syntax.OpEndText || text.Op != syntax.OpLiteral || text.Flags&syntax.FoldCase != 0 {
		return ""
	}
	return string(text.Rune)
}

// matchesAll reports whether an expression is ".*" or ".+", in whatever dress.
func matchesAll(expr *regexp.Regexp) bool {
	tree, err := syntax.Parse(expr.String(), syntax.Perl)
	if err != nil {
		return false
	}
	return isAnyText(tree)
}

func isAnyText(tree *syntax.Regexp) bool {
	switch tree.Op {
	case syntax.OpCapture:
		return isAnyText(tree.Sub[0])
	case syntax.OpStar, syntax.OpPlus:
		op := tree.Sub[0].Op
		return op == syntax.OpAnyChar || op == syntax.OpAnyCharNotNL
	case syntax.OpConcat:
		texts := 0
		for _, sub := range tree.Sub {
			switch {
			case isAnyText(sub):
				texts++
			case sub.Op != syntax.OpBeginText && sub.Op != syntax.OpEndText:
				return false
			}
		}
		return texts == 1
	}
	return false
}
