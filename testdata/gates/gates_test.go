// Package gates tests what holds across gates: the same object gets the same
// findings as a file, staged, in a range of commits and at admission, on real git,
// a real API server and the built program.
package gates

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/testdata/cluster"
)

// program is the path of the built gatehouse.
var program string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "gatehouse-gates-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	program = filepath.Join(dir, "gatehouse")
	build := exec.Command("go", "build", "-o", program, "github.com/gatehouse-dev/gatehouse/cmd/gatehouse")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build gatehouse: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// ran is what a command left.
type ran struct {
	stdout, stderr string
	code           int
}

// command runs a command in a folder, without any configuration of this machine.
func command(t *testing.T, dir string, env []string, name string, args ...string) ran {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(),
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=Story", "GIT_AUTHOR_EMAIL=story@example.org",
		"GIT_COMMITTER_NAME=Story", "GIT_COMMITTER_EMAIL=story@example.org", "NO_COLOR=1", "PATH="+filepath.Dir(program)+":"+os.Getenv("PATH"))
	cmd.Env = append(cmd.Env, env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if cmd.ProcessState == nil {
		t.Fatalf("%s %v: %v", name, args, err)
	}
	return ran{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// must is command for one that has to succeed.
func must(t *testing.T, dir string, name string, args ...string) string {
	t.Helper()
	r := command(t, dir, nil, name, args...)
	if r.code != 0 {
		t.Fatalf("%s %v: exit %d\n%s%s", name, args, r.code, r.stdout, r.stderr)
	}
	return r.stdout
}

// webhook is a running gatehouse webhook that the API server calls.
type webhook struct {
	mode string
	log  string // path
	read int    // lines of the log that reviewed has taken

	mu    sync.Mutex
	lines []string
}

// startWebhook starts the program and registers it for everything that selector
// matches.
func startWebhook(t *testing.T, c *cluster.Cluster, name string, selector map[string]any, flags ...string) *webhook {
	t.Helper()
	w, address, cert := serveWebhook(t, flags...)
	all := []string{"*"}
	register(t, c, name, address, cert, selector, map[string]any{"apiGroups": all, "apiVersions": all, "operations": []string{"CREATE", "UPDATE"}, "resources": all})
	return w
}

// serveWebhook starts the program, which nobody calls yet.
func serveWebhook(t *testing.T, flags ...string) (w *webhook, address, cert string) {
	t.Helper()
	dir := t.TempDir()
	cert, key, err := cluster.ServingCertificate(dir, "webhook")
	if err != nil {
		t.Fatal(err)
	}
	address = freeAddress(t)
	w = &webhook{}
	cmd := exec.Command(program, append([]string{"webhook", "--address", address, "--metrics-address", "", "--tls-cert", cert, "--tls-key", key, "--drain", "0s"}, flags...)...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		scan := bufio.NewScanner(stderr)
		scan.Buffer(nil, 1<<20)
		for scan.Scan() {
			w.mu.Lock()
			w.lines = append(w.lines, scan.Text())
			w.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		<-finished
		_ = cmd.Wait()
	})
	return w, address, cert
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// register makes the API server call the webhook, and waits until it does.
func register(t *testing.T, c *cluster.Cluster, name, address, cert string, selector map[string]any, rules ...any) {
	t.Helper()
	bundle, err := os.ReadFile(cert)
	if err != nil {
		t.Fatal(err)
	}
	registration := map[string]any{
		"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration", "metadata": map[string]any{"name": name},
		"webhooks": []any{map[string]any{
			"name": name + ".example.com", "sideEffects": "None", "admissionReviewVersions": []string{"v1"}, "failurePolicy": "Fail", "timeoutSeconds": 10,
			"clientConfig":      map[string]any{"url": "https://" + address + "/v1/admit", "caBundle": bundle},
			"rules":             rules,
			"namespaceSelector": selector,
		}},
	}
	admin := c.Client(cluster.Admin)
	accepted(t)(admin.Create(t.Context(), registration, cluster.Write{}))
	t.Cleanup(func() {
		if _, err := admin.Delete(context.Background(), registration, cluster.Write{}); err != nil {
			t.Error(err)
		}
	})
}

// accepted returns a function that takes the results of a request that must
// succeed.
func accepted(t *testing.T) func(*cluster.Response, error) *cluster.Response {
	return func(r *cluster.Response, err error) *cluster.Response {
		t.Helper()
		if err == nil {
			err = r.Err()
		}
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
}

// review is a line of the webhook's log.
type review struct {
	Msg, Operation, Kind, Namespace, Name, Verdict, Writer string
	Allowed                                                bool
	Findings                                               []logged
}

type logged struct {
	Check, Severity, Kind, Namespace, Name, Field string
	New                                           bool
}

// all is the whole log so far.
func (w *webhook) all() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.lines, "\n")
}

// awaited bounds the wait for a review that the API server must have asked for.
const awaited = 10 * time.Second

// next returns the next review in the log that is of the kind looked for.
func (w *webhook) next(t *testing.T, is func(review) bool) (review, bool) {
	t.Helper()
	for deadline := time.Now().Add(awaited); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		w.mu.Lock()
		lines := w.lines[w.read:]
		w.mu.Unlock()
		for _, line := range lines {
			w.read++
			var r review
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				t.Fatalf("the log has a line that is not JSON: %s", line)
			}
			if r.Msg == "review" && is(r) {
				return r, true
			}
		}
	}
	return review{}, false
}

// forget skips what has been logged so far.
func (w *webhook) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.read = len(w.lines)
}

// waitUntilCalled returns when the API server calls the webhook: registrations are
// taken up asynchronously.
func (w *webhook) waitUntilCalled(t *testing.T, c *cluster.Cluster, namespace string) {
	t.Helper()
	probe := map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "probe", "namespace": namespace}}
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if _, err := c.Client(cluster.Admin).Create(t.Context(), probe, cluster.Write{DryRun: true}); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(w.all(), `"probe"`) {
			time.Sleep(200 * time.Millisecond)
			w.forget()
			return
		}
	}
	t.Fatal("the API server does not call the webhook")
}
