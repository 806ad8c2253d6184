package gates

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/testdata/cluster"
)

// canary is the value of the story, made at run time: no gate may show it, nor its
// base64, nor a part of either.
type canary struct{ value string }

func newCanary() canary {
	return canary{"canary-" + hex.EncodeToString(fmt.Appendf(nil, "%x", time.Now().UnixNano()))[:24]}
}

// absent fails where text shows the value.
func (c canary) absent(t *testing.T, where, text string) {
	t.Helper()
	encoded := base64.StdEncoding.EncodeToString([]byte(c.value))
	for _, form := range []string{c.value, c.value[:10], c.value[len(c.value)-10:], encoded, encoded[:12], hex.EncodeToString([]byte(c.value))} {
		if strings.Contains(text, form) {
			t.Errorf("%s shows the value", where)
			return
		}
	}
}

// TestStory follows one Secret through every gate, in order: it is stopped at the
// commit, sealed, passes the commit, the pull request and the API server, is
// unsealed by the real controller, also after its keys were changed; and the original is stopped at the API server
// with the words of the hook.
func TestStory(t *testing.T) {
	c := cluster.Start(t, cluster.Options{})
	if err := c.InstallSealedSecrets(t.Context()); err != nil {
		t.Fatal(err)
	}
	const namespace = "shop"
	if err := c.Client(cluster.Admin).CreateNamespace(t.Context(), namespace, nil); err != nil {
		t.Fatal(err)
	}
	controller, err := c.StartController(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	secret := newCanary()
	repo := newRepository(t, controller.Certificate)
	plain := fmt.Sprintf("# The database of the shop.\napiVersion: v1\nkind: Secret\nmetadata:\n  name: database\n  namespace: %s\nstringData:\n  password: %s # rotate in May\n", namespace, secret.value)
	message := commitIsStopped(t, repo, plain, secret)
	sealed := sealAndCommit(t, repo, secret)

	metrics := freeAddress(t)
	w := startWebhook(t, c, "story", map[string]any{"matchLabels": map[string]any{"kubernetes.io/metadata.name": namespace}},
		"--mode", "enforce", "--trust-unbound-writers", "--metrics-address", metrics)
	w.waitUntilCalled(t, c, namespace)
	applySealed(t, c, sealed, namespace, secret)
	keysAreUnsealed(t, c, repo, namespace, secret)
	applyPlain(t, c, namespace, secret, message)
	warned(t, c, secret, message)

	secret.absent(t, "the log of the webhook", w.all())
	secret.absent(t, "the metrics", fetch(t, "http://"+metrics+"/metrics"))
	auditIsClean(t, c, secret)
}

// newRepository makes a repository with the hook and a certificate on its main
// branch, and a branch for the change.
func newRepository(t *testing.T, certificate []byte) string {
	t.Helper()
	repo := t.TempDir()
	must(t, repo, "git", "init", "-q", "-b", "main")
	must(t, repo, program, "hook", "install")
	write(t, repo, "pub-sealed-secrets.pem", string(certificate))
	must(t, repo, "git", "add", ".")
	must(t, repo, "git", "commit", "-q", "-m", "certificate")
	must(t, repo, "git", "checkout", "-q", "-b", "change")
	return repo
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// commitIsStopped stages the Secret and tries to commit it. It returns the lines
// of the hook that say what is wrong and what to do.
func commitIsStopped(t *testing.T, repo, plain string, secret canary) []string {
	t.Helper()
	write(t, repo, "database.yaml", plain)
	must(t, repo, "git", "add", "database.yaml")
	commit := command(t, repo, nil, "git", "commit", "-q", "-m", "database")
	if commit.code == 0 {
		t.Fatal("git commit took a plaintext Secret")
	}
	secret.absent(t, "the hook", commit.stdout+commit.stderr)
	var lines []string
	for line := range strings.Lines(commit.stderr) {
		if _, after, ok := strings.Cut(line, "error    "); ok {
			lines = append(lines, strings.TrimSpace(after))
		}
		if _, after, ok := strings.Cut(line, "fix: "); ok {
			// An object on its way into a cluster has no file to name.
			lines = append(lines, strings.ReplaceAll(strings.TrimSpace(after), "seal database.yaml", "seal FILE"))
		}
	}
	// Only git knows how far a value has got.
	for i, only := range []string{" No commit of this file has it yet.", " Nothing has leaked, so the value need not be rotated."} {
		if len(lines) == 2 && !strings.HasSuffix(lines[i], only) {
			t.Errorf("the hook does not say %q:\n%s", only, lines[i])
		}
		if len(lines) == 2 {
			lines[i] = strings.TrimSuffix(lines[i], only)
		}
	}
	if len(lines) != 2 || !strings.Contains(commit.stderr, "plaintext-secret") || !strings.Contains(commit.stderr, "database.yaml") {
		t.Fatalf("the hook does not say what is wrong and what to do:\n%s", commit.stderr)
	}
	return lines
}

// sealAndCommit mends what is staged, commits it and judges the pull request. It
// returns the sealed manifest.
func sealAndCommit(t *testing.T, repo string, secret canary) string {
	t.Helper()
	seal := command(t, repo, nil, program, "seal", "--staged")
	if seal.code != 0 {
		t.Fatalf("gatehouse seal --staged: exit %d\n%s%s", seal.code, seal.stdout, seal.stderr)
	}
	secret.absent(t, "gatehouse seal", seal.stdout+seal.stderr)
	commit := command(t, repo, nil, "git", "commit", "-q", "-m", "database, sealed")
	if commit.code != 0 {
		t.Fatalf("the sealed Secret is not taken:\n%s", commit.stderr)
	}
	pull := command(t, repo, nil, program, "check", "--base", "main", "-o", "text", "-o", "json=report.json", "-o", "sarif=report.sarif", "-o", "markdown=report.md")
	if pull.code != 0 {
		t.Fatalf("the pull request fails:\n%s%s", pull.stdout, pull.stderr)
	}
	sealed := must(t, repo, "git", "show", "HEAD:database.yaml")
	for where, text := range map[string]string{"the commit": sealed, "the check": pull.stdout + pull.stderr, "the JSON report": read(t, repo, "report.json"), "the SARIF report": read(t, repo, "report.sarif"), "the summary": read(t, repo, "report.md")} {
		secret.absent(t, where, text)
	}
	if !strings.Contains(sealed, "kind: SealedSecret") || !strings.HasPrefix(sealed, "# The database of the shop.\n") || !strings.Contains(sealed, "# rotate in May") {
		t.Errorf("the sealed manifest is not what was written, sealed:\n%s", sealed)
	}
	return sealed
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// applySealed applies the SealedSecret and waits until the controller has unsealed
// it, through the same webhook.
func applySealed(t *testing.T, c *cluster.Cluster, sealed, namespace string, secret canary) {
	t.Helper()
	developer := c.Client(cluster.Developer)
	docs := documentsOf(t, sealed)
	answer := accepted(t)(developer.Apply(t.Context(), docs[0], cluster.Write{}))
	secret.absent(t, "the answer to the SealedSecret", string(answer.Body)+strings.Join(answer.Warnings, "\n"))
	wanted := map[string]any{"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": "database", "namespace": namespace}}
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		r, err := developer.Get(t.Context(), wanted, cluster.Write{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Err() != nil {
			continue
		}
		object, err := r.Object()
		if err != nil {
			t.Fatal(err)
		}
		data, _ := object["data"].(map[string]any)
		if got, _ := base64.StdEncoding.DecodeString(fmt.Sprint(data["password"])); string(got) != secret.value {
			t.Fatal("the controller unsealed another value")
		}
		return
	}
	t.Fatal("the controller has not unsealed the Secret within 30 s")
}

// applyPlain applies the original: it is denied with the message and fix that the
// hook gave.
func applyPlain(t *testing.T, c *cluster.Cluster, namespace string, secret canary, message []string) {
	t.Helper()
	object := plainSecret("database-two", namespace, secret)
	for how, write := range map[string]func() (*cluster.Response, error){
		"create": func() (*cluster.Response, error) {
			return c.Client(cluster.Developer).Create(t.Context(), object, cluster.Write{})
		},
		"server-side apply": func() (*cluster.Response, error) {
			return c.Client(cluster.Developer).Apply(t.Context(), object, cluster.Write{})
		},
		"apply by Flux": func() (*cluster.Response, error) {
			return c.Client(cluster.FluxUser).Apply(t.Context(), object, cluster.Write{})
		},
	} {
		r, err := write()
		if err != nil {
			t.Fatal(err)
		}
		denied := r.Err()
		if denied == nil {
			t.Fatalf("%s: a plaintext Secret is taken", how)
		}
		for _, line := range message {
			if !strings.Contains(denied.Error(), line) {
				t.Errorf("%s: the denial lacks what the hook said: %q\n%s", how, line, denied)
			}
		}
		secret.absent(t, "the denial ("+how+")", denied.Error()+string(r.Body)+strings.Join(r.Warnings, "\n"))
	}
}

func plainSecret(name, namespace string, secret canary) map[string]any {
	return map[string]any{
		"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": name, "namespace": namespace},
		"stringData": map[string]any{"password": secret.value},
	}
}

// warned applies the original in a namespace whose webhook only warns.
func warned(t *testing.T, c *cluster.Cluster, secret canary, message []string) {
	t.Helper()
	const namespace = "shop-warned"
	if err := c.Client(cluster.Admin).CreateNamespace(t.Context(), namespace, nil); err != nil {
		t.Fatal(err)
	}
	w := startWebhook(t, c, "story-warn", map[string]any{"matchLabels": map[string]any{"kubernetes.io/metadata.name": namespace}}, "--mode", "warn")
	w.waitUntilCalled(t, c, namespace)
	r := accepted(t)(c.Client(cluster.Developer).Create(t.Context(), plainSecret("database", namespace, secret), cluster.Write{}))
	all := strings.Join(r.Warnings, "\n")
	if len(r.Warnings) == 0 || !strings.Contains(all, "plaintext-secret") {
		t.Errorf("the warnings do not say what is wrong: %q", r.Warnings)
	}
	secret.absent(t, "a warning", all)
	secret.absent(t, "the log of the webhook", w.all())
}

// auditIsClean reads the annotations of the API server's audit log.
func auditIsClean(t *testing.T, c *cluster.Cluster, secret canary) {
	t.Helper()
	text, err := os.ReadFile(c.AuditLog)
	if err != nil {
		t.Fatal(err)
	}
	secret.absent(t, "the audit log", string(text))
	if !strings.Contains(string(text), "story.example.com/verdict") {
		t.Error("the audit log has no verdict of the webhook")
	}
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "gatehouse_admission_requests_total") {
		t.Errorf("the metrics count no requests:\n%s", text)
	}
	return string(text)
}
