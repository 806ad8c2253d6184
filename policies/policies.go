// Package policies runs policies that are written in Rego: Gatehouse's own, those
// written for conftest, and the templates and constraints of Gatekeeper.
package policies
