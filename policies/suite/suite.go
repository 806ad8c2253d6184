// Package suite runs the tests of policies: Suite files as gator runs them, and
// unit tests of Rego as opa test runs them.
//
// It reads files only through the function that it is given, and prints nothing:
// what came of each case is a row.
package suite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"time"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/gatekeeper"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
	"github.com/gatehouse-dev/gatehouse/policies/review"
)

// A Row is what came of one case, or of a test or suite that could not come to its
// cases.
type Row struct {
	Suite  string `json:"suite"` // the file
	Line   int    `json:"line"`  // where the case stands in it
	Test   string `json:"test"`
	Case   string `json:"case"`
	Status Status `json:"status"`
	Reason string `json:"reason,omitempty"` // why it failed or was skipped
}

// Status is the outcome of a case.
type Status string

// The outcomes.
const (
	Passed  Status = "passed"
	Failed  Status = "failed"
	Skipped Status = "skipped"
)

// Group and Kind of a Suite file.
const (
	group = "test.gatekeeper.sh"
	kind  = "Suite"
)

// IsSuite tells whether d is a Suite.
func IsSuite(d *manifest.Document) bool { return d.Object.Group() == group && d.Object.Kind == kind }

// A Runner runs suites.
type Runner struct {
	// Read returns the content of a file; paths have slashes and no dots.
	Read func(path string) ([]byte, error)
	Time time.Time

	templates map[string]loaded
}

type loaded struct {
	template *gatekeeper.Template
	err      error
}

// Run runs all cases of a suite in their order.
func (r *Runner) Run(ctx context.Context, d *manifest.Document) []Row {
	if isTrue(d.Root.Get("skip")) {
		return []Row{{Suite: d.File, Line: int(d.At().Line), Status: Skipped, Reason: "the suite says skip"}}
	}
	tests := d.Root.Get("tests")
	if tests == nil {
		return nil
	}
	var rows []Row
	for i := range tests.Items {
		t := &tests.Items[i]
		for _, row := range r.test(ctx, path.Dir(d.File), t) {
			row.Suite, row.Test = d.File, t.Get("name").Str()
			row.Line = cmp.Or(row.Line, int(t.At.Line))
			rows = append(rows, row)
		}
	}
	return rows
}

func isTrue(n *manifest.Node) bool { return n != nil && n.Kind == manifest.Bool && n.Text == "true" }

func failed(err error) []Row { return []Row{{Status: Failed, Reason: err.Error()}} }

