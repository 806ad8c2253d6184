package conftest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// parse is conftest parse: files as policies see them, without their secret values.
func (p Program) parse(s settings) error {
	if len(s.args) == 0 {
		return errors.New("must supply path to at least one file")
	}
	files, err := p.inputs(s.args, "", s.text("parser"))
	if err != nil {
		return err
	}
	var value any
	indent, end := "  ", "\n"
	switch {
	case s.bool("combine"):
		value, indent, end = combinedValue(files), "\t", "\n\n"
	case len(files) == 1:
		value = plainValue(files[0].text.Value, files[0].redact())
	default:
		all := map[string]any{}
		for _, f := range files {
			all[f.name] = plainValue(f.text.Value, f.redact())
		}
		value = all
	}
	text, err := json.MarshalIndent(value, "", indent)
	if err != nil {
		return fmt.Errorf("write the output: %w", err)
	}
	return p.print(string(text) + end)
}

// pathed is a document with its path.
type pathed struct {
	Path     string `json:"path"`
	Contents any    `json:"contents"`
}

func combinedValue(files []input) []pathed {
	var list []pathed
	for _, f := range files {
		redact := f.redact()
		for _, d := range f.text.Documents() {
			list = append(list, pathed{f.name, plainValue(d, redact)})
		}
	}
	slices.SortStableFunc(list, func(a, b pathed) int { return strings.Compare(a.Path, b.Path) })
	return list
}

// plainValue is a tree as encoders take it.
func plainValue(n *manifest.Node, redact func(string) string) any {
	switch n.Kind {
	case manifest.Map:
		m := make(map[string]any, len(n.Items))
		for i := range n.Items {
			m[redact(n.Items[i].Key)] = plainValue(&n.Items[i], redact)
		}
		return m
	case manifest.List:
		list := make([]any, len(n.Items))
		for i := range n.Items {
			list[i] = plainValue(&n.Items[i], redact)
		}
		return list
	case manifest.Bool:
		return n.Text == "true"
	case manifest.Number:
		if shown := redact(n.Text); shown != n.Text {
			return shown
		}
		return plainNumber(n.Text)
	case manifest.String:
		return redact(n.Text)
	}
	return nil
}

// plainNumber is a number as encoders write it, which is not as policies see it: a
// large one has no exponent.
func plainNumber(text string) any {
	if f, err := strconv.ParseFloat(text, 64); err == nil && strings.ContainsAny(text, ".eE") {
		return f
	}
	return json.Number(text)
}

// reformat is conftest reformat: results in JSON, in another format.
func (p Program) reformat(s settings) error {
	var data []byte
	var err error
	if len(s.args) > 0 {
		if data, err = readFile(s.args[0]); err != nil {
			return fmt.Errorf("failed to open input file: %w", err)
		}
	} else if data, err = io.ReadAll(io.LimitReader(p.Stdin, maxBytes)); err != nil {
		return fmt.Errorf("read the standard input: %w", err)
	}
	var r results
	if err := json.NewDecoder(bytes.NewReader(data)).Decode(&r); err != nil {
		return fmt.Errorf("failed to parse JSON input: %w", err)
	}
	return p.write(r, s.text("output"), options{color: true})
}
