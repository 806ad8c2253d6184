package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/gatehouse-dev/gatehouse/cmd/internal/report"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/suggest"
)

// outputFlag is the one output flag of every command that gives a result. Reports
// of check have formats of their own (package report).
func outputFlag(formats ...string) cli.Flag {
	return &cli.StringSliceFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FORMAT[=FILE]`: " + orList(formats) + "; may be given several times"}
}

// write gives a result in every format that was asked for, or in the first one.
func (p program) write(c *cli.Context, formats []string, in func(format string) (string, error)) error {
	asked := c.StringSlice("output")
	if len(asked) == 0 {
		asked = formats[:1]
	}
	for _, o := range asked {
		format, file, _ := strings.Cut(o, "=")
		if !slices.Contains(formats, format) {
			return usage("unknown output format %q%s: must be %s", format, suggest.Sentence(format, formats), orList(formats))
		}
		text, err := in(format)
		if err != nil {
			return err
		}
		if err := p.deliver(file, text); err != nil {
			return err
		}
	}
	return nil
}

// deliver writes text to a file, or to standard output where there is none.
func (p program) deliver(file, text string) error {
	if file != "" {
		return report.WriteFile(file, []byte(text))
	}
	_, err := io.WriteString(p.stdout, text)
	return err
}

// textOrJSON are the formats of a result that is a few facts.
func textOrJSON() []string { return []string{"text", "json"} }

// asJSON writes a value as JSON for people and programs.
func asJSON(v any) (string, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return "", fmt.Errorf("write the result as JSON: %w", err)
	}
	return b.String(), nil
}

// orList joins words as "a, b or c".
func orList(words []string) string {
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
