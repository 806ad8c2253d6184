package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/library"
)

// notReviewed are the policies whose examples the API server never sees, each with the
// reason. They are judged in files only.
var notReviewed = map[string]string{
	"kustomize-remote-unpinned": "a kustomization is built and never applied",
}

// everywhere is the folder of the examples that belong to no environment.
const everywhere = "all"

// A parity is the examples of the policies in one environment, in a repository whose
// rules turn all of them on.
type parity struct {
	dir      string
	examples []parityExample
}

type parityExample struct {
	policy   declaration
	file     string // in the repository
	document *manifest.Document
}

// verdictAt is what a gate says of a field.
type verdictAt struct{ Check, Severity, Field string }

// TestPoliciesHaveOneVerdict judges the examples of every policy of the library as a
// file, staged, in a range, and as a review of a new and of a changed object, and wants
// the same findings.
func TestPoliciesHaveOneVerdict(t *testing.T) {
	byEnvironment := map[string][]declaration{}
	for _, d := range libraryDeclarations() {
		d = d.asItIsWritten()
		place := cmp.Or(d.example.Get("environment").Str(), everywhere)
		byEnvironment[place] = append(byEnvironment[place], d)
	}
	compared, faulty := 0, 0
	for _, environment := range slices.Sorted(maps.Keys(byEnvironment)) {
		t.Run(environment, func(t *testing.T) {
			p := newParity(t, environment, byEnvironment[environment])
			objects, found := p.compare(t, environment)
			compared, faulty = compared+objects, faulty+found
		})
	}
	if compared < 100 || faulty < 70 {
		t.Errorf("%d objects were compared, %d of them with findings", compared, faulty)
	}
}

// newParity writes the examples and the rules. What is compared with an older object
// gets its good example as that.
func newParity(t *testing.T, environment string, list []declaration) parity {
	t.Helper()
	p := parity{dir: t.TempDir()}
	rules := "version: 1\n"
	if environment != everywhere {
		rules += "environments:\n- {name: " + environment + ", paths: [" + environment + "]}\n"
	}
	rules += "policies:\n  enable:\n"
	given := ""
	for _, d := range list {
		if d.kind() == "tree" {
			continue
		}
		rules += "  - " + d.check.ID + "\n"
		if parameters := d.example.Get("parameters"); parameters != nil {
			given += "    " + d.check.ID + ": " + jsonOf(t, parameters) + "\n"
		}
		for _, name := range []string{badFile, goodFile} {
			p.examples = append(p.examples, p.split(t, d, environment, name)...)
		}
	}
	if given != "" {
		rules += "  parameters:\n" + given
	}
	p.write(t, ".gatehouse/config.yaml", rules)
	slices.SortFunc(p.examples, func(a, b parityExample) int { return strings.Compare(a.file, b.file) })
	return p
}

// split writes each object of an example to a file of its own: in one file two may have
// one name.
func (p parity) split(t *testing.T, d declaration, environment, name string) (list []parityExample) {
	t.Helper()
	for _, text := range exampleOf(d.check.ID, name) {
		for _, doc := range manifest.Read(name, []byte(text), manifest.DefaultLimits()).Documents {
			e := parityExample{policy: d, file: fmt.Sprintf("%s/%s/%d-%s", environment, d.check.ID, len(list), name), document: doc}
			p.write(t, e.file, jsonOf(t, doc.Root))
			list = append(list, e)
		}
	}
	return list
}

