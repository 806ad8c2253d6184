package conftest

import (
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// Combine makes the input that conftest gives with --combine: a list of all
// documents, each with its path, in the order of their paths.
func Combine(docs []*manifest.Document) *manifest.Node {
	docs = slices.Clone(docs)
	slices.SortStableFunc(docs, func(a, b *manifest.Document) int { return strings.Compare(a.File, b.File) })
	list := &manifest.Node{Kind: manifest.List}
	for _, d := range docs {
		contents := *d.Root
		contents.Key = "contents"
		list.Items = append(list.Items, manifest.Node{Kind: manifest.Map, Items: []manifest.Node{
			{Key: "path", Kind: manifest.String, Text: d.File}, contents,
		}})
	}
	return list
}
