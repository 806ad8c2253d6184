package admission

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// logBuffer takes the log of a server that runs.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// authority signs the certificates of a test.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
}

func newAuthority(t testing.TB) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return authority{cert, key, pool}
}

// issue writes a certificate for 127.0.0.1 and its key into dir.
func (a authority) issue(t testing.TB, dir string, serial int64) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "webhook"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(30 * time.Minute),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	replace(t, certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	replace(t, keyFile, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER}))
	return certFile, keyFile
}

// replace puts a new file in the place of an old one at once, as a kubelet does.
func replace(t testing.TB, file string, data []byte) {
	t.Helper()
	if err := os.WriteFile(file+".new", data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
}

// running is a server that serves until the test ends.
type running struct {
	*Server
	log       *logBuffer
	client    *http.Client
	authority authority
	dir       string
	stop      context.CancelFunc
	ended     chan error
}

func serve(t testing.TB, s Settings, change func(*Config)) *running {
	t.Helper()
	r := &running{log: &logBuffer{}, authority: newAuthority(t), dir: t.TempDir(), ended: make(chan error, 1)}
	certFile, keyFile := r.authority.issue(t, r.dir, 2)
	config := Config{Address: "127.0.0.1:0", MetricsAddress: "127.0.0.1:0", CertFile: certFile, KeyFile: keyFile, Log: r.log}
	if change != nil {
		change(&config)
	}
	server, err := Listen(New(s), config)
	if err != nil {
		t.Fatal(err)
	}
	r.Server = server
	r.client = r.newClient()
	ctx, stop := context.WithCancel(context.Background())
	r.stop = stop
	go func() { r.ended <- server.Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		r.client.CloseIdleConnections()
		select {
		case err := <-r.ended:
			if err != nil {
				t.Errorf("serve: %v", err)
			}
		case <-time.After(20 * time.Second):
			t.Error("the server does not stop")
		}
	})
	return r
}

// newClient speaks HTTP/1.1, as the API server does with a webhook in the cluster.
func (r *running) newClient() *http.Client {
	return &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: r.authority.pool, MinVersion: tls.VersionTLS13}, MaxIdleConnsPerHost: 64,
	}}
}

