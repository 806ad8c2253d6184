package admission

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/builtin"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// TestSameFindingsAsTheFile judges every object of the example repositories as a
// file and as a review, in the form that the API server gives it there, and wants
// the same check, object and field.
func TestSameFindingsAsTheFile(t *testing.T) {
	compared, faulty := 0, 0
	err := filepath.WalkDir("../../../testdata/repos", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".yaml" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, doc := range manifest.Read(path, data, manifest.DefaultLimits()).Documents {
			if !doc.IsObject() || doc.Object.Name == "" || doc.Object.Group() == "kustomize.config.k8s.io" {
				continue
			}
			compared++
			faulty += compareGates(t, path, doc)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if compared < 50 || faulty < 2 {
		t.Errorf("%d objects were compared, %d of them with findings; that is too few to tell anything", compared, faulty)
	}
}

// compareGates compares one object and returns 1 where there is a finding on it.
func compareGates(t *testing.T, path string, doc *manifest.Document) int {
	t.Helper()
	text, err := json.Marshal(doc.Root.Value())
	if err != nil {
		t.Fatal(err)
	}
	asFile := judgedAsFile(text)
	review := reviewed(t, text)
	asReview := judgedAsReview(t, admissionv1.Create, review, "")
	if diff := cmp.Diff(asFile, asReview); diff != "" {
		t.Errorf("%s: %s as a file and as a review (-file +review):\n%s", path, doc.Object, diff)
	}
	if updated := judgedAsReview(t, admissionv1.Update, review, emptied(t, review)); !slices.Equal(updated, asReview) {
		t.Errorf("%s: %s has other findings as an update: %q, want %q", path, doc.Object, updated, asReview)
	}
	return min(len(asFile), 1)
}

// judgedAsFile gives check, object and field of every finding, as a YAML file.
func judgedAsFile(object []byte) []string {
	text, err := yaml.JSONToYAML(object)
	if err != nil {
		return []string{err.Error()}
	}
	result := checks.Run(context.Background(), checks.Input{
		Files: []checks.File{fileOf("object.yaml", text)}, Checks: builtin.All(), Limits: manifest.DefaultLimits(),
		FailOn: checks.FailOn(checks.Error), Time: noon,
	})
	return identities(result.Findings)
}

func judgedAsReview(t *testing.T, operation admissionv1.Operation, object, old string) []string {
	a := judged(t, settings(), request(t, operation, alice, object, old))
	own := map[string]bool{}
	for _, c := range Checks() {
		own[c.ID] = true // run by this gate alone
	}
	return identities(slices.DeleteFunc(a.Findings, func(f checks.Finding) bool { return own[f.Check] }))
}

// identities leave the namespace out: a file need not name the one it is for.
func identities(findings []checks.Finding) []string {
	list := []string{}
	for _, f := range findings {
		list = append(list, fmt.Sprintf("%s %s %s/%s %s", f.Check, f.Severity, f.Object.Kind, f.Object.Name, f.Field))
	}
	slices.Sort(list)
	return list
}

// reviewed is an object as the API server shows it to a webhook: with what the
// server sets, and a Secret with its stringData in data.
func reviewed(t *testing.T, object []byte) string {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal(object, &fields); err != nil {
		t.Fatal(err)
	}
	if fields["kind"] == "Secret" && fields["apiVersion"] == "v1" {
		fields = typedSecret(t, object)
	}
	meta := fields["metadata"].(map[string]any)
	if meta["namespace"] == nil {
		meta["namespace"] = "default"
	}
	meta["uid"], meta["resourceVersion"], meta["creationTimestamp"] = "705ab4f5-6393-11e8-b7cc-42010a800002", "12", "2026-05-04T12:00:00Z"
	meta["managedFields"] = []any{map[string]any{"manager": "kubectl", "operation": "Apply", "apiVersion": "v1"}}
	text, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func typedSecret(t *testing.T, object []byte) map[string]any {
	t.Helper()
	var secret corev1.Secret
	if err := json.Unmarshal(object, &secret); err != nil {
		t.Fatalf("%v in a Secret of the examples", err)
	}
	for key, value := range secret.StringData {
		if secret.Data == nil {
			secret.Data = map[string][]byte{}
		}
		secret.Data[key] = []byte(value)
	}
	secret.StringData = nil
	if secret.Type == "" {
		secret.Type = corev1.SecretTypeOpaque
	}
	text, err := json.Marshal(secret)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	return fields
}

// emptied is an object before anything stood in it.
func emptied(t *testing.T, object string) string {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal([]byte(object), &fields); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"data", "spec", "stringData"} {
		delete(fields, key)
	}
	text, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestStringDataIsFoundUnderData(t *testing.T) {
	file := judgedAsFile([]byte(`{"apiVersion":"v1","kind":"Secret","metadata":{"name":"db"},"stringData":{"password":"correct-horse-battery","tls.key":"another-horse","user":"app"}}`))
	review := judgedAsReview(t, admissionv1.Create, reviewed(t, []byte(`{"apiVersion":"v1","kind":"Secret","metadata":{"name":"db"},"stringData":{"password":"correct-horse-battery","tls.key":"another-horse","user":"app"}}`)), "")
	if diff := cmp.Diff(file, review); diff != "" || len(file) != 3 {
		t.Errorf("%d findings; as a file and as a review (-file +review):\n%s", len(file), diff)
	}
	if !strings.Contains(strings.Join(review, "\n"), `data["tls.key"]`) {
		t.Errorf("findings %q", review)
	}
}
