package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/config"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/source"
	"github.com/gatehouse-dev/gatehouse/policies"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
	"github.com/gatehouse-dev/gatehouse/policies/suite"
)

func (p program) policyTest(c *cli.Context) error {
	tests, err := policyTests(c.Context, c.Args().Slice())
	if err != nil {
		return err
	}
	if err := tests.withData(c.StringSlice("data")); err != nil {
		return err
	}
	outcome := tests.run(c.Context, p.now().UTC())
	err = p.write(c, testFormats(), func(format string) (string, error) {
		switch format {
		case "json":
			return outcome.json()
		case "junit":
			return outcome.junit()
		}
		return outcome.text(c.Bool("verbose")), nil
	})
	switch {
	case err != nil:
		return err
	case len(outcome.faults) > 0:
		return policyFaults(outcome.faults).exit()
	case outcome.count(suite.Failed) > 0:
		return exit{code: exitFail}
	}
	return nil
}

// policyTestSet is what policy test works on.
type policyTestSet struct {
	files, data []policies.File
	// read gives a file that a Suite names.
	read func(name string) ([]byte, error)
	// whole tells that the files are the policies of a repository, which run
	// together, and not a collection of them.
	whole bool
}

// policyTests gathers the policies in folders, or those of the repository.
func policyTests(ctx context.Context, folders []string) (policyTestSet, error) {
	if len(folders) == 0 {
		root, set, err := policiesOf(ctx, ".")
		if err != nil {
			return policyTestSet{}, err
		}
		if len(set.files) == 0 {
			return policyTestSet{}, exit{code: exitUsage, message: "there are no policies in " + strings.Join(set.settings.Config.PolicySettings().Folders(), ", "),
				hint: "gatehouse policy new NAME begins one; gatehouse policy test FOLDER tests those of a folder"}
		}
		return policyTestSet{set.files, set.data, folderPlace(root).read, true}, nil
	}
	// Suites may name files beside their folder, so that these are read as they are
	// named.
	budget := policyBudget{place: place{read: readNamed, list: listNamed}}
	tests := policyTestSet{read: readNamed}
	for _, folder := range folders {
		name := filepath.ToSlash(filepath.Clean(folder))
		if _, err := os.Stat(folder); err != nil {
			return tests, usage("%s: there is no such file or folder", printable(folder))
		}
		files, err := budget.below(name, ".rego", ".yaml", ".yml", ".json")
		if err != nil {
			return tests, exit{code: exitUsage, message: err.Error()}
		}
		if len(files) == 0 {
			return tests, usage("%s: there are no policies", printable(folder))
		}
		tests.files = append(tests.files, files...)
		tests.data = append(tests.data, dataBeside(files, name)...)
	}
	return tests, nil
}

// testFormats are the outputs of policy test.
func testFormats() []string { return append(textOrJSON(), "junit") }

// withData adds the files of data that a user names. Their folders, below what is
// named, say where in data they stand.
func (t *policyTestSet) withData(names []string) error {
	budget := policyBudget{place: place{read: readNamed, list: listNamed}}
	for _, given := range names {
		name := filepath.ToSlash(filepath.Clean(given))
		files, err := budget.below(name, ".yaml", ".yml", ".json")
		if err != nil {
			return exit{code: exitUsage, message: err.Error()}
		}
		if len(files) == 0 {
			return usage("--data %s: there is no JSON or YAML file", printable(given))
		}
		for _, f := range files {
			t.data = append(t.data, policies.File{Path: pathOfData(f.Path, name), Data: f.Data})
		}
	}
	return nil
}

// readNamed reads a file of the user's own choice, up to the size limit of all
// files.
func readNamed(name string) ([]byte, error) {
	folder, base := filepath.Split(filepath.FromSlash(name))
	return readBelow(cmp.Or(folder, "."), base)
}

func listNamed(name string) ([]string, error) {
	var paths []string
	err := filepath.WalkDir(filepath.FromSlash(name), func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			paths = append(paths, filepath.ToSlash(path))
		}
		return err
	})
	return paths, err
}

// policiesOf are the policies of the repository, or the folder, that a path is in.
func policiesOf(ctx context.Context, name string) (root string, set *policySet, err error) {
	if root, err = filepath.Abs(name); err != nil {
		return "", nil, err
	}
	repo, err := source.Open(ctx, name)
	switch {
	case errors.Is(err, source.ErrNotRepository):
	case err != nil:
		return "", nil, sourceExit(err)
	default:
		root = repo.Root()
		// Closing ends a git process that only reads; there is nothing to lose.
		_ = repo.Close()
	}
	set, err = openPolicies(folderPlace(root), false)
	return root, set, configExit(err)
}

// testCase is what came of one case.
type testCase struct {
	Suite  string       `json:"suite"`
	Test   string       `json:"test"`
	Case   string       `json:"case"`
	File   string       `json:"file"`
	Line   int          `json:"line"`
	Result suite.Status `json:"result"`
	Reason string       `json:"reason"`
}

