package podsecurity

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// TestFixtures runs the fixtures of the module: thousands of pods, by level and
// version, that pass, or fail the check that their file is named for.
func TestFixtures(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/pod-security-admission").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	root := filepath.Join(strings.TrimSpace(string(out)), "test", "testdata")
	ordinal := regexp.MustCompile(`[0-9]+\.yaml$`)
	count := 0
	err = filepath.WalkDir(root, func(file string, e fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(file, ".yaml") {
			return err
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		parts := strings.Split(filepath.ToSlash(rel), "/")
		level, err := ParseLevel(parts[0], parts[1])
		if err != nil {
			return err
		}
		d := manifest.Read(file, data, manifest.DefaultLimits()).Documents[0]
		pod, ok := PodOf(d)
		if !ok {
			t.Errorf("%s: no pod", rel)
			return nil
		}
		violations, err := Evaluate(level, pod.Meta, pod.Spec)
		if err != nil {
			t.Errorf("%s: %v", rel, err)
			return nil
		}
		count++
		if parts[2] == "pass" {
			if len(violations) > 0 {
				t.Errorf("%s: %+v", rel, violations)
			}
			return nil
		}
		named := ordinal.ReplaceAllString(parts[3], "")
		found := false
		for _, v := range violations {
			for _, id := range append(v.Covers, v.Check) {
				found = found || strings.ToLower(id) == named
			}
		}
		if !found {
			t.Errorf("%s: %+v, want a violation of %s", rel, violations, named)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d pods", count)
	if count < 4000 {
		t.Errorf("only %d fixtures", count)
	}
}

func TestPodOf(t *testing.T) {
	tests := []struct{ object, path string }{
		{`{apiVersion: v1, kind: Pod, spec: {containers: []}}`, ""},
		{`{apiVersion: apps/v1, kind: Deployment, spec: {template: {spec: {containers: []}}}}`, "spec.template"},
		{`{apiVersion: batch/v1, kind: CronJob, spec: {jobTemplate: {spec: {template: {spec: {containers: []}}}}}}`, "spec.jobTemplate.spec.template"},
		{`{apiVersion: argoproj.io/v1alpha1, kind: Rollout, spec: {template: {spec: {containers: []}}}}`, "spec.template"},
		{`{apiVersion: v1, kind: Service, spec: {}}`, "none"},
		{`{apiVersion: argoproj.io/v1alpha1, kind: Rollout, spec: {workloadRef: {name: api}}}`, "none"},
		{`{apiVersion: other.io/v1, kind: Pod, spec: {}}`, "none"},
	}
	for _, tt := range tests {
		d := manifest.Read("o.yaml", []byte(tt.object), manifest.DefaultLimits()).Documents[0]
		pod, ok := PodOf(d)
		if got := pod.Path; ok != (tt.path != "none") || ok && got != tt.path {
			t.Errorf("%s: %q, %v", tt.object, got, ok)
		}
	}
}

// TestUnreadable: a pod that Kubernetes would not read is an error without a value.
func TestUnreadable(t *testing.T) {
	level, err := ParseLevel("baseline", "latest")
	if err != nil {
		t.Fatal(err)
	}
	d := manifest.Read("o.yaml", []byte(`{apiVersion: v1, kind: Pod, spec: {hostNetwork: s3cret}}`), manifest.DefaultLimits()).Documents[0]
	_, err = Evaluate(level, nil, d.Root.Get("spec"))
	if err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("got %v, want an error without the value", err)
	}
	if _, err := ParseLevel("strict", "latest"); err == nil {
		t.Error("the level strict was accepted")
	}
	if _, err := ParseLevel("baseline", "1.2.3"); err == nil {
		t.Error("the version 1.2.3 was accepted")
	}
}
