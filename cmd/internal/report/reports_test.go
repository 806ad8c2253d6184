package report_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/report"
)

// declared are the checks of the reports below.
func declared() []checks.Check {
	return []checks.Check{
		{
			ID: "plaintext-secret", Title: "Secret carries its value in plain text", Category: checks.Secrets, Severity: checks.Error,
			Why: "Everyone who can clone the repository can read it, for ever.",
			Fix: "Run `gatehouse seal FILE`, commit the result, and rotate the value.",
		},
		{
			ID: "duplicate-key", Title: "A key is written twice", Category: checks.Manifest, Severity: checks.Error,
			Why: "The last one wins, and nobody sees the first.", Fix: "Remove one of the two.",
		},
		{
			ID: "latest-tag", Title: "Image has no fixed tag", Category: checks.Policy, Severity: checks.Warning,
			Why: "What runs is not what was reviewed.", Fix: "Name the image by its digest:\n\n    image: example/app@sha256:…",
		},
		{
			ID: "volume-claim-deleted", Title: "A volume claim is deleted", Category: checks.Policy, Severity: checks.Error,
			Why: "Its data goes with it.", Fix: "Keep it.",
		},
	}
}

func empty() report.Report {
	return report.Report{
		Tool:   report.Tool{Name: "gatehouse", Version: "v1.2.3"},
		At:     time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC),
		FailOn: checks.FailOn(checks.Error),
		Result: checks.Result{Verdict: checks.VerdictPass},
	}
}

// withCoverage adds who owns what.
func withCoverage(r report.Report) report.Report {
	r.Coverage = &report.Coverage{File: ".github/CODEOWNERS", Host: "GitHub", Tables: []report.CoverageTable{
		{Title: "environment", Rows: []report.CoverageRow{
			{Name: "production", Files: 12, Owned: 7, Fallback: 4, Unmatched: 1, Note: "5 files without an owner that they must have"},
			{Name: "staging", Files: 3, Owned: 3},
		}},
		{Title: "folder", Rows: []report.CoverageRow{{Name: "apps/<b>web</b>", Files: 2, Cleared: 2}}},
	}}
	return r
}

func secret(name, key string, line uint32) checks.Finding {
	return checks.Finding{
		Check: "plaintext-secret", Category: checks.Secrets, Severity: checks.Error,
		Message: fmt.Sprintf("the key %q holds a value in plain text", key),
		Fix:     "Run `gatehouse seal FILE`, commit the result, and rotate the value.",
		File:    "apps/production/" + name + ".yaml", Line: line, Column: 13, EndLine: line,
		Object:      manifest.Object{APIVersion: "v1", Kind: "Secret", Namespace: "production", Name: name},
		Field:       "data." + key,
		Environment: "production", Origins: []checks.Origin{},
		Fingerprint: fmt.Sprintf("%032x", len(name)*1000+int(line)), New: true,
	}
}