// post sends a body as a review and gives status and answer.
func (r *running) post(t testing.TB, query, contentType string, body io.Reader) (int, string) {
	t.Helper()
	resp, err := r.client.Post("https://"+r.Addr().String()+Path+query, contentType, body)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// text is post for a goroutine: the answer, or the error.
func (r *running) text(body []byte) string {
	resp, err := r.client.Post("https://"+r.Addr().String()+Path+"?timeout=20s", "application/json", bytes.NewReader(body))
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// get reads from the plain listener.
func (r *running) get(t testing.TB, path string) (int, string) {
	t.Helper()
	resp, err := http.Get("http://" + r.MetricsAddr().String() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func responseIn(t testing.TB, text string) *admissionv1.AdmissionResponse {
	t.Helper()
	var review admissionv1.AdmissionReview
	if err := json.Unmarshal([]byte(text), &review); err != nil || review.Response == nil {
		t.Fatalf("not a review with a response: %v: %s", err, text)
	}
	if review.APIVersion != "admission.k8s.io/v1" || review.Kind != "AdmissionReview" || review.Request != nil {
		t.Errorf("the answer is %s %s", review.APIVersion, review.Kind)
	}
	return review.Response
}

func reviewOf(t testing.TB, req *admissionv1.AdmissionRequest) []byte {
	t.Helper()
	review := admissionv1.AdmissionReview{Request: req}
	review.APIVersion, review.Kind = "admission.k8s.io/v1", "AdmissionReview"
	text, err := json.Marshal(review)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

const testUID = "705ab4f5-6393-11e8-b7cc-42010a800002"

// TestHostileReviews sends what no API server sends: everything that has a uid
// gets a review with the answer for what cannot be judged.
func TestHostileReviews(t *testing.T) {
	head := `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"` + testUID + `",`
	request := `"kind":{"group":"","version":"v1","kind":"ConfigMap"},"resource":{"group":"","version":"v1","resource":"configmaps"},"name":"x","namespace":"shop","operation":"CREATE","userInfo":{},`
	deep := strings.Repeat(`{"a":`, 300) + `1` + strings.Repeat(`}`, 300)
	bottomless := strings.Repeat(`{"a":`, 20_000) + `1` + strings.Repeat(`}`, 20_000)
	var twice strings.Builder
	for range duplicateKeys + 2 {
		twice.WriteString(`"a":"b",`)
	}
	tests := []struct {
		name, body, contentType string
		status                  int
		verdict                 string
		says                    string
	}{
		{name: "empty body", status: 400, says: "not the JSON"},
		{name: "no JSON", body: "apiVersion: v1", status: 400, says: "not the JSON"},
		{name: "no object", body: `[1,2]`, status: 400},
		{name: "wrong version", body: strings.Replace(head, "/v1", "/v1beta1", 1) + request + `"object":{}}}`, status: 200, verdict: "incomplete", says: "no AdmissionReview of admission.k8s.io/v1"},
		{name: "wrong kind", body: strings.Replace(head, "AdmissionReview", "Pod", 1) + request + `"object":{}}}`, status: 200, verdict: "incomplete"},
		{name: "no request", body: `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}`, status: 400, says: "has no request"},
		{name: "request null", body: `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":null}`, status: 400},
		{name: "no uid", body: `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"operation":"CREATE"}}`, status: 400, says: "has no uid"},
		{name: "cut off", body: head + request + `"object":{"apiVersion":"v1","kind":"ConfigMap"`, status: 200, verdict: "incomplete"},
		{name: "uid at the end", body: `{"request":{"object":{"uid":"wrong"},"oldObject":[{"uid":"wrong"}],"uid":"` + testUID + `"}}`, status: 200, verdict: "incomplete"},
		{name: "not UTF-8", body: head + request + "\"object\":{\"a\":\"\xff\xfe\"}}}", status: 200, verdict: "incomplete", says: "not UTF-8"},
		{name: "content type", contentType: "application/yaml", body: head + request + `"object":{}}}`, status: 200, verdict: "incomplete", says: "content type"},
		{name: "content type with a parameter", contentType: "application/json; charset=utf-8", body: head + request + `"object":{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"}}}}`, status: 200, verdict: "pass"},
		{name: "too large", body: head + request + `"object":{"apiVersion":"v1","kind":"ConfigMap","data":{"a":"` + strings.Repeat("x", bodyBytes) + `"}}}}`, status: 200, verdict: "incomplete", says: "review-bytes"},
		{name: "deep", body: head + request + `"object":{"apiVersion":"v1","kind":"ConfigMap","x":` + deep + `}}}`, status: 200, verdict: "incomplete", says: "limit depth"},
		{name: "bottomless", body: head + request + `"object":` + bottomless + `}}`, status: 200, verdict: "incomplete"},
		{name: "bottomless before the uid", body: `{"request":{"object":` + bottomless + `,"uid":"` + testUID + `"}}`, status: 400},
		{name: "many values", body: head + request + `"object":{"apiVersion":"v1","kind":"ConfigMap","x":[` + strings.Repeat("0,", objectValues) + `0]}}}`, status: 200, verdict: "incomplete", says: "object-values"},
		{name: "object null", body: head + request + `"object":null}}`, status: 200, verdict: "incomplete", says: "no object"},
		{name: "object a text", body: head + request + `"object":"apiVersion: v1"}}`, status: 200, verdict: "incomplete", says: "no JSON object"},
		{name: "object a list", body: head + request + `"object":[{"apiVersion":"v1","kind":"ConfigMap"}]}}`, status: 200, verdict: "incomplete"},
		{name: "object empty", body: head + request + `"object":{}}}`, status: 200, verdict: "incomplete", says: "no apiVersion"},
		{name: "object of another kind", body: head + request + `"object":{"apiVersion":"v1","kind":"Secret","metadata":{"name":"x"}}}}`, status: 200, verdict: "incomplete", says: "not of the kind"},
		{name: "unknown kind", body: head + strings.ReplaceAll(request, "ConfigMap", "Gadget") + `"object":{"apiVersion":"v1","kind":"Gadget","metadata":{"name":"x"}}}}`, status: 200, verdict: "pass"},
		{name: "duplicate key", body: head + request + `"object":{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":{"a":"b","a":"c"}}}}`, status: 200, verdict: "fail", says: "duplicate-key"},
		{name: "many duplicate keys", body: head + request + `"object":{"apiVersion":"v1","kind":"ConfigMap",` + twice.String() + `"metadata":{"name":"x"}}}}`, status: 200, verdict: "incomplete", says: "duplicate-keys"},
		{name: "two objects", body: head + request + `"object":{"apiVersion":"v1","kind":"ConfigMap"},"object":{"apiVersion":"v1","kind":"Secret"}}}`, status: 200, verdict: "incomplete"},
	}
	r := serve(t, settings(), nil)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			contentType := tt.contentType
			if contentType == "" {
				contentType = "application/json"
			}
			start := time.Now()
			status, text := r.post(t, "?timeout=10s", contentType, strings.NewReader(tt.body))
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
			if status != tt.status || !strings.Contains(text, tt.says) {
				t.Fatalf("status %d, want %d and %q: %.500s", status, tt.status, tt.says, text)
			}
			if status != 200 {
				return
			}
			response := responseIn(t, text)
			holdsContract(t, testUID, Enforce, response)
			if got := response.AuditAnnotations["verdict"]; got != tt.verdict || response.Allowed != (tt.verdict == "pass") {
				t.Errorf("verdict %s, allowed %t, want %s: %s", got, response.Allowed, tt.verdict, text)
			}
		})
	}
}

func TestUndecodableIsAllowedWithAWarningWhereNothingIsDenied(t *testing.T) {
	body := `{"apiVersion":"admission.k8s.io/v2","kind":"AdmissionReview","request":{"uid":"` + testUID + `"}}`
	for _, tt := range []struct {
		name   string
		change func(*Settings)
	}{
		{"observe", func(s *Settings) { s.Mode = Observe }},
		{"warn", func(s *Settings) { s.Mode = Warn }},
		{"enforce, allowed", func(s *Settings) { s.AllowIncomplete = true }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, text := serve(t, with(tt.change), nil).post(t, "", "application/json", strings.NewReader(body))
			response := responseIn(t, text)
			if status != 200 || !response.Allowed || !strings.Contains(strings.Join(response.Warnings, "\n"), "no AdmissionReview") {
				t.Errorf("status %d: %s", status, text)
			}
		})
	}
}

func TestOtherPathsAndMethods(t *testing.T) {
	r := serve(t, settings(), nil)
	for _, tt := range []struct {
		method, path string
		status       int
	}{{"GET", Path, 405}, {"PUT", Path, 405}, {"POST", "/", 404}, {"GET", "/metrics", 404}, {"GET", "/healthz", 200}, {"GET", "/readyz", 200}} {
		req, err := http.NewRequest(tt.method, "https://"+r.Addr().String()+tt.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := r.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != tt.status {
			t.Errorf("%s %s: status %d, want %d", tt.method, tt.path, resp.StatusCode, tt.status)
		}
	}
}

// slowCheck takes until it is let go.
func slowCheck(let <-chan struct{}) checks.Check {
	return checks.Check{ID: "slow", Category: checks.Policy, Severity: checks.Error,
		Document: func(*checks.Pass, *manifest.Document) error { <-let; return nil }}
}

func TestAnswerComesBeforeTheTimeout(t *testing.T) {
	let := make(chan struct{})
	defer close(let)
	r := serve(t, with(func(s *Settings) { s.Checks = append(s.Checks, slowCheck(let)) }), nil)
	start := time.Now()
	status, text := r.post(t, "?timeout=1s", "application/json", bytes.NewReader(reviewOf(t, request(t, admissionv1.Create, alice, plainConfig, ""))))
	took := time.Since(start)
	response := responseIn(t, text)
	holdsContract(t, testUID, Enforce, response)
	if status != 200 || response.Allowed || !strings.Contains(response.Result.Message, "no verdict in time") {
		t.Errorf("status %d: %s", status, text)
	}
	if took < 700*time.Millisecond || took > 990*time.Millisecond {
		t.Errorf("the answer took %s, want 80 %% of a second", took)
	}
}

func TestOverloadIsAnswered(t *testing.T) {
	let := make(chan struct{})
	r := serve(t, with(func(s *Settings) { s.Checks = append(s.Checks, slowCheck(let)) }), func(c *Config) { c.Concurrency = 1 })
	body := reviewOf(t, request(t, admissionv1.Create, alice, plainConfig, ""))
	first := make(chan string, 1)
	go func() { first <- r.text(body) }()
	waitFor(t, func() bool { return r.metrics.inflight.Load() == 1 })
	time.Sleep(50 * time.Millisecond) // until it has the one place there is
	start := time.Now()
	status, text := r.post(t, "?timeout=1s", "application/json", bytes.NewReader(body))
	response := responseIn(t, text)
	if status != 200 || response.Allowed || response.Result.Code != 429 || response.Result.Details.RetryAfterSeconds != 1 {
		t.Errorf("status %d: %s", status, text)
	}
	if took := time.Since(start); took > 700*time.Millisecond {
		t.Errorf("the answer took %s, want 40 %% of a second", took)
	}
	close(let)
	if response := responseIn(t, <-first); !response.Allowed {
		t.Errorf("the call that was under way is denied: %+v", response.Result)
	}
}

func TestBodiesAreBounded(t *testing.T) {
	r := serve(t, settings(), nil)
	if err := r.queue.bodies.take(context.Background(), inFlightBytes); err != nil {
		t.Fatal(err)
	}
	body := reviewOf(t, request(t, admissionv1.Create, alice, plainConfig, ""))
	_, text := r.post(t, "?timeout=1s", "application/json", bytes.NewReader(body))
	if response := responseIn(t, text); response.UID != testUID || response.Allowed || response.Result.Code != 429 {
		t.Errorf("answer %s", text)
	}
	r.queue.bodies.give(inFlightBytes)
	_, text = r.post(t, "?timeout=1s", "application/json", bytes.NewReader(body))
	if response := responseIn(t, text); !response.Allowed {
		t.Errorf("answer %s", text)
	}
	waitFor(t, func() bool {
		r.queue.bodies.mu.Lock()
		defer r.queue.bodies.mu.Unlock()
		return r.queue.bodies.free == inFlightBytes
	})
}

// TestSlowBodyIsAnswered sends a review that stops in the middle.
func TestSlowBodyIsAnswered(t *testing.T) {
	r := serve(t, settings(), nil)
	body, stuck := io.Pipe()
	defer stuck.Close()
	go func() {
		_, _ = stuck.Write([]byte(`{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"` + testUID + `","object":`))
	}()
	start := time.Now()
	resp, err := r.client.Post("https://"+r.Addr().String()+Path+"?timeout=1s", "application/json", body)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response := responseIn(t, string(text)); response.UID != testUID || response.Allowed || !strings.Contains(response.Result.Message, "did not arrive") {
		t.Errorf("answer %s", text)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("the answer took %s", took)
	}
}

func TestPanicOfACheckIsAnswered(t *testing.T) {
	broken := checks.Check{ID: "broken", Category: checks.Policy, Severity: checks.Error,
		Document: func(*checks.Pass, *manifest.Document) error { panic("correct-horse-battery") }}
	r := serve(t, with(func(s *Settings) { s.Checks = append(s.Checks, broken) }), nil)
	_, text := r.post(t, "", "application/json", bytes.NewReader(reviewOf(t, request(t, admissionv1.Create, alice, plainConfig, ""))))
	if response := responseIn(t, text); response.Allowed || !strings.Contains(response.Result.Message, "broken") {
		t.Errorf("answer %s", text)
	}
	holdsNoValue(t, "the answer", text)
	holdsNoValue(t, "the log", r.log.String())
}

func waitFor(t testing.TB, done func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it did not come about in ten seconds")
		}
	}
}

