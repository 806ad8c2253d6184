package checks

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// wordCheck reports every value "bad" of an object, citing the annotation "cites"
// where there is one.
func wordCheck(id string, category Category) Check {
	return Check{
		ID: id, Title: id, Category: category, Severity: Error, Fix: "mend it",
		Document: func(p *Pass, d *manifest.Document) error {
			d.Root.Walk(func(path func() string, n *manifest.Node) bool {
				if strings.HasPrefix(n.Str(), "bad") {
					p.Report(Report{Where: At(d, path(), n), Message: "found " + n.Text, Cites: n.Text})
				}
				return true
			})
			return nil
		},
	}
}

func textFile(path, text string) File {
	return File{Path: path, Load: func() ([]byte, error) { return []byte(text), nil }}
}

func object(name, value string) string {
	return fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: %s\ndata:\n  k: %s\n", name, value)
}

func run(t *testing.T, in Input) Result {
	t.Helper()
	if in.Time.IsZero() {
		in.Time = noon
	}
	if in.Limits == (manifest.Limits{}) {
		in.Limits = manifest.DefaultLimits()
	}
	if in.FailOn == 0 {
		in.FailOn = FailOn(Error)
	}
	return Run(context.Background(), in)
}

func TestFindingIsPlacedAndCounted(t *testing.T) {
	got := run(t, Input{Files: []File{textFile("a.yaml", object("one", "bad"))}, Checks: []Check{wordCheck("bad-word", Policy)}})
	want := []Finding{{
		Check: "bad-word", Category: Policy, Severity: Error, Message: "found bad", Fix: "mend it", File: "a.yaml",
		Line: 6, Column: 3, EndLine: 6, Object: manifest.Object{APIVersion: "v1", Kind: "ConfigMap", Name: "one"}, Field: "data.k",
		Origins: []Origin{}, New: true,
	}}
	ignore := cmp.Options{cmpopts.IgnoreFields(Finding{}, "Fingerprint"), cmpopts.IgnoreUnexported(Finding{})}
	if diff := cmp.Diff(want, got.Findings, ignore); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	wantCounts := Counts{
		Files: FileCounts{Found: 1, Judged: 1}, Documents: DocumentCounts{Found: 1, Judged: 1},
		Bytes: 68, Objects: 1, Errors: 1, New: 1,
	}
	if diff := cmp.Diff(wantCounts, got.Counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if got.Verdict != VerdictFail {
		t.Errorf("verdict = %s, want fail", got.Verdict)
	}
}

func TestVerdict(t *testing.T) {
	broken := textFile("broken.yaml", "apiVersion: v1\nkind: ConfigMap\n  bad: x\n")
	opaque := File{Path: "sub", Opaque: &Opaque{File: "sub", Line: 1, What: "submodule"}}
	oldOpaque := opaque
	oldOpaque.Unchanged = true
	oldBroken := broken
	oldBroken.Unchanged = true
	warning := wordCheck("bad-word", Policy)
	warning.Severity = Warning
	failing := Check{ID: "failing", Document: func(*Pass, *manifest.Document) error { return errors.New("cannot tell") }}
	tests := []struct {
		name string
		in   Input
		want Verdict
	}{
		{"nothing", Input{}, VerdictPass},
		{"good", Input{Files: []File{textFile("a.yaml", object("a", "ok"))}, Checks: []Check{warning}}, VerdictPass},
		{"warning", Input{Files: []File{textFile("a.yaml", object("a", "bad"))}, Checks: []Check{warning}}, VerdictPass},
		{"warning blocks", Input{Files: []File{textFile("a.yaml", object("a", "bad"))}, Checks: []Check{warning}, FailOn: FailOn(Warning)}, VerdictFail},
		{"broken", Input{Files: []File{broken}}, VerdictIncomplete},
		{"broken before", Input{Files: []File{oldBroken}, HasOld: true}, VerdictPass},
		{"broken and fail", Input{Files: []File{broken, textFile("a.yaml", object("a", "bad"))}, Checks: []Check{wordCheck("w", Policy)}}, VerdictFail},
		{"opaque", Input{Files: []File{opaque}}, VerdictPass},
		{"opaque required", Input{Files: []File{opaque}, RequireComplete: true}, VerdictIncomplete},
		{"opaque and new", Input{Files: []File{opaque}, HasOld: true}, VerdictIncomplete},
		{"opaque and old", Input{Files: []File{oldOpaque}, HasOld: true}, VerdictPass},
		{"check cannot tell", Input{Files: []File{textFile("a.yaml", object("a", "ok"))}, Checks: []Check{failing}}, VerdictIncomplete},
		{"need not met", Input{Files: []File{textFile("a.yaml", object("a", "bad"))}, Checks: []Check{func() Check {
			c := wordCheck("needs", Policy)
			c.Needs = []Need{NeedUserInfo}
			return c
		}()}}, VerdictPass},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := run(t, tt.in); got.Verdict != tt.want {
				t.Errorf("verdict = %s, want %s (%+v)", got.Verdict, tt.want, got)
			}
		})
	}
}

