package review

import (
	"github.com/gatehouse-dev/gatehouse/policies/rego"
	"github.com/open-policy-agent/opa/v1/ast"
)

// Asks is what a policy asks of a request besides its object. What is named anywhere in
// its modules counts: it may come to where it is read in any way.
type Asks struct {
	Old       bool // what the object was
	Operation bool
	User      bool // who makes the request
	Groups    bool // what only a cluster knows of the user
	// Removal tells that it may have something against the removal of an object: it
	// names that operation, or asks what becomes of an object and names none.
	Removal bool
}

// Fields of a request and of its user.
const (
	oldObject = "oldObject"
	operation = "operation"
	userInfo  = "userInfo"
)

// AsksOf looks through the modules of a policy.
func AsksOf(modules map[string]*ast.Module) Asks {
	user := rego.Mentions(modules, userInfo)
	a := Asks{
		Old: rego.Mentions(modules, oldObject), Operation: rego.Mentions(modules, operation),
		User: user, Groups: user && rego.Mentions(modules, "groups", "uid", "extra"),
	}
	a.Removal = a.Change() && (rego.Mentions(modules, Delete) || !rego.Mentions(modules, Create, Update))
	return a
}

// Change tells whether the answer may differ with what becomes of an object, and not
// only with what it is.
func (a Asks) Change() bool { return a.Old || a.Operation || a.User }