// TestNoValueInLogAndMetrics sends all recorded reviews, and looks at everything
// that comes out of the server.
func TestNoValueInLogAndMetrics(t *testing.T) {
	for _, mode := range Modes() {
		r := serve(t, with(func(s *Settings) { s.Mode = mode }), nil)
		for name, text := range recorded(t) {
			for _, body := range [][]byte{text, text[:len(text)-20], bytes.Replace(text, []byte("admission.k8s.io/v1"), []byte("admission.k8s.io/v0"), 1)} {
				_, answer := r.post(t, "", "application/json", bytes.NewReader(body))
				holdsNoValue(t, name, answer)
			}
		}
		_, metrics := r.get(t, "/metrics")
		holdsNoValue(t, "the metrics", metrics)
		holdsNoValue(t, "the log", r.log.String())
		for line := range strings.Lines(r.log.String()) {
			if !json.Valid([]byte(line)) {
				t.Errorf("the log holds a line that is no JSON: %s", line)
			}
		}
	}
}

func TestLogTellsOfEachDecision(t *testing.T) {
	r := serve(t, settings(), nil)
	req := request(t, admissionv1.Create, alice, plainSecret, "")
	req.DryRun = new(true)
	r.post(t, "", "application/json", bytes.NewReader(reviewOf(t, req)))
	waitFor(t, func() bool { return strings.Contains(r.log.String(), `"msg":"review"`) })
	for line := range strings.Lines(r.log.String()) {
		if !strings.Contains(line, `"msg":"review"`) {
			continue
		}
		var got map[string]any
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatal(err)
		}
		for key, want := range map[string]any{
			"uid": testUID, "verdict": "fail", "allowed": false, "mode": "enforce", "operation": "CREATE", "version": "v1", "kind": "Secret",
			"namespace": "shop", "name": "db", "dryRun": true, "found": 1.0, "level": "INFO",
		} {
			if got[key] != want {
				t.Errorf("%s is %v, want %v in %s", key, got[key], want, line)
			}
		}
		finding := got["findings"].([]any)[0].(map[string]any)
		if finding["check"] != "plaintext-secret" || finding["field"] != "data.password" || finding["fingerprint"] == "" {
			t.Errorf("finding %v", finding)
		}
	}
}

