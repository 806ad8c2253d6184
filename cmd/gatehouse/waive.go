package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/config"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/report"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/source"
)

func (p program) waiveCommand() *cli.Command {
	return &cli.Command{
		Name:      "waive",
		Usage:     "accept findings for a time, in .gatehouse/waivers.yaml",
		ArgsUsage: "[FINGERPRINT...]",
		Description: "Each FINGERPRINT, or the beginning of one, names a finding of `gatehouse check -o json`.\n" +
			"With --existing, all that stands today is waived, except leaked credentials: those are waived\n" +
			"one by one, so that each is looked at.\n" +
			"With --rotated-by, the finding on a secret is answered for good: its value opens nothing any more.\n" +
			"With --base, the findings are those of `gatehouse check --base`, which also sees the history.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "existing", Usage: "waive all that stands today, except leaked credentials"},
			&cli.StringFlag{Name: "owner", Usage: "`WHO` answers for it: a team or a person"},
			&cli.StringFlag{Name: "expires", Usage: "last `DAY` on which it holds, as YYYY-MM-DD"},
			&cli.StringFlag{Name: "reason", Usage: "`WHY` it is accepted"},
			&cli.StringFlag{Name: "rotated-by", Usage: "`WHO` rotated the value: a team or a person"},
			&cli.StringFlag{Name: "rotated-on", Usage: "the `DAY` on which it was rotated, as YYYY-MM-DD (default: today)"},
			&cli.StringFlag{Name: "base", Usage: "waive findings of what HEAD brings over `REVISION`"},
			&cli.StringFlag{Name: "path", Value: ".", Usage: "judge this `FOLDER` or repository"},
			outputFlag(textOrJSON()...),
			&cli.BoolFlag{Name: "dry-run", Usage: "print the file instead of writing it"},
			&cli.IntFlag{Name: "jobs", Aliases: []string{"j"}, Usage: "work on `N` files at a time", DefaultText: "one for each processor"},
		},
		OnUsageError: onUsageError,
		Action:       p.waive,
	}
}

func (p program) waive(c *cli.Context) error {
	terms, err := p.termsOf(c)
	if err != nil {
		return err
	}
	s, err := p.open(c.Context, door{path: c.String("path"), base: c.String("base")})
	defer s.close()
	if _, ok := errors.AsType[*source.Incomplete](err); ok {
		return sourceExitOf(err)
	}
	if err != nil {
		return err
	}
	r, err := p.judge(c, s)
	if faulty, ok := errors.AsType[policyFaults](err); ok {
		return faulty.exit()
	}
	if err != nil {
		return err
	}
	add, skipped, err := terms.waivers(r.Result)
	if err != nil {
		return err
	}
	for _, f := range skipped {
		fmt.Fprintf(p.stderr, "not waived: %s:%d: %s: %s\n", f.Finding.File, f.Finding.Line, f.Finding.Check, f.Reason)
	}
	if len(add) == 0 {
		fmt.Fprintln(p.stderr, "there is nothing to waive")
	} else if err := p.writeWaivers(s, add, c.Bool("dry-run")); err != nil {
		return err
	}
	if c.Bool("dry-run") {
		return nil
	}
	return p.write(c, textOrJSON(), func(format string) (string, error) {
		if format == "json" {
			return asJSON(map[string]any{"version": 1, "file": config.WaiversPath, "added": len(add), "notWaived": len(skipped)})
		}
		if len(add) == 0 {
			return "", nil
		}
		return fmt.Sprintf("%s: %s added\n", config.WaiversPath, counted(len(add), "waiver")), nil
	})
}

// terms are what the command line says about the waivers to write.
type terms struct {
	existing      bool
	fingerprints  []string
	owner, reason string
	expires       time.Time
	rotated       checks.Rotation
}

