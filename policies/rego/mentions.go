package rego

import "github.com/open-policy-agent/opa/v1/ast"

// Mentions tells whether any of modules holds one of words as a text of its own, as a
// key of a reference or elsewhere. A policy that reads a field of its input names it, by
// whatever way the input came to where it is read: through a variable, a function or
// object.get.
func Mentions(modules map[string]*ast.Module, words ...string) bool {
	found := false
	for _, m := range modules {
		ast.WalkTerms(m, func(t *ast.Term) bool {
			if text, ok := t.Value.(ast.String); ok {
				for _, word := range words {
					found = found || string(text) == word
				}
			}
			return found
		})
	}
	return found
}