// test runs the cases of one template with one constraint.
func (r *Runner) test(ctx context.Context, dir string, t *manifest.Node) []Row {
	if isTrue(t.Get("skip")) {
		return []Row{{Status: Skipped, Reason: "the test says skip"}}
	}
	c, err := r.constraint(dir, t)
	if isTrue(t.Get("invalid")) {
		if !errors.Is(err, gatekeeper.ErrSchema) {
			return failed(fmt.Errorf("the constraint should have been refused by the schema of its template, and was not: %v", err))
		}
		return []Row{{Status: Passed}}
	}
	if err != nil {
		return failed(err)
	}
	expansions, err := r.expansions(dir, t.Get("expansion").Str())
	if err != nil {
		return failed(err)
	}
	var rows []Row
	cases := t.Get("cases")
	if cases == nil {
		return nil
	}
	for i := range cases.Items {
		tc := &cases.Items[i]
		row := Row{Case: tc.Get("name").Str(), Line: int(tc.At.Line), Status: Passed}
		switch {
		case isTrue(tc.Get("skip")):
			row.Status, row.Reason = Skipped, "the case says skip"
		default:
			if err := r.runCase(ctx, dir, c, expansions, tc); err != nil {
				row.Status, row.Reason = Failed, err.Error()
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func (r *Runner) constraint(dir string, t *manifest.Node) (*gatekeeper.Constraint, error) {
	template, err := r.template(dir, t.Get("template").Str())
	if err != nil {
		return nil, err
	}
	name := t.Get("constraint").Str()
	if name == "" {
		return nil, errors.New("the test names no constraint")
	}
	d, err := r.one(path.Join(dir, name))
	if err != nil {
		return nil, err
	}
	if !gatekeeper.IsConstraint(d) {
		return nil, fmt.Errorf("%s is no constraint", d.File)
	}
	return gatekeeper.ReadConstraint(d, template)
}

func (r *Runner) template(dir, name string) (*gatekeeper.Template, error) {
	if name == "" {
		return nil, errors.New("the test names no template")
	}
	file := path.Join(dir, name)
	if known, ok := r.templates[file]; ok {
		return known.template, known.err
	}
	t, err := r.readTemplate(file)
	if r.templates == nil {
		r.templates = map[string]loaded{}
	}
	r.templates[file] = loaded{t, err}
	return t, err
}

func (r *Runner) readTemplate(file string) (*gatekeeper.Template, error) {
	d, err := r.one(file)
	if err != nil {
		return nil, err
	}
	if !gatekeeper.IsTemplate(d) {
		return nil, fmt.Errorf("%s is no ConstraintTemplate", d.File)
	}
	t, faults := gatekeeper.ReadTemplate(d)
	if len(faults) == 0 {
		faults = t.Check()
	}
	if len(faults) > 0 {
		return nil, faults[0]
	}
	return t, nil
}

// expansions reads a file of ExpansionTemplates; none where a test names none.
func (r *Runner) expansions(dir, name string) ([]*gatekeeper.Expansion, error) {
	if name == "" {
		return nil, nil
	}
	docs, err := r.objects(path.Join(dir, name))
	if err != nil {
		return nil, err
	}
	var list []*gatekeeper.Expansion
	for _, d := range docs {
		if !gatekeeper.IsExpansion(d) {
			return nil, fmt.Errorf("%s holds an object that is no ExpansionTemplate", d.File)
		}
		e, fault := gatekeeper.ReadExpansion(d)
		if fault != nil {
			return nil, *fault
		}
		list = append(list, e)
	}
	return list, nil
}

// objects reads the documents of a file.
func (r *Runner) objects(file string) ([]*manifest.Document, error) {
	data, err := r.Read(file)
	if err != nil {
		return nil, err
	}
	f := manifest.Read(file, data, manifest.DefaultLimits())
	if len(f.Broken) > 0 {
		return nil, rego.Fault{File: file, Line: int(f.Broken[0].At.Line), Message: f.Broken[0].Reason}
	}
	var out []*manifest.Document
	for _, d := range f.Documents {
		if d.Root.Kind == manifest.Map && len(d.Root.Items) > 0 {
			out = append(out, d)
		}
	}
	return out, nil
}

func (r *Runner) one(file string) (*manifest.Document, error) {
	list, err := r.objects(file)
	if err != nil {
		return nil, err
	}
	if len(list) != 1 {
		return nil, fmt.Errorf("%s must hold one object, not %d", file, len(list))
	}
	return list[0], nil
}

// runCase reviews the object of a case and compares with what it asserts.
func (r *Runner) runCase(ctx context.Context, dir string, c *gatekeeper.Constraint, expansions []*gatekeeper.Expansion, tc *manifest.Node) error {
	object := tc.Get("object").Str()
	if object == "" {
		return errors.New("the case names no object")
	}
	assertions := tc.Get("assertions")
	if assertions == nil || len(assertions.Items) == 0 {
		return errors.New("the case asserts nothing")
	}
	request, err := r.request(path.Join(dir, object))
	if err != nil {
		return err
	}
	given := rego.Given{Time: r.Time}
	if given.Data, err = r.inventory(dir, tc.Get("inventory")); err != nil {
		return err
	}
	var messages []string
	if len(c.Actions(gatekeeper.Gator)) > 0 {
		view := request.View(false)
		messages = c.Evaluate(ctx, given, request, view.Gatekeeper(), gatekeeper.SourceOriginal).Rejections()
		implied, err := r.implied(ctx, c, expansions, request, given)
		if err != nil {
			return err
		}
		messages = append(messages, implied...)
	}
	for i := range assertions.Items {
		if err := assert(&assertions.Items[i], messages); err != nil {
			return err
		}
	}
	return nil
}

// implied are the messages on what a controller will make of an object. A whole request
// is not expanded by gator.
func (r *Runner) implied(ctx context.Context, c *gatekeeper.Constraint, expansions []*gatekeeper.Expansion, request review.Request, given rego.Given) ([]string, error) {
	if request.Operation != "" {
		return nil, nil
	}
	made, err := gatekeeper.Generate(expansions, request.Object)
	if err != nil {
		return nil, err
	}
	var messages []string
	for _, g := range made {
		of := review.Request{Object: g.Object}
		view := of.View(false)
		for _, message := range c.Evaluate(ctx, given, of, view.Gatekeeper(), gatekeeper.SourceGenerated).Rejections() {
			messages = append(messages, g.Message(message))
		}
	}
	return messages, nil
}

// request makes a request of a file: an AdmissionReview holds one, any other object
// is reviewed without an operation, as gator does.
func (r *Runner) request(file string) (review.Request, error) {
	d, err := r.one(file)
	if err != nil {
		return review.Request{}, err
	}
	if d.Object.Kind == "AdmissionReview" && d.Object.Group() == "admission.k8s.io" {
		return review.OfReview(d.Root)
	}
	return review.Request{Object: d.Root}, nil
}

func (r *Runner) inventory(dir string, files *manifest.Node) (rego.Data, error) {
	if files == nil || len(files.Items) == 0 {
		return rego.Data{}, nil
	}
	var objects []*manifest.Node
	for i := range files.Items {
		list, err := r.objects(path.Join(dir, files.Items[i].Str()))
		if err != nil {
			return rego.Data{}, err
		}
		for _, d := range list {
			objects = append(objects, d.Root)
		}
	}
	return review.Inventory(objects, nil), nil
}

// assert compares messages with one assertion: violations is yes (at least one),
// no, or a number of those that match the regular expression.
func assert(a *manifest.Node, messages []string) error {
	matching := len(messages)
	what := ""
	if m := a.Get("message"); m != nil && m.Kind == manifest.String {
		re, err := regexp.Compile(m.Text)
		if err != nil {
			return fmt.Errorf("the message %q is no regular expression", m.Text)
		}
		matching = 0
		for _, message := range messages {
			if re.MatchString(message) {
				matching++
			}
		}
		what = fmt.Sprintf(" matching %q", m.Text)
	}
	atLeast, exactly, err := wanted(a.Get("violations"))
	switch {
	case err != nil:
		return err
	case exactly < 0 && matching < atLeast:
		return fmt.Errorf("no violation%s; got messages %q", what, messages)
	case exactly >= 0 && matching != exactly:
		return fmt.Errorf("got %d violations%s, want exactly %d; got messages %q", matching, what, exactly, messages)
	}
	return nil
}

// wanted reads yes, no or a number. yes and no are booleans in YAML 1.1.
func wanted(n *manifest.Node) (atLeast, exactly int, err error) {
	switch {
	case n == nil, n.Kind == manifest.Null, n.Kind == manifest.Bool && n.Text == "true", n.Str() == "yes":
		return 1, -1, nil
	case n.Kind == manifest.Bool, n.Str() == "no":
		return 0, 0, nil
	case n.Kind == manifest.Number:
		if i, err := strconv.Atoi(n.Text); err == nil && i >= 0 {
			return 0, i, nil
		}
	}
	return 0, 0, errors.New(`violations must be yes, no or a number`)
}
