package scan

import (
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	corpus "github.com/gatehouse-dev/gatehouse/testdata/secrets"
)

// TestEachValueIsFoundOnce holds for every file of the labelled corpus that a value is
// found no more often on a line than it stands there.
func TestEachValueIsFoundOnce(t *testing.T) {
	files, err := corpus.Generate(corpus.Seed)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		f := manifest.Read(file.Path, file.Data, manifest.DefaultLimits())
		l := newLines(f.Text)
		found := File(f, Options{})
		for i, a := range found {
			if a.At.Line != a.EndLine || len(a.Raw) < minToken {
				continue
			}
			times := 0
			for _, b := range found[:i+1] {
				if b.Document == a.Document && b.Field == a.Field && b.At.Line == a.At.Line && b.EndLine == a.EndLine && (strings.Contains(a.Raw, b.Raw) || strings.Contains(b.Raw, a.Raw)) {
					times++
				}
			}
			if there := strings.Count(string(l.line(a.At.Line)), a.Raw); times > max(there, 1) {
				t.Errorf("%s:%d: %s of %s is found %d times and stands there %d times", file.Path, a.At.Line, a.Answer.Class, a.Key, times, there)
			}
		}
	}
}

// TestOnceInEveryForm holds it where two readers look at the same line.
func TestOnceInEveryForm(t *testing.T) {
	for name, text := range map[string]string{
		"app.env.j2":   "DB_PASSWORD={{ lookup('env', 'X') | default('PW') }}\n",
		".env.j2":      "API_KEY={{ api_key | default(\"PW\") }}\n",
		"command.yaml": "command: [sh, -c, \"mongodump --uri mongodb://app:PW@db/shop\"]\n",
		"script.yaml":  "script: |\n  mongodump --uri mongodb://app:PW@db/shop\n",
		"args.yaml":    "args: [--uri, \"mongodb://app:PW@db/shop\"]\n",
		"main.tf":      "resource \"x\" \"y\" {\n  values = <<EOT\ndb:\n  password: PW\nEOT\n}\n",
		"run.sh":       "cat > .env <<EOT\nDB_PASSWORD=PW\nEOT\n",
		"echo.sh":      "echo \"DB_PASSWORD=PW\" > .env\n",
		"init.sql":     "INSERT INTO settings (name, value) VALUES ('smtp_password', 'PW');\n",
		"broken.yaml":  "{{ if .x }}\na: {b: {password: PW}}\n{{ end }}\nc: {{ .d }}\n",
	} {
		text = strings.ReplaceAll(text, "PW", pw)
		if found := File(manifest.Read(name, []byte(text), manifest.DefaultLimits()), Options{}); len(found) != 1 {
			t.Errorf("%s: %d findings, want one", name, len(found))
			for _, f := range found {
				t.Logf("%s %q %s on line %d", f.Place, f.Key, f.Answer.Class, f.At.Line)
			}
		}
	}
}
