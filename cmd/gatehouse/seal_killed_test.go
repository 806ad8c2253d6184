package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// writer is a command that changes a file in place.
type writer struct {
	name string
	old  string // the file before
	env  []string
	args []string // FILE stands for the file
	now  func(text string) bool
}

// padding makes a file so large that the program can be ended while it writes.
var padding = "  other: " + strings.Repeat("x", 100_000) + "\n"

// TestKilledWhileWriting ends every command that changes a file in place as soon as it
// has begun to write: the file is then the old one or the new one, whole.
func TestKilledWhileWriting(t *testing.T) {
	if testing.Short() {
		t.Skip("left out with -short: it starts the program a hundred times, in which nothing of the test can race")
	}
	dir := sealFolder(t)
	for _, w := range writers(t, dir) {
		t.Run(w.name, func(t *testing.T) {
			file := filepath.Join(dir, "a.sops.yaml")
			kept, changed, writing := 0, 0, 0
			for round := 0; round < 8 || writing == 0 && round < 40; round++ {
				writeFile(t, file, w.old)
				cmd := exec.Command("gatehouse", strings.Split(strings.ReplaceAll(strings.Join(w.args, "\x00"), "FILE", file), "\x00")...)
				cmd.Env = append(append(os.Environ(), "CI="), w.env...)
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				ended := make(chan error)
				go func() { ended <- cmd.Wait() }()
				if round == 0 {
					<-time.After(5 * time.Millisecond)
				} else if waitForTemporary(dir, ended) {
					writing++
					time.Sleep(time.Duration(round%4) * time.Millisecond)
				}
				_ = cmd.Process.Kill() // it may be done
				<-ended
				text := readFileText(t, file)
				read := manifest.Read(file, []byte(text), manifest.DefaultLimits())
				switch {
				case text == w.old:
					kept++
				case len(read.Documents) == 1 && len(read.Broken) == 0 && w.now(text) && !strings.Contains(text, sealCanary):
					changed++
				default:
					t.Fatalf("round %d left %d bytes of %d", round, len(text), len(w.old))
				}
				removeTemporaries(t, dir)
			}
			t.Logf("%d kept, %d changed; %d were ended while a file was being written", kept, changed, writing)
			if writing == 0 {
				t.Error("the program was never ended while it wrote")
			}
		})
	}
}

// writers are the commands, each with a file that it changes.
func writers(t *testing.T, dir string) []writer {
	t.Helper()
	file, value := filepath.Join(dir, "a.sops.yaml"), filepath.Join(t.TempDir(), "value")
	writeFile(t, value, "new-"+sealCanary)
	sealed := madeBy(t, file, nil, "seal", "--method", "sealed-secrets", file)
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	rules := filepath.Join(dir, ".sops.yaml")
	writeFile(t, rules, "creation_rules:\n- path_regex: sops\n  encrypted_regex: ^(data|stringData)$\n  age: "+identity.Recipient().String()+"\n")
	encrypted := madeBy(t, file, nil, "seal", "--method", "sops", file)
	script := filepath.Join(t.TempDir(), "editor.sh")
	writeFile(t, script, "sed -i 's/password: .*/password: new-"+sealCanary+"/' \"$1\"\n")
	key, former := formerKey(t, file)
	opens := []string{"SOPS_AGE_KEY=" + identity.String(), "VISUAL=sh " + script}
	lines := func(base string, more int) func(string) bool {
		return func(text string) bool { return strings.Count(text, "\n") == strings.Count(base, "\n")+more }
	}
	has := func(part string) func(string) bool {
		return func(text string) bool { return strings.Contains(text, part) }
	}
	vault := newVaultFake(t)
	configured := filepath.Join(dir, ".gatehouse")
	if err := os.MkdirAll(configured, 0o700); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(configured, "config.yaml"), "version: 1\nseal: {vault: {mount: secret, object: annotation}}\n")
	atVault := []string{"VAULT_ADDR=" + vault.URL, "VAULT_TOKEN=" + vaultToken}
	referring := "apiVersion: v1\nkind: Secret\nmetadata: {name: database, namespace: production, annotations: {avp.kubernetes.io/path: secret/data/production/database}}\n" +
		"stringData:\n  password: \"<password>\"\n# " + strings.Repeat("x", 100_000) + "\n"
	return []writer{
		{"unset", sealed, nil, []string{"seal", "unset", "FILE", "password"}, lines(sealed, -1)},
		{"edit", sealed, opens, []string{"seal", "edit", "FILE"}, lines(sealed, 0)},
		{"reseal", former, nil, []string{"seal", "reseal", "--private-key", key, "FILE"}, lines(former, 0)},
		{"SOPS", plainSecret + padding, nil, []string{"seal", "--method", "sops", "FILE"}, has("\nsops:\n")},
		{"SOPS, set", encrypted, opens, []string{"seal", "set", "--from-file", value, "FILE", "password"}, lines(encrypted, 0)},
		{"SOPS, unset", encrypted, opens, []string{"seal", "unset", "FILE", "password"}, lines(encrypted, -1)},
		{"SOPS, edit", encrypted, opens, []string{"seal", "edit", "FILE"}, lines(encrypted, 0)},
		{"Vault", plainSecret + padding, atVault, []string{"seal", "--replace", "--method", "vault", "FILE"}, has("<password>")},
		{"Vault, set", referring, atVault, []string{"seal", "set", "--from-file", value, "FILE", "token"}, lines(referring, 1)},
	}
}

