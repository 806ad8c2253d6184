package config

import (
	"context"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// workingChecks are the known checks with functions: each reports what a tree of
// the tests plants for it.
func workingChecks() []checks.Check {
	list := known()
	for i := range list {
		switch list[i].ID {
		case "plaintext-secret":
			list[i].Document = reportSecrets
		case "private-key":
			list[i].File = reportKeys
		case "host-path":
			list[i].Document = reportField("hostPath")
		case "duplicate-key":
			list[i].Document = reportField("twice")
		case "waiver-expired":
			list[i].Waivers = reportExpired
		}
	}
	return list
}

func reportSecrets(p *checks.Pass, d *manifest.Document) error {
	data := d.Root.Get("stringData")
	if d.Object.Kind != "Secret" || data == nil {
		return nil
	}
	for i := range data.Items {
		n := &data.Items[i]
		severity := checks.Error
		if strings.HasPrefix(n.Text, "changeme") {
			severity = checks.Notice
		}
		cites := n.Text
		if cites == "nothing" {
			cites = ""
		}
		p.Report(checks.Report{Where: checks.At(d, "stringData."+n.Key, n), Message: "a secret", Severity: severity, Cites: cites})
	}
	return nil
}

func reportKeys(p *checks.Pass, f *manifest.File) error {
	if text, found := strings.CutPrefix(string(f.Text), "KEY "); found {
		p.Report(checks.Report{Where: checks.Location{File: f.Path}, Message: "a key", Cites: text})
	}
	return nil
}

func reportField(name string) func(*checks.Pass, *manifest.Document) error {
	return func(p *checks.Pass, d *manifest.Document) error {
		if n := d.Root.Get(name); n != nil {
			p.Report(checks.Report{Where: checks.At(d, name, n), Message: "found " + name})
			p.Report(checks.Report{Where: checks.At(d, name, n), Message: "found it again"})
		}
		return nil
	}
}

func reportExpired(p *checks.Pass, uses []checks.WaiverUse) error {
	for _, u := range uses {
		if u.Expired {
			p.Report(checks.Report{Where: checks.Location{File: u.Waiver.Source, At: u.Waiver.At}, Message: "expired"})
		}
	}
	return nil
}

func object(kind, name, rest string) string {
	return "apiVersion: v1\nkind: " + kind + "\nmetadata: {namespace: shop, name: " + name + "}\n" + rest
}

// debt is a tree with findings of every sort.
func debt() map[string]string {
	return map[string]string{
		"apps/web.yaml":          object("Pod", "web", "hostPath: /a\n"),
		"apps/prod/db.yaml":      object("Pod", "db", "hostPath: /a\n"),
		"apps/test/db.yaml":      object("Pod", "db", "hostPath: /a\n"),
		"apps/kustomization.yml": "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nhostPath: x\n",
		"values.yaml":            "twice: 1\n",
		"apps/secret.yaml":       object("Secret", "s", "stringData: {a: hunter2-hunter2, b: changeme-1, c: nothing}\n"),
		"key.pem":                "KEY abcdefgh",
		"gl*b.yaml":              "twice: 1\n",
	}
}

// at is the time of the runs.
func at() time.Time { return time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC) }

func run(tree map[string]string, waivers []checks.Waiver) checks.Result {
	var files []checks.File
	for path, text := range tree {
		files = append(files, checks.File{Path: path, Load: func() ([]byte, error) { return []byte(text), nil }})
	}
	return checks.Run(context.Background(), checks.Input{
		Files: files, Checks: workingChecks(), Waivers: waivers, Limits: manifest.DefaultLimits(),
		FailOn: checks.FailOn(checks.Warning), WholeTree: true, Time: at(),
	})
}

