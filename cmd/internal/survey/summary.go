package survey

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// mostPathsShown of one line; the others are counted.
const mostPathsShown = 3

// Summary tells in a few lines what was found, for a terminal.
func (s Survey) Summary() string {
	var b strings.Builder
	s.writeEnvironments(&b)
	s.writeFinds(&b)
	s.writeLimits(&b)
	return b.String()
}

func (s Survey) writeEnvironments(b *strings.Builder) {
	switch {
	case s.WholeRepository:
		b.WriteString("The repository is one environment by its name:\n")
	case len(s.Environments) > 0:
		b.WriteString("Environments, from the first to the last:\n")
	default:
		b.WriteString("No environments were found by the names of folders, overlays and values files.\n")
	}
	var rows [][2]string
	for _, e := range s.Environments {
		rows = append(rows, [2]string{e.Name, shown(e.Paths, len(e.Paths))})
	}
	writeRows(b, rows)
	if n := s.Doubts.MoreEnvironments; n > 0 {
		fmt.Fprintf(b, "Left out: %d more environments.\n", n)
	}
	if n := s.Doubts.MoreGlobs; n > 0 {
		fmt.Fprintf(b, "Left out: %d more folders and files of environments.\n", n)
	}
	if s.Doubts.Count > 0 {
		b.WriteString("Called like an environment, but nothing else speaks for it, so not proposed:\n")
		fmt.Fprintf(b, "  %s\n", shown(s.Doubts.Paths, s.Doubts.Count))
	}
}

func (s Survey) writeFinds(b *strings.Builder) {
	if len(s.Finds) == 0 {
		return
	}
	b.WriteString("\nFound in the repository; the proposed configuration does not refer to it:\n")
	var rows [][2]string
	for _, f := range s.Finds {
		text := shown(f.Paths, f.Count)
		if f.Note != "" {
			text += " (" + f.Note + ")"
		}
		rows = append(rows, [2]string{string(f.Tool), text})
	}
	writeRows(b, rows)
}

func (s Survey) writeLimits(b *strings.Builder) {
	r := s.Reading
	if r.Read+r.Unreadable < r.Files {
		fmt.Fprintf(b, "\nRead %d of %d YAML and JSON files; there may be more than was found.\n", r.Read, r.Files)
	}
	if r.Unreadable > 0 {
		fmt.Fprintf(b, "\n%d files could not be read or are larger than %d MiB.\n", r.Unreadable, largestFileRead>>20)
	}
	if r.Ignored > 0 {
		fmt.Fprintf(b, "\n%d paths were not looked at: too long, too deep, or not from the root.\n", r.Ignored)
	}
}

func shown(paths []string, count int) string {
	var b strings.Builder
	n := min(len(paths), mostPathsShown)
	for i, p := range paths[:n] {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(visible(p))
	}
	if more := count - n; more > 0 {
		fmt.Fprintf(&b, " and %d more", more)
	}
	return b.String()
}

func writeRows(b *strings.Builder, rows [][2]string) {
	widest := 0
	for _, r := range rows {
		widest = max(widest, utf8.RuneCountInString(r[0]))
	}
	for _, r := range rows {
		fmt.Fprintf(b, "  %-*s  %s\n", widest, r[0], r[1])
	}
}
