package review

import (
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
	"github.com/open-policy-agent/opa/v1/ast"
)

// Inventory is what policies read at data: all objects of a tree under inventory,
// as cluster[apiVersion][kind][name] and namespace[namespace][apiVersion][kind][name],
// beside what else is given. Of two objects in one place the later one stays.
func Inventory(objects []*manifest.Node, beside ast.Object) rego.Data {
	cluster, namespaced := branch{}, branch{}
	for _, n := range objects {
		meta := n.Get("metadata")
		version, kind, name := n.Get("apiVersion").Str(), n.Get("kind").Str(), meta.Get("name").Str()
		if version == "" || kind == "" {
			continue
		}
		at := cluster
		if namespace := meta.Get("namespace").Str(); namespace != "" {
			at = namespaced.under(namespace)
		}
		at.under(version).under(kind)[name] = rego.NewObject(n).Term
	}
	root := ast.NewObject()
	if beside != nil {
		beside.Foreach(func(k, v *ast.Term) { root.Insert(k, v) })
	}
	inventory := ast.NewObject(
		[2]*ast.Term{ast.StringTerm("cluster"), cluster.term()},
		[2]*ast.Term{ast.StringTerm("namespace"), namespaced.term()},
	)
	root.Insert(ast.StringTerm("inventory"), ast.NewTerm(inventory))
	return rego.NewData(root)
}

// branch is a level of the inventory: a branch or a term by name.
type branch map[string]any

func (b branch) under(key string) branch {
	next, ok := b[key].(branch)
	if !ok {
		next = branch{}
		b[key] = next
	}
	return next
}

func (b branch) term() *ast.Term {
	o := ast.NewObject()
	for key, value := range b {
		switch v := value.(type) {
		case branch:
			o.Insert(ast.StringTerm(key), v.term())
		case *ast.Term:
			o.Insert(ast.StringTerm(key), v)
		}
	}
	return ast.NewTerm(o)
}
