package checks

import (
	"cmp"
	"context"
	"time"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// Pass is one run of one check over one subject. It collects what the check
// reports.
type Pass struct {
	Context context.Context
	Time    time.Time // the one clock of the run
	Layout  Layout
	Applied bool // of an object on its way to a cluster
	Users   []*manifest.Node
	Request []manifest.Node // of an admission; both see Input
	// Changed tells that the file has an old side and may differ from it, so that
	// Transition is asked of the objects in it.
	Changed bool

	file      string // the file that is judged
	check     *Check
	redact    func(string) string
	findings  []Finding
	notJudged []NotJudged
	notRun    []NotRun
}

// Report is what a check says of one fault.
type Report struct {
	Where    Location
	Inner    string   // the key inside a text that stands at Where, or ""
	Message  string   // what is wrong here, in one sentence without a secret value
	Fix      string   // what to do here; the check's own Fix where it is empty
	Severity Severity // where it differs from the check's
	Cites    string   // the value that the finding is about; it is never shown
	Stood    bool     // a transition finds it in the object as it was, too: it is no news
}

// Report adds a finding.
func (p *Pass) Report(r Report) {
	f := Finding{
		Check:       p.check.ID,
		Category:    p.check.Category,
		Severity:    cmp.Or(r.Severity, p.check.Severity),
		Message:     p.redact(r.Message),
		Fix:         p.redact(cmp.Or(r.Fix, p.check.Fix)),
		File:        r.Where.File,
		Line:        max(r.Where.At.Line, 1),
		Column:      max(r.Where.At.Column, 1),
		Object:      r.Where.Object,
		Field:       r.Where.Field,
		Environment: p.Layout.Environment(r.Where.File),
		Origins:     []Origin{},
		New:         !r.Stood,
		cites:       NewPlaintext(r.Cites),
		inner:       r.Inner,
	}
	f.EndLine = max(r.Where.EndLine, f.Line)
	p.findings = append(p.findings, f)
}

// NotJudged notes one place that should have been judged and could not be, while the
// check judges others. The reason holds no secret value.
func (p *Pass) NotJudged(where Location, reason string) {
	p.notJudged = append(p.notJudged, NotJudged{File: where.File, Line: max(where.At.Line, 1), Check: p.check.ID, Reason: p.redact(reason), New: true})
}

// NotRun notes what a check leaves out of what it judges here, because this door can never
// tell it. The same reason counts once. It holds no secret value.
func (p *Pass) NotRun(reason string) {
	p.notRun = append(p.notRun, NotRun{Check: p.check.ID, Reason: p.redact(reason)})
}

// At is the place of a node of d. field is its path in the object, and n the
// node, or its nearest ancestor that is written.
func At(d *manifest.Document, field string, n *manifest.Node) Location {
	l := Location{File: d.File, Object: d.Object, Field: field, At: d.At()}
	if n != nil && n.Place() != (manifest.Pos{}) {
		l.At, l.EndLine = n.Place(), n.EndLine()
	}
	return l
}
