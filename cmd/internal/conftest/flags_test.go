package conftest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFlags are read as the flags library of conftest does.
func TestFlags(t *testing.T) {
	for _, c := range []struct {
		words string
		name  string
		want  []string
		args  string
	}{
		{"-p a --policy b,c x", "policy", []string{"a", "b", "c"}, "x"},
		{"-pa -p=b", "policy", []string{"a", "b"}, ""},
		{"x y", "policy", []string{"policy"}, "x y"},
		{"x --namespace=n y", "namespace", []string{"n"}, "x y"},
		{"--output tap -ojson", "output", []string{"json"}, ""},
		{"--strict x", "strict", []string{"true"}, "x"},
		{"--strict=false x", "strict", []string{"false"}, "x"},
		{"-- --strict", "strict", nil, "--strict"},
		{"- x", "strict", nil, "- x"},
	} {
		s, err := parseFlags(flagsOf("test"), strings.Fields(c.words))
		if err != nil {
			t.Fatal(err)
		}
		if got := s.list(c.name); !cmp.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.words, got, c.want)
		}
		if got := strings.Join(s.args, " "); got != c.args {
			t.Errorf("%s: arguments %q, want %q", c.words, got, c.args)
		}
	}
	for _, words := range []string{"--nothing", "-x", "--policy", "--strict=maybe", "-p"} {
		if _, err := parseFlags(flagsOf("test"), strings.Fields(words)); err == nil {
			t.Errorf("%s is taken", words)
		}
	}
}

// TestSettings: a flag counts before the environment, and that before the file.
func TestSettings(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"conftest.toml": "policy = [\"file\"]\nnamespace = \"a,b\"\nfail-on-warn = true\n",
		"other.yaml":    "output: json\n",
		"bad.json":      "{",
		"bad.hcl":       "a = 1",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	read := func(env map[string]string, words ...string) (settings, error) {
		s, err := parseFlags(flagsOf("test"), words)
		if err != nil {
			t.Fatal(err)
		}
		return s, s.complete(func(name string) string { return env[name] }, configKeys("test"))
	}
	s, err := read(nil)
	if err != nil || s.text("policy") != "file" || !s.bool("fail-on-warn") || !cmp.Equal(s.list("namespace"), []string{"a", "b"}) {
		t.Errorf("%+v, %v", s.values, err)
	}
	s, err = read(map[string]string{"CONFTEST_POLICY": "x,y", "CONFTEST_FAIL_ON_WARN": "false"})
	if err != nil || !cmp.Equal(s.list("policy"), []string{"x", "y"}) || s.bool("fail-on-warn") {
		t.Errorf("%+v, %v", s.values, err)
	}
	s, err = read(map[string]string{"CONFTEST_POLICY": "x"}, "-p", "flag")
	if err != nil || s.text("policy") != "flag" {
		t.Errorf("%+v, %v", s.values, err)
	}
	s, err = read(map[string]string{"CONFTEST_CONFIG_FILE": "other.yaml"})
	if err != nil || s.text("policy") != "policy" || s.text("output") != "json" {
		t.Errorf("%+v, %v", s.values, err)
	}
	for _, name := range []string{"bad.json", "bad.hcl", "nothing.toml"} {
		if _, err := read(nil, "-c", name); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	for _, name := range []string{"conftest.toml"} {
		if err := os.Rename(name, filepath.Join(filepath.Dir(name), "conftest.ini")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := read(nil); err == nil || !strings.Contains(err.Error(), "conftest.ini") {
		t.Errorf("a file of settings that is not read: %v", err)
	}
}

// TestTable draws cells of several lines and wide letters.
func TestTable(t *testing.T) {
	var b strings.Builder
	if err := (Program{Stdout: &b, Stderr: &b}).write(results{{File: "a", Namespace: "main", Failures: []result{{Message: "one\n二 x"}}}}, "table", options{}); err != nil {
		t.Fatal(err)
	}
	want := `┌─────────┬──────┬───────────┬─────────┐
│ RESULT  │ FILE │ NAMESPACE │ MESSAGE │
├─────────┼──────┼───────────┼─────────┤
│ failure │ a    │ main      │ one     │
│         │      │           │ 二 x    │
└─────────┴──────┴───────────┴─────────┘
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

// TestControl: what a manifest says cannot move the cursor of a terminal.
func TestControl(t *testing.T) {
	var b strings.Builder
	r := results{{File: "a\x1b[2J", Namespace: "main", Failures: []result{{Message: "x\x1b]0;y\x07"}}}}
	for _, format := range []string{"stdout", "tap", "table"} {
		if err := (Program{Stdout: &b, Stderr: &b}).write(r, format, options{}); err != nil {
			t.Fatal(err)
		}
	}
	if strings.ContainsAny(b.String(), "\x1b\x07") {
		t.Errorf("%q", b.String())
	}
}
