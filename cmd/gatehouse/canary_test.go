package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corpus "github.com/gatehouse-dev/gatehouse/testdata/secrets"
)

// shortestCanary is the length from which no beginning of a value may be shown.
const shortestCanary = 6

// formats are all formats of a report.
var formats = []string{"text", "json", "sarif", "junit", "github", "gitlab", "markdown", "html"}

// TestCanary plants generated values in every place of the corpus and looks for
// them, for their base64 and for their beginnings in everything that the program
// writes: every format of every gate, its errors, and what it says of files that
// are broken beside a value. The same is done with other values in the same places:
// what stands in both outputs is no value but a word of the program or of a file.
func TestCanary(t *testing.T) {
	if testing.Short() {
		t.Skip("left out: it judges the labelled corpus ten times, and -short was asked for")
	}
	first, values := outputsOfCorpus(t, corpus.Seed)
	second, _ := outputsOfCorpus(t, 7)
	if len(values) < 500 {
		t.Fatalf("only %d values were planted", len(values))
	}
	for name, text := range first {
		for _, v := range values {
			for _, form := range formsOf(v) {
				if at := strings.Index(text, form); at >= 0 && !strings.Contains(second[name], form) {
					t.Errorf("%s shows %d bytes of a value: …%s…", name, len(form), around(text, at, len(form)))
				}
			}
		}
	}
}

// around shows a leak without repeating more of it than was leaked.
func around(text string, at, n int) string {
	return text[max(0, at-60):at] + strings.Repeat("#", n) + text[at+n:min(len(text), at+n+20)]
}

// formsOf are the texts by which a value would be given away: its beginning, that of
// its base64, and what it is the base64 of.
func formsOf(value string) []string {
	var forms []string
	add := func(s string) {
		if line, _, _ := strings.Cut(strings.TrimSpace(s), "\n"); len(line) >= shortestCanary && !strings.HasPrefix(line, "-----BEGIN") {
			forms = append(forms, line[:shortestCanary])
		}
	}
	add(value)
	add(base64.StdEncoding.EncodeToString([]byte(value)))
	if plain, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(value), "")); err == nil {
		add(string(plain))
	}
	return forms
}

// outputsOfCorpus gives everything that the program writes about the corpus made of
// a seed, by a name that is the same for all seeds, and the values in it.
func outputsOfCorpus(t *testing.T, seed uint64) (outputs map[string]string, values []string) {
	t.Helper()
	files, err := corpus.Generate(seed)
	if err != nil {
		t.Fatal(err)
	}
	outputs = map[string]string{}
	dir := t.TempDir()
	repo := checkedOut{t, dir}
	repo.git("init", "--quiet", "--initial-branch=main")
	repo.commit("begin", "README.md", "nothing\n")
	for _, f := range files {
		values = append(values, f.Leaks()...)
		plant(t, filepath.Join(dir, f.Path), f.Data)
	}
	record := func(name string, args ...string) {
		t.Helper()
		stdout, stderr, code := call(t, "", args...)
		outputs[name] = fmt.Sprintf("exit %d\n%s%s", code, stdout, stderr)
	}
	everyFormat := func(name string, args ...string) {
		t.Helper()
		out := t.TempDir()
		call := append([]string{"check", "--verbose", "--no-cache"}, args...)
		for _, format := range formats {
			call = append(call, "-o", format+"="+filepath.Join(out, format))
		}
		record(name, call...)
		for _, format := range formats {
			text, err := os.ReadFile(filepath.Join(out, format))
			if err != nil {
				t.Fatal(err)
			}
			outputs[name+" as "+format] = string(text)
		}
	}
	everyFormat("tree", dir)
	repo.git("add", "--all")
	everyFormat("staged", "--staged", dir)
	repo.git("commit", "--quiet", "--message", "add everything")
	record("existing findings", "waive", "--existing", "--owner", "team", "--expires", "2026-06-01", "--reason", "known", dir)
	for _, f := range files {
		if err := os.Remove(filepath.Join(dir, f.Path)); err != nil {
			t.Fatal(err)
		}
	}
	repo.git("add", "--all")
	repo.git("commit", "--quiet", "--message", "take everything away")
	everyFormat("history", "--base", "HEAD~2", dir)
	broken := t.TempDir()
	for _, f := range files {
		plant(t, filepath.Join(broken, f.Path), breakBeside(f))
	}
	everyFormat("broken", broken)
	for _, f := range files {
		if strings.HasSuffix(f.Path, ".yaml") {
			record("seal "+f.Path, "seal", "--dry-run", filepath.Join(broken, f.Path))
		}
	}
	sealing := sealFolder(t)
	for i := 0; i < len(values); i += 10 {
		value, made := filepath.Join(sealing, "value"), filepath.Join(sealing, fmt.Sprintf("%d.yaml", i))
		plant(t, value, []byte(values[i]))
		certificate := filepath.Join(sealing, "pub-sealed-secrets.pem")
		record(fmt.Sprintf("create %d", i), "seal", "create", "a", "--namespace", "x", "--cert", certificate, "--from-file", "k="+value, "--output", made)
		record(fmt.Sprintf("set %d", i), "seal", "set", "--cert", certificate, "--from-file", value, made, "another")
		record(fmt.Sprintf("set badly %d", i), "seal", "set", "--cert", certificate, "--from-file", value, made, "no key")
		record(fmt.Sprintf("variables %d", i), "seal", "create", "a", "--namespace", "x", "--cert", certificate, "--from-env-file", value, "--dry-run")
	}
	for name, text := range outputs {
		for _, folder := range []string{dir, broken, sealing} {
			text = strings.ReplaceAll(text, folder, "FOLDER")
		}
		outputs[name] = text
	}
	return outputs, values
}

// breakBeside puts a line that no reader of YAML takes behind each leak.
func breakBeside(f corpus.File) []byte {
	if strings.Contains(f.Path, ".tgz") || strings.Contains(string(f.Data), "\x00") {
		return f.Data
	}
	lines := strings.SplitAfter(string(f.Data), "\n")
	for _, l := range f.Labels {
		if l.Verdict == corpus.Leak && l.EndLine <= len(lines) {
			lines[l.EndLine-1] += "\t: ]\n"
		}
	}
	return []byte(strings.Join(lines, ""))
}

func plant(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