func TestNoneNeverFails(t *testing.T) {
	in := Input{Files: []File{textFile("a.yaml", object("a", "bad"))}, Checks: []Check{wordCheck("w", Policy)}, Time: noon, Limits: manifest.DefaultLimits()}
	if got := Run(context.Background(), in); got.Verdict != VerdictPass {
		t.Errorf("verdict = %s, want pass", got.Verdict)
	}
}

func TestPanicIsNotJudged(t *testing.T) {
	panics := Check{ID: "panics", Document: func(*Pass, *manifest.Document) error { panic("value hunter2") }}
	file := Check{ID: "file-panics", File: func(*Pass, *manifest.File) error { panic("value hunter2") }}
	tree := Check{ID: "tree-panics", Facts: func(*manifest.Document) []Fact { return nil }, Tree: func(*Pass, Tree) error { panic("value hunter2") }}
	got := run(t, Input{Files: []File{textFile("a.yaml", object("a", "bad"))}, Checks: []Check{panics, file, tree, wordCheck("w", Policy)}})
	var names []string
	for _, n := range got.NotJudged {
		names = append(names, n.Check)
		if strings.Contains(n.Reason, "hunter2") {
			t.Errorf("the reason shows the value: %s", n.Reason)
		}
	}
	if diff := cmp.Diff([]string{"tree-panics", "file-panics", "panics"}, names); diff != "" {
		t.Errorf("not judged (-want +got):\n%s", diff)
	}
	if len(got.Findings) != 1 {
		t.Errorf("the other check found %d, want 1", len(got.Findings))
	}
}

