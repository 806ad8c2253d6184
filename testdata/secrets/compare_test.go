package corpus

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/builtin"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// TestCorpus holds the checks of secrets against the labels: every leak is an error
// at its lines, and nothing else is a warning or an error. Other seeds put other
// values in the same places: what is found must not hang on a lucky one.
func TestCorpus(t *testing.T) {
	for _, seed := range []uint64{Seed, 1, 2, 3} {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			files, err := Generate(seed)
			if err != nil {
				t.Fatal(err)
			}
			table := compare(t, files)
			if seed == Seed {
				t.Log("\n" + table.String())
			}
		})
	}
}

// compare runs the engine over the files and reports every miss and false alarm.
func compare(t *testing.T, files []File) table {
	t.Helper()
	result := checks.Run(t.Context(), inputOf(files))
	for _, n := range result.NotJudged {
		t.Errorf("%s:%d: not judged: %s", n.File, n.Line, n.Reason)
	}
	found := map[string][]checks.Finding{}
	for _, f := range result.Findings {
		archive, _, _ := strings.Cut(f.File, "!")
		found[archive] = append(found[archive], f)
	}
	table := table{}
	for _, f := range files {
		table.judge(t, f, found[f.Path])
	}
	return table
}

func inputOf(files []File) checks.Input {
	in := checks.Input{
		Limits: manifest.DefaultLimits(), FailOn: checks.FailOn(checks.Error),
		WholeTree: true, Time: time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC),
	}
	for _, c := range builtin.All() {
		if c.Category == checks.Secrets {
			in.Checks = append(in.Checks, c)
		}
	}
	for _, f := range files {
		in.Files = append(in.Files, checks.File{Path: f.Path, Load: func() ([]byte, error) { return f.Data, nil }})
	}
	return in
}

// score counts the labels of one kind.
type score struct {
	leaks, found  int
	quiet, alarms int // false alarms are labels of this kind that are reported
	unlabelled    int // reported lines without a label, in a file of this kind
}

type table map[string]*score

func (t table) of(kind string) *score {
	if t[kind] == nil {
		t[kind] = &score{}
	}
	return t[kind]
}

func (t table) judge(test *testing.T, f File, findings []checks.Finding) {
	test.Helper()
	loud := slices.DeleteFunc(slices.Clone(findings), func(g checks.Finding) bool { return g.Severity < checks.Warning })
	used := make([]bool, len(loud))
	for _, l := range f.Labels {
		if l.Verdict != Leak {
			t.of(l.Kind).quiet++
			continue
		}
		t.of(l.Kind).leaks++
		if i := finder(loud, used, l); i >= 0 {
			used[i] = true
			t.of(l.Kind).found++
			continue
		}
		test.Errorf("%s:%d: missed: %s, %s (%s)", f.Path, l.Line, l.Kind, l.Path, l.Reason)
	}
	for _, g := range loud {
		t.explain(test, f, g)
	}
}

// finder is an unused finding of severity error for a leak: one that begins at its
// line before one that only covers it.
func finder(loud []checks.Finding, used []bool, l Label) int {
	best := -1
	for i, g := range loud {
		if used[i] || g.Severity != checks.Error || !meets(g, l) {
			continue
		}
		if int(g.Line) == l.Line {
			return i
		}
		if best < 0 {
			best = i
		}
	}
	return best
}

// meets tells whether a finding and a label have a line in common, and where both
// name a member of an archive, that one.
func meets(g checks.Finding, l Label) bool {
	if _, member, named := strings.Cut(g.File, "!"); named {
		return member == l.member
	}
	return int(g.Line) <= l.EndLine && int(max(g.EndLine, g.Line)) >= l.Line
}

// explain counts a warning or error as a false alarm unless it begins at a leak, or
// covers one and begins at no quiet label.
func (t table) explain(test *testing.T, f File, g checks.Finding) {
	test.Helper()
	var covered, quiet *Label
	for i := range f.Labels {
		switch l := &f.Labels[i]; {
		case !meets(g, *l):
		case l.Verdict == Leak && (l.member != "" || int(g.Line) >= l.Line && int(g.Line) <= l.EndLine):
			return
		case l.Verdict == Leak:
			covered = l
		case quiet == nil && int(g.Line) >= l.Line:
			quiet = l
		}
	}
	switch {
	case slices.Contains(f.Tolerated, int(g.Line)), covered != nil && quiet == nil:
	case quiet != nil:
		t.of(quiet.Kind).alarms++
		test.Errorf("%s:%d: false alarm of %s: %s, %s (%s: %s)", f.Path, g.Line, g.Check, quiet.Kind, quiet.Path, quiet.Class, quiet.Reason)
	default:
		t.of("without a label").unlabelled++
		test.Errorf("%s:%d: false alarm of %s at a line without a label", f.Path, g.Line, g.Check)
	}
}

func (t table) String() string {
	var kinds []string
	var sum score
	for kind, s := range t {
		kinds = append(kinds, kind)
		sum.leaks, sum.found, sum.quiet, sum.alarms, sum.unlabelled =
			sum.leaks+s.leaks, sum.found+s.found, sum.quiet+s.quiet, sum.alarms+s.alarms, sum.unlabelled+s.unlabelled
	}
	slices.SortFunc(kinds, func(a, b string) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a), strings.ToLower(b)), cmp.Compare(a, b))
	})
	var b strings.Builder
	fmt.Fprintf(&b, "%-44s %12s %9s %14s %10s\n", "kind", "leaks found", "recall", "false alarms", "precision")
	for _, kind := range kinds {
		b.WriteString(t[kind].row(kind))
	}
	b.WriteString(sum.row("all"))
	return b.String()
}

func (s score) row(kind string) string {
	alarms := s.alarms + s.unlabelled
	return fmt.Sprintf("%-44s %6d/%-5d %9s %8d/%-5d %10s\n", kind, s.found, s.leaks, share(s.found, s.leaks), alarms, s.quiet, share(s.found, s.found+alarms))
}

func share(part, whole int) string {
	if whole == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(part)/float64(whole))
}