func (p program) termsOf(c *cli.Context) (terms, error) {
	t := terms{existing: c.Bool("existing"), fingerprints: c.Args().Slice(), owner: c.String("owner"), reason: c.String("reason")}
	switch {
	case t.existing == (len(t.fingerprints) > 0):
		return t, usage("waive takes either --existing or the fingerprints of findings")
	case c.IsSet("rotated-by") || c.IsSet("rotated-on"):
		return p.rotationOf(c, t)
	case t.owner == "":
		return t, usage("waive needs --owner: the team or person that answers for it")
	case t.reason == "" && !t.existing:
		return t, usage("waive needs --reason: why it is accepted")
	case t.reason == "":
		t.reason = "Stood before the gate was set up."
	}
	var err error
	if t.expires, err = time.Parse(time.DateOnly, c.String("expires")); err != nil {
		return t, usage("waive needs --expires: the last day on which it holds, as YYYY-MM-DD")
	}
	return t, nil
}

// rotationOf reads the flags of a value that was rotated.
func (p program) rotationOf(c *cli.Context, t terms) (terms, error) {
	t.rotated = checks.Rotation{By: strings.TrimSpace(c.String("rotated-by")), On: p.now().UTC()}
	switch {
	case t.existing:
		return t, usage("--rotated-by goes with the fingerprints of findings: each rotated value is named")
	case t.rotated.By == "":
		return t, usage("--rotated-on goes with --rotated-by: the team or person that rotated the value")
	case c.IsSet("expires"):
		return t, usage("a value that was rotated stays rotated: leave out --expires")
	case !c.IsSet("rotated-on"):
		return t, nil
	}
	var err error
	if t.rotated.On, err = time.Parse(time.DateOnly, c.String("rotated-on")); err != nil {
		return t, usage("--rotated-on: it must be the day on which the value was rotated, as YYYY-MM-DD")
	}
	if config.RefuseFuture([]checks.Waiver{{Rotated: t.rotated}}, p.now()) != nil {
		return t, usage("--rotated-on: %s lies in the future", c.String("rotated-on"))
	}
	return t, nil
}

// waiver makes the waiver of one finding.
func (t terms) waiver(f checks.Finding) (checks.Waiver, error) {
	if t.rotated.By != "" {
		return config.ForRotation(f, t.rotated, t.owner, t.reason)
	}
	return config.ForFinding(f, t.owner, t.reason, t.expires)
}

func (t terms) waivers(result checks.Result) ([]checks.Waiver, []config.Skipped, error) {
	if t.existing {
		add, skipped := config.Existing(result, t.owner, t.reason, t.expires)
		return add, skipped, nil
	}
	var add []checks.Waiver
	for _, fingerprint := range t.fingerprints {
		f, err := findingOf(result, fingerprint)
		if err != nil {
			return nil, nil, err
		}
		w, err := t.waiver(f)
		if err != nil {
			return nil, nil, usage("%s: %s", fingerprint, err)
		}
		add = append(add, w)
	}
	return add, nil, nil
}

// findingOf finds the one finding whose fingerprint begins as given.
func findingOf(result checks.Result, fingerprint string) (checks.Finding, error) {
	var found []checks.Finding
	for _, f := range result.Findings {
		if strings.HasPrefix(f.Fingerprint, fingerprint) {
			found = append(found, f)
		}
	}
	switch {
	case len(found) == 0:
		return checks.Finding{}, usage("no finding has a fingerprint that begins with %q", fingerprint)
	case len(found) > 1:
		return checks.Finding{}, usage("%d findings have a fingerprint that begins with %q; give more of it", len(found), fingerprint)
	case found[0].Waived != nil && found[0].Waived.Expires == "":
		return checks.Finding{}, usage("the finding %s is answered already: %s", fingerprint, found[0].Waived.Reason)
	case found[0].Waived != nil:
		return checks.Finding{}, usage("the finding %s is waived already, until %s", fingerprint, found[0].Waived.Expires)
	}
	return found[0], nil
}

func (p program) writeWaivers(s subject, add []checks.Waiver, dryRun bool) error {
	root := s.set.Root
	existing, err := readBelow(root, config.WaiversPath)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read %s: %w", config.WaiversPath, err)
	}
	text, err := config.AddWaivers(config.WaiversPath, existing, add, s.policies.known())
	if err != nil {
		return err
	}
	if dryRun {
		_, err := p.stdout.Write(text)
		return err
	}
	if err := os.MkdirAll(filepath.Join(root, config.Folder), 0o755); err != nil {
		return err
	}
	return report.WriteFile(filepath.Join(root, filepath.FromSlash(config.WaiversPath)), text)
}

// counted writes a number with its noun.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
