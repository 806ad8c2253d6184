package policies

import (
	"sync"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/conftest"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
)

// placer finds the field that a result is about: where the policy itself says, or
// else by how the result came about.
type placer struct {
	doc     *manifest.Document
	locator func() (*rego.Locator, error)
}

func newPlacer(d *manifest.Document, locate func() (*rego.Locator, error)) *placer {
	return &placer{doc: d, locator: sync.OnceValues(locate)}
}

func (p *placer) report(rule string, r conftest.Result) checks.Report {
	where, ok := p.said(r)
	if !ok {
		// A place that is not found is the object: the finding stands in any case.
		if l, err := p.locator(); err == nil {
			where = l.Of(rule, r.Element)
		}
	}
	return reportOf(p.doc, r, where, ok)
}

// reportOf is what a result says of a place. said tells that the place is the one that
// the result names itself.
func reportOf(d *manifest.Document, r conftest.Result, where rego.Place, said bool) checks.Report {
	report := checks.Report{Message: r.Message}
	if fix, ok := r.Metadata["fix"].(string); ok {
		report.Fix = fix
	}
	if text, ok := r.Metadata["severity"].(string); ok {
		var severity checks.Severity
		if severity.UnmarshalText([]byte(text)) == nil {
			report.Severity = severity
		}
	}
	report.Where = checks.At(d, where.Field, where.Node)
	if where.Node != nil && scalar(where.Node) {
		report.Cites = where.Node.Text
	}
	if r.Loc.Line > 0 && !said {
		report.Where.At = manifest.Pos{Line: uint32(r.Loc.Line), Column: 1}
		report.Where.EndLine = uint32(r.Loc.Line)
	}
	return report
}

func scalar(n *manifest.Node) bool {
	return n.Kind != manifest.Map && n.Kind != manifest.List
}

// said is the place that a result names itself: a line in _loc, or a path in one of
// the keys that policies use for it.
func (p *placer) said(r conftest.Result) (rego.Place, bool) { return saidOf(p.doc, r) }

func saidOf(d *manifest.Document, r conftest.Result) (rego.Place, bool) {
	return saidIn(d.Canonical(), d.File, r)
}

// saidIn is saidOf in an object of a file.
func saidIn(root *manifest.Node, file string, r conftest.Result) (rego.Place, bool) {
	if r.Loc.Line > 0 && (r.Loc.File == "" || r.Loc.File == file) {
		return onLine(root, uint32(r.Loc.Line))
	}
	for _, key := range []string{"field", "path", "failedPaths", "reviewPaths", "deletePaths", "fixPaths"} {
		for _, path := range paths(r.Metadata[key]) {
			if place, ok := rego.FieldAt(root, path); ok {
				return place, true
			}
		}
	}
	return rego.Place{}, false
}

// paths reads a path, a list of them, or a list of objects that hold one.
func paths(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, item := range v {
			out = append(out, paths(item)...)
		}
		return out
	case map[string]any:
		return paths(v["path"])
	}
	return nil
}

// onLine returns the first field that is written on a line.
func onLine(root *manifest.Node, line uint32) (found rego.Place, ok bool) {
	root.Walk(func(path func() string, n *manifest.Node) bool {
		if !ok && n != root && n.Place().Line == line {
			found, ok = rego.Place{Field: path(), Node: n}, true
		}
		return !ok
	})
	return found, ok
}