func TestMetrics(t *testing.T) {
	r := serve(t, settings(), nil)
	send := func(req *admissionv1.AdmissionRequest) {
		r.post(t, "", "application/json", bytes.NewReader(reviewOf(t, req)))
	}
	send(request(t, admissionv1.Create, alice, plainSecret, ""))
	send(request(t, admissionv1.Update, alice, labelled, plainSecret))
	send(request(t, admissionv1.Delete, alice, "", plainSecret))
	gadget := request(t, admissionv1.Create, alice, `{"apiVersion":"example.com/v1","kind":"Secret","metadata":{"name":"x","namespace":"shop"}}`, "")
	gadget.DryRun = new(true)
	send(gadget)
	r.post(t, "", "application/json", strings.NewReader("?"))
	var text string
	waitFor(t, func() bool {
		_, text = r.get(t, "/metrics")
		return strings.Contains(text, "gatehouse_admission_duration_seconds_count 5\n")
	})
	for _, line := range []string{
		`gatehouse_admission_requests_total{operation="CREATE",resource="secrets",verdict="fail",mode="enforce",dry_run="false"} 1`,
		`gatehouse_admission_requests_total{operation="UPDATE",resource="secrets",verdict="pass",mode="enforce",dry_run="false"} 1`,
		`gatehouse_admission_requests_total{operation="DELETE",resource="secrets",verdict="notRun",mode="enforce",dry_run="false"} 1`,
		`gatehouse_admission_requests_total{operation="CREATE",resource="other",verdict="pass",mode="enforce",dry_run="true"} 1`,
		`gatehouse_admission_requests_total{operation="other",resource="other",verdict="incomplete",mode="enforce",dry_run="false"} 1`,
		`gatehouse_admission_duration_seconds_bucket{le="+Inf"} 5`,
		`gatehouse_findings_total{check="plaintext-secret",severity="error"} 1`,
		`gatehouse_rules_info{bundle="",local="` + settings().Local + `"} 1`,
		`gatehouse_inflight 0`,
		`# TYPE gatehouse_admission_duration_seconds histogram`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("the metrics lack %s:\n%s", line, text)
		}
	}
	var left float64
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, "gatehouse_certificate_expiry_seconds "); ok {
			_, _ = fmt.Sscan(rest, &left)
		}
	}
	if left < 29*60 || left > 30*60 {
		t.Errorf("the certificate expires in %v seconds, want 30 minutes", left)
	}
}

