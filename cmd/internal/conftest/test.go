package conftest

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/conftest"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
)

// test is conftest test.
func (p Program) test(ctx context.Context, s settings) error {
	switch {
	case len(s.args) == 0:
		return errors.New("missing required arguments: the files to test, or - for the standard input")
	case len(s.list("update")) > 0:
		return errors.New("--update is not part of Gatehouse, which downloads no policies: fetch them with git, or vendor them, and name their folder with --policy")
	}
	files, err := p.inputs(s.args, s.text("ignore"), s.text("parser"))
	if err != nil {
		return err
	}
	session, err := p.session(s)
	if err != nil {
		return err
	}
	namespaces, err := chosen(session.Namespaces(), s)
	if err != nil {
		return err
	}
	results, err := p.results(ctx, session, named(files, s.text("stdin-filename")), namespaces, s.bool("combine"))
	if err != nil {
		return err
	}
	code := results.exitCode(s.bool("fail-on-warn"))
	if s.bool("quiet") && code == 0 {
		return nil
	}
	o := outputOptions(s)
	o.suppressExceptions, o.trace = s.bool("suppress-exceptions"), s.bool("trace")
	if err := p.write(results, s.text("output"), o); err != nil {
		return err
	}
	if code != 0 && !s.bool("no-fail") {
		return status(code)
	}
	return nil
}

// named gives the standard input the name that is given for it.
func named(files []input, stdin string) []input {
	for i := range files {
		if files[i].name == "-" && stdin != "" {
			files[i].name = stdin
		}
	}
	return files
}

// chosen are the namespaces to test.
func chosen(all []string, s settings) ([]string, error) {
	patterns := s.list("namespace")
	if s.bool("all-namespaces") {
		return all, nil
	}
	if !slices.ContainsFunc(patterns, func(p string) bool { return strings.ContainsAny(p, "*?[") }) {
		return patterns, nil
	}
	return matching(all, patterns)
}

func matching(all, patterns []string) ([]string, error) {
	var out []string
	for _, name := range all {
		for _, pattern := range patterns {
			matched, err := path.Match(pattern, name)
			if err != nil {
				return nil, fmt.Errorf("--namespace %q: %w", pattern, err)
			}
			if matched {
				out = append(out, name)
				break
			}
		}
	}
	return out, nil
}

// session loads the policies and the data that settings name, and tells where
// policies ask for what they do not get.
func (p Program) session(s settings) (*conftest.Session, error) {
	o := conftest.SessionOptions{Trace: s.bool("trace"), BuiltinErrors: s.bool("show-builtin-errors"), Time: p.Now()}
	var err error
	if o.Options, err = regoOptions(s); err != nil {
		return nil, err
	}
	switch version := s.text("rego-version"); version {
	case "v0", "V0":
		o.Version = rego.V0
	case "v1", "V1":
		o.Version = rego.V1
	default:
		return nil, fmt.Errorf("invalid Rego version: %s", version)
	}
	files, err := policyFiles(s.list("policy"))
	if err != nil {
		return nil, fmt.Errorf("load policies: %w", err)
	}
	data, err := dataFiles(s.list("data"))
	if err != nil {
		return nil, fmt.Errorf("load data: %w", err)
	}
	session, err := conftest.NewSession(files, data, o)
	if err != nil {
		return nil, fmt.Errorf("load policies: %w", err)
	}
	for _, f := range session.ReachesOut() {
		fmt.Fprintf(p.Stderr, "notice: %s:%d: %s\n", f.File, f.Line, f.Message)
	}
	return session, nil
}

func regoOptions(s settings) (rego.Options, error) {
	o := rego.Options{Strict: s.bool("strict"), Read: func(name string) ([]byte, error) { return readFile(filepath.FromSlash(name)) }}
	name := s.text("capabilities")
	if name == "" {
		return o, nil
	}
	data, err := readFile(name)
	if err != nil {
		return o, fmt.Errorf("load capabilities: %w", err)
	}
	o.Capabilities, err = rego.ReadCapabilities(data)
	return o, err
}

// combined is what conftest calls the input of --combine.
const combined = "Combined"

// results runs the namespaces one after the other over all files.
func (p Program) results(ctx context.Context, session *conftest.Session, files []input, namespaces []string, combine bool) (results, error) {
	var out results
	for _, namespace := range namespaces {
		list := files
		if combine {
			list = []input{{name: combined}}
		}
		for _, f := range list {
			given, err := inputFile(f)
			if err != nil {
				return nil, err
			}
			redact := f.redact
			if combine {
				given.Documents = []*manifest.Node{combinedInput(files)}
				redact = func() func(string) string { return redactAll(files) }
			}
			said, err := session.Check(ctx, namespace, given)
			if err != nil {
				return nil, fmt.Errorf("query the rules of %s: %w", namespace, err)
			}
			out = append(out, resultOf(f.name, namespace, said, redact))
		}
	}
	return out, nil
}

func inputFile(f input) (conftest.File, error) {
	absolute, err := filepath.Abs(f.name)
	given := conftest.File{Name: f.name, Absolute: absolute}
	if f.text.Value != nil {
		given.Documents, given.Items = f.text.Documents(), f.text.More
	}
	return given, err
}

// combinedInput is one input of all documents, those that conftest passes over
// included.
func combinedInput(files []input) *manifest.Node {
	var docs []rego.Named
	for _, f := range files {
		for _, d := range slices.Concat(f.text.Documents(), f.text.More) {
			docs = append(docs, rego.Named{Path: f.name, Root: d})
		}
	}
	return rego.Combined(docs)
}

func redactAll(files []input) func(string) string {
	var all []func(string) string
	for _, f := range files {
		all = append(all, f.redact())
	}
	return func(s string) string {
		for _, redact := range all {
			s = redact(s)
		}
		return s
	}
}
