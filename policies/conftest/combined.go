package conftest

import "github.com/open-policy-agent/opa/v1/ast"

// asksCombined tells whether modules are written for --combine: they go over the input
// and read the contents of its elements (input[i].contents, or some f in input and then
// f.contents).
func asksCombined(modules map[string]*ast.Module) bool {
	for _, m := range modules {
		for _, r := range m.Rules {
			if ruleAsksCombined(r) {
				return true
			}
		}
	}
	return false
}

func ruleAsksCombined(r *ast.Rule) bool {
	elements := map[ast.Var]bool{}
	ast.WalkNodes(r, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SomeDecl:
			noteElement(elements, n)
		case *ast.Every:
			if v, ok := n.Value.Value.(ast.Var); ok && isInput(n.Domain) {
				elements[v] = true
			}
		case *ast.Expr:
			noteAssigned(elements, n)
		}
		return false
	})
	found := false
	ast.WalkRefs(r, func(ref ast.Ref) bool {
		switch {
		case len(ref) > 2 && ref[0].Equal(ast.InputRootDocument):
			_, named := ref[1].Value.(ast.String)
			found = found || !named && isContents(ref[2])
		case len(ref) > 1:
			v, ok := ref[0].Value.(ast.Var)
			found = found || ok && elements[v] && isContents(ref[1])
		}
		return found
	})
	return found
}

// noteElement notes the variable of some f in input.
func noteElement(elements map[ast.Var]bool, some *ast.SomeDecl) {
	for _, symbol := range some.Symbols {
		call, ok := symbol.Value.(ast.Call)
		if !ok || len(call) < 3 || !isInput(call[len(call)-1]) {
			continue
		}
		if v, ok := call[len(call)-2].Value.(ast.Var); ok {
			elements[v] = true
		}
	}
}

// noteAssigned notes the variable of f := input[i].
func noteAssigned(elements map[ast.Var]bool, e *ast.Expr) {
	if !e.IsAssignment() && !e.IsEquality() {
		return
	}
	v, ok := e.Operand(0).Value.(ast.Var)
	ref, isRef := e.Operand(1).Value.(ast.Ref)
	if !ok || !isRef || len(ref) != 2 || !ref[0].Equal(ast.InputRootDocument) {
		return
	}
	if _, named := ref[1].Value.(ast.String); !named {
		elements[v] = true
	}
}

func isInput(t *ast.Term) bool {
	ref, ok := t.Value.(ast.Ref)
	return ok && len(ref) == 1 && ref[0].Equal(ast.InputRootDocument) || t.Equal(ast.InputRootDocument)
}

func isContents(t *ast.Term) bool {
	s, ok := t.Value.(ast.String)
	return ok && s == "contents"
}
