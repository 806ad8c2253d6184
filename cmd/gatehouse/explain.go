package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/report"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/suggest"
)

func (p program) explainCommand() *cli.Command {
	return &cli.Command{
		Name:         "explain",
		Usage:        "explain a check, or list all checks",
		ArgsUsage:    "[ID]",
		Flags:        []cli.Flag{outputFlag(explainFormats()...)},
		OnUsageError: onUsageError,
		Action:       p.explain,
	}
}

func (p program) explain(c *cli.Context) error {
	explained, err := checksNamed(c.Args().Slice())
	if err != nil {
		return err
	}
	return p.write(c, explainFormats(), func(format string) (string, error) { return explanation(format, explained, c.NArg() > 0) })
}

func explainFormats() []string { return []string{"text", "json", "markdown"} }

func checksNamed(ids []string) ([]checks.Check, error) {
	all := knownChecks()
	if len(ids) == 0 {
		return all, nil
	}
	var named []checks.Check
	var known []string
	for _, c := range all {
		known = append(known, c.ID)
	}
	for _, id := range ids {
		c, ok := checkNamed(all, id)
		if !ok {
			return nil, usage("unknown check %q%s; gatehouse explain lists them", id, suggest.Sentence(id, known))
		}
		named = append(named, c)
	}
	return named, nil
}

func checkNamed(all []checks.Check, id string) (checks.Check, bool) {
	for _, c := range all {
		if c.ID == id {
			return c, true
		}
	}
	return checks.Check{}, false
}

func explanation(format string, explained []checks.Check, whole bool) (string, error) {
	switch format {
	case "text":
		if whole {
			return explainText(explained), nil
		}
		return listText(explained), nil
	case "json":
		return explainJSON(explained)
	case "markdown":
		var pages []string
		for _, c := range explained {
			pages = append(pages, checkPage(c))
		}
		return strings.Join(pages, "\n"), nil
	}
	return "", fmt.Errorf("no format %q", format)
}

// listText lists checks by category, one a line.
func listText(list []checks.Check) string {
	var b strings.Builder
	for _, category := range checks.Categories() {
		first := true
		for _, c := range list {
			if c.Category != category {
				continue
			}
			if first {
				fmt.Fprintf(&b, "%s\n", category)
				first = false
			}
			fmt.Fprintf(&b, "  %-22s %-8s %s\n", c.ID, c.Severity, c.Title)
		}
	}
	b.WriteString("\ngatehouse explain ID tells more of one.\n")
	return b.String()
}

func explainText(list []checks.Check) string {
	var b strings.Builder
	for i, c := range list {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%s: %s\n%s, %s\n\nWhy it matters\n%s\n\nHow to fix it\n%s\n", c.ID, c.Title, c.Category, c.Severity, indented(c.Why), indented(c.Fix))
		for _, bad := range c.Bad {
			fmt.Fprintf(&b, "\nIs found\n%s", indented(bad))
		}
		for _, good := range c.Good {
			fmt.Fprintf(&b, "\nIs fine\n%s", indented(good))
		}
		fmt.Fprintf(&b, "\n%s\n", report.HelpURL(c.ID))
	}
	return b.String()
}

// indented moves every line that is not blank two columns to the right.
func indented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) != "" {
			b.WriteString("  ")
		}
		b.WriteString(line)
	}
	return b.String()
}

func explainJSON(list []checks.Check) (string, error) {
	type entry struct {
		ID       string          `json:"id"`
		Title    string          `json:"title"`
		Category checks.Category `json:"category"`
		Severity checks.Severity `json:"severity"`
		Kind     string          `json:"kind"`
		Why      string          `json:"why"`
		Fix      string          `json:"fix"`
		Bad      []string        `json:"bad"`
		Good     []string        `json:"good"`
		Help     string          `json:"help"`
	}
	var entries []entry
	for _, c := range list {
		entries = append(entries, entry{c.ID, c.Title, c.Category, c.Severity, c.Kind(), c.Why, c.Fix, c.Bad, c.Good, report.HelpURL(c.ID)})
	}
	return asJSON(map[string]any{"version": 1, "checks": entries})
}
