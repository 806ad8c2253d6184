package rego

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/tester"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/topdown/builtins"
	"github.com/open-policy-agent/opa/v1/types"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/formats"
)

// A Reader gives the file of a name, as parse_config_file and
// parse_combined_config_files ask for it: beside the module in which they stand.
type Reader func(name string) ([]byte, error)

// parsed is what the functions of conftest that parse give: any object.
var parsed = types.NewObject(nil, types.NewDynamicProperty(types.S, types.NewAny()))

// The functions of conftest: its names and types
// (https://www.conftest.dev/options/#parse_config).
var (
	parseConfig      = &ast.Builtin{Name: "parse_config", Decl: types.NewFunction(types.Args(types.S, types.S), parsed)}
	parseConfigFile  = &ast.Builtin{Name: "parse_config_file", Decl: types.NewFunction(types.Args(types.S), parsed)}
	parseConfigFiles = &ast.Builtin{Name: "parse_combined_config_files", Decl: types.NewFunction(types.Args(types.NewArray(nil, types.S)), parsed)}
)

// declared are the functions that policies have besides the engine's own.
var declared = []*ast.Builtin{externalDataBuiltin, parseConfig, parseConfigFile, parseConfigFiles}

// builtin is one of them with what it does: a value, or why there is none.
type builtin struct {
	decl *ast.Builtin
	call func(at *ast.Location, operands []*ast.Term) (*ast.Term, error)
}

// builtinsFor are all of them, for modules whose files read gives; nil gives none.
func builtinsFor(read Reader) []builtin {
	if read == nil {
		read = func(string) ([]byte, error) { return nil, errors.New("policies read no files here") }
	}
	files := fileParser{read}
	return []builtin{
		{externalDataBuiltin, func(*ast.Location, []*ast.Term) (*ast.Term, error) { return nil, errNoProvider }},
		{parseConfig, parse},
		{parseConfigFile, files.one},
		{parseConfigFiles, files.combined},
	}
}

var errNoProvider = errors.New("no provider of external data is known here")

// forQueries are the builtins as evaluations take them.
func forQueries(list []builtin) map[string]*topdown.Builtin {
	out := map[string]*topdown.Builtin{}
	for _, b := range list {
		out[b.decl.Name] = &topdown.Builtin{Decl: b.decl, Func: func(c topdown.BuiltinContext, operands []*ast.Term, iter func(*ast.Term) error) error {
			value, err := b.call(c.Location, operands)
			if err != nil {
				return builtins.NewOperandErr(1, "%s", err.Error())
			}
			return iter(value)
		}}
	}
	return out
}

// option is a builtin for a call of the engine as a whole.
func (b builtin) option() func(*rego.Rego) {
	function := &rego.Function{Name: b.decl.Name, Decl: b.decl.Decl}
	return rego.FunctionDyn(function, func(c rego.BuiltinContext, operands []*ast.Term) (*ast.Term, error) {
		return b.call(c.Location, operands)
	})
}

// TestBuiltins are the functions of policies that are none of the engine's own, for
// its runner of unit tests.
func TestBuiltins(read Reader) []*tester.Builtin {
	var out []*tester.Builtin
	for _, b := range builtinsFor(read) {
		out = append(out, &tester.Builtin{Decl: b.decl, Func: b.option()})
	}
	return out
}

var ownBuiltins = forQueries(builtinsFor(nil))

// parse is parse_config(format, text).
func parse(_ *ast.Location, operands []*ast.Term) (*ast.Term, error) {
	format, err := builtins.StringOperand(operands[0].Value, 1)
	if err != nil {
		return nil, err
	}
	text, err := builtins.StringOperand(operands[1].Value, 2)
	if err != nil {
		return nil, err
	}
	read, err := formats.Read(string(format), "", []byte(text))
	if err != nil {
		return nil, err
	}
	return NewObject(read.Value).Term, nil
}

// fileParser parses files beside the module that asks for them.
type fileParser struct{ read Reader }

func (p fileParser) file(at *ast.Location, operand ast.Value) (name string, text formats.Text, err error) {
	given, err := builtins.StringOperand(operand, 1)
	if err != nil {
		return "", formats.Text{}, err
	}
	name = path.Join(path.Dir(at.File), string(given))
	format := formats.Of(name)
	if format == "" {
		return "", formats.Text{}, fmt.Errorf("the name %s tells no format", name)
	}
	data, err := p.read(name)
	if err != nil {
		return "", formats.Text{}, fmt.Errorf("read config file: %w", err)
	}
	text, err = formats.Read(format, name, data)
	return name, text, err
}

// one is parse_config_file(name).
func (p fileParser) one(at *ast.Location, operands []*ast.Term) (*ast.Term, error) {
	_, text, err := p.file(at, operands[0].Value)
	if err != nil {
		return nil, err
	}
	return NewObject(text.Value).Term, nil
}

// combined is parse_combined_config_files(names): a list of documents with their
// paths, sorted by them.
func (p fileParser) combined(at *ast.Location, operands []*ast.Term) (*ast.Term, error) {
	names, err := builtins.ArrayOperand(operands[0].Value, 1)
	if err != nil {
		return nil, err
	}
	var files []Named
	for i := range names.Len() {
		name, text, err := p.file(at, names.Elem(i).Value)
		if err != nil {
			return nil, err
		}
		for _, d := range text.Documents() {
			files = append(files, Named{name, d})
		}
	}
	return NewObject(Combined(files)).Term, nil
}

// Named is a document with the path that conftest gives it.
type Named struct {
	Path string
	Root *manifest.Node
}

// Combined makes the input that conftest gives with --combine: a list of documents,
// each with its path, in the order of their paths.
func Combined(docs []Named) *manifest.Node {
	docs = slices.Clone(docs)
	slices.SortStableFunc(docs, func(a, b Named) int { return strings.Compare(a.Path, b.Path) })
	list := &manifest.Node{Kind: manifest.List}
	for _, d := range docs {
		contents := *d.Root
		contents.Key = "contents"
		list.Items = append(list.Items, manifest.Node{Kind: manifest.Map, Items: []manifest.Node{
			{Key: "path", Kind: manifest.String, Text: d.Path}, contents,
		}})
	}
	return list
}
