package conftest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// tableText draws a table with a row for each result.
func tableText(b *bytes.Buffer, r results) {
	rows := [][]string{}
	for _, c := range r {
		add := func(kind string, list []result) {
			for _, one := range list {
				rows = append(rows, []string{kind, printable(c.File), c.Namespace, printable(one.Message)})
			}
		}
		for range c.Successes {
			rows = append(rows, []string{"success", printable(c.File), c.Namespace, "SUCCESS"})
		}
		add("exception", c.Exceptions)
		add("warning", c.Warnings)
		add("skipped", c.Skipped)
		add("failure", c.Failures)
	}
	if len(rows) == 0 {
		return
	}
	header := []string{"RESULT", "FILE", "NAMESPACE", "MESSAGE"}
	widths := widthsOf(append([][]string{header}, rows...))
	rule(b, widths, "┌", "┬", "┐")
	b.WriteString("│")
	for i, text := range header {
		free := widths[i] - columns(text)
		fmt.Fprintf(b, " %s%s%s │", strings.Repeat(" ", free/2), text, strings.Repeat(" ", free-free/2))
	}
	b.WriteString("\n")
	rule(b, widths, "├", "┼", "┤")
	for _, row := range rows {
		tableRow(b, widths, row)
	}
	rule(b, widths, "└", "┴", "┘")
}

// tableRow writes a row; a cell with several lines makes it as high.
func tableRow(b *bytes.Buffer, widths []int, row []string) {
	cells := make([][]string, len(row))
	high := 0
	for i, text := range row {
		cells[i] = cellLines(text)
		high = max(high, len(cells[i]))
	}
	for line := range high {
		b.WriteString("│")
		for i := range row {
			text := ""
			if line < len(cells[i]) {
				text = cells[i][line]
			}
			fmt.Fprintf(b, " %s%s │", text, strings.Repeat(" ", widths[i]-columns(text)))
		}
		b.WriteString("\n")
	}
}

func cellLines(text string) []string {
	lines := strings.Split(strings.ReplaceAll(text, "\t", " "), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return lines
}

func widthsOf(rows [][]string) []int {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, text := range row {
			for _, line := range cellLines(text) {
				widths[i] = max(widths[i], columns(line))
			}
		}
	}
	return widths
}

// columns is how wide a text is on a terminal: letters of East Asia take two columns
// (https://www.unicode.org/reports/tr11/).
func columns(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r >= 0x1100 && (r <= 0x115f || r >= 0x2e80 && r <= 0xa4cf || r >= 0xac00 && r <= 0xd7a3 || r >= 0xf900 && r <= 0xfaff ||
			r >= 0xfe30 && r <= 0xfe6f || r >= 0xff00 && r <= 0xff60 || r >= 0x1f300 && r <= 0x1faff || r >= 0x20000 && r <= 0x3fffd) {
			n++
		}
	}
	return n
}

func rule(b *bytes.Buffer, widths []int, left, middle, right string) {
	b.WriteString(left)
	for i, w := range widths {
		if i > 0 {
			b.WriteString(middle)
		}
		b.WriteString(strings.Repeat("─", w+2))
	}
	b.WriteString(right + "\n")
}

// relative writes a path as seen from the folder of the call.
func relative(name string) string {
	if !filepath.IsAbs(name) {
		return name
	}
	here, err := os.Getwd()
	if err != nil {
		return name
	}
	if rel, err := filepath.Rel(here, name); err == nil {
		return rel
	}
	return name
}
