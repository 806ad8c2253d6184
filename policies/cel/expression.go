package cel

import (
	"fmt"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
	"github.com/google/cel-go/cel"
	celast "github.com/google/cel-go/common/ast"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/environment"
)

// Fault is why a policy cannot be used, and where.
type Fault = rego.Fault

// An expression that compiles.
type expression struct {
	text    string
	result  *cel.Type
	tree    *celast.AST
	env     *cel.Env
	program cel.Program
}

// source is where an expression stands.
type source struct {
	doc  *manifest.Document
	node *manifest.Node // nil where it is not written
}

func (s source) fault(format string, args ...any) Fault { return at(s.doc, s.node, format, args...) }

func at(d *manifest.Document, n *manifest.Node, format string, args ...any) Fault {
	f := Fault{File: d.File, Line: int(d.At().Line), Message: fmt.Sprintf(format, args...)}
	if n != nil && n.Place() != (manifest.Pos{}) {
		f.Line, f.Column = int(n.Place().Line), int(n.Place().Column)
	}
	return f
}

// inside is a fault on a line of the text of an expression, counted from 1.
func (s source) inside(line int, message string) Fault {
	f := s.fault("%s", message)
	if s.node == nil || s.node.At == (manifest.Pos{}) {
		return f
	}
	f.Line, f.Column = int(s.node.At.Line)+line-1, 0
	if s.node.Style == manifest.Literal || s.node.Style == manifest.Folded {
		f.Line++ // the text begins below its key
	}
	if s.node.Style != manifest.Literal {
		f.Line = min(f.Line, max(int(s.node.EndLine()), int(s.node.At.Line))) // its line breaks are not those of the text
	}
	return f
}

// compile compiles an expression that gives one of some types.
func compile(env *environment.EnvSet, s source, text string, results ...*cel.Type) (*expression, []Fault) {
	c := env.StoredExpressionsEnv()
	tree, issues := c.Compile(text)
	if issues != nil {
		var faults []Fault
		for _, e := range issues.Errors() {
			faults = append(faults, s.inside(max(e.Location.Line(), 1), "the expression does not compile: "+e.Message))
		}
		return nil, faults
	}
	if !gives(tree.OutputType(), results) {
		return nil, []Fault{s.fault("the expression must give %s, not %s", words(results), tree.OutputType())}
	}
	program, err := c.Program(tree, cel.InterruptCheckFrequency(celconfig.CheckFrequency))
	if err != nil {
		return nil, []Fault{s.fault("the expression cannot be used: %v", err)}
	}
	return &expression{text: text, result: tree.OutputType(), tree: tree.NativeRep(), env: c, program: program}, nil
}

func gives(t *cel.Type, any []*cel.Type) bool {
	for _, wanted := range any {
		if wanted == cel.AnyType || t.IsExactType(wanted) {
			return true
		}
	}
	return false
}

func words(types []*cel.Type) string {
	var names []string
	for _, t := range types {
		names = append(names, t.String())
	}
	return strings.Join(names, " or ")
}

// mentions tells whether an expression uses a name, or a field of it where one is given.
// What uses the name alone counts as any of its fields.
func (x *expression) mentions(name string, fields ...string) bool {
	found := false
	var visit func(e celast.Expr)
	root := celast.NavigateAST(x.tree)
	visit = func(e celast.Expr) {
		if e.Kind() != celast.IdentKind || e.AsIdent() != name {
			return
		}
		if len(fields) == 0 {
			found = true
			return
		}
		parent, ok := e.(celast.NavigableExpr).Parent()
		if !ok || parent.Kind() != celast.SelectKind {
			found = true
			return
		}
		for _, f := range fields {
			found = found || parent.AsSelect().FieldName() == f
		}
	}
	for _, e := range celast.MatchDescendants(root, celast.AllMatcher()) {
		visit(e)
	}
	return found
}
