package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEverydayChanges holds that what is done every day to the clean example
// repositories passes without a finding, before the commit and as a pull request: a new
// image tag, more memory, one environment variable.
func TestEverydayChanges(t *testing.T) {
	changes := map[string]*strings.Replacer{
		"image":  strings.NewReplacer(":6.9.1", ":6.10.0", ":3.2.0", ":3.2.1", ":1.1.5", ":1.2.0"),
		"memory": strings.NewReplacer("memory: 64Mi", "memory: 128Mi", "memory: 256Mi", "memory: 768Mi", "memory: 512Mi", "memory: 1Gi"),
		"variable": strings.NewReplacer(
			"\n          envFrom:\n            - configMapRef:\n                name: web\n", "\n          env: [{name: FEATURE, value: \"on\"}]\n          envFrom:\n            - configMapRef:\n                name: web\n",
			"\n        envFrom:\n        - secretRef: {name: postgres}\n", "\n        env: [{name: FEATURE, value: \"on\"}]\n        envFrom:\n        - secretRef: {name: postgres}\n",
		),
	}
	for _, name := range []string{"flux-monorepo", "argo-helm"} {
		for change, replacer := range changes {
			t.Run(name+"/"+change, func(t *testing.T) {
				r := checkedOut{t, copyOf(t, "../../testdata/repos/"+name+"/clean")}
				r.git("init", "-q", "-b", "main")
				r.git("add", ".")
				r.git("commit", "-q", "-m", "all")
				if rewritten(t, r.dir, replacer) == 0 {
					t.Fatal("nothing was changed")
				}
				r.git("add", ".")
				for _, args := range [][]string{{"--staged", r.dir}, {"--base", "HEAD~1", r.dir}} {
					report := checkJSON(t, args...)
					for _, f := range report.Findings {
						t.Errorf("%v: %s:%d: %s: %s", args, f.File, f.Line, f.Check, f.Message)
					}
					if report.Verdict != "pass" {
						t.Errorf("%v: the verdict is %s", args, report.Verdict)
					}
					if args[0] == "--staged" {
						r.git("commit", "-q", "-m", change)
					}
				}
			})
		}
	}
}

// rewritten changes the manifests under a folder and counts those that differ then.
func rewritten(t *testing.T, dir string, replacer *strings.Replacer) (changed int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".yaml" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		text := replacer.Replace(string(data))
		if text == string(data) {
			return nil
		}
		changed++
		return os.WriteFile(path, []byte(text), 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	return changed
}
