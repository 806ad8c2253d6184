package main

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/admission"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/config"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/report"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/source"
)

func (p program) checkCommand() *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "judge the files of a folder, a repository or standard input",
		ArgsUsage: "[PATH]",
		Description: "Without --staged or --base, the files as they lie in PATH are judged.\n" +
			"PATH is a file or a folder; the default is the repository, or folder, that one stands in.\n" +
			"In a git repository the tracked files are judged, and those that are neither tracked nor ignored.\n" +
			"PATH - reads one file from standard input.\n\n" +
			"Exit codes: 0 pass, 1 fail, 2 wrong usage or configuration, 3 incomplete: nothing failed, and\n" +
			"something that should have been judged could not be.",
		Flags: append(slices.Concat(checkFlags(), liveFlags(), verifyFlags()),
			&cli.BoolFlag{Name: "staged", Usage: "judge what the next commit will hold; what HEAD already has is old debt"},
			&cli.StringFlag{Name: "base", Usage: "judge what HEAD brings over `REVISION`, by the rules of that revision"},
			&cli.StringFlag{Name: "head", Usage: "with --base, judge this `REVISION` instead of HEAD"},
			&cli.StringSliceFlag{Name: "author", Usage: "with --staged or --base, this `USER` made the change, for policies that ask who; may be given several times"},
			&cli.StringFlag{Name: "stdin-name", Value: "stdin.yaml", Usage: "`NAME` of the file on standard input, in findings"},
		),
		OnUsageError: onUsageError,
		Action:       p.check,
	}
}

