package conftest

import (
	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/gatehouse-dev/gatehouse/policies/rego"
)

// WithFile is data with what conftest tells policies of the file that is judged:
// data.conftest.file.name and data.conftest.file.dir. data stays as it is.
func WithFile(data ast.Object, name, dir string) rego.Data {
	file := ast.NewObject(
		[2]*ast.Term{ast.StringTerm("name"), ast.StringTerm(name)},
		[2]*ast.Term{ast.StringTerm("dir"), ast.StringTerm(dir)},
	)
	return rego.NewData(with(data, "conftest", with(objectAt(data, "conftest"), "file", file)))
}

// with is an object with another value at a key.
func with(o ast.Object, key string, value ast.Object) ast.Object {
	out := ast.NewObject()
	o.Foreach(func(k, v *ast.Term) { out.Insert(k, v) })
	out.Insert(ast.StringTerm(key), ast.NewTerm(value))
	return out
}

// objectAt is the object at a key; an empty one where there is none.
func objectAt(o ast.Object, key string) ast.Object {
	if value := o.Get(ast.StringTerm(key)); value != nil {
		if inner, ok := value.Value.(ast.Object); ok {
			return inner
		}
	}
	return ast.NewObject()
}