// middle is a report of a usual size, with something of everything.
func middle() report.Report {
	r := empty()
	r.Commit, r.Base = "0123456789abcdef0123456789abcdef01234567", "89abcdef0123456789abcdef0123456789abcdef"
	r.Rules = report.Rules{Bundle: "sha256:" + strings.Repeat("ab", 32), Local: "sha256:" + strings.Repeat("cd", 32)}
	r.Checks = declared()
	var findings []checks.Finding
	for i, key := range []string{"password", "token", "tls.key", "dsn", "salt", "pepper", "license"} {
		findings = append(findings, secret("db", key, uint32(4+i)))
	}
	placeholder := secret("web", "password", 6)
	placeholder.Severity, placeholder.Message = checks.Notice, `the key "password" holds a placeholder`
	findings = append(findings, placeholder)
	twice := secret("web", "", 9)
	twice.Check, twice.Category, twice.Object, twice.Field = "duplicate-key", checks.Manifest, manifest.Object{}, "spec.replicas"
	twice.Message, twice.Fix = `the key "replicas" is written again here`, "Remove this one or the one in line 5."
	findings = append(findings, twice)
	for i := range 5 {
		tag := secret("web", "", uint32(20+i))
		tag.Check, tag.Category, tag.Severity = "latest-tag", checks.Policy, checks.Warning
		tag.File, tag.Environment = fmt.Sprintf("apps/staging/web-%d.yaml", i), "staging"
		tag.Object = manifest.Object{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "staging", Name: "web"}
		tag.Field = fmt.Sprintf("spec.template.spec.containers[name=app-%d].image", i)
		tag.Message, tag.Fix = "the image has the tag latest", declared()[2].Fix
		tag.Origins = []checks.Origin{{File: "apps/staging/kustomization.yaml", Line: 3, What: "resources"}}
		tag.Fingerprint = fmt.Sprintf("%032x", 77000+i)
		findings = append(findings, tag)
	}
	old := secret("legacy", "password", 4)
	old.New = false
	waived := secret("tools", "password", 4)
	waived.Waived = &checks.WaivedBy{Reason: "rotated on 2026-02-01", Owner: "@org/platform", Expires: "2026-06-30"}
	debt := 3
	r.Result = checks.Result{
		Verdict: checks.VerdictFail,
		Counts: checks.Counts{
			Files: checks.FileCounts{Found: 41, Judged: 36, Opaque: 2, NotJudged: 3}, Documents: checks.DocumentCounts{Found: 60, Judged: 58, NotJudged: 2},
			Bytes: 40960, Objects: 55, Rendered: 12, Errors: 8, Warnings: 5, Notices: 1, New: 14, Old: 1, Waived: 1, NotRun: 2,
		},
		Findings: append(findings, old, waived),
		NotJudged: []checks.NotJudged{
			{File: "apps/broken.yaml", Line: 7, Reason: "did not find the expected key", New: true},
			{File: "apps/deep.yaml", Line: 1, Reason: "over the limit depth", New: true},
			{File: "apps/deeper.yaml", Line: 1, Reason: "over the limit depth", New: true},
			{File: "apps/old.yaml", Line: 2, Check: "latest-tag", Reason: "the check failed on this file", New: false},
		},
		Opaque: []checks.Opaque{
			{File: "charts/app", Line: 1, What: "chart in a registry", Reason: "oci://registry.example/app is not in the tree", New: true},
			{File: "vendor/lib", Line: 1, What: "submodule", Reason: "its content is in another repository"},
		},
		NotRun: []checks.NotRun{
			{Check: "latest-tag", Reason: "3 Helm templates were read as text"},
			{Check: "volume-claim-deleted", Reason: "this gate cannot give it oldObject"},
		},
		OldDebt: &debt,
	}
	return r
}

// incomplete is a report in which nothing failed and something was not judged.
func incomplete() report.Report {
	r := middle()
	r.Result.Verdict = checks.VerdictIncomplete
	r.Result.Findings = nil
	r.Result.Counts.Errors, r.Result.Counts.Warnings, r.Result.Counts.Notices = 0, 0, 0
	r.Result.Counts.New, r.Result.Counts.Old, r.Result.Counts.Waived = 0, 0, 0
	return r
}

// large is a report of n findings in n/5 files: errors, warnings and notices of
// four checks, of which some are old and some waived.
func large(n int) report.Report {
	r := empty()
	r.Checks = declared()
	for i := range n {
		f := secret(fmt.Sprintf("app-%05d", i/5), fmt.Sprintf("key-%d", i%5), uint32(10+i%5))
		f.Fingerprint = fmt.Sprintf("%032x", i)
		check := declared()[i/7%4]
		f.Check, f.Category, f.Severity, f.Fix = check.ID, check.Category, check.Severity, check.Fix
		switch i % 20 {
		case 17:
			f.Severity = checks.Notice
		case 18:
			f.New = false
		case 19:
			f.Waived = &checks.WaivedBy{Reason: "known", Owner: "@org/platform", Expires: "2026-06-30"}
		}
		r.Result.Findings = append(r.Result.Findings, f)
	}
	counted(&r)
	return r
}

