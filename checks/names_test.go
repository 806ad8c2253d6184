package checks

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/secrets/scan"
)

// credential is a token of GitHub, made here so that it stands in no file: 30
// letters and digits, and their CRC-32 in base 62.
var credential = func() string {
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	body := "R7kQ2vX9mB4tL8sZ1nC6wF3yH5jD0p"
	check := ""
	for n := crc32.ChecksumIEEE([]byte(body)); len(check) < 6; n /= 62 {
		check = digits[n%62:n%62+1] + check
	}
	return "ghp_" + body + check
}()

func credentialCheck() Check {
	return Check{ID: "credential", Category: Secrets, Severity: Error, Secrets: func(p *Pass, found []scan.Found) error {
		for _, f := range found {
			p.Report(Report{Where: p.Found(f), Message: "A credential stands here.", Cites: f.Value})
		}
		return nil
	}}
}

// ofNothing is the past of files of which nothing is known.
func ofNothing() Past {
	return Past{Versions: func([]string, bool) ([]Version, bool) { return nil, false }}
}

// A credential in the name of a file is found, and shown nowhere.
func TestNamesOfFiles(t *testing.T) {
	name := "backups/db-" + credential + ".yaml"
	unread := textFile("sub-"+credential+"/x.yaml", "apiVersion: v1\nkind: [\n")
	module := File{Path: "module-" + credential, Opaque: &Opaque{File: "module-" + credential, Line: 1, What: "submodule", Reason: "of " + credential}}
	plain := wordCheck("policy", Policy)
	files := []File{textFile(name, object("a", "bad")), unread, module, textFile("fine-name-without-any-secret.yaml", object("b", "ok"))}
	for _, checks := range [][]Check{{credentialCheck(), plain}, {plain}} {
		s := &shelf{records: map[Key][]byte{}}
		got := run(t, Input{Files: files, Checks: checks, Memory: s.memory(), Past: ofNothing()})
		shown, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		if all := fmt.Sprintf("%s %+v", shown, got); strings.Contains(all, credential) {
			t.Errorf("the result shows it:\n%s", all)
		}
		for key, record := range s.records {
			if strings.Contains(string(record), credential) {
				t.Errorf("the record %x holds it", key)
			}
		}
		found := 0
		for _, f := range got.Findings {
			if f.Check == "credential" {
				found++
				if !strings.Contains(f.Message, "name of the file") || !strings.Contains(f.File, "[redacted]") || f.Line != 1 || f.Column != 1 {
					t.Errorf("%+v", f)
				}
			}
		}
		if want := 3 * (len(checks) - 1); found != want {
			t.Errorf("%d names are found, want %d: %q", found, want, said(got.Findings))
		}
		if got.Counts.Files.Found != 4 || len(got.Opaque) != 1 || got.Opaque[0].File != "module-[redacted]" || len(got.NotJudged) != 1 {
			t.Errorf("%+v, opaque %v, not judged %v", got.Counts.Files, got.Opaque, got.NotJudged)
		}
	}
}

// A name that nobody may write down is named in a waiver as it is shown.
func TestWaiverOfAName(t *testing.T) {
	name := "backups/db-" + credential + ".yaml"
	w := Waiver{Check: "credential", File: "backups/db-[redacted].yaml", Value: DigestValue(NewPlaintext(credential)), Expires: noon}
	got := run(t, Input{Files: []File{textFile(name, "x")}, Checks: []Check{credentialCheck()}, Waivers: []Waiver{w}, Past: ofNothing()})
	if len(got.Findings) != 1 || got.Findings[0].Waived == nil {
		t.Errorf("%+v", got.Findings)
	}
}

// At admission there are no files.
func TestNamesThatAGateMakesUp(t *testing.T) {
	got := run(t, Input{Files: []File{textFile(credential, object("a", "bad"))}, Checks: []Check{credentialCheck(), wordCheck("policy", Policy)}})
	if len(got.Findings) != 1 || got.Findings[0].File != "[redacted]" {
		t.Errorf("%q", said(got.Findings))
	}
}

func TestNameInHistory(t *testing.T) {
	got := run(t, Input{HasOld: true, Files: []File{old(1, credential+".txt", "x")}, Checks: []Check{credentialCheck(), inHistory()}, Past: ofNothing()})
	if len(got.Findings) != 1 || got.Findings[0].Check != "in-history" || got.Findings[0].File != "[redacted].txt" {
		t.Errorf("%+v", got.Findings)
	}
}

func TestMayHoldCredential(t *testing.T) {
	for path, want := range map[string]bool{
		"clusters/production/kube-prometheus-stack/kustomization.yaml": false, "a/" + credential: true, strings.ToLower(credential): true,
		"apps/v1beta1/x": false, "ghp_" + strings.Repeat("aB3", 12): true,
	} {
		if mayHoldCredential(path) != want {
			t.Errorf("%s: %t", path, !want)
		}
	}
}
