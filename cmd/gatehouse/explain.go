package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/report"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/suggest"
	"github.com/gatehouse-dev/gatehouse/policies"
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
	list, err := checksNamed(c.Context, c.Args().Slice())
	if err != nil {
		return err
	}
	err = p.write(c, explainFormats(), func(format string) (string, error) { return explanation(format, list, c.NArg() > 0) })
	if err == nil && len(list.faults) > 0 {
		return policyFaults(list.faults).exit()
	}
	return err
}

func explainFormats() []string { return []string{"text", "json", "markdown"} }

// checksNamed finds checks by their IDs, also those of the policies of the
// repository that one stands in.
func checksNamed(ctx context.Context, ids []string) (explained, error) {
	all := declaredChecks()
	unknown := func(id string) bool { _, ok := checkNamed(all, id); return !ok }
	if len(ids) > 0 && !slices.ContainsFunc(ids, unknown) {
		return theChecks(all, ids)
	}
	_, set, err := policiesOf(ctx, ".")
	if err != nil {
		return explained{}, err
	}
	own := set.load()
	all = append(all, own.checks...)
	if len(ids) == 0 {
		return explained{all, own.ids(), own.faults}, nil
	}
	list, err := theChecks(all, ids)
	if err != nil && len(own.faults) > 0 {
		return explained{}, policyFaults(own.faults).exit() // it may be one of those
	}
	list.own = own.ids()
	return list, err
}

func theChecks(all []checks.Check, ids []string) (explained, error) {
	var list explained
	var known []string
	for _, c := range all {
		known = append(known, c.ID)
	}
	for _, id := range ids {
		c, ok := checkNamed(all, id)
		if !ok {
			return explained{}, usage("unknown check %q%s; gatehouse explain lists them", id, suggest.Sentence(id, known))
		}
		list.checks = append(list.checks, c)
	}
	return list, nil
}

func checkNamed(all []checks.Check, id string) (checks.Check, bool) {
	for _, c := range all {
		if c.ID == id {
			return c, true
		}
	}
	return checks.Check{}, false
}

// explained are checks to explain. A repository's own have no page.
type explained struct {
	checks []checks.Check
	own    []string
	faults []policies.Fault // of policies that are therefore not among them
}

func (e explained) help(id string) string {
	if slices.Contains(e.own, id) {
		return ""
	}
	return report.HelpURL(id)
}

func explanation(format string, list explained, whole bool) (string, error) {
	switch format {
	case "text":
		if whole {
			return list.text(), nil
		}
		return listText(list.checks), nil
	case "json":
		return list.json()
	case "markdown":
		var pages []string
		for _, c := range list.checks {
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

func (e explained) text() string {
	var b strings.Builder
	for i, c := range e.checks {
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
		if page := e.help(c.ID); page != "" {
			fmt.Fprintf(&b, "\n%s\n", page)
		}
	}
	return b.String()
}

// indented moves every line that is not blank two columns to the right.
func indented(text string) string { return indentedBy("  ", text) }

func (e explained) json() (string, error) {
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
	for _, c := range e.checks {
		entries = append(entries, entry{c.ID, c.Title, c.Category, c.Severity, c.Kind(), c.Why, c.Fix, c.Bad, c.Good, e.help(c.ID)})
	}
	return asJSON(map[string]any{"version": 1, "checks": entries})
}