// TestCertificateIsReloadedUnderLoad changes the certificate while calls come, on
// standing connections and on new ones, and wants not one to fail.
func TestCertificateIsReloadedUnderLoad(t *testing.T) {
	r := serve(t, settings(), func(c *Config) { c.reloadEvery = 20 * time.Millisecond })
	body := reviewOf(t, request(t, admissionv1.Create, alice, plainConfig, ""))
	var calls, failed atomic.Int64
	var group sync.WaitGroup
	stop := make(chan struct{})
	call := func(client *http.Client) {
		resp, err := client.Post("https://"+r.Addr().String()+Path, "application/json", bytes.NewReader(body))
		calls.Add(1)
		if err != nil {
			failed.Add(1)
			t.Error(err)
			return
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if resp.StatusCode != 200 {
			failed.Add(1)
		}
	}
	for i := range 4 {
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				client := r.client
				if i%2 == 1 {
					client = r.newClient()
					defer client.CloseIdleConnections()
				}
				call(client)
			}
		})
	}
	for serial := int64(3); serial < 8; serial++ {
		r.authority.issue(t, r.dir, serial)
		waitFor(t, func() bool { return r.certificate.current.Load().Leaf.SerialNumber.Int64() == serial })
	}
	// Files that do not fit together leave the certificate as it is.
	replace(t, filepath.Join(r.dir, "tls.key"), []byte("no key"))
	waitFor(t, func() bool { return strings.Contains(r.log.String(), "certificate not reloaded") })
	call(r.newClient())
	close(stop)
	group.Wait()
	if calls.Load() < 20 || failed.Load() > 0 {
		t.Errorf("%d of %d calls failed", failed.Load(), calls.Load())
	}
	conn, err := tls.Dial("tcp", r.Addr().String(), &tls.Config{RootCAs: r.authority.pool})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if got := conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64(); got != 7 {
		t.Errorf("a new connection gets the certificate %d, want 7", got)
	}
}

