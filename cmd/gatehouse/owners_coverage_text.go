package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
)

// mostRows is how many rows of a table people are shown.
const mostRows = 12

// text is a table of the environments, or of the top folders where none are
// configured, and the folders in which owners are missing.
func (c ownersCovered) text(verbose bool) string {
	var b strings.Builder
	b.WriteString(c.title() + "\n")
	rows, demanded := c.rows()
	what := "environment"
	if len(c.Environments) == 0 {
		what = "folder"
	}
	table := [][]string{{what, "files", "owned", "fallback only", "cleared", "unmatched"}}
	if demanded {
		table[0] = append(table[0], "not as required")
	}
	for _, r := range slices.Concat(rows[:atMost(len(rows), verbose)], []environmentOwners{{Environment: "all", ownersTally: c.Counts, Misowned: misowned(rows)}}) {
		row := []string{printable(r.Environment)}
		for _, n := range []int{r.Files, r.Owned, r.Fallback, r.Cleared, r.Unmatched} {
			row = append(row, fmt.Sprint(n))
		}
		if demanded {
			row = append(row, fmt.Sprint(r.Misowned))
		}
		table = append(table, row)
	}
	b.WriteString(aligned(table))
	more(&b, len(rows), verbose, what)
	if len(c.Gaps) == 0 {
		b.WriteString("\nEvery file has an owner below the fallback.\n")
		return b.String()
	}
	b.WriteString("\nWithout an owner below the fallback:\n")
	for _, g := range c.Gaps[:atMost(len(c.Gaps), verbose)] {
		fmt.Fprintf(&b, "  %s\n", g.text())
	}
	more(&b, len(c.Gaps), verbose, "folder")
	return b.String()
}

// rows are the environments, else the folders of the root and the files in it, the
// worst first. demanded tells whether owners are asked for anywhere.
func (c ownersCovered) rows() (rows []environmentOwners, demanded bool) {
	for _, e := range c.Environments {
		demanded = demanded || len(e.Include)+len(e.Only) > 0
		e.Environment = cmp.Or(e.Environment, "(none)")
		rows = append(rows, e)
	}
	if len(rows) > 0 {
		return rows, demanded
	}
	root := environmentOwners{Environment: "(files of the root)", ownersTally: c.Counts}
	for _, f := range c.folders {
		if f.Folder == "" || strings.Contains(f.Folder, "/") {
			continue
		}
		rows = append(rows, environmentOwners{Environment: f.Folder + "/", ownersTally: f.ownersTally})
		root.add(f.minus())
	}
	if root.Files > 0 {
		rows = append(rows, root)
	}
	slices.SortStableFunc(rows, func(a, b environmentOwners) int { return worse(a.ownersTally, b.ownersTally) })
	return rows, false
}

func (t ownersTally) minus() ownersTally {
	return ownersTally{-t.Files, -t.Owned, -t.Fallback, -t.Cleared, -t.Unmatched}
}

func misowned(rows []environmentOwners) int {
	sum := 0
	for _, r := range rows {
		sum += r.Misowned
	}
	return sum
}

func (g ownersGap) text() string {
	where := printable(g.Folder) + "/"
	switch {
	case g.Folder == "" && g.Whole:
		where = "everything"
	case g.Folder == "":
		where = "the root"
	}
	files := counted(g.Files, "file")
	if !g.Whole {
		files += " directly in it"
	}
	var who []string
	if n := g.Cleared + g.Unmatched; n > 0 && g.Fallback > 0 {
		who = append(who, fmt.Sprintf("nobody owns %d", n))
	} else if n > 0 {
		who = append(who, "nobody")
	}
	if g.Fallback > 0 {
		who = append(who, "only "+aFew(g.Owners))
	}
	return fmt.Sprintf("%-40s  %s: %s", where, files, strings.Join(who, ", else "))
}

func atMost(n int, verbose bool) int {
	if verbose {
		return n
	}
	return min(n, mostRows)
}

func more(b *strings.Builder, n int, verbose bool, what string) {
	if rest := n - atMost(n, verbose); rest > 0 {
		fmt.Fprintf(b, "  and %s more: --verbose lists them\n", counted(rest, what))
	}
}

// aligned writes rows with their first column to the left and numbers to the right.
func aligned(rows [][]string) string {
	first := 0
	for _, r := range rows {
		first = max(first, min(len([]rune(r[0])), widest))
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, r := range rows {
		fmt.Fprintf(w, "%-*s\t%s\t\n", first, r[0], strings.Join(r[1:], "\t"))
	}
	_ = w.Flush() // writes to memory
	return b.String()
}