// checkFlags are the flags that say what is judged and how it is told.
func checkFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FORMAT[=FILE]`: text, json, sarif, junit, github, gitlab, markdown or html; may be given several times"},
		&cli.StringFlag{Name: "group-by", Value: string(report.ByFile), Usage: "group the text by `WHAT`: file, check, owner or environment"},
		&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "list everything, however long"},
		&cli.StringSliceFlag{Name: "only", Usage: "run only these `CHECKS` or categories"},
		&cli.StringSliceFlag{Name: "skip", Usage: "leave out these `CHECKS` or categories"},
		&cli.StringSliceFlag{Name: "exclude", Usage: "leave out the files that match `GLOB`"},
		&cli.StringFlag{Name: "fail-on", Usage: "fail from this `SEVERITY` on: none, error or warning (default: error)"},
		&cli.StringSliceFlag{Name: "require", Usage: "be incomplete where these `CHECKS` cannot run"},
		&cli.BoolFlag{Name: "require-complete", Usage: "be incomplete also where something lies outside the tree"},
		&cli.BoolFlag{Name: "no-cache", Usage: "judge every file anew, also those that have not changed"},
		&cli.IntFlag{Name: "jobs", Aliases: []string{"j"}, Usage: "work on `N` files at a time", DefaultText: "one for each processor"},
	}
}

func (p program) check(c *cli.Context) error {
	outputs, err := outputsOf(c)
	if err != nil {
		return err
	}
	door, err := doorOf(c)
	if err != nil {
		return err
	}
	s, err := p.open(c.Context, door)
	defer s.close()
	var incomplete *source.Incomplete
	if errors.As(err, &incomplete) {
		return p.tell(outputs, p.incompleteReport(incomplete), incomplete.Mend)
	}
	if err != nil {
		return err
	}
	r, err := p.judge(c, s)
	var faulty policyFaults
	if err != nil && !errors.As(err, &faulty) {
		return err
	}
	told := p.tell(outputs, r, "")
	if len(faulty) > 0 {
		return faulty.exit()
	}
	return told
}

// tell writes the report and ends with the code of its verdict.
func (p program) tell(outputs outputs, r report.Report, hint string) error {
	if err := report.WriteAll(p.stdout, outputs.list, r, outputs.options(p)); err != nil {
		return exit{code: exitUsage, message: err.Error()}
	}
	switch r.Result.Verdict {
	case checks.VerdictPass:
		return nil
	case checks.VerdictFail:
		return exit{code: exitFail}
	}
	return exit{code: exitIncomplete, hint: hint}
}

// incompleteReport is the report of a run that could not see what it should judge.
func (p program) incompleteReport(incomplete *source.Incomplete) report.Report {
	return report.Report{
		Tool: report.Tool{Name: "gatehouse", Version: version()}, At: p.now().UTC(), FailOn: checks.FailOn(checks.Error),
		Result: checks.Result{
			Verdict:  checks.VerdictIncomplete,
			Findings: []checks.Finding{}, Opaque: []checks.Opaque{}, NotRun: []checks.NotRun{},
			NotJudged: []checks.NotJudged{{Reason: incomplete.Error(), New: true}},
		},
	}
}

// formatsOf are the formats that the command line asks for.
func formatsOf(c *cli.Context) []string {
	var formats []string
	for _, o := range c.StringSlice("output") {
		format, _, _ := strings.Cut(o, "=")
		formats = append(formats, format)
	}
	return formats
}

// outputs are the wishes of the command line about the report.
type outputs struct {
	list    []report.Output
	group   report.Group
	verbose bool
}

func outputsOf(c *cli.Context) (outputs, error) {
	list, err := report.ParseOutputs(c.StringSlice("output"))
	if err != nil {
		return outputs{}, usage("%s", err)
	}
	group, err := report.ParseGroup(c.String("group-by"))
	if err != nil {
		return outputs{}, usage("%s", err)
	}
	return outputs{list, group, c.Bool("verbose")}, nil
}

func (o outputs) options(p program) report.Options {
	return report.Options{Color: p.colored(p.stdout), Width: width(p.stdout), GroupBy: o.group, Verbose: o.verbose}
}

// judge runs the checks that the command line asks for over a subject. The error is
// a policyFaults where some policies of the user's own cannot be used: the report
// is then that of all others.
func (p program) judge(c *cli.Context, s subject) (report.Report, error) {
	asked := &live{}
	if c.Bool("live") {
		var err error
		if asked, err = p.askHost(c, s.name, s.commit); err != nil {
			return report.Report{}, err
		}
		s.policies.host = asked.host
	}
	verification, notAsked, err := p.verify(c, s)
	if err != nil {
		return report.Report{}, err
	}
	if verification != nil {
		s.policies.vault = verification
		defer verification.close(c.Context)
	}
	all, own := s.checks(words(c.StringSlice("only")), words(c.StringSlice("skip")))
	selected, err := selectChecks(all, c.StringSlice("only"), c.StringSlice("skip"))
	if err != nil {
		return report.Report{}, err
	}
	required, err := requiredChecks(c, append(all, knownChecks()...))
	if err != nil {
		return report.Report{}, err
	}
	s.doubts = append(slices.Clone(s.doubts), notUsed(own.faults)...)
	inHistory, err := selectChecks(all, nil, c.StringSlice("skip"))
	if err != nil {
		return report.Report{}, err
	}
	failOn, err := failOn(c, s.settings.Config)
	if err != nil {
		return report.Report{}, err
	}
	if err := knownGlobs(c.StringSlice("exclude")); err != nil {
		return report.Report{}, err
	}
	if c.Int("jobs") < 0 {
		return report.Report{}, usage("--jobs: it must not be negative")
	}
	files, excluded := exclude(s.set.Files, append(slices.Clone(s.settings.Config.Exclude), c.StringSlice("exclude")...))
	before, _ := exclude(s.set.Before, append(slices.Clone(s.settings.Config.Exclude), c.StringSlice("exclude")...))
	layout := s.settings.Config.Layout()
	if layout.Repository == "" {
		layout.Repository = s.name
	}
	layout.Folder = s.folder
	at := p.now().UTC()
	memory, save := p.memory(s.set.Root, s.policies.identity(), c.Bool("no-cache"))
	progress, done := p.progress()
	result := checks.Run(c.Context, checks.Input{
		Files: files, HasOld: s.set.HasOld, Before: before,
		Checks: selected, Rules: s.settings.Rules(), InHistory: inHistory, Past: s.set.Past, Waivers: s.settings.Waivers, Overrides: s.settings.Config.SeverityOverrides(),
		Given: givenTo(s), Users: s.users, Layout: layout, Limits: manifest.DefaultLimits(),
		FailOn: failOn, RequireComplete: c.Bool("require-complete") || s.settings.Config.RequireComplete,
		WholeTree: s.whole && excluded == 0, Quick: c.Bool("staged"), Time: at, Workers: c.Int("jobs"), Progress: progress, Memory: memory,
	})
	done()
	save()
	if err := s.judgeByProposal(c, &result, own.faults, selected, at); err != nil {
		return report.Report{}, err
	}
	if len(s.doubts) > 0 {
		result.NotJudged = append(slices.Clone(s.doubts), result.NotJudged...)
		if result.Verdict == checks.VerdictPass {
			result.Verdict = checks.VerdictIncomplete
		}
	}
	result.NotRun = slices.Concat(result.NotRun, asked.notRun, notAsked, notRunHere())
	mustRun(&result, required)
	result.Counts.NotRun = len(result.NotRun)
	if excluded > 0 {
		result.NotRun = append([]checks.NotRun{{Reason: excludedReason(excluded)}}, result.NotRun...)
		result.Counts.NotRun++
	}
	r := report.Report{
		Tool: report.Tool{Name: "gatehouse", Version: version()}, At: at, Commit: s.commit, Base: s.base,
		FailOn: failOn, RequireComplete: c.Bool("require-complete") || s.settings.Config.RequireComplete,
		Rules: report.Rules{Local: s.settings.Digest}, Result: result, Checks: selected, Local: own.ids(),
	}
	if slices.Contains(formatsOf(c), report.HTML) {
		r.Coverage = coverageOf(s)
	}
	if len(own.faults) > 0 && s.base == "" {
		return r, policyFaults(own.faults)
	}
	return r, nil
}

// failOn is the severity that the command line names, else the configuration,
// else error.
func failOn(c *cli.Context, settings config.Config) (checks.FailOn, error) {
	if word := c.String("fail-on"); word != "" {
		severity, err := checks.ParseFailOn(word)
		if err != nil {
			return 0, usage("--fail-on: %s", err)
		}
		return severity, nil
	}
	return settings.FailsOn(), nil
}

// exclude takes the files out that match one of the globs, and counts them.
func exclude(files []checks.File, globs []string) (kept []checks.File, excluded int) {
	if len(globs) == 0 {
		return files, 0
	}
	for _, f := range files {
		if !f.Message && slices.ContainsFunc(globs, func(glob string) bool { return checks.MatchPath(glob, f.Path) }) {
			excluded++
			continue
		}
		kept = append(kept, f)
	}
	return kept, excluded
}

// notRunHere lists the checks that only the gate at admission can run.
func notRunHere() []checks.NotRun {
	var list []checks.NotRun
	for _, c := range admission.Checks() {
		list = append(list, checks.NotRun{Check: c.ID, Reason: "it judges what is applied to a cluster; gatehouse webhook runs it", Elsewhere: true})
	}
	return list
}

// knownGlobs refuses a glob that can match nothing.
func knownGlobs(globs []string) error {
	for _, glob := range globs {
		if _, err := path.Match(glob, ""); err != nil || glob == "" {
			return usage("--exclude %q: this is not a glob; * and ? stand for anything but a slash, ** for any number of folders", glob)
		}
	}
	return nil
}

func excludedReason(n int) string {
	if n == 1 {
		return "1 file is excluded and was not judged"
	}
	return fmt.Sprintf("%d files are excluded and were not judged", n)
}