func TestOldTLSIsRefused(t *testing.T) {
	r := serve(t, settings(), nil)
	conn, err := tls.Dial("tcp", r.Addr().String(), &tls.Config{RootCAs: r.authority.pool, MaxVersion: tls.VersionTLS12})
	if err == nil {
		conn.Close()
		t.Error("a connection with TLS 1.2 was accepted")
	}
}

// TestStopIsGraceful tells the server to stop while a call is under way: it is not
// ready from then on, goes on serving for its time, and answers what it has.
func TestStopIsGraceful(t *testing.T) {
	let := make(chan struct{})
	slow := slowCheck(let)
	slow.Document = func(_ *checks.Pass, d *manifest.Document) error {
		if d.Object.Name == "slow" {
			<-let
		}
		return nil
	}
	r := serve(t, with(func(s *Settings) { s.Checks = append(s.Checks, slow) }), func(c *Config) { c.Drain = 300 * time.Millisecond })
	under := make(chan string, 1)
	body := reviewOf(t, request(t, admissionv1.Create, alice, strings.Replace(plainConfig, "settings", "slow", 1), ""))
	go func() { under <- r.text(body) }()
	waitFor(t, func() bool { return r.metrics.inflight.Load() == 1 })
	if status, _ := r.get(t, "/readyz"); status != 200 {
		t.Errorf("readiness %d before the stop", status)
	}
	r.stop()
	waitFor(t, func() bool { return r.stopping.Load() })
	if status, _ := r.get(t, "/readyz"); status != 503 {
		t.Errorf("readiness %d while stopping, want 503", status)
	}
	if status, _ := r.get(t, "/healthz"); status != 200 {
		t.Errorf("health %d while stopping, want 200", status)
	}
	resp, err := r.newClient().Post("https://"+r.Addr().String()+Path, "application/json", bytes.NewReader(reviewOf(t, request(t, admissionv1.Create, alice, plainConfig, ""))))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 200 || !resp.Close {
		t.Errorf("status %d while stopping, and the connection stays: %t", resp.StatusCode, !resp.Close)
	}
	time.Sleep(400 * time.Millisecond) // longer than it goes on serving
	close(let)
	if response := responseIn(t, <-under); !response.Allowed {
		t.Errorf("the call that was under way is denied: %+v", response.Result)
	}
	select {
	case err := <-r.ended:
		if err != nil {
			t.Errorf("serve: %v", err)
		}
		r.ended <- nil
	case <-time.After(10 * time.Second):
		t.Fatal("the server does not stop")
	}
}

func TestListenTellsFaults(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := newAuthority(t).issue(t, dir, 2)
	good := Config{Address: "127.0.0.1:0", MetricsAddress: "127.0.0.1:0", CertFile: certFile, KeyFile: keyFile, Log: io.Discard}
	for name, change := range map[string]func(*Config){
		"no certificate":   func(c *Config) { c.CertFile = filepath.Join(dir, "none") },
		"key is no key":    func(c *Config) { c.KeyFile = certFile },
		"address":          func(c *Config) { c.Address = "127.0.0.1:100000" },
		"metrics' address": func(c *Config) { c.MetricsAddress = "nowhere.invalid:1" },
	} {
		c := good
		change(&c)
		if _, err := Listen(New(settings()), c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
