package main

import (
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/seal"
)

// TestSetAndCreateSayNoValue runs the commands that take values, where they work and
// where they refuse, and looks for the value in all that they write.
func TestSetAndCreateSayNoValue(t *testing.T) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	encoded := base64.StdEncoding.EncodeToString([]byte(sealCanary))
	sealedFile := func(dir, name, rules string) string {
		if rules != "" {
			writeFile(t, filepath.Join(dir, ".sops.yaml"), rules)
		}
		file := filepath.Join(dir, name)
		writeFile(t, file, strings.ReplaceAll(plainSecret, sealCanary, "another-value-of-this-one"))
		if _, stderr, code := call(t, "", "seal", file); code != 0 {
			t.Fatal(stderr)
		}
		return file
	}
	rules := "creation_rules:\n- path_regex: sops\n  encrypted_regex: ^(data|stringData)$\n  age: " + identity.Recipient().String() + "\n"
	for name, test := range map[string]struct {
		file, rules, stdin string
		args               []string // FILE stands for the file, VALUE for one with the value
		works              bool
	}{
		"set":                     {file: "a.yaml", stdin: sealCanary, args: []string{"set", "--stdin", "FILE", "password"}, works: true},
		"set from a file":         {file: "a.yaml", args: []string{"set", "--from-file", "VALUE", "FILE", "password"}, works: true},
		"set with SOPS":           {file: "a.sops.yaml", rules: rules, stdin: sealCanary, args: []string{"set", "--stdin", "FILE", "password"}, works: true},
		"set without a key":       {file: "a.sops.yaml", rules: rules, stdin: sealCanary, args: []string{"set", "--stdin", "FILE", "a.b.c", "--object", "nobody"}},
		"set under a bad key":     {file: "a.yaml", stdin: sealCanary, args: []string{"set", "--stdin", "FILE", "a b"}},
		"set on the command line": {file: "a.yaml", args: []string{"set", "FILE", "password", sealCanary}},
		"set as a pair":           {file: "a.yaml", args: []string{"set", "FILE", "password=" + sealCanary}},
		"set of nothing":          {file: "a.yaml", stdin: sealCanary, args: []string{"set", "--stdin", "FILE", "password", "--object", "x/y"}},
		"create":                  {file: "a.yaml", args: []string{"create", "-n", "x", "--from-file", "k=VALUE", "b"}, works: true},
		"create with a bad type":  {file: "a.yaml", args: []string{"create", "-n", "x", "--type", "kubernetes.io/tls", "--from-file", "k=VALUE", "b"}},
		"create from variables":   {file: "a.yaml", stdin: "A=" + sealCanary, args: []string{"create", "-n", "x", "--from-env-file", "-", "b"}, works: true},
		"create from a bad line":  {file: "a.yaml", stdin: "A=\"" + sealCanary, args: []string{"create", "-n", "x", "--from-env-file", "-", "b"}},
		"create from an address":  {file: "a.yaml", stdin: "postgres://" + sealCanary + "@db/shop?sslmode=disable", args: []string{"create", "-n", "x", "--from-env-file", "-", "b"}},
		"create from padding":     {file: "a.yaml", stdin: encoded + "==", args: []string{"create", "-n", "x", "--from-env-file", "-", "b"}},
		"create from no line":     {file: "a.yaml", stdin: sealCanary, args: []string{"create", "-n", "x", "--from-env-file", "-", "b"}},
		"create with a literal":   {file: "a.yaml", args: []string{"create", "-n", "x", "--from-literal", "k=" + sealCanary, "b"}},
		"create from no file":     {file: "a.yaml", args: []string{"create", "-n", "x", "--from-file", "k=" + sealCanary, "b"}},
		"create from a variable":  {file: "a.yaml", args: []string{"create", "-n", "x", "--from-env", sealCanary, "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir, elsewhere, temporary := sealFolder(t), t.TempDir(), t.TempDir()
			t.Setenv("TMPDIR", temporary)
			t.Chdir(dir)
			file, value := sealedFile(dir, test.file, test.rules), filepath.Join(elsewhere, "value")
			writeFile(t, value, sealCanary)
			args := []string{"seal"}
			for _, a := range test.args {
				args = append(args, strings.ReplaceAll(strings.ReplaceAll(a, "FILE", file), "VALUE", value))
			}
			stdout, stderr, code := callIn(t, map[string]string{"SOPS_AGE_KEY": identity.String()}, test.stdin, args...)
			if (code == 0) != test.works {
				t.Errorf("exit %d\n%s%s", code, stdout, stderr)
			}
			if strings.Contains(stdout+stderr, sealCanary) || strings.Contains(stdout+stderr, encoded) || strings.Contains(stdout+stderr, identity.String()) {
				t.Errorf("the value is shown:\n%s%s", stdout, stderr)
			}
			noCanaryBelow(t, dir)
			noCanaryBelow(t, temporary)
		})
	}
}

// What set writes opens to the value, under the scope of the SealedSecret.
func TestSetValueOpens(t *testing.T) {
	file := filepath.Join(sealFolder(t), "a.yaml")
	writeFile(t, file, strings.Replace(plainSecret, "metadata:\n", "metadata:\n  annotations:\n    sealedsecrets.bitnami.com/namespace-wide: \"true\"\n", 1))
	if _, stderr, code := call(t, "", "seal", file); code != 0 {
		t.Fatal(stderr)
	}
	if _, stderr, code := call(t, "a-new-value\n", "seal", "set", "--stdin", "--keep-newline", file, "password"); code != 0 {
		t.Fatal(stderr)
	}
	private, _ := controller()
	if got := openedValues(t, file, private, "production"); got["password"] != "a-new-value\n" {
		t.Errorf("the value opens to %q", got["password"])
	}
}

