package checks

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// inHistory is a check of history that passes on what it is given.
func inHistory() Check {
	return Check{ID: "in-history", Category: Secrets, Severity: Error, Fix: "rotate it", History: func(p *Pass, b Bygone) error {
		p.Report(Report{Where: b.Where(), Message: fmt.Sprintf("%s, commit %s, message %t, exposure %d", b.Finding.Message, b.Commit.Short(), b.Message, b.Commit.Exposure)})
		return nil
	}}
}

func commitID(n int) string { return strings.Repeat(fmt.Sprint(n), 40) }

// old is a version of a file that only the nth commit has.
func old(n int, path, text string) File {
	f := textFile(path, text)
	f.Commit = commitID(n)
	return f
}

func said(findings []Finding) []string {
	var list []string
	for _, f := range findings {
		list = append(list, fmt.Sprintf("%s %s:%d %s %s: %s", f.Check, f.File, f.Line, f.Object.Name, f.Field, f.Message))
	}
	return list
}

func TestHistoryIsJudgedForSecretsOnly(t *testing.T) {
	files := []File{old(1, "old.yaml", object("a", "bad")), old(1, "broken.yaml", "apiVersion: v1\nkind: [\n")}
	all := []Check{wordCheck("secret", Secrets), wordCheck("policy", Policy), inHistory()}
	got := run(t, Input{HasOld: true, Files: files, Checks: all})
	want := []string{"in-history old.yaml:6 a data.k: found bad, commit 111111111111, message false, exposure 0"}
	if diff := cmp.Diff(want, said(got.Findings)); diff != "" {
		t.Fatalf("findings (-want +got):\n%s", diff)
	}
	if f := got.Findings[0]; len(f.Origins) != 1 || f.Origins[0].What != "commit "+commitID(1) || f.Cites() != NewPlaintext("bad") {
		t.Errorf("the finding does not keep commit and value: %+v", f)
	}
	if got.Verdict != VerdictFail || len(got.NotJudged) != 0 || got.Counts.Files.Judged != 2 {
		t.Errorf("verdict %s, not judged %v, %+v", got.Verdict, got.NotJudged, got.Counts)
	}
	if got := run(t, Input{HasOld: true, Files: files, Checks: all[:2]}); len(got.Findings) != 0 {
		t.Errorf("without a check of history: %q", said(got.Findings))
	}
	alone := run(t, Input{HasOld: true, Files: append(files, textFile("now.yaml", object("b", "bad"))), Checks: all[2:], InHistory: all[:2]})
	if diff := cmp.Diff(want, said(alone.Findings)); diff != "" {
		t.Errorf("by a check of history alone (-want +got):\n%s", diff)
	}
}

