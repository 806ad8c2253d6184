// Package inventory is what of a tree is applied together, and what of each object a
// policy may ask of the others.
//
// It takes facts, not files: of each object the parts that other objects refer to,
// without a value of any setting. It works out which objects kustomize, Flux and Argo CD
// bring into one place, under which namespace and name, and where something may come
// about that no file shows. It knows no policy and no Rego.
package inventory
