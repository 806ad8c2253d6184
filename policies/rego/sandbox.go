package rego

import (
	"slices"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/types"
)

// refused are the built-in functions that reach the network. The others are pure,
// or are given a fixed clock, a fixed seed and an empty environment.
var refused = []string{"http.send", "net.lookup_ip_addr"}

// externalData is the function by which Gatekeeper asks a provider in the cluster.
// Templates that use it must compile; it is undefined, as for Gatekeeper without a
// provider.
const externalData = "external_data"

var externalDataBuiltin = &ast.Builtin{
	Name: externalData,
	Decl: types.NewFunction(types.Args(types.A), types.A),
}

// Capabilities are what a policy may use. AllowNet is empty and not nil: nil would
// let schema references load from anywhere.
func Capabilities() *ast.Capabilities { return capabilities() }

var capabilities = sync.OnceValue(func() *ast.Capabilities {
	c := ast.CapabilitiesForThisVersion()
	c.Builtins = slices.DeleteFunc(slices.Clone(c.Builtins), func(b *ast.Builtin) bool {
		return slices.Contains(refused, b.Name)
	})
	c.Builtins = append(c.Builtins, declared...)
	c.AllowNet = []string{}
	return c
})
