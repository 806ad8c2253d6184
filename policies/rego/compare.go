package rego

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// comparisons are the operators and functions that compare a field with a constant. Each
// makes of the constant what tells of a field whether the comparison can hold, and
// whether it can fail; nil where nothing can be said. last tells that the field is the
// second operand.
var comparisons = map[string]func(constant ast.Value, last bool) func(*manifest.Node) (yes, no bool){
	"eq":    equals,
	"equal": equals,
	"neq": func(constant ast.Value, last bool) func(*manifest.Node) (yes, no bool) {
		equal := equals(constant, last)
		if equal == nil {
			return nil
		}
		return func(n *manifest.Node) (yes, no bool) {
			yes, no = equal(n)
			return no, yes
		}
	},
	"lt":  ordered(func(c int) bool { return c < 0 }),
	"lte": ordered(func(c int) bool { return c <= 0 }),
	"gt":  ordered(func(c int) bool { return c > 0 }),
	"gte": ordered(func(c int) bool { return c >= 0 }),

	"contains":   onText(strings.Contains),
	"startswith": onText(strings.HasPrefix),
	"endswith":   onText(strings.HasSuffix),
	"regex.match": func(constant ast.Value, last bool) func(*manifest.Node) (yes, no bool) {
		text, isText := constant.(ast.String)
		if !last || !isText {
			return nil
		}
		pattern, err := regexp.Compile(string(text))
		if err != nil {
			return nil
		}
		return certain(func(n *manifest.Node) bool { return n.Kind == manifest.String && pattern.MatchString(n.Text) })
	},
	"internal.member_2": member,
}

// isConstant tells whether a value is a scalar, or a collection of scalars.
func isConstant(v ast.Value) bool {
	scalars := true
	look := func(t *ast.Term) { scalars = scalars && isScalar(t.Value) }
	switch v := v.(type) {
	case ast.Set:
		v.Foreach(look)
	case *ast.Array:
		v.Foreach(look)
	default:
		return isScalar(v)
	}
	return scalars
}

func isScalar(v ast.Value) bool {
	switch v.(type) {
	case ast.Null, ast.Boolean, ast.Number, ast.String:
		return true
	}
	return false
}

// certain makes a comparison of which is always known whether it holds.
func certain(holds func(*manifest.Node) bool) func(*manifest.Node) (yes, no bool) {
	return func(n *manifest.Node) (yes, no bool) {
		yes = holds(n)
		return yes, !yes
	}
}

func equals(constant ast.Value, _ bool) func(*manifest.Node) (yes, no bool) {
	if !isScalar(constant) {
		return nil
	}
	return func(n *manifest.Node) (yes, no bool) { return same(n, constant) }
}

// same tells whether a field can be a value, and whether it can be another one: numbers
// are compared as far as they are precise.
func same(n *manifest.Node, v ast.Value) (yes, no bool) {
	switch v := v.(type) {
	case ast.Null:
		yes = n.Kind == manifest.Null
	case ast.Boolean:
		yes = n.Kind == manifest.Bool && (n.Text == "true") == bool(v)
	case ast.String:
		yes = n.Kind == manifest.String && n.Text == string(v)
	case ast.Number:
		if n.Kind != manifest.Number {
			return false, true
		}
		if n.Text == string(v) {
			return true, false
		}
		c, ok := compareNumbers(n.Text, string(v))
		return !ok || c == 0, true
	default:
		return true, true
	}
	return yes, !yes
}

func compareNumbers(a, b string) (c int, ok bool) {
	x, err := strconv.ParseFloat(a, 64)
	if err != nil {
		return 0, false
	}
	y, err := strconv.ParseFloat(b, 64)
	if err != nil {
		return 0, false
	}
	switch {
	case x < y:
		return -1, true
	case x > y:
		return 1, true
	}
	return 0, true
}

// ordered compares numbers; what is no number has an order of its own.
func ordered(holds func(int) bool) func(constant ast.Value, last bool) func(*manifest.Node) (yes, no bool) {
	return func(constant ast.Value, last bool) func(*manifest.Node) (yes, no bool) {
		number, isNumber := constant.(ast.Number)
		if !isNumber {
			return nil
		}
		return func(n *manifest.Node) (yes, no bool) {
			c, ok := compareNumbers(n.Text, string(number))
			if n.Kind != manifest.Number || !ok || c == 0 && n.Text != string(number) {
				return true, true
			}
			if last {
				c = -c
			}
			return holds(c), !holds(c)
		}
	}
}

// onText looks for a constant in a text. Of what is no text a function gives nothing.
func onText(holds func(text, constant string) bool) func(constant ast.Value, last bool) func(*manifest.Node) (yes, no bool) {
	return func(constant ast.Value, last bool) func(*manifest.Node) (yes, no bool) {
		word, isText := constant.(ast.String)
		if last || !isText {
			return nil
		}
		return certain(func(n *manifest.Node) bool { return n.Kind == manifest.String && holds(n.Text, string(word)) })
	}
}

// member looks for a field among constants, or for a constant in a field.
func member(constant ast.Value, last bool) func(*manifest.Node) (yes, no bool) {
	if last {
		if !isScalar(constant) {
			return nil
		}
		return func(n *manifest.Node) (yes, no bool) {
			no = true
			for i := range n.Items {
				is, not := same(&n.Items[i], constant)
				yes, no = yes || is, no && not
			}
			return yes, no
		}
	}
	var list []ast.Value
	switch v := constant.(type) {
	case ast.Set:
		v.Foreach(func(t *ast.Term) { list = append(list, t.Value) })
	case *ast.Array:
		v.Foreach(func(t *ast.Term) { list = append(list, t.Value) })
	default:
		return nil
	}
	return func(n *manifest.Node) (yes, no bool) {
		no = true
		for _, v := range list {
			is, not := same(n, v)
			yes, no = yes || is, no && not
		}
		return yes, no
	}
}