// name is how people are told of a case.
func (c testCase) name() string {
	var parts []string
	for _, part := range []string{c.Test, c.Case} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return printable(strings.Join(parts, " / "))
}

// testOutcome is what came of all tests.
type testOutcome struct {
	cases    []testCase
	coverage map[string]suite.Coverage
	faults   []policies.Fault
	notices  []policies.Fault
}

func (o testOutcome) count(s suite.Status) int {
	n := 0
	for _, c := range o.cases {
		if c.Result == s {
			n++
		}
	}
	return n
}

func (t policyTestSet) run(ctx context.Context, now time.Time) testOutcome {
	own := t.load()
	out := testOutcome{coverage: map[string]suite.Coverage{}, notices: own.notices}
	// What a Suite is about, the Suite judges; in a collection its files need not fit
	// together.
	for _, f := range own.faults {
		if t.whole || !t.ofSuite(own.set, f.File) {
			out.faults = append(out.faults, f)
		}
	}
	runner := &suite.Runner{Read: t.read, Time: now}
	for _, d := range own.set.Suites {
		for _, r := range runner.Run(ctx, d) {
			out.add(r)
		}
	}
	t.units(ctx, own.set, &out)
	declared, list := t.forExamples()
	for _, o := range own.set.Own {
		if i := slices.IndexFunc(list, func(c checks.Check) bool { return c.ID == o.ID }); i >= 0 {
			out.examples(ctx, o, exampleRun{list[i], declared[o.ID].example, now})
		}
	}
	slices.SortStableFunc(out.cases, func(a, b testCase) int {
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line, strings.Compare(a.Case, b.Case))
	})
	return out
}

// load compiles the policies. Examples show what a policy finds by itself, whatever
// the configuration says; in a collection, an ID may stand in several places.
func (t policyTestSet) load() ownPolicies {
	if t.whole {
		return loadOwn(policies.NewObjects(), t.files, t.data, config.Settings{})
	}
	set, faults := compiled(t.files, t.data, nil)
	return ownPolicies{set: set, faults: faults, notices: set.Notices}
}

// forExamples loads the Gatehouse policies with what their METADATA gives them for
// their examples.
func (t policyTestSet) forExamples() (map[string]declaration, []checks.Check) {
	parameters := map[string]*manifest.Node{}
	byID := map[string]declaration{}
	for _, d := range ownDeclarations(t.files) {
		byID[d.check.ID] = d
		if given := d.example.Get("parameters"); given != nil {
			parameters[d.check.ID] = given
		}
	}
	set, _ := compiled(t.files, t.data, parameters)
	return byID, policies.Checks(set)
}

func (o *testOutcome) add(r suite.Row) {
	o.cases = append(o.cases, testCase{Suite: r.Suite, Test: r.Test, Case: r.Case, File: r.Suite, Line: r.Line, Result: r.Status, Reason: r.Reason})
}

// ofSuite tells whether a file lies in the folder of a Suite or below it.
func (t policyTestSet) ofSuite(set *policies.Set, file string) bool {
	if path.Ext(file) == ".rego" {
		return false
	}
	return slices.ContainsFunc(set.Suites, func(d *manifest.Document) bool { return isBelow(file, path.Dir(d.File)) })
}

// units runs the unit tests of Rego. In a collection, a folder whose packages are
// also those of other folders is a world of its own.
func (t policyTestSet) units(ctx context.Context, set *policies.Set, out *testOutcome) {
	alone := t.worlds()
	rest := slices.DeleteFunc(slices.Clone(t.files), func(f policies.File) bool {
		_, ok := alone[path.Dir(f.Path)]
		return ok && path.Ext(f.Path) == ".rego"
	})
	tests := set.Tests
	if len(alone) > 0 {
		together, _ := compiled(rest, t.data, nil)
		tests = together.Tests
	}
	out.units(suite.Units(ctx, tests, set.Data()))
	for _, dir := range slices.Sorted(maps.Keys(alone)) {
		world, _ := compiled(alone[dir], t.data, nil)
		out.units(suite.Units(ctx, world.Tests, world.Data()))
	}
}

func (o *testOutcome) units(rows []suite.Row, coverage map[string]suite.Coverage, faults []rego.Fault) {
	for _, r := range rows {
		o.add(r)
	}
	for file, c := range coverage {
		if !strings.HasPrefix(file, sharedPrefix) {
			o.coverage[file] = c
		}
	}
	for _, f := range faults {
		if !slices.Contains(o.faults, f) {
			o.faults = append(o.faults, f)
		}
	}
}