// madeBy is what a command makes of a plain file.
func madeBy(t *testing.T, file string, env map[string]string, args ...string) string {
	t.Helper()
	writeFile(t, file, plainSecret+padding)
	if _, stderr, code := callIn(t, env, "", args...); code != 0 {
		t.Fatalf("%v: exit %d: %s", args, code, stderr)
	}
	return readFileText(t, file)
}

// formerKey is a private key of a controller that is no more, and a file that was sealed
// for it.
func formerKey(t *testing.T, file string) (path, sealed string) {
	t.Helper()
	private, public := nextController(t)
	outside := t.TempDir()
	path, certificate := filepath.Join(outside, "old.key"), filepath.Join(outside, "old.pem")
	writeFile(t, path, string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(private)})))
	writeFile(t, certificate, string(public))
	return path, madeBy(t, file, nil, "seal", "--cert", certificate, file)
}

// TestNoValueInProcesses has the program run the programs that it needs, each of which
// writes down with which words and in which environment it was started: no value is in
// any of them, nor in those of the program itself.
func TestNoValueInProcesses(t *testing.T) {
	if _, err := os.Stat("/proc/self/environ"); err != nil {
		t.Skip("this system does not show the environment of a process: ", err)
	}
	dir, bin := sealFolder(t), t.TempDir()
	seen := filepath.Join(t.TempDir(), "seen")
	git, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	note := "#!/bin/sh\nfor p in $$ $PPID; do tr '\\0' '\\n' < /proc/$p/cmdline >> " + seen + "; tr '\\0' '\\n' < /proc/$p/environ >> " + seen + "; done\n"
	for name, then := range map[string]string{"git": "exec " + git + " \"$@\"\n", "writes": "sed -i -f " + filepath.Join(bin, "script") + " \"$1\"\n"} {
		writeFile(t, filepath.Join(bin, name), note+then)
		if err := os.Chmod(filepath.Join(bin, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	writeFile(t, filepath.Join(bin, "value"), sealCanary)
	writeFile(t, filepath.Join(bin, "script"), "s/password: .*/password: new-"+sealCanary+"/\n")
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, ".sops.yaml"), "creation_rules:\n- path_regex: sops\n  encrypted_regex: ^(data|stringData)$\n  age: "+identity.Recipient().String()+"\n")
	vault := newVaultFake(t)
	if err := os.Mkdir(filepath.Join(dir, ".gatehouse"), 0o700); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, ".gatehouse", "config.yaml"), "version: 1\nseal: {vault: {mount: secret, object: annotation}}\n")
	checkedOut{t, dir}.git("init", "-q")
	value, env := filepath.Join(bin, "value"), filepath.Join(dir, "values.env")
	writeFile(t, env, "password="+sealCanary+"\n")
	for _, f := range []string{"a.yaml", "b.sops.yaml", "c.yaml"} {
		writeFile(t, filepath.Join(dir, f), plainSecret)
	}
	for _, args := range [][]string{
		{"seal", "--method", "sealed-secrets", "a.yaml"}, {"seal", "--method", "sops", "b.sops.yaml"}, {"seal", "--method", "vault", "c.yaml"},
		{"seal", "set", "--from-file", value, "a.yaml", "user"}, {"seal", "set", "--from-file", value, "b.sops.yaml", "user"}, {"seal", "set", "--from-file", value, "c.yaml", "user"},
		{"seal", "edit", "a.yaml"}, {"seal", "edit", "b.sops.yaml"},
		{"seal", "unset", "a.yaml", "user"}, {"seal", "unset", "b.sops.yaml", "user"}, {"seal", "unset", "c.yaml", "user"},
		{"seal", "create", "made", "--namespace", "production", "--from-env-file", env, "--method", "sealed-secrets", "--output", "made.yaml"},
		{"seal", "status"},
	} {
		cmd := exec.Command("gatehouse", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "CI=", "PATH="+bin+":"+os.Getenv("PATH"), "VISUAL="+filepath.Join(bin, "writes"), "SOPS_AGE_KEY="+identity.String(), "VAULT_ADDR="+vault.URL, "VAULT_TOKEN="+vaultToken)
		out, err := cmd.CombinedOutput()
		if err != nil || strings.Contains(string(out), sealCanary) {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		text := readFileText(t, seen)
		if strings.Contains(text, sealCanary) {
			t.Errorf("%v: a program was started with a value", args)
		}
		for _, program := range []string{"git", "gatehouse"} {
			if !strings.Contains(text, program) {
				t.Errorf("%v: %s wrote nothing down: %s", args, program, fmt.Sprint(len(text)))
			}
		}
		if err := os.Remove(seen); err != nil {
			t.Fatal(err)
		}
	}
}
