// Package manifest reads configuration files: bytes in, documents out.
//
// A document is held as a tree of Nodes. Each Node has the value that
// Kubernetes would decode (YAML 1.1 booleans, numbers as JSON) and the place in
// the source where it is written. Canonical gives the one form of an object that
// every gate judges.
//
// The package is pure. It knows nothing of file systems, of git, of checks or of
// what a value means; it never decides whether something is wrong.
package manifest