// worlds gives the modules of each folder with unit tests one of whose packages
// stands in another folder, too. The policies of one repository are one world.
func (t policyTestSet) worlds() map[string][]policies.File {
	if t.whole {
		return nil
	}
	folders := map[string]map[string]bool{} // by package
	modules := map[string][]policies.File{}
	packages := map[string][]string{}
	tested := map[string]bool{}
	for _, f := range t.files {
		dir, name := path.Dir(f.Path), packageOf(f.Data)
		if path.Ext(f.Path) != ".rego" || name == "" {
			continue
		}
		if folders[name] == nil {
			folders[name] = map[string]bool{}
		}
		folders[name][dir] = true
		modules[dir] = append(modules[dir], f)
		packages[dir] = append(packages[dir], name)
		tested[dir] = tested[dir] || strings.HasSuffix(f.Path, "_test.rego")
	}
	alone := map[string][]policies.File{}
	for dir, files := range modules {
		shared := slices.ContainsFunc(packages[dir], func(name string) bool { return len(folders[name]) > 1 })
		if tested[dir] && shared {
			alone[dir] = append(files, t.beside(dir)...)
		}
	}
	return alone
}

// beside are the files in a folder and below it that are no modules, which tests may
// parse.
func (t policyTestSet) beside(dir string) []policies.File {
	var files []policies.File
	for _, f := range t.files {
		if path.Ext(f.Path) != ".rego" && isBelow(f.Path, dir) {
			files = append(files, f)
		}
	}
	return files
}

// exampleRun is how the examples of one policy are judged: with the environment
// that its METADATA names for them.
type exampleRun struct {
	check checks.Check
	given *manifest.Node
	now   time.Time
}

// examples judges the examples of a Gatehouse policy, each as a tree of its own.
func (o *testOutcome) examples(ctx context.Context, own *policies.Own, run exampleRun) {
	dir := path.Dir(own.Namespace.Rules[0].File)
	before := ""
	if len(own.Good) > 0 {
		before = own.Good[0]
	}
	for _, example := range []struct {
		name  string
		texts []string
		found bool
	}{{badFile, own.Bad, true}, {goodFile, own.Good, false}} {
		file := path.Join(dir, example.name)
		row := testCase{Suite: dir, Test: own.ID, Case: example.name, File: file, Line: 1, Result: suite.Passed}
		missing := run.missing()
		switch {
		case len(example.texts) == 0:
			o.notices = append(o.notices, policies.Fault{File: path.Join(dir, policyFile), Line: 1, Message: "the policy has no example " + example.name})
			continue
		case missing != "":
			row.Result, row.Reason = suite.Skipped, "the policy needs "+string(missing)+", which a file does not have"
		default:
			if row.Reason = run.fault(ctx, file, example.texts[0], before, example.found); row.Reason != "" {
				row.Result = suite.Failed
			}
		}
		o.cases = append(o.cases, row)
	}
}

// missing is what the policy needs and an example cannot give it.
func (r exampleRun) missing() checks.Need {
	for _, need := range r.check.Needs {
		switch {
		case need == checks.NeedOldObject && r.check.Kind() == "transition", need == checks.NeedTree && r.check.Kind() == "tree":
		case (need == checks.NeedUserInfo || need == checks.NeedUserGroups) && r.user() != nil:
		default:
			return need
		}
	}
	return ""
}

// user is who makes the change from the good example to another; nil for nobody.
func (r exampleRun) user() *manifest.Node { return r.given.Get("userInfo") }

// fault tells why an example does not show what it should, or "". A policy about
// changes sees the step from the good example to this one.
func (r exampleRun) fault(ctx context.Context, file, text, before string, found bool) string {
	in := checks.Input{
		Files:  []checks.File{textFile(file, text)},
		Checks: []checks.Check{r.check}, Limits: manifest.DefaultLimits(), Time: r.now, WholeTree: true,
		Given: []checks.Need{checks.NeedTree},
	}
	change := func() {
		in.HasOld, in.Before, in.Given = true, []checks.File{textFile(file, before)}, append(in.Given, checks.NeedOldObject)
	}
	if user := r.user(); user != nil {
		in.Users, in.Given = []*manifest.Node{user}, append(in.Given, checks.NeedUserInfo, checks.NeedUserGroups)
	}
	if r.check.Kind() == "transition" || in.Users != nil {
		change()
	}
	if name := r.given.Get("environment").Str(); name != "" {
		in.Layout.Environments = []checks.Environment{{Name: name, Paths: []string{"**"}}}
	}
	if others := r.given.Get("environments"); others != nil {
		for i := range others.Items {
			if other := others.Items[i].Str(); other != r.given.Get("environment").Str() {
				in.Layout.Environments = append(in.Layout.Environments, checks.Environment{Name: other, Paths: []string{other}})
			}
		}
	}
	result := checks.Run(ctx, in)
	if found && len(result.Findings) == 0 && r.check.Transition != nil && !in.HasOld {
		// A policy on what becomes of an object may find it only there.
		change()
		result = checks.Run(ctx, in)
	}
	switch {
	case len(result.NotJudged) > 0:
		return fmt.Sprintf("it could not be judged: %s", result.NotJudged[0].Reason)
	case found && len(result.Findings) == 0:
		return "nothing is found in it"
	case !found && len(result.Findings) > 0:
		f := result.Findings[0]
		return fmt.Sprintf("it is found, on line %d: %s", f.Line, f.Message)
	}
	return ""
}

func textFile(name, text string) checks.File {
	return checks.File{Path: name, Load: func() ([]byte, error) { return []byte(text), nil }}
}
