package main

import "github.com/gatehouse-dev/gatehouse/checks/manifest"

// usernamed is a user of whom no more than the name is known, as the userInfo of an
// AdmissionRequest.
func usernamed(name string) *manifest.Node {
	return &manifest.Node{Kind: manifest.Map, Items: []manifest.Node{{Key: "username", Kind: manifest.String, Text: name}}}
}
