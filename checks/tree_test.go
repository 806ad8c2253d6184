package checks

import (
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// ownedCheck reports every path of a tree that the file OWNED does not name.
func ownedCheck() Check {
	return Check{
		ID: "not-owned", Category: Owners, Severity: Error, Fix: "own it",
		Reads: func(path string) bool { return path == "OWNED" },
		Tree: func(p *Pass, t Tree) error {
			owned, err := t.Read("OWNED")
			if err != nil {
				return err
			}
			for _, path := range t.Paths {
				if !strings.Contains(string(owned.Text), path) {
					p.Report(Report{Where: Location{File: path}, Message: path + " is not owned"})
				}
			}
			return nil
		},
	}
}

func paths(findings []Finding, isNew bool) string {
	var list []string
	for _, f := range findings {
		if f.New == isNew {
			list = append(list, f.File)
		}
	}
	return strings.Join(list, " ")
}

func unchanged(f File) File {
	f.Unchanged = true
	return f
}

func TestTreeCheckReadsBothSides(t *testing.T) {
	got := run(t, Input{
		Checks: []Check{ownedCheck()}, HasOld: true,
		Files:  []File{textFile("OWNED", "OWNED b"), unchanged(textFile("a", "")), unchanged(textFile("b", "")), unchanged(textFile("c", ""))},
		Before: []File{textFile("OWNED", "OWNED a b")},
	})
	if n, o := paths(got.Findings, true), paths(got.Findings, false); n != "a" || o != "c" {
		t.Errorf("new findings in %q, old ones in %q; want a and c", n, o)
	}
}

func TestTreeCheckSeesPathsThatCameAndWent(t *testing.T) {
	got := run(t, Input{
		Checks: []Check{ownedCheck()}, HasOld: true,
		Files:  []File{unchanged(textFile("OWNED", "OWNED")), textFile("b", "")},
		Before: []File{textFile("a", "")},
	})
	if n, o := paths(got.Findings, true), paths(got.Findings, false); n != "b" || o != "" {
		t.Errorf("new findings in %q, old ones in %q; want b and none", n, o)
	}
	if got.OldDebt == nil || *got.OldDebt != 1 {
		t.Errorf("old debt = %v, want 1", got.OldDebt)
	}
}

func TestTreeCheckReadsOnlyWhatItDeclares(t *testing.T) {
	c := ownedCheck()
	c.Reads = func(path string) bool { return path == "other" }
	got := run(t, Input{Checks: []Check{c}, Files: []File{textFile("OWNED", "")}})
	if got.Verdict != VerdictIncomplete || len(got.NotJudged) != 1 || got.NotJudged[0].Check != "not-owned" {
		t.Errorf("verdict %s, not judged %+v; want incomplete because of the check", got.Verdict, got.NotJudged)
	}
}

func TestTreeCheckNeedsTree(t *testing.T) {
	c := ownedCheck()
	c.Needs = []Need{NeedTree}
	in := Input{Checks: []Check{c}, Files: []File{textFile("OWNED", "")}}
	if got := run(t, in); got.Verdict != VerdictPass || len(got.NotRun) != 1 {
		t.Errorf("without the tree: verdict %s, not run %+v", got.Verdict, got.NotRun)
	}
	in.Given = []Need{NeedTree}
	if got := run(t, in); got.Verdict != VerdictFail {
		t.Errorf("with the tree: verdict %s, want fail", got.Verdict)
	}
}

func TestTreeCheckTakesFactsOfFiles(t *testing.T) {
	c := Check{
		ID: "text-facts", Category: Policy, Severity: Error,
		FileFacts: func(f *manifest.File) []Fact {
			return []Fact{{Kind: "length", Key: f.Path, Where: Location{File: f.Path}}}
		},
		Tree: func(p *Pass, t Tree) error {
			for _, f := range t.Facts {
				p.Report(Report{Where: f.Where, Message: f.Kind})
			}
			return nil
		},
	}
	got := run(t, Input{Checks: []Check{c}, Files: []File{textFile("notes.txt", "x"), textFile("a.yaml", object("a", "b"))}})
	if list := paths(got.Findings, true); list != "a.yaml notes.txt" {
		t.Errorf("facts of %q, want of both files", list)
	}
}

func TestWhatATreeCheckReadIsRedacted(t *testing.T) {
	const value = "kX9vQ2mPzL7wR4tY"
	c := Check{
		ID: "quotes", Category: Policy, Severity: Error, Reads: func(string) bool { return true },
		Tree: func(p *Pass, t Tree) error {
			f, err := t.Read("s.yaml")
			if err != nil {
				return err
			}
			p.Report(Report{Where: Location{File: "s.yaml"}, Message: "it holds " + f.Documents[0].Root.Lookup("stringData", "password").Text})
			return nil
		},
	}
	text := "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\nstringData:\n  password: " + value + "\n"
	got := run(t, Input{Checks: []Check{c}, Files: []File{textFile("s.yaml", text)}})
	if len(got.Findings) != 1 || strings.Contains(got.Findings[0].Message, value) {
		t.Errorf("findings = %+v, want one without the value", got.Findings)
	}
}

func TestChangeCheckReadsBothTrees(t *testing.T) {
	var said string
	c := Check{
		ID: "compares", Category: Owners, Severity: Error, Reads: func(path string) bool { return path == "OWNED" },
		Change: func(p *Pass, change Change) error {
			before, err := change.Before.Read("OWNED")
			if err != nil {
				return err
			}
			now, err := change.Now.Read("OWNED")
			if err != nil {
				return err
			}
			said = string(before.Text) + " -> " + string(now.Text) + " in " + strings.Join(change.Before.Paths, ",") + " -> " + strings.Join(change.Now.Paths, ",")
			return nil
		},
	}
	run(t, Input{
		Checks: []Check{c}, HasOld: true,
		Files:  []File{unchanged(textFile("a", "")), textFile("OWNED", "two")},
		Before: []File{textFile("OWNED", "one"), textFile("b", "")},
	})
	if want := "one -> two in OWNED,a,b -> OWNED,a"; said != want {
		t.Errorf("the check saw %q, want %q", said, want)
	}
}

func TestChecksShareFacts(t *testing.T) {
	asked := 0
	sharing := func(id string) Check {
		return Check{
			ID: id, Category: Policy, Severity: Error, FactsOf: "lengths",
			FileFacts: func(f *manifest.File) []Fact {
				asked++
				return []Fact{{Kind: "length", Key: f.Path, Where: Location{File: f.Path}}}
			},
			Tree: func(p *Pass, t Tree) error {
				for _, f := range t.Facts {
					p.Report(Report{Where: f.Where, Message: f.Kind})
				}
				return nil
			},
		}
	}
	alone := sharing("alone")
	alone.FactsOf = ""
	got := run(t, Input{Checks: []Check{sharing("one"), alone, sharing("two")}, Files: []File{textFile("a", "")}, Workers: 1})
	if asked != 2 || len(got.Findings) != 3 {
		t.Errorf("asked %d times for %d findings, want 2 and 3", asked, len(got.Findings))
	}
}

// TestTreeCheckTellsWhatItLeavesOut: one place that cannot be judged makes the verdict
// incomplete, also where it stood before the change; what is left out is listed. Neither
// comes of the side before the change.
func TestTreeCheckTellsWhatItLeavesOut(t *testing.T) {
	asked := 0
	c := Check{
		ID: "asked", Category: References, Severity: Error,
		FileFacts: func(f *manifest.File) []Fact {
			return []Fact{{Key: string(f.Text), Where: Location{File: f.Path, At: manifest.Pos{Line: 3, Column: 1}}}}
		},
		Tree: func(p *Pass, t Tree) error {
			asked++
			p.NotJudged(t.Facts[0].Where, "nobody answers")
			p.NotRun("one was not asked about")
			p.Report(Report{Where: t.Facts[0].Where, Message: "and this is wrong", Severity: Warning})
			return nil
		},
	}
	got := run(t, Input{
		Checks: []Check{c}, HasOld: true, FailOn: FailOn(Error),
		Files:  []File{{Path: "a", Unchanged: true, Load: func() ([]byte, error) { return []byte("x"), nil }}, textFile("b", "new")},
		Before: []File{textFile("b", "old")},
	})
	if asked != 2 || got.Verdict != VerdictIncomplete || len(got.Findings) != 1 {
		t.Errorf("judged %d sides, verdict %s, findings %+v; want both, incomplete and one", asked, got.Verdict, got.Findings)
	}
	if len(got.NotJudged) != 1 || got.NotJudged[0] != (NotJudged{File: "a", Line: 3, Check: "asked", Reason: "nobody answers", New: true}) {
		t.Errorf("not judged is %+v", got.NotJudged)
	}
	if len(got.NotRun) != 1 || got.NotRun[0] != (NotRun{Check: "asked", Reason: "one was not asked about"}) || got.Counts.NotRun != 1 {
		t.Errorf("not run is %+v", got.NotRun)
	}
}