func TestFilesAddUp(t *testing.T) {
	files := []File{
		textFile("good.yaml", object("a", "ok")),
		textFile("broken.yaml", "kind: X\napiVersion: v1\n a: b\n---\n"+object("b", "ok")),
		{Path: "gone.yaml", Load: func() ([]byte, error) { return nil, errors.New("no such file") }},
		{Path: "huge.yaml", Load: func() ([]byte, error) { return nil, ErrTooLarge }},
		{Path: "sub", Opaque: &Opaque{File: "sub", Line: 1, What: "submodule"}},
		textFile("README.md", "# hello"),
		textFile("pointer.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"),
	}
	got := run(t, Input{Files: files}).Counts
	want := Counts{
		Files:     FileCounts{Found: 7, Judged: 2, Opaque: 2, NotJudged: 3},
		Documents: DocumentCounts{Found: 3, Judged: 2, NotJudged: 1},
		Objects:   2,
		Bytes:     got.Bytes,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func TestResultDoesNotDependOnWorkers(t *testing.T) {
	var files []File
	for i := range 200 {
		files = append(files, textFile(fmt.Sprintf("f%03d.yaml", i%40), object(fmt.Sprintf("n%d", i%7), "bad"+fmt.Sprint(i%3))))
	}
	in := Input{Files: files, Checks: []Check{wordCheck("a", Policy), wordCheck("b", Policy)}}
	var first Result
	for _, workers := range []int{1, 2, 8, 8} {
		in.Workers = workers
		got := run(t, in)
		if first.Findings == nil {
			first = got
			continue
		}
		if diff := cmp.Diff(first, got, ignoreInner, cmp.Comparer(func(a, b Plaintext) bool { return a == b })); diff != "" {
			t.Fatalf("with %d workers:\n%s", workers, diff)
		}
	}
}

func TestOldDebt(t *testing.T) {
	w := wordCheck("w", Policy)
	unchanged := textFile("same.yaml", object("same", "bad"))
	unchanged.Unchanged = true
	in := Input{
		HasOld: true,
		Before: []File{
			textFile("edited.yaml", object("edited", "bad")),
			textFile("value.yaml", object("value", "bad1")),
			textFile("moved-from.yaml", object("moved", "bad")),
		},
		Files: []File{
			unchanged,
			textFile("edited.yaml", "# a new comment\n# moves every line\n"+object("edited", "bad")),
			textFile("value.yaml", object("value", "bad2")),
			textFile("moved-to.yaml", object("moved", "bad")),
			textFile("new.yaml", object("new", "bad")),
		},
		Checks: []Check{w},
	}
	got := run(t, in)
	news := map[string]bool{}
	for _, f := range got.Findings {
		news[f.File] = f.New
	}
	want := map[string]bool{"same.yaml": false, "edited.yaml": false, "value.yaml": true, "moved-to.yaml": false, "new.yaml": true}
	if diff := cmp.Diff(want, news); diff != "" {
		t.Errorf("new findings (-want +got):\n%s", diff)
	}
	if got.OldDebt == nil || *got.OldDebt != 4 {
		t.Errorf("old debt = %v, want 4", got.OldDebt)
	}
	if got.Counts.New != 2 || got.Counts.Old != 3 {
		t.Errorf("new %d old %d, want 2 and 3", got.Counts.New, got.Counts.Old)
	}
}

func TestFingerprints(t *testing.T) {
	w := wordCheck("w", Policy)
	prints := func(layout Layout, files ...File) []string {
		var out []string
		for _, f := range run(t, Input{Files: files, Checks: []Check{w}, Layout: layout}).Findings {
			out = append(out, f.Fingerprint)
		}
		return out
	}
	base := prints(Layout{}, textFile("dir/a.yaml", object("a", "bad")))[0]
	same := map[string][]string{
		"other line":    prints(Layout{}, textFile("dir/a.yaml", "# c\n\n"+object("a", "bad"))),
		"other file":    prints(Layout{}, textFile("dir/b.yaml", object("a", "bad"))),
		"other value":   prints(Layout{}, textFile("dir/a.yaml", object("a", "badder"))),
		"other version": prints(Layout{}, textFile("dir/a.yaml", strings.Replace(object("a", "bad"), "v1", "v2", 1))),
	}
	for name, got := range same {
		if got[0] != base {
			t.Errorf("%s: the fingerprint changed", name)
		}
	}
	differ := map[string][]string{
		"other name":       prints(Layout{}, textFile("dir/a.yaml", object("b", "bad"))),
		"other folder":     prints(Layout{}, textFile("other/a.yaml", object("a", "bad"))),
		"other repository": prints(Layout{Repository: "x"}, textFile("dir/a.yaml", object("a", "bad"))),
	}
	for name, got := range differ {
		if got[0] == base {
			t.Errorf("%s: the fingerprint is the same", name)
		}
	}
	twice := prints(Layout{}, textFile("dir/a.yaml", object("a", "bad")+"---\n"+object("a", "bad")))
	if twice[0] != base || twice[1] == base {
		t.Errorf("two findings of one identity: %v, the first of one alone is %s", twice, base)
	}
}

func TestWaivers(t *testing.T) {
	obj := manifest.Object{APIVersion: "v1", Kind: "ConfigMap", Name: "a"}
	valid := Waiver{Check: "w", Object: obj, Reason: "r", Owner: "o", Expires: noon.Truncate(24 * time.Hour)}
	with := func(change func(*Waiver)) Waiver {
		w := valid
		change(&w)
		return w
	}
	tests := []struct {
		name     string
		waiver   Waiver
		category Category
		waived   bool
		used     int
	}{
		{"exact object", valid, Policy, true, 1},
		{"exact field", with(func(w *Waiver) { w.Field = "data.k" }), Policy, true, 1},
		{"other field", with(func(w *Waiver) { w.Field = "data.j" }), Policy, false, 0},
		{"other check", with(func(w *Waiver) { w.Check = "v" }), Policy, false, 0},
		{"other name", with(func(w *Waiver) { w.Object.Name = "b" }), Policy, false, 0},
		{"prefix of name", with(func(w *Waiver) { w.Object.Name = "" }), Policy, false, 0},
		{"other namespace", with(func(w *Waiver) { w.Object.Namespace = "x" }), Policy, false, 0},
		{"object and file", with(func(w *Waiver) { w.File = "a.yaml" }), Policy, true, 1},
		{"object and other file", with(func(w *Waiver) { w.File = "b.yaml" }), Policy, false, 0},
		{"path for an object's finding", with(func(w *Waiver) { w.Object = manifest.Object{}; w.File = "a.yaml" }), Policy, false, 0},
		{"nothing", with(func(w *Waiver) { w.Object = manifest.Object{} }), Policy, false, 0},
		{"last day", valid, Policy, true, 1},
		{"day after", with(func(w *Waiver) { w.Expires = w.Expires.AddDate(0, 0, -1) }), Policy, false, 1},
		{"secret without value", valid, Secrets, false, 0},
		{"secret with its value", with(func(w *Waiver) { w.Value = DigestValue(NewPlaintext("bad")) }), Secrets, true, 1},
		{"secret with another value", with(func(w *Waiver) { w.Value = DigestValue(NewPlaintext("other")) }), Secrets, false, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var uses []WaiverUse
			audit := Check{ID: "audit", Waivers: func(_ *Pass, u []WaiverUse) error { uses = u; return nil }}
			got := run(t, Input{
				Files: []File{textFile("a.yaml", object("a", "bad"))}, Waivers: []Waiver{tt.waiver},
				Checks: []Check{wordCheck("w", tt.category), audit},
			})
			if waived := got.Findings[0].Waived != nil; waived != tt.waived {
				t.Errorf("waived = %v, want %v", waived, tt.waived)
			}
			if (got.Verdict == VerdictPass) != tt.waived {
				t.Errorf("verdict = %s", got.Verdict)
			}
			if uses[0].Used != tt.used {
				t.Errorf("used = %d, want %d", uses[0].Used, tt.used)
			}
		})
	}
}

func TestExpiredWaiverMakesOldDebtNew(t *testing.T) {
	f := textFile("a.yaml", object("a", "bad"))
	f.Unchanged = true
	w := Waiver{Check: "w", Object: manifest.Object{APIVersion: "v1", Kind: "ConfigMap", Name: "a"}, Expires: noon.AddDate(0, 0, -2)}
	got := run(t, Input{HasOld: true, Files: []File{f}, Waivers: []Waiver{w}, Checks: []Check{wordCheck("w", Policy)}})
	if !got.Findings[0].New || got.Verdict != VerdictFail {
		t.Errorf("new = %v, verdict = %s; want a new finding and fail", got.Findings[0].New, got.Verdict)
	}
}

func TestOverrides(t *testing.T) {
	lower := wordCheck("graded", Policy)
	lower.Document = func(p *Pass, d *manifest.Document) error {
		p.Report(Report{Where: At(d, "", nil), Severity: Notice})
		return nil
	}
	tests := []struct {
		name      string
		overrides []Override
		want      map[string]Severity
	}{
		{"none", nil, map[string]Severity{"w": Error, "graded": Notice}},
		{"by check", []Override{{Checks: []string{"w"}, Severity: Warning}}, map[string]Severity{"w": Warning, "graded": Notice}},
		{"by category", []Override{{Checks: []string{"policy"}, Severity: Warning}}, map[string]Severity{"w": Warning, "graded": Notice}},
		{"other path", []Override{{Checks: []string{"w"}, Paths: []string{"b"}, Severity: Warning}}, map[string]Severity{"w": Error, "graded": Notice}},
		{"later wins", []Override{{Checks: []string{"w"}, Severity: Notice}, {Checks: []string{"w"}, Paths: []string{"a"}, Severity: Warning}}, map[string]Severity{"w": Warning, "graded": Notice}},
		{"a lower grade is not raised", []Override{{Checks: []string{"graded"}, Severity: Warning}}, map[string]Severity{"w": Error, "graded": Notice}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := map[string]Severity{}
			for _, f := range run(t, Input{Files: []File{textFile("a/x.yaml", object("a", "bad"))}, Checks: []Check{wordCheck("w", Policy), lower}, Overrides: tt.overrides}).Findings {
				got[f.Check] = f.Severity
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("severities (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMessagesAreRedacted(t *testing.T) {
	leaky := Check{ID: "leaky", Category: Policy, Severity: Error, Document: func(p *Pass, d *manifest.Document) error {
		p.Report(Report{Where: At(d, "", nil), Message: "saw c3VwZXItc2VjcmV0 and super-secret and clear-secret", Fix: "not super-secret"})
		return errors.New("failed on clear-secret")
	}}
	ok := leaky
	ok.ID = "leaky-finding"
	ok.Document = func(p *Pass, d *manifest.Document) error { _ = leaky.Document(p, d); return nil }
	text := "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\ndata:\n  a: c3VwZXItc2VjcmV0\nstringData:\n  b: clear-secret\n"
	got := run(t, Input{Files: []File{textFile("a.yaml", text)}, Checks: []Check{leaky, ok}})
	all := fmt.Sprintf("%+v %v", got.Findings, got.NotJudged)
	for _, value := range []string{"c3VwZXItc2VjcmV0", "super-secret", "clear-secret"} {
		if strings.Contains(all, value) {
			t.Errorf("the result shows %q:\n%s", value, all)
		}
	}
	if len(got.Findings) != 1 || len(got.NotJudged) != 1 {
		t.Errorf("got %d findings and %d not judged, want one of each", len(got.Findings), len(got.NotJudged))
	}
}

func TestStoppedRunIsIncomplete(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	got := Run(ctx, Input{Files: []File{textFile("a.yaml", object("a", "bad"))}, Limits: manifest.DefaultLimits(), Checks: []Check{wordCheck("w", Policy)}})
	if got.Verdict != VerdictIncomplete || got.Counts.Files.NotJudged != 1 {
		t.Errorf("verdict = %s, counts %+v; want incomplete", got.Verdict, got.Counts)
	}
}

func TestTreeAndChangeChecks(t *testing.T) {
	names := Check{
		ID: "names", Category: Policy, Severity: Error,
		Facts: func(d *manifest.Document) []Fact {
			return []Fact{{Kind: "name", Key: d.Object.Name, Where: At(d, "", nil)}}
		},
		Tree: func(p *Pass, tree Tree) error {
			seen := map[string]bool{}
			for _, f := range tree.Facts {
				if seen[f.Key] {
					p.Report(Report{Where: f.Where, Message: "again"})
				}
				seen[f.Key] = true
			}
			return nil
		},
	}
	var changed []string
	change := Check{ID: "change", Category: Policy, Severity: Error, Change: func(_ *Pass, c Change) error {
		for _, f := range c.Files {
			changed = append(changed, fmt.Sprint(f.Path, f.Before != nil, f.Now != nil))
		}
		return nil
	}}
	unchanged := textFile("a.yaml", object("a", "x"))
	unchanged.Unchanged = true
	got := run(t, Input{
		HasOld: true, Checks: []Check{names, change},
		Before: []File{textFile("b.yaml", object("a", "x")), textFile("gone.yaml", object("g", "x"))},
		Files:  []File{unchanged, textFile("b.yaml", object("a", "y")), textFile("c.yaml", object("a", "z"))},
	})
	var news []string
	for _, f := range got.Findings {
		news = append(news, fmt.Sprint(f.File, f.New))
	}
	if diff := cmp.Diff([]string{"b.yaml false", "c.yaml true"}, strings.Split(strings.NewReplacer("false", " false", "true", " true").Replace(strings.Join(news, ",")), ",")); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"b.yamltruetrue", "c.yamlfalsetrue", "gone.yamltruefalse"}, strip(changed)); diff != "" {
		t.Errorf("change (-want +got):\n%s", diff)
	}
	alone := run(t, Input{Checks: []Check{change}})
	if len(alone.NotRun) != 1 || alone.NotRun[0].Check != "change" {
		t.Errorf("not run = %v, want the change check", alone.NotRun)
	}
}

func strip(list []string) []string {
	for i := range list {
		list[i] = strings.ReplaceAll(list[i], " ", "")
	}
	return list
}

// ignoreInner leaves out what no report reads.
var ignoreInner = cmpopts.IgnoreUnexported(Finding{})

func TestNamesAreRedacted(t *testing.T) {
	const value = "canary-Xk9vQ2mPz71L"
	report := Check{ID: "r", Category: Policy, Severity: Error, Document: func(p *Pass, d *manifest.Document) error {
		p.Report(Report{Where: At(d, "data."+value, nil), Message: "x"})
		return nil
	}}
	text := "apiVersion: v1\nkind: Secret\nmetadata:\n  name: " + value + "\nstringData:\n  " + value + ": " + value + "\n"
	w := Waiver{Check: "r", Object: manifest.Object{APIVersion: "v1", Kind: "Secret", Name: value}, Expires: noon}
	got := run(t, Input{Files: []File{textFile("dir/"+value+".yaml", text)}, Checks: []Check{report}, Waivers: []Waiver{w}})
	f := got.Findings[0]
	if all := fmt.Sprintf("%+v", f); strings.Contains(all, value) {
		t.Errorf("the finding shows the value: %s", all)
	}
	if f.File != "dir/[redacted].yaml" || f.Waived == nil {
		t.Errorf("file %q, waived %v: the waiver must see the real name", f.File, f.Waived)
	}
}