// counted fills in what the engine counts.
func counted(r *report.Report) {
	c := &r.Result.Counts
	files := map[string]bool{}
	for _, f := range r.Result.Findings {
		files[f.File] = true
		switch {
		case f.Waived != nil:
			c.Waived++
			continue
		case !f.New:
			c.Old++
			continue
		}
		c.New++
		switch f.Severity {
		case checks.Error:
			c.Errors++
		case checks.Warning:
			c.Warnings++
		case checks.Notice:
			c.Notices++
		}
	}
	c.Files = checks.FileCounts{Found: 2 * len(files), Judged: 2 * len(files)}
	r.Result.Verdict = checks.VerdictPass
	if c.Errors > 0 {
		r.Result.Verdict = checks.VerdictFail
	}
}

// hostileStrings are what a stranger's file may put into a report.
func hostileStrings() []string {
	return []string{
		"\x00\x01\x1b[31mred\x1b]8;;https://evil.example\x07link\u009b\x7f",
		"a\nb\r\n::error file=x::forged",
		"::error::forged",
		"  ::add-mask::forged",
		"##[error]forged ##vso[task.complete result=Succeeded;]x ##teamcity[x]",
		"\u202etxt.exe\u2066\u200b\u00ad\u2028\ufeff\U000e0041",
		"a|b || c \\| d",
		"]]> --> <script>alert(1)</script> <!-- ",
		"\xff\xfe broken \xc3( UTF-8 \xed\xa0\x80",
		"`code` ``` ``x`` ~~~ [text](https://evil.example) ![i](x) www.evil.example https://evil.example @everyone #1",
		"%0A::error::forged%25,:=",
		"=HYPERLINK(\"x\")\t</td></table></details>\\",
		"\ufffe\uffff\U0001f600é漢",
		strings.Repeat("long ", 1_000),
		strings.Repeat("|", 5_000),
	}
}

// hostile is a report of n findings whose every string is hostile.
func hostile(n int) report.Report {
	r := large(n)
	list := hostileStrings()
	at := func(i int) string { return list[i%len(list)] }
	for i := range r.Result.Findings {
		f := &r.Result.Findings[i]
		f.File, f.Message, f.Fix, f.Field = at(i), at(i+1), at(i+2), at(i+3)
		f.Object = manifest.Object{APIVersion: at(i + 4), Kind: at(i + 5), Namespace: at(i + 6), Name: at(i + 7)}
		f.Environment = at(i + 8)
		f.Origins = []checks.Origin{{File: at(i + 9), Line: 1, What: at(i + 10)}}
		if f.Waived != nil {
			f.Waived = &checks.WaivedBy{Reason: at(i + 11), Owner: at(i + 12), Expires: at(i + 13)}
		}
		if i%50 == 0 {
			f.Check = at(i / 50)
		}
	}
	for i := range list {
		r.Result.NotJudged = append(r.Result.NotJudged, checks.NotJudged{File: at(i), Line: 1, Check: at(i + 1), Reason: at(i + 2), New: i%2 == 0})
		r.Result.Opaque = append(r.Result.Opaque, checks.Opaque{File: at(i), Line: 1, What: at(i + 1), Reason: at(i + 2)})
		r.Result.NotRun = append(r.Result.NotRun, checks.NotRun{Check: at(i), Reason: at(i + 1)})
	}
	r.Checks = append(r.Checks, checks.Check{ID: at(0), Title: at(1), Why: at(2), Fix: at(3), Category: checks.Category(at(4))})
	r.Commit, r.Base, r.Rules = at(1), at(2), report.Rules{Bundle: at(3), Local: at(4)}
	return r
}
