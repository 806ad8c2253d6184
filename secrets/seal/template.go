package seal

import (
	"strings"
	"text/template/parse"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// usersOf are the templates of a SealedSecret that use the value of a key.
func usersOf(d *manifest.Document, key string) (list []*manifest.Node) {
	eachField(d.Root, []string{"spec", "template", "data"}, func(n *manifest.Node) {
		if uses(n.Text, key) {
			list = append(list, n)
		}
	})
	return list
}

// longestParsed bounds the templates that are parsed, since each level of them takes
// its part of the stack.
const longestParsed = 64 << 10

// uses tells whether a template of text/template uses a field: as .key, as $.key, or
// by its name in quotes, as in (index . "key"). One that cannot be read uses what it
// names.
func uses(template, key string) bool {
	if !strings.Contains(template, key) {
		return false
	}
	if len(template) > longestParsed {
		return strings.Contains(template, "{{")
	}
	tree := parse.New("")
	tree.Mode = parse.SkipFuncCheck
	set := map[string]*parse.Tree{}
	if _, err := tree.Parse(template, "", "", set); err != nil {
		return strings.Contains(template, "{{")
	}
	found := false
	for _, t := range set {
		eachNode(t.Root, func(n parse.Node) {
			switch n := n.(type) {
			case *parse.FieldNode:
				found = found || len(n.Ident) > 0 && n.Ident[0] == key
			case *parse.VariableNode:
				found = found || len(n.Ident) > 1 && n.Ident[0] == "$" && n.Ident[1] == key
			case *parse.ChainNode:
				found = found || len(n.Field) > 0 && n.Field[0] == key
			case *parse.StringNode:
				found = found || n.Text == key
			}
		})
	}
	return found
}

// eachNode visits what a template is made of.
func eachNode(n parse.Node, visit func(parse.Node)) {
	branch := func(b *parse.BranchNode) {
		eachNode(b.Pipe, visit)
		eachNode(b.List, visit)
		eachNode(b.ElseList, visit)
	}
	switch n := n.(type) {
	case *parse.ListNode:
		if n == nil {
			return
		}
		for _, inner := range n.Nodes {
			eachNode(inner, visit)
		}
	case *parse.ActionNode:
		eachNode(n.Pipe, visit)
	case *parse.PipeNode:
		if n == nil {
			return
		}
		for _, command := range n.Cmds {
			for _, arg := range command.Args {
				eachNode(arg, visit)
			}
		}
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	case *parse.TemplateNode:
		eachNode(n.Pipe, visit)
	case *parse.ChainNode:
		visit(n)
		eachNode(n.Node, visit)
	default:
		visit(n)
	}
}
