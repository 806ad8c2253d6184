package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/report"
)

// page is the coverage for a page of HTML.
func (c ownersCovered) page() report.Coverage {
	out := report.Coverage{File: c.File, Host: c.Dialect.HostName()}
	environments := report.CoverageTable{Title: "environment"}
	for _, e := range c.Environments {
		row := e.row(cmp.Or(e.Environment, "(none)"))
		if e.Misowned > 0 {
			row.Note = counted(e.Misowned, "file") + " without the owners that the configuration asks for: " + strings.Join(slices.Concat(e.Include, e.Only), " ")
		}
		environments.Rows = append(environments.Rows, row)
	}
	folders := report.CoverageTable{Title: "folder"}
	for _, f := range c.folders {
		folders.Rows = append(folders.Rows, f.row("/"+f.Folder))
	}
	for _, table := range []report.CoverageTable{environments, folders} {
		if len(table.Rows) > 0 {
			out.Tables = append(out.Tables, table)
		}
	}
	return out
}

func (t ownersTally) row(name string) report.CoverageRow {
	return report.CoverageRow{Name: name, Files: t.Files, Owned: t.Owned, Fallback: t.Fallback, Cleared: t.Cleared, Unmatched: t.Unmatched}
}

// coverageOf is who owns the files that a run judges; nil where the CODEOWNERS file
// cannot be read, which the checks tell.
func coverageOf(s subject) *report.Coverage {
	if !s.whole || s.policies == nil {
		return nil
	}
	var paths []string
	byPath := map[string]checks.File{}
	for _, f := range s.set.Files {
		if f.Commit == "" {
			paths = append(paths, f.Path)
			byPath[f.Path] = f
		}
	}
	configured := s.settings.Config.Owners
	d, _ := chooseDialect("", configured, paths)
	file, err := hostsFile(d, paths, func(name string) ([]byte, error) {
		f := byPath[name]
		if f.Opaque != nil || f.Link || f.Load == nil {
			return nil, fmt.Errorf("%s %w", name, checks.ErrLink)
		}
		return f.Load()
	})
	if err != nil || file.Unjudged() {
		return nil
	}
	file.fallback = fallbackOf(configured)
	page := ownersTree{file: file, paths: paths, settings: s.settings}.coverage().page()
	return &page
}