func TestExistingWaivesWhatStands(t *testing.T) {
	before := run(debt(), nil)
	got, skipped := Existing(before, "team-shop", "old debt", day(t, "2026-12-31"))

	pod := func(name string) manifest.Object {
		return manifest.Object{APIVersion: "v1", Kind: "Pod", Namespace: "shop", Name: name}
	}
	common := checks.Waiver{Reason: "old debt", Owner: "team-shop", Expires: day(t, "2026-12-31")}
	waiver := func(check string, o manifest.Object, file, field string) checks.Waiver {
		w := common
		w.Check, w.Object, w.File, w.Field = check, o, file, field
		return w
	}
	want := []checks.Waiver{
		waiver("host-path", manifest.Object{APIVersion: "kustomize.config.k8s.io/v1beta1", Kind: "Kustomization"}, "apps/kustomization.yml", "hostPath"),
		waiver("host-path", pod("db"), "apps/prod/db.yaml", "hostPath"),
		waiver("plaintext-secret", manifest.Object{APIVersion: "v1", Kind: "Secret", Namespace: "shop", Name: "s"}, "", "stringData.b"),
		waiver("host-path", pod("db"), "apps/test/db.yaml", "hostPath"),
		waiver("host-path", pod("web"), "", "hostPath"),
		waiver("duplicate-key", manifest.Object{}, "values.yaml", "twice"),
	}
	if diff := gocmp.Diff(want, got, cmpopts.IgnoreFields(checks.Waiver{}, "Value")); diff != "" {
		t.Errorf("the waivers (-want +got):\n%s", diff)
	}

	reasons := map[string]string{}
	for _, s := range skipped {
		reasons[s.Finding.File+" "+s.Finding.Field] = s.Reason
	}
	wantReasons := map[string]string{
		"apps/secret.yaml stringData.a": "a leaked credential is waived by itself",
		"apps/secret.yaml stringData.c": "a leaked credential is waived by itself",
		"key.pem ":                      "a leaked credential is waived by itself",
		"gl*b.yaml twice":               `no waiver can be written for this finding: "gl*b.yaml" is a glob`,
	}
	if diff := gocmp.Diff(wantReasons, reasons); diff != "" {
		t.Errorf("the reasons (-want +got):\n%s", diff)
	}

	after := run(debt(), throughFile(t, got))
	if left, again := Existing(after, "o", "r", day(t, "2026-12-31")); len(left) != 0 || len(again) != len(skipped) {
		t.Errorf("the waivers do not hold: %d are wanted again, %d findings skipped, want %d", len(left), len(again), len(skipped))
	}
}

// throughFile writes waivers to a file and reads them back.
func throughFile(t *testing.T, waivers []checks.Waiver) []checks.Waiver {
	t.Helper()
	data, err := AddWaivers("w.yaml", nil, waivers, known())
	if err != nil {
		t.Fatal(err)
	}
	read, err := ReadWaivers("w.yaml", data, known())
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// TestLeaksAreWaivedOneByOne holds that a waiver made for one leaked credential
// accepts that value and no other, and that the value is not in the file.
func TestLeaksAreWaivedOneByOne(t *testing.T) {
	tree := map[string]string{"s.yaml": object("Secret", "s", "stringData: {a: hunter2-hunter2}\n"), "key.pem": "KEY abcdefgh"}
	var waivers []checks.Waiver
	for _, f := range run(tree, nil).Findings {
		w, err := ForFinding(f, "team-shop", "rotated", at())
		if err != nil {
			t.Fatal(err)
		}
		waivers = append(waivers, w)
	}
	if len(waivers) != 2 {
		t.Fatalf("%d waivers, want 2", len(waivers))
	}
	data, err := AddWaivers("w.yaml", nil, waivers, known())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(data), "hunter2") || strings.Contains(string(data), "abcdefgh") {
		t.Errorf("the file holds the value:\n%s", data)
	}
	if got := run(tree, throughFile(t, waivers)); got.Counts.Waived != 2 || got.Verdict != checks.VerdictPass {
		t.Errorf("%d are waived, verdict %s", got.Counts.Waived, got.Verdict)
	}
	tree["s.yaml"] = object("Secret", "s", "stringData: {a: another-value}\n")
	tree["key.pem"] = "KEY other"
	if got := run(tree, throughFile(t, waivers)); got.Counts.Waived != 0 || got.Verdict != checks.VerdictFail {
		t.Errorf("of other values %d are waived, verdict %s", got.Counts.Waived, got.Verdict)
	}
}

func TestForFindingRefuses(t *testing.T) {
	tests := []struct {
		name    string
		finding checks.Finding
		want    string
	}{
		{"of trust", checks.Finding{Check: "waiver-expired", Category: checks.Trust, File: "a"}, "are never waived"},
		{"on nothing", checks.Finding{Check: "host-path", Category: checks.Policy}, "on no object and in no file"},
		{"without a value", checks.Finding{Check: "private-key", Category: checks.Secrets, File: "a"}, "names no value"},
		{"in a glob", checks.Finding{Check: "host-path", Category: checks.Policy, File: "a*"}, "is a glob"},
		{"no UTF-8", checks.Finding{Check: "host-path", Category: checks.Policy, File: "a\xff"}, "cannot stand in the file"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := ForFinding(test.finding, "o", "r", at()); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want %q", err, test.want)
			}
		})
	}
}

func TestExpiredWaiversCannotBeWaived(t *testing.T) {
	tree := map[string]string{"a.yaml": object("Pod", "web", "hostPath: /a\n")}
	old, _ := Existing(run(tree, nil), "o", "r", day(t, "2026-05-31"))
	result := run(tree, throughFile(t, old))
	waivers, skipped := Existing(result, "o", "r", day(t, "2026-12-31"))
	if len(waivers) != 1 || waivers[0].Check != "host-path" {
		t.Errorf("the waivers are %+v, want one that takes the place of the expired one", waivers)
	}
	if len(skipped) != 1 || skipped[0].Finding.Check != "waiver-expired" || !strings.Contains(skipped[0].Reason, "never waived") {
		t.Errorf("skipped are %+v", skipped)
	}
}