// TestKilledWhileSetting ends the program as soon as it has begun to write: the file is
// then the old one or the new one.
func TestKilledWhileSetting(t *testing.T) {
	dir := sealFolder(t)
	file, value := filepath.Join(dir, "a.yaml"), filepath.Join(t.TempDir(), "value")
	writeFile(t, file, plainSecret+"  other: "+strings.Repeat("x", 100_000)+"\n")
	writeFile(t, value, sealCanary)
	if _, stderr, code := call(t, "", "seal", file); code != 0 {
		t.Fatal(stderr)
	}
	old := readFileText(t, file)
	writing := 0
	for round := range 12 {
		writeFile(t, file, old)
		cmd := exec.Command("gatehouse", "seal", "set", "--from-file", value, file, "password")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error)
		go func() { ended <- cmd.Wait() }()
		if round%4 == 0 {
			time.Sleep(time.Duration(round) * 10 * time.Millisecond)
		} else if waitForTemporary(dir, ended) {
			writing++
		}
		_ = cmd.Process.Kill() // it may be done
		<-ended
		now := readFileText(t, file)
		f := manifest.Read(file, []byte(now), manifest.DefaultLimits())
		if len(f.Documents) != 1 || len(f.Broken) > 0 || strings.Contains(now, sealCanary) || strings.Count(now, "\n") != strings.Count(old, "\n") {
			t.Fatalf("round %d left %d bytes of %d", round, len(now), len(old))
		}
		removeTemporaries(t, dir)
	}
	if writing == 0 {
		t.Error("the program was never ended while it wrote")
	}
}

// TestEditLeavesNothing ends the program while somebody edits, in every way in which a
// program is asked to end: the file stays as it was, and the text is gone.
func TestEditLeavesNothing(t *testing.T) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file, path, script := filepath.Join(dir, "a.sops.yaml"), filepath.Join(dir, "path"), filepath.Join(dir, "editor.sh")
	writeFile(t, filepath.Join(dir, ".sops.yaml"), "creation_rules:\n- path_regex: sops\n  encrypted_regex: ^(data|stringData)$\n  age: "+identity.Recipient().String()+"\n")
	writeFile(t, file, plainSecret)
	writeFile(t, script, "echo >> \"$1\"; echo \"$1\" > "+path+".new; mv "+path+".new "+path+"; exec sleep 60\n")
	if _, stderr, code := call(t, "", "seal", file); code != 0 {
		t.Fatal(stderr)
	}
	before := readFileText(t, file)
	for _, signal := range []os.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
		_ = os.Remove(path) // of the round before
		cmd := exec.Command("gatehouse", "seal", "edit", file)
		cmd.Env = append(os.Environ(), "VISUAL=exec sh "+script, "SOPS_AGE_KEY="+identity.String())
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for range 1000 {
			if _, err := os.Stat(path); err == nil {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		edited := strings.TrimSpace(readFileText(t, path))
		if !strings.Contains(readFileText(t, edited), sealCanary) {
			t.Errorf("%s: what is edited is not the plain text", signal)
		}
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err == nil {
			t.Errorf("%s: the program ends as if all were well", signal)
		}
		if _, err := os.Stat(filepath.Dir(edited)); err == nil {
			t.Errorf("%s: %s is left", signal, filepath.Dir(edited))
		}
		if readFileText(t, file) != before {
			t.Errorf("%s: the file is another one", signal)
		}
	}
	noCanaryBelow(t, dir)
}

// A kind begins with a capital, and a namespace does not.
func TestSelectorOf(t *testing.T) {
	for text, want := range map[string]seal.Selector{
		"":                      {},
		"name":                  {Name: "name"},
		"production/name":       {Namespace: "production", Name: "name"},
		"SealedSecret/name":     {Kind: "SealedSecret", Name: "name"},
		"SealedSecret/a/name":   {Kind: "SealedSecret", Namespace: "a", Name: "name"},
		"sealedsecret/a/name":   {Kind: "sealedsecret", Namespace: "a", Name: "name"},
		"production/name-1.two": {Namespace: "production", Name: "name-1.two"},
	} {
		if got, err := selectorOf(text); err != nil || got != want {
			t.Errorf("%q is %+v (%v)", text, got, err)
		}
	}
	for _, text := range []string{"/", "a/", "/a", "A/", "a/b/c/d"} {
		if got, err := selectorOf(text); err == nil {
			t.Errorf("%q is %+v", text, got)
		}
	}
}

func TestUnquoted(t *testing.T) {
	for text, want := range map[string]string{
		``: ``, `plain`: `plain`, `plain # comment`: `plain`, `plain#no`: `plain#no`, `"a # b" # c`: `a # b`, `'a\n"b'`: `a\n"b`,
		`"a\n\t\"\\\$\x"`: "a\n\t\"\\$\\x", `""`: ``, `a"b"`: `a"b"`, `$x`: `$x`,
	} {
		got, reason := unquoted([]byte(text))
		if reason != "" || string(got) != want {
			t.Errorf("%s is %q (%s), want %q", text, got, reason, want)
		}
	}
	for _, text := range []string{`"a`, `'a`, `"a\"`, `"a" b`} {
		if got, reason := unquoted([]byte(text)); reason == "" {
			t.Errorf("%s is %q", text, got)
		}
	}
}