// What stands at either end is not told a second time, one value at one place is
// told once, and notices are not worth rotating for.
func TestHistoryTellsEachValueOnce(t *testing.T) {
	note := wordCheck("note", Secrets)
	note.Severity = Notice
	in := Input{
		HasOld: true,
		Files: []File{
			textFile("head.yaml", object("head", "bad-1")),
			old(1, "a.yaml", "# moved\n"+object("a", "bad-1")), old(2, "a.yaml", object("a", "bad-2")), old(3, "a.yaml", object("a", "bad-1")),
			old(2, "base.yaml", object("base", "bad-1")), old(3, "base.yaml", object("base", "bad-3")), old(1, "head.yaml", "\n"+object("head", "bad-1")),
		},
		Before: []File{textFile("base.yaml", object("base", "bad-1"))},
		Checks: []Check{wordCheck("secret", Secrets), note, inHistory()},
	}
	got := run(t, in)
	var listed []string
	for _, s := range said(got.Findings) {
		if strings.HasPrefix(s, "in-history ") {
			listed = append(listed, s)
		}
	}
	want := []string{
		"in-history a.yaml:7 a data.k: found bad-1, commit 111111111111, message false, exposure 0",
		"in-history a.yaml:6 a data.k: found bad-2, commit 222222222222, message false, exposure 0",
		"in-history base.yaml:6 base data.k: found bad-3, commit 333333333333, message false, exposure 0",
	}
	if diff := cmp.Diff(want, listed); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

// A branch that is rebased keeps the identity of what it holds.
func TestHistoryFingerprintsNameNoCommit(t *testing.T) {
	prints := func(first, second int) []string {
		var list []string
		got := run(t, Input{HasOld: true, Checks: []Check{wordCheck("secret", Secrets), inHistory()}, Files: []File{
			old(first, "a.yaml", object("a", "bad-1")), old(second, "a.yaml", object("a", "bad-2")), message(second, object("m", "bad-3")),
		}})
		for _, f := range got.Findings {
			list = append(list, f.Message[:len("found bad-1")]+" "+f.Fingerprint)
		}
		return list
	}
	if diff := cmp.Diff(prints(1, 2), prints(9, 8)); diff != "" || len(prints(1, 2)) != 3 {
		t.Errorf("other commits, other fingerprints (-before +after):\n%s", diff)
	}
}

func message(n int, text string) File {
	f := old(n, MessagePath, text)
	f.Message = true
	return f
}

func TestCommitMessages(t *testing.T) {
	tooLong := message(2, "")
	tooLong.Load = func() ([]byte, error) { return nil, ErrTooLarge }
	got := run(t, Input{
		HasOld: true, Checks: []Check{wordCheck("secret", Secrets), inHistory()},
		Files: []File{textFile("a.yaml", object("a", "ok")), message(1, object("m", "bad")), tooLong},
		Past:  Past{Commit: func(id string) Commit { return Commit{ID: id, Exposure: Pushed} }},
	})
	want := []string{"in-history commit message:6 m data.k: found bad, commit 111111111111, message true, exposure 3"}
	if diff := cmp.Diff(want, said(got.Findings)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if len(got.NotJudged) != 1 || got.NotJudged[0].File != MessagePath || !got.NotJudged[0].New {
		t.Errorf("not judged: %+v, want the long message", got.NotJudged)
	}
	if got.Counts.Files != (FileCounts{Found: 1, Judged: 1}) || got.Counts.Bytes != int64(len(object("a", "ok"))) {
		t.Errorf("messages are no files: %+v", got.Counts)
	}
}

// past is what commits had at a.yaml: content by commit, the far ones last.
func past(complete bool, near int, versions ...Version) Past {
	return Past{Versions: func(paths []string, far bool) ([]Version, bool) {
		if len(paths) != 1 || paths[0] != "a.yaml" {
			return nil, false
		}
		if far {
			return versions[near:], complete
		}
		return versions[:near], true
	}}
}

func version(n int, e Exposure, value string) Version {
	return Version{Path: "a.yaml", Commit: Commit{ID: commitID(n), Exposure: e}, Load: func() ([]byte, error) { return []byte(object("a", value)), nil }}
}

func TestExposure(t *testing.T) {
	const rotate, need = "Rotate the value, since it has been pushed.", "need not be rotated"
	last := version(4, Committed, "bad")
	last.Commit.Last = true
	lost := version(5, Pushed, "")
	lost.Load = func() ([]byte, error) { return nil, errors.New("missing") }
	for name, c := range map[string]struct {
		past         Past
		message, fix string
	}{
		"no commit":                       {past(true, 0), "No commit of this file has it yet", need},
		"a commit had another value":      {past(true, 1, version(1, Pushed, "bad-other")), "No commit of this file has it yet", need},
		"not all commits are known":       {past(false, 0), "", "If it has been pushed, rotate it."},
		"a version cannot be read":        {past(true, 1, lost), "", "If it has been pushed, rotate it."},
		"the last commit":                 {past(true, 1, last), "has not been pushed", "take it out of commit 444444444444 with `git commit --amend` before you push; it need not be rotated."},
		"an older one":                    {past(true, 2, version(3, Committed, "bad"), last), "has not been pushed", "`git rebase --interactive 333333333333^`"},
		"pushed":                          {past(true, 1, version(1, Pushed, "bad")), "on a remote", rotate},
		"pushed, taken back, and again":   {past(true, 1, last, version(1, Pushed, "bad")), "on a remote", rotate},
		"committed, the rest not known":   {past(false, 1, last), "", "If it has been pushed, rotate it."},
		"pushed, though not all is known": {past(false, 1, version(1, Pushed, "bad")), "on a remote", rotate},
	} {
		t.Run(name, func(t *testing.T) {
			in := Input{Files: []File{textFile("a.yaml", object("a", "bad")), textFile("fine.yaml", object("b", "ok"))}, Checks: []Check{wordCheck("secret", Secrets), wordCheck("policy", Policy)}, Past: c.past}
			got := run(t, in)
			for _, f := range got.Findings {
				if f.Check == "policy" && (f.Message != "found bad" || f.Fix != "mend it") {
					t.Errorf("said of a finding that is on no secret: %+v", f)
				}
				if f.Check != "secret" {
					continue
				}
				if !strings.Contains(f.Message, c.message) || c.message == "" && f.Message != "found bad" || !strings.Contains(f.Fix, c.fix) || !strings.Contains(f.Fix, "mend it") {
					t.Errorf("%q, fix %q", f.Message, f.Fix)
				}
			}
			without := run(t, Input{Files: in.Files, Checks: in.Checks})
			if got.Findings[0].Fingerprint != without.Findings[0].Fingerprint || without.Findings[1].Fix != "mend it" {
				t.Errorf("%+v, without a past %+v", got.Findings[0], without.Findings[0])
			}
		})
	}
	asked := Past{Versions: func([]string, bool) ([]Version, bool) { t.Error("asked about nothing"); return nil, true }}
	run(t, Input{Files: []File{textFile("a.yaml", object("a", "ok"))}, Checks: []Check{wordCheck("secret", Secrets)}, Past: asked})
}

func TestRotatedValuesStayRotated(t *testing.T) {
	w := Waiver{
		Check: "in-history", Object: manifest.Object{APIVersion: "v1", Kind: "ConfigMap", Name: "a"}, Field: "data.k",
		Value: DigestValue(NewPlaintext("bad-1")), Rotated: Rotation{By: "@example/platform", On: noon.AddDate(-3, 0, 0)},
	}
	uses := Check{ID: "uses", Category: Trust, Severity: Warning, Waivers: func(p *Pass, uses []WaiverUse) error {
		for _, u := range uses {
			if u.Expired || u.Known {
				p.Report(Report{Message: "expired or unused"})
			}
		}
		return nil
	}}
	checks := []Check{wordCheck("secret", Secrets), inHistory(), uses}
	files := func(value string) []File { return []File{old(1, "a.yaml", object("a", value))} }
	got := run(t, Input{HasOld: true, WholeTree: true, Files: files("bad-1"), Checks: checks, Waivers: []Waiver{w}})
	want := &WaivedBy{Reason: "rotated by @example/platform on 2023-05-04", Owner: "@example/platform"}
	if len(got.Findings) != 1 || got.Verdict != VerdictPass || !cmp.Equal(want, got.Findings[0].Waived) {
		t.Errorf("verdict %s, findings %+v", got.Verdict, got.Findings)
	}
	if got := run(t, Input{HasOld: true, WholeTree: true, Files: files("bad-2"), Checks: checks, Waivers: []Waiver{w}}); got.Verdict != VerdictFail {
		t.Errorf("another value: verdict %s", got.Verdict)
	}
	if got := run(t, Input{WholeTree: true, Checks: checks, Waivers: []Waiver{w}}); len(got.Findings) != 0 {
		t.Errorf("where there is no history: %+v", got.Findings)
	}
}
