package checks

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/scan"
)

// seeing is a check that reports every value that leaks.
func seeing(kind string) Check {
	return Check{ID: kind, Category: Secrets, Severity: Error, Secrets: func(p *Pass, found []scan.Found) error {
		for _, f := range found {
			if f.Answer.Class.Leaks() {
				p.Report(Report{Where: p.Found(f), Message: "it is " + f.Value, Cites: f.Value})
			}
		}
		return nil
	}}
}

func runSecrets(files map[string]string) Result {
	in := Input{Checks: []Check{seeing("seen")}, Limits: manifest.DefaultLimits(), FailOn: FailOn(Error), Time: time.Unix(0, 0), Workers: 1}
	for name, text := range files {
		in.Files = append(in.Files, File{Path: name, Load: func() ([]byte, error) { return []byte(text), nil }})
	}
	return Run(context.Background(), in)
}

// TestSearchSaysWhereItStopped holds that what a limit of the search keeps from being
// looked into is not judged, and never clean.
func TestSearchSaysWhereItStopped(t *testing.T) {
	text := `{"password":"Tiger-Lily-48"}`
	for range 6 {
		text = `{"a":` + strconv.Quote(text) + `}`
	}
	result := runSecrets(map[string]string{"settings.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a.json: " + strconv.Quote(text) + "\n"})
	if result.Verdict != VerdictIncomplete || len(result.NotJudged) != 1 || !strings.Contains(result.NotJudged[0].Reason, scan.LimitDepth) {
		t.Errorf("%s, not judged: %v, findings: %d", result.Verdict, result.NotJudged, len(result.Findings))
	}
}

// TestSearchAloneSparesTheReader holds that a file whose lines can hold nothing gets
// the same counts of files and the same verdict without being parsed.
func TestSearchAloneSparesTheReader(t *testing.T) {
	result := runSecrets(map[string]string{
		"clean.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: b}\n",
		"leak.yaml":  "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {password: Tiger-Lily-48}\n",
	})
	if result.Counts.Files.Judged != 2 || result.Counts.Documents.Found != 3 || result.Verdict != VerdictFail || len(result.Findings) != 1 {
		t.Errorf("%+v, %s, %d findings", result.Counts, result.Verdict, len(result.Findings))
	}
	if strings.Contains(result.Findings[0].Message, "Tiger") {
		t.Errorf("the message holds the value")
	}
}

// TestGeneratorMakesASecretOfAFile holds that a file is judged as what a generator of
// kustomize makes of it, on the side on which it does.
func TestGeneratorMakesASecretOfAFile(t *testing.T) {
	const generator = "secretGenerator:\n- name: database\n  envs: [database.txt]\n"
	file := func(path, text string, unchanged bool) File {
		return File{Path: path, Unchanged: unchanged, Load: func() ([]byte, error) { return []byte(text), nil }}
	}
	in := Input{
		Checks: []Check{seeing("seen")}, Limits: manifest.DefaultLimits(), FailOn: FailOn(Error), Time: time.Unix(0, 0), Workers: 1, HasOld: true,
		Files:  []File{file("kustomization.yaml", generator, false), file("database.txt", "ADMIN=Tiger-Lily-48\n", true)},
		Before: []File{file("kustomization.yaml", "resources: []\n", false)},
	}
	result := Run(context.Background(), in)
	if len(result.Findings) != 1 || !result.Findings[0].New || result.Findings[0].File != "database.txt" {
		t.Errorf("a new generator of an old file: %+v", result.Findings)
	}
	in.Files[0], in.Before = file("kustomization.yaml", generator, true), nil
	result = Run(context.Background(), in)
	if len(result.Findings) != 1 || result.Findings[0].New {
		t.Errorf("an old generator of an old file: %+v", result.Findings)
	}
}

// TestSearchAloneLooksAtWhatCannotBeRead holds that a file which is no YAML is looked
// at as the text that it is, also where only secrets are looked for.
func TestSearchAloneLooksAtWhatCannotBeRead(t *testing.T) {
	result := runSecrets(map[string]string{"broken.yaml": "a: [b\npassword: Tiger-Lily-48\n"})
	if result.Verdict == VerdictPass {
		t.Errorf("a file that cannot be read and holds a secret passes: %+v", result.Counts)
	}
}
