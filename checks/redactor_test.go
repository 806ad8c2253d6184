package checks

import (
	"strings"
	"testing"
)

// TestRedactor: a secret value of a file is cut out of what somebody else says of it,
// also where JSON holds it, and JSON holds that.
func TestRedactor(t *testing.T) {
	redact := Redactor("secret.yaml", []byte("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  key: \"quoted \\\" x&y \\\\ value\"\n  lines: |\n    first-line-of-it\n    second-line-of-it\n"))
	for _, text := range []string{
		`it is quoted " x&y \ value`,
		`{"key": "quoted \" x&y \\ value"}`,
		`{"key": "quoted \" x\u0026y \\ value"}`,
		`"{\"key\": \"quoted \\\" x&y \\\\ value\"}"`,
		"first-line-of-it and not the other",
		`"first-line-of-it\nsecond-line-of-it\n"`,
	} {
		got := redact(text)
		for _, part := range []string{"quoted", "x&y", "x\\u0026y", "line-of-it"} {
			if strings.Contains(got, part) {
				t.Errorf("%s became %s", text, got)
			}
		}
	}
	if got := redact("the Secret a is not sealed"); got != "the Secret a is not sealed" {
		t.Error(got)
	}
	redact = Redactor("app.yaml", []byte("apiVersion: v1\nkind: Pod\nmetadata: {name: minio}\nspec:\n  containers:\n  - name: a\n    env:\n    - {name: ACCESS_KEY, value: minio}\n    - {name: SECRET_KEY, value: minio-9x4Kq2v7}\n"))
	if got := redact("the Pod minio has minio-9x4Kq2v7"); got != "the Pod minio has [redacted]" {
		t.Error(got)
	}
}
