package reference

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/template/parse"
)

// Templates are parsed and never executed.

// The limits of a template that is parsed; a larger one is not judged. The parser calls
// itself for everything that is nested.
const (
	mostTemplateBytes   = 256 << 10
	mostTemplateActions = 5000
)

// goTemplate is what a text says as a Go template.
type goTemplate struct {
	// fault says why it does not parse, as a clause; "" where it does.
	fault string
	// fields are the fields of the value that is handed in.
	fields []string
	// secrets are the calls of the function secret with a literal path.
	secrets []secretCall
	// opaque tells that the template is too large to be judged.
	opaque bool
}

// secretCall is a call of the function secret of Consul Template.
type secretCall struct {
	path string
	// fields are the chains that begin with .Data where the answer is the dot.
	fields [][]string
}

// parseTemplate parses a text with the given brackets, whatever functions it calls.
func parseTemplate(text, left, right string) goTemplate {
	if len(text) > mostTemplateBytes || strings.Count(text, left) > mostTemplateActions {
		return goTemplate{opaque: true}
	}
	tree := parse.New("template")
	tree.Mode = parse.SkipFuncCheck
	set := map[string]*parse.Tree{}
	if _, err := tree.Parse(text, left, right, set); err != nil {
		return goTemplate{fault: explain(err)}
	}
	var r templateReader
	if tree.Root != nil {
		r.list(tree.Root, scope{root: true})
	}
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if defined := set[name]; name != "template" && defined.Root != nil {
			r.list(defined.Root, scope{})
		}
	}
	return r.found
}

// explain says in words what the parser complains of, without a part of the template.
func explain(err error) string {
	message := err.Error()
	line := 0
	if rest, ok := strings.CutPrefix(message, "template: template:"); ok {
		number, _, _ := strings.Cut(rest, ":")
		line, _ = strconv.Atoi(number)
	}
	what := "it has a syntax error"
	for _, known := range [...][2]string{
		{"U+002D", "a dash in the name of a field is read as a minus; write {{ index . \"the-key\" }}"},
		{"unclosed action", "an action is not closed"},
		{"unclosed comment", "a comment is not closed"},
		{"unterminated", "a quoted text is not closed"},
		{"unexpected EOF", "an {{ end }} is missing"},
		{"unexpected {{end}}", "there is one {{ end }} too many"},
		{"unexpected {{else}}", "there is one {{ else }} too many"},
		{"undefined variable", "a variable is used that is not defined"},
		{"missing value for", "an action has no value"},
		{"unclosed left paren", "a parenthesis is not closed"},
		{"unexpected right paren", "there is one closing parenthesis too many"},
	} {
		if strings.Contains(message, known[0]) {
			what = known[1]
			break
		}
	}
	if line > 1 {
		return "line " + strconv.Itoa(line) + ": " + what
	}
	return what
}

// scope is what the dot is at a place of a template.
type scope struct {
	root   bool        // the value that is handed in
	secret *secretCall // the answer of Vault
}

type templateReader struct{ found goTemplate }

func (r *templateReader) list(l *parse.ListNode, s scope) {
	if l == nil {
		return
	}
	for _, n := range l.Nodes {
		r.node(n, s)
	}
}

func (r *templateReader) node(n parse.Node, s scope) {
	switch n := n.(type) {
	case *parse.ActionNode:
		r.pipe(n.Pipe, s)
	case *parse.IfNode:
		r.pipe(n.Pipe, s)
		r.list(n.List, s)
		r.list(n.ElseList, s)
	case *parse.WithNode:
		r.branch(&n.BranchNode, s)
	case *parse.RangeNode:
		r.pipe(n.Pipe, s)
		r.list(n.List, scope{})
		r.list(n.ElseList, s)
	case *parse.TemplateNode:
		r.pipe(n.Pipe, s)
	case *parse.ListNode:
		r.list(n, s)
	}
}

// branch reads a with: its body has another dot.
func (r *templateReader) branch(n *parse.BranchNode, s scope) {
	before := len(r.found.secrets)
	r.pipe(n.Pipe, s)
	inner := scope{}
	if len(r.found.secrets) == before+1 && isCall(n.Pipe, "secret") {
		call := &secretCall{path: r.found.secrets[before].path}
		inner.secret = call
		r.list(n.List, inner)
		r.found.secrets[before].fields = append(r.found.secrets[before].fields, call.fields...)
	} else {
		r.list(n.List, inner)
	}
	r.list(n.ElseList, s)
}

// isCall tells whether a pipe is one call of a function.
func isCall(p *parse.PipeNode, name string) bool {
	if p == nil || len(p.Cmds) != 1 || len(p.Cmds[0].Args) == 0 {
		return false
	}
	id, ok := p.Cmds[0].Args[0].(*parse.IdentifierNode)
	return ok && id.Ident == name
}

func (r *templateReader) pipe(p *parse.PipeNode, s scope) {
	if p == nil {
		return
	}
	for _, c := range p.Cmds {
		r.command(c, s)
	}
}

func (r *templateReader) command(c *parse.CommandNode, s scope) {
	if r.call(c, s) {
		return
	}
	for _, a := range c.Args {
		r.argument(a, s)
	}
}

// call reads the calls that name a key or a path by a literal. done tells that nothing of
// the call is left to read.
func (r *templateReader) call(c *parse.CommandNode, s scope) (done bool) {
	if len(c.Args) < 2 {
		return false
	}
	id, ok := c.Args[0].(*parse.IdentifierNode)
	if !ok {
		return false
	}
	switch id.Ident {
	case "secret", "secrets", "pkiCert":
		if path, ok := c.Args[1].(*parse.StringNode); ok && id.Ident != "secrets" {
			r.found.secrets = append(r.found.secrets, secretCall{path: path.Text})
		}
	case "index":
		key, ok := c.Args[len(c.Args)-1].(*parse.StringNode)
		if !ok || len(c.Args) != 3 {
			return false
		}
		switch of := c.Args[1].(type) {
		case *parse.DotNode:
			r.field([]string{key.Text}, s)
		case *parse.VariableNode:
			if len(of.Ident) == 1 && of.Ident[0] == "$" {
				r.found.fields = append(r.found.fields, key.Text)
			}
		case *parse.FieldNode:
			if s.secret != nil {
				r.field(append(append([]string(nil), of.Ident...), key.Text), s)
				return true
			}
		}
	}
	return false
}

func (r *templateReader) argument(n parse.Node, s scope) {
	switch n := n.(type) {
	case *parse.FieldNode:
		r.field(n.Ident, s)
	case *parse.VariableNode:
		if len(n.Ident) > 1 && n.Ident[0] == "$" {
			r.found.fields = append(r.found.fields, n.Ident[1])
		}
	case *parse.PipeNode:
		r.pipe(n, s)
	case *parse.ChainNode:
		if p, ok := n.Node.(*parse.PipeNode); ok && isCall(p, "secret") {
			before := len(r.found.secrets)
			r.pipe(p, s)
			if len(r.found.secrets) == before+1 {
				r.found.secrets[before].fields = append(r.found.secrets[before].fields, n.Field)
			}
			return
		}
		r.argument(n.Node, s)
	}
}

func (r *templateReader) field(chain []string, s scope) {
	switch {
	case s.root:
		r.found.fields = append(r.found.fields, chain[0])
	case s.secret != nil && chain[0] == "Data":
		s.secret.fields = append(s.secret.fields, chain)
	}
}
