// Package review gives objects the shape in which policies of a cluster see them: an
// AdmissionRequest, and the tree of all objects beside it.
//
// It takes values and knows no gate: a file in a pull request and a call of the API
// server become the same request.
package review

import (
	"errors"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
	"github.com/open-policy-agent/opa/v1/ast"
)

// Operations of a request.
const (
	Create = "CREATE"
	Update = "UPDATE"
	Delete = "DELETE"
)

// A Request is one object on its way into a cluster.
type Request struct {
	Operation string
	Object    *manifest.Node // nil where there is none
	Old       *manifest.Node // nil where there is none
	// Term is Object where that was converted before, without places.
	Term *ast.Term
	// Namespace is the Namespace object around it; nil where it is not known.
	Namespace *manifest.Node
	// Fields are the other fields of a real request (uid, userInfo, …). Those that
	// Object gives as well are taken from here.
	Fields []manifest.Node
}

// ErrNoObject tells that a request holds nothing to judge.
var ErrNoObject = errors.New("the request has neither an object nor an old object")

// ErrNoOldObject tells that a request to delete lacks what is to be deleted.
var ErrNoOldObject = errors.New("the request to delete an object does not hold the old object")

// OfReview reads the request of an AdmissionReview.
func OfReview(root *manifest.Node) (Request, error) {
	request := root.Get("request")
	if request == nil || request.Kind != manifest.Map {
		return Request{}, errors.New("the AdmissionReview has no request")
	}
	r := Request{Operation: request.Get("operation").Str()}
	for i := range request.Items {
		field := &request.Items[i]
		switch field.Key {
		case "object":
			r.Object = orNil(field)
		case "oldObject":
			r.Old = orNil(field)
		case "operation":
		default:
			r.Fields = append(r.Fields, *field)
		}
	}
	if r.Object == nil && r.Old == nil {
		return Request{}, ErrNoObject
	}
	return r.Settled()
}

func orNil(n *manifest.Node) *manifest.Node {
	if n.Kind == manifest.Null {
		return nil
	}
	return n
}

// Settled puts the old object in the place of the object where it is to be deleted,
// as Gatekeeper does.
func (r Request) Settled() (Request, error) {
	if r.Operation != Delete {
		return r, nil
	}
	if r.Old == nil {
		return r, ErrNoOldObject
	}
	r.Object = r.Old
	return r, nil
}

// A View is a request as Rego sees it.
type View struct {
	Request Request
	// Object is the object alone; its Term is nil where there is none.
	Object rego.Object
	pairs  [][2]*ast.Term
}

// View converts r. Where it is located, the terms of the object say which node each
// is; those of the old object never do.
func (r Request) View(located bool) View {
	v := View{Request: r}
	object, old := null, null
	if r.Object != nil {
		v.Object = r.convert(located)
		object = v.Object.Term
	}
	if r.Old != nil {
		old = rego.NewObject(r.Old).Term
	}
	given := func(key string, standard *ast.Term) *ast.Term {
		for i := range r.Fields {
			if r.Fields[i].Key == key {
				return rego.NewObject(&r.Fields[i]).Term
			}
		}
		return standard
	}
	subject := r.Object
	if subject == nil {
		subject = r.Old
	}
	meta := subject.Get("metadata")
	add := func(key string, value *ast.Term) {
		v.pairs = append(v.pairs, [2]*ast.Term{ast.InternedTerm(key), value})
	}
	add("uid", given("uid", empty))
	add("kind", given("kind", kindOf(subject)))
	add("resource", given("resource", noResource))
	add("operation", ast.StringTerm(r.Operation))
	add("userInfo", given("userInfo", noUser))
	add("object", object)
	add("oldObject", old)
	add("options", given("options", null))
	if name := meta.Get("name").Str(); name != "" {
		add("name", given("name", ast.StringTerm(name)))
	} else if given("name", nil) != nil {
		add("name", given("name", nil))
	}
	if namespace := meta.Get("namespace").Str(); namespace != "" {
		add("namespace", given("namespace", ast.StringTerm(namespace)))
	} else if given("namespace", nil) != nil {
		add("namespace", given("namespace", nil))
	}
	for i := range r.Fields {
		switch r.Fields[i].Key {
		case "uid", "kind", "resource", "userInfo", "options", "name", "namespace":
		default:
			add(r.Fields[i].Key, rego.NewObject(&r.Fields[i]).Term)
		}
	}
	return v
}

func (r Request) convert(located bool) rego.Object {
	switch {
	case located:
		return rego.NewLocated(r.Object)
	case r.Term != nil:
		return rego.Object{Term: r.Term}
	}
	return rego.NewObject(r.Object)
}

var (
	null       = ast.NullTerm()
	empty      = ast.StringTerm("")
	noUser     = ast.ObjectTerm()
	noResource = ast.ObjectTerm([2]*ast.Term{ast.StringTerm("group"), empty}, [2]*ast.Term{ast.StringTerm("version"), empty}, [2]*ast.Term{ast.StringTerm("resource"), empty})
)

func kindOf(n *manifest.Node) *ast.Term {
	group, version, ok := strings.Cut(n.Get("apiVersion").Str(), "/")
	if !ok {
		group, version = "", group
	}
	return ast.ObjectTerm(
		[2]*ast.Term{ast.InternedTerm("group"), ast.StringTerm(group)},
		[2]*ast.Term{ast.InternedTerm("version"), ast.StringTerm(version)},
		[2]*ast.Term{ast.InternedTerm("kind"), ast.StringTerm(n.Get("kind").Str())},
	)
}

// Gatehouse is the input of Gatehouse's own policies: the request itself with the
// parameters of the policy.
func (v View) Gatehouse(parameters *ast.Term) *ast.Term {
	pairs := append(v.pairs[:len(v.pairs):len(v.pairs)], [2]*ast.Term{ast.InternedTerm("parameters"), parameters})
	return ast.ObjectTerm(pairs...)
}

// Gatekeeper is the review that templates see: the request and the Namespace
// around the object.
func (v View) Gatekeeper() *ast.Term {
	around := null
	if v.Request.Namespace != nil {
		around = rego.NewObject(v.Request.Namespace).Term
	}
	pairs := append(v.pairs[:len(v.pairs):len(v.pairs)], [2]*ast.Term{ast.InternedTerm("namespaceObject"), around})
	return ast.ObjectTerm(pairs...)
}
