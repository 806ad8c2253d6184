// Package rego evaluates Rego: text to modules, modules to a program, a program
// and an object to values, and a value back to the field of the object that it is
// about.
//
// It knows the language and nothing of who writes in it: what a rule named deny
// means, or what a ConstraintTemplate is, stands in the packages above. Policies
// reach nothing outside: no network, no environment, no clock but the one given.
package rego