func (p parity) write(t *testing.T, file, text string) {
	t.Helper()
	name := filepath.Join(p.dir, filepath.FromSlash(file))
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func jsonOf(t *testing.T, n *manifest.Node) string {
	t.Helper()
	text, err := json.Marshal(n.Value())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// compare holds the gates against each other and counts the objects that it compared at
// admission, and
// those of them with findings.
func (p parity) compare(t *testing.T, environment string) (compared, faulty int) {
	t.Helper()
	r := checkedOut{t, p.dir}
	asFile := p.judged(t, p.dir)
	r.git("init", "-q", "-b", "main")
	r.git("add", ".gatehouse")
	r.git("commit", "-q", "-m", "rules")
	r.git("add", ".")
	if diff := gocmp.Diff(asFile, p.judged(t, "--staged", p.dir)); diff != "" {
		t.Errorf("as files and staged (-files +staged):\n%s", diff)
	}
	r.git("commit", "-q", "-m", "examples")
	if diff := gocmp.Diff(asFile, p.judged(t, "--base", "HEAD~1", p.dir)); diff != "" {
		t.Errorf("as files and in a range (-files +range):\n%s", diff)
	}
	hook := startReviews(t, p.dir, environment)
	for _, e := range p.examples {
		if notReviewed[e.policy.check.ID] != "" || !e.document.IsObject() {
			continue
		}
		created := hook.review(t, "CREATE", e.document, nil)
		if diff := gocmp.Diff(asFile[e.file], created, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s as a file and as CREATE (-file +review):\n%s", e.file, diff)
		}
		updated := hook.review(t, "UPDATE", e.document, without(e.document.Root, "spec", "rules", "subjects"))
		if diff := gocmp.Diff(asFile[e.file], updated, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s as a file and as UPDATE (-file +review):\n%s", e.file, diff)
		}
		compared++
		faulty += min(len(created), 1)
	}
	return compared, faulty
}

// without is an object before some of its fields were there.
func without(root *manifest.Node, fields ...string) *manifest.Node {
	before := *root
	before.Items = slices.DeleteFunc(slices.Clone(root.Items), func(n manifest.Node) bool { return slices.Contains(fields, n.Key) })
	return &before
}

// judged gives the findings of policies by file, of those that judge single objects.
func (p parity) judged(t *testing.T, args ...string) map[string][]verdictAt {
	t.Helper()
	transitions := map[string]bool{}
	for _, d := range libraryDeclarations() {
		transitions[d.check.ID] = d.kind() != "document"
	}
	out := map[string][]verdictAt{}
	for _, f := range checkJSON(t, append([]string{"--no-cache"}, args...)...).Findings {
		single, known := transitions[f.Check]
		if !known || single {
			continue
		}
		out[f.File] = append(out[f.File], verdictAt{f.Check, f.Severity.String(), f.Field})
	}
	for _, list := range out {
		sortVerdicts(list)
	}
	return out
}

func sortVerdicts(list []verdictAt) {
	slices.SortFunc(list, func(a, b verdictAt) int {
		return cmp.Or(strings.Compare(a.Check, b.Check), strings.Compare(a.Field, b.Field))
	})
}

// reviews is a running webhook.
type reviews struct {
	client *http.Client
	url    string

	mu   sync.Mutex
	last map[string][]verdictAt // by uid
	next int
}

// startReviews runs the webhook by the rules of a repository until the test ends.
func startReviews(t *testing.T, dir, environment string) *reviews {
	t.Helper()
	certFile, keyFile := selfSigned(t, t.TempDir())
	out, log := io.Pipe()
	p := program{stdin: strings.NewReader(""), stdout: io.Discard, stderr: log, env: func(string) string { return "" }, now: time.Now}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan int, 1)
	args := []string{"gatehouse", "webhook", "--tls-cert", certFile, "--tls-key", keyFile, "--address", "127.0.0.1:0", "--metrics-address", "",
		"--mode", "observe", "--rules", dir, "--drain", "50ms"}
	if environment != everywhere {
		args = append(args, "--environment", environment)
	}
	go func() {
		ended <- p.run(ctx, args)
		log.Close()
	}()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != exitOK {
			t.Errorf("the webhook ended with %d", code)
		}
	})
	lines := json.NewDecoder(out)
	var listening struct{ Msg, Address string }
	if err := lines.Decode(&listening); err != nil || listening.Msg != "listening" {
		t.Fatalf("%v: %+v", err, listening)
	}
	h := &reviews{url: "https://" + listening.Address + "/v1/admit", last: map[string][]verdictAt{}}
	go h.follow(lines)
	roots := x509.NewCertPool()
	certificate, err := os.ReadFile(certFile)
	if err != nil || !roots.AppendCertsFromPEM(certificate) {
		t.Fatal(err)
	}
	h.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	t.Cleanup(h.client.CloseIdleConnections)
	return h
}

// follow reads the log of the webhook, which tells check and field of each finding.
func (h *reviews) follow(lines *json.Decoder) {
	for {
		var line struct {
			Msg, UID string
			Findings []verdictAt
		}
		if err := lines.Decode(&line); err != nil {
			return
		}
		if line.Msg == "review" {
			h.mu.Lock()
			h.last[line.UID] = line.Findings
			h.mu.Unlock()
		}
	}
}

// review asks the webhook and gives what policies of the library found.
func (h *reviews) review(t *testing.T, operation string, d *manifest.Document, old *manifest.Node) []verdictAt {
	t.Helper()
	h.next++
	uid := fmt.Sprintf("00000000-0000-4000-8000-%012d", h.next)
	kind := map[string]any{"group": d.Object.Group(), "version": d.Object.Version(), "kind": d.Object.Kind}
	request := map[string]any{
		"uid": uid, "kind": kind, "requestKind": kind, "name": d.Object.Name, "namespace": d.Object.Namespace, "operation": operation,
		"resource": map[string]any{"group": d.Object.Group(), "version": d.Object.Version(), "resource": strings.ToLower(d.Object.Kind) + "s"},
		"userInfo": map[string]any{"username": "alice@example.com"}, "object": d.Root.Value(),
	}
	if old != nil {
		request["oldObject"] = old.Value()
	}
	body, err := json.Marshal(map[string]any{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := h.client.Post(h.url, "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%v: status %d: %s", err, resp.StatusCode, answer)
	}
	return h.found(t, uid)
}

// found waits for the line of a review in the log.
func (h *reviews) found(t *testing.T, uid string) []verdictAt {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		h.mu.Lock()
		list, ok := h.last[uid]
		h.mu.Unlock()
		if ok {
			list = slices.DeleteFunc(slices.Clone(list), func(v verdictAt) bool {
				_, err := library.Read(v.Check + "/" + policyFile)
				return err != nil || notSingle(v.Check)
			})
			sortVerdicts(list)
			return list
		}
	}
	t.Fatalf("the webhook has not logged the review %s", uid)
	return nil
}

// notSingle tells that a policy does not judge single objects.
func notSingle(id string) bool {
	return slices.ContainsFunc(libraryDeclarations(), func(d declaration) bool { return d.check.ID == id && d.kind() != "document" })
}
