package admission

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
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

const testUID = "705ab4f5-6393-11e8-b7cc-42010a800002"

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

// TestHTTP2 speaks as the API server does with a webhook on loopback: several
// reviews at a time on one connection.
func TestHTTP2(t *testing.T) {
	r := serve(t, settings(), nil)
	r.client.Transport.(*http.Transport).ForceAttemptHTTP2 = true
	body := reviewOf(t, request(t, admissionv1.Create, alice, plainConfig, ""))
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			resp, err := r.client.Post("https://"+r.Addr().String()+Path+"?timeout=3s", "application/json", bytes.NewReader(body))
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			if resp.StatusCode != 200 || resp.ProtoMajor != 2 {
				t.Errorf("status %d over %s", resp.StatusCode, resp.Proto)
			}
		})
	}
	group.Wait()
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
	status, text := r.post(t, "?timeout=3s", "application/json", bytes.NewReader(reviewOf(t, request(t, admissionv1.Create, alice, plainConfig, ""))))
	took := time.Since(start)
	response := responseIn(t, text)
	holdsContract(t, testUID, Enforce, response)
	if status != 200 || response.Allowed || !strings.Contains(response.Result.Message, "no verdict in time") {
		t.Errorf("status %d: %s", status, text)
	}
	if took < 2300*time.Millisecond || took > 2950*time.Millisecond {
		t.Errorf("the answer took %s, want 80 %% of three seconds", took)
	}
}

func TestOverloadIsAnswered(t *testing.T) {
	let := make(chan struct{})
	r := serve(t, with(func(s *Settings) { s.Checks = append(s.Checks, slowCheck(let)) }), func(c *Config) { c.Concurrency = 1 })
	body := reviewOf(t, request(t, admissionv1.Create, alice, plainConfig, ""))
	first := make(chan string, 1)
	go func() { first <- r.text(body) }()
	waitFor(t, func() bool { return freeIn(&r.queue.judges) == 0 })
	start := time.Now()
	status, text := r.post(t, "?timeout=2s", "application/json", bytes.NewReader(body))
	response := responseIn(t, text)
	if status != 200 || response.Allowed || response.Result.Code != 429 || response.Result.Details.RetryAfterSeconds != 1 {
		t.Errorf("status %d: %s", status, text)
	}
	if took := time.Since(start); took > 1500*time.Millisecond {
		t.Errorf("the answer took %s, want 40 %% of two seconds", took)
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
	waitFor(t, func() bool { return freeIn(&r.queue.bodies) == inFlightBytes })
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
	if took := time.Since(start); took > 4*time.Second {
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
		`gatehouse_admission_requests_total{operation="DELETE",resource="secrets",verdict="pass",mode="enforce",dry_run="false"} 1`,
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

// TestTheLastGoodRulesStay changes the rules while the server runs: to others, and to
// ones that cannot be used.
func TestTheLastGoodRulesStay(t *testing.T) {
	type change struct {
		judge *Judge
		err   error
	}
	changes := make(chan change, 1)
	r := serve(t, settings(), func(c *Config) {
		c.reloadEvery = 5 * time.Millisecond
		c.Reload = func() (*Judge, error) {
			select {
			case to := <-changes:
				return to.judge, to.err
			default:
				return nil, nil
			}
		}
	})
	body := reviewOf(t, request(t, admissionv1.Create, alice, plainSecret, ""))
	refused := func() bool { return !responseIn(t, r.text(body)).Allowed }
	if !refused() {
		t.Fatal("a Secret in plain text is allowed")
	}
	changes <- change{judge: New(with(func(s *Settings) { s.Mode, s.Local = Warn, "sha256:other" }))}
	waitFor(t, func() bool { return strings.Contains(r.log.String(), "rules reloaded") })
	if refused() {
		t.Error("the changed rules do not judge")
	}
	changes <- change{err: errors.New("rules.yaml:1: this is broken")}
	waitFor(t, func() bool { return strings.Contains(r.log.String(), "the last good ones judge on") })
	_, metrics := r.get(t, "/metrics")
	if refused() || !strings.Contains(metrics, `local="sha256:other"`) {
		t.Error("the last good rules have gone")
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
