// Package formats reads configuration files of several formats into what conftest
// gives policies to see.
//
// It judges nothing, opens no file, and reads no environment: what a file refers to
// outside itself stays as it is written.
package formats

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// A Text is a configuration file as policies see it.
type Text struct {
	// Value is what conftest has: the document, or a list of the documents of a
	// file with several.
	Value *manifest.Node
	// More are objects that conftest passes over, and kubectl would apply: the items
	// of a List, and documents behind a separator that conftest does not know.
	More []*manifest.Node
}

// Documents are the inputs that a text gives, one after the other: the elements of a
// list, or the value itself.
func (t Text) Documents() []*manifest.Node {
	if t.Value.Kind != manifest.List {
		return []*manifest.Node{t.Value}
	}
	docs := make([]*manifest.Node, len(t.Value.Items))
	for i := range docs {
		docs[i] = &t.Value.Items[i]
	}
	return docs
}

// Stdin is the name of the standard input, which is YAML unless a format is named.
const Stdin = "-"

// The formats that are read here, and those that only conftest reads.
var (
	readers = map[string]func(name string, data []byte) (Text, error){
		"yaml":       readYAML,
		"json":       plain(readJSON),
		"jsonc":      plain(readJSONC),
		"toml":       plain(readTOML),
		"ini":        plain(readINI),
		"dotenv":     plain(readDotenv),
		"properties": plain(readProperties),
		"ignore":     plain(readIgnore),
		"codeowners": plain(readCodeowners),
		"dockerfile": plain(readDockerfile),
	}
	foreign = []string{"cue", "cyclonedx", "edn", "groovy", "hcl1", "hcl2", "hocon", "jsonnet", "nginx", "spdx", "textproto", "vcl", "xml"}
)

// Known lists the formats that are read here.
func Known() []string {
	return []string{"codeowners", "dockerfile", "dotenv", "ignore", "ini", "json", "jsonc", "properties", "toml", "yaml"}
}

// Of tells the format of a file by its name, as conftest does; "" for a name that
// conftest knows no format for.
func Of(name string) string {
	if name == Stdin {
		return "yaml"
	}
	base := strings.ToLower(path.Base(name))
	extension := strings.TrimPrefix(path.Ext(base), ".")
	switch {
	case base == "dockerfile", strings.HasPrefix(base, "dockerfile."), extension == "dockerfile":
		return "dockerfile"
	case extension == "yml":
		return "yaml"
	case extension == "hcl", extension == "tf", extension == "tfvars":
		return "hcl2"
	case extension == "gitignore", extension == "dockerignore":
		return "ignore"
	case base == ".env", strings.HasPrefix(base, ".env."), extension == "env":
		return "dotenv"
	case base == "nginx.conf":
		return "nginx"
	case base == "jenkinsfile", strings.HasPrefix(base, "jenkinsfile."):
		return "groovy"
	case extension == "textpb":
		return "textproto"
	case base == "codeowners":
		return "codeowners"
	case readers[extension] != nil || isForeign(extension):
		return extension
	}
	return ""
}

func isForeign(format string) bool {
	for _, f := range foreign {
		if f == format {
			return true
		}
	}
	return false
}

// Read reads data in a format. The error says why it cannot be read, without a value
// of the file; a format that only conftest reads is one.
func Read(format, name string, data []byte) (Text, error) {
	read := readers[format]
	switch {
	case read != nil:
		t, err := read(name, data)
		if err != nil {
			return Text{}, fmt.Errorf("read %s: %w", format, err)
		}
		return t, nil
	case isForeign(format):
		return Text{}, fmt.Errorf("gatehouse does not read the format %s; it reads %s", format, strings.Join(Known(), ", "))
	}
	return Text{}, fmt.Errorf("unknown parser: %s", format)
}

// plain is a format whose files hold one value.
func plain(read func(data []byte) (any, error)) func(string, []byte) (Text, error) {
	return func(_ string, data []byte) (Text, error) {
		value, err := read(data)
		if err != nil {
			return Text{}, err
		}
		node, err := nodeOf(value)
		return Text{Value: node}, err
	}
}

func readJSON(data []byte) (any, error) {
	var v any
	err := json.Unmarshal(bytes.TrimPrefix(data, []byte("\ufeff")), &v)
	return v, withoutContent(err)
}

// withoutContent leaves of an error of a decoder what tells the place.
func withoutContent(err error) error {
	switch e := err.(type) {
	case nil:
		return nil
	case *json.SyntaxError:
		return fmt.Errorf("byte %d: %s", e.Offset, e.Error())
	case toml.ParseError:
		return fmt.Errorf("line %d is no TOML", e.Position.Line)
	}
	return err
}

func readTOML(data []byte) (any, error) {
	var v map[string]any
	if err := toml.Unmarshal(data, &v); err != nil {
		return nil, withoutContent(err)
	}
	if v == nil {
		v = map[string]any{}
	}
	return v, nil
}
