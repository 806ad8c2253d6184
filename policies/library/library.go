// Package library holds Gatehouse's own policies in Rego, one folder each, with what
// they share in lib.
//
// It gives out their text and nothing else: it does not know Rego.
package library

import (
	"embed"
	"io/fs"
	"strings"
)

//go:embed lib/*.rego */policy.rego */bad.yaml */good.yaml
var files embed.FS

// compiled is what policies.Shelve makes of Files. `UPDATE=1 go test ./policies/library`
// writes it anew.
//
//go:embed compiled.bin
var compiled string

// Compiled returns the policies as they were compiled, for policies.ReadShelf.
func Compiled() string { return compiled }

// Read returns one file by its path from this folder.
func Read(name string) ([]byte, error) { return files.ReadFile(name) }

// Files returns the policies, their examples and what they share, by path from this
// folder, without the unit tests. The caller owns the map.
func Files() map[string][]byte {
	out := map[string][]byte{}
	// Nothing of what is embedded can fail to be read.
	_ = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(name, "_test.rego") {
			return err
		}
		data, err := files.ReadFile(name)
		out[name] = data
		return err
	})
	return out
}
