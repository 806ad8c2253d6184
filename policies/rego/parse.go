package rego

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Version is a dialect of Rego.
type Version uint8

// The dialects. Detect reads a module as V1 where it can be, else as V0.
const (
	Detect Version = iota
	V0
	V1
)

// A Fault is why a policy cannot be used, and where. Column is 0 where only the
// line is known.
type Fault struct {
	File    string
	Line    int
	Column  int
	Message string
}

// Error words f as compilers do.
func (f Fault) Error() string {
	if f.Line == 0 {
		return f.File + ": " + f.Message
	}
	return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Message)
}

// MaxModule is the size in bytes from which a module is refused.
const MaxModule = 4 << 20

// Parse reads one module. The annotations of METADATA comments are kept.
func Parse(file, text string, version Version) (*ast.Module, []Fault) {
	if len(text) > MaxModule {
		return nil, []Fault{{File: file, Line: 1, Message: "the policy is larger than 4 MiB"}}
	}
	if version != Detect {
		m, err := parseAs(file, text, version)
		return m, faultsOf(file, err)
	}
	m, err := parseAs(file, text, V1)
	if err == nil {
		return m, nil
	}
	if old, oldErr := parseAs(file, text, V0); oldErr == nil {
		return old, nil
	} else if onlyOldSyntax(err) {
		err = oldErr
	}
	return nil, faultsOf(file, err)
}

func parseAs(file, text string, version Version) (m *ast.Module, err error) {
	dialect := ast.RegoV1
	if version == V0 {
		dialect = ast.RegoV0
	}
	m, err = ast.ParseModuleWithOpts(file, text, ast.ParserOptions{
		RegoVersion:       dialect,
		ProcessAnnotation: true,
		Capabilities:      Capabilities(),
	})
	if err == nil && m == nil {
		err = errors.New("the module is empty")
	}
	return m, err
}

// onlyOldSyntax tells whether all that the parser of v1 has against a module are
// keywords that v0 does not know, so that the other errors are those to show.
func onlyOldSyntax(err error) bool {
	var list ast.Errors
	if !errors.As(err, &list) {
		return false
	}
	return !slices.ContainsFunc(list, func(e *ast.Error) bool { return !strings.Contains(e.Message, "keyword is required") })
}

// maxFaults is how many faults of one module are said.
const maxFaults = 10

// Faults words an error of the compiler; file stands where it names none.
func Faults(file string, err error) []Fault { return faultsOf(file, err) }

func faultsOf(file string, err error) []Fault {
	if err == nil {
		return nil
	}
	var list ast.Errors
	if !errors.As(err, &list) {
		return []Fault{{File: file, Line: 1, Message: firstLine(err.Error())}}
	}
	faults := make([]Fault, 0, len(list))
	for _, e := range list {
		f := Fault{File: file, Line: 1, Message: e.Code + ": " + firstLine(e.Message) + withheld(e.Message)}
		if e.Location != nil {
			f.Line, f.Column = e.Location.Row, e.Location.Col
			if e.Location.File != "" {
				f.File = e.Location.File
			}
		}
		if len(faults) < maxFaults && !slices.Contains(faults, f) {
			faults = append(faults, f)
		}
	}
	return faults
}

// withheld says of a function that the engine has and policies here have not, why it is
// not defined.
func withheld(message string) string {
	name, ok := strings.CutPrefix(firstLine(message), "undefined function ")
	if !ok || !slices.Contains(refused, name) {
		return ""
	}
	return ", which policies may not use here: they reach no network"
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}
