package vault_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/secrets/vault"
)

// token is what every test logs in with.
const token = "hvs.canary-token"

// server answers as a Vault with a KV v2 engine at secret/ and one secret in it, and
// keeps what it was asked. A test changes what single paths answer.
type server struct {
	*httptest.Server
	t testing.TB

	mutex   sync.Mutex
	asked   []*http.Request
	answers map[string]http.HandlerFunc // by path below /v1/; "" answers all
	now     int                         // requests at this moment
	most    int                         // at any moment
}

func newVault(t testing.TB) *server {
	s := newUnstarted(t)
	s.Start()
	return s
}

func newTLSVault(t testing.TB) *server {
	s := newUnstarted(t)
	s.StartTLS()
	return s
}

func newUnstarted(t testing.TB) *server {
	s := &server{t: t, answers: map[string]http.HandlerFunc{}}
	s.Server = httptest.NewUnstartedServer(s)
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that are meant to fail
	t.Cleanup(s.Close)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/v1/")
	s.mutex.Lock()
	s.asked = append(s.asked, r.Clone(r.Context()))
	s.now++
	s.most = max(s.most, s.now)
	answer := s.answers[path]
	if answer == nil {
		answer = s.answers[""]
	}
	s.mutex.Unlock()
	defer func() {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		s.now--
	}()
	switch {
	case answer != nil:
		answer(w, r)
	case path == "auth/token/lookup-self":
		says(200, map[string]any{"data": map[string]any{"id": r.Header.Get("X-Vault-Token")}})(w, r)
	case strings.HasPrefix(path, "sys/internal/ui/mounts/secret"):
		says(200, map[string]any{"data": map[string]any{"path": "secret/", "type": "kv", "options": map[string]string{"version": "2"}}})(w, r)
	case strings.HasPrefix(path, "secret/subkeys/app"):
		says(200, subkeys(1, map[string]any{"user": nil, "password": nil}))(w, r)
	case strings.HasPrefix(path, "secret/metadata/app"):
		says(403, map[string]any{"errors": []string{"permission denied"}})(w, r)
	default:
		says(404, map[string]any{"errors": []string{}})(w, r)
	}
}

// on sets what a path answers.
func (s *server) on(path string, answer http.HandlerFunc) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.answers[path] = answer
}

// requests returns those to a path that begins so.
func (s *server) requests(prefix string) []*http.Request {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var found []*http.Request
	for _, r := range s.asked {
		if strings.HasPrefix(strings.TrimPrefix(r.URL.Path, "/v1/"), prefix) {
			found = append(found, r)
		}
	}
	return found
}

func subkeys(version int, keys map[string]any) map[string]any {
	return map[string]any{"data": map[string]any{"subkeys": keys, "metadata": map[string]any{"version": version, "deletion_time": "", "destroyed": false}}}
}

// says answers with JSON.
func says(status int, body any) http.HandlerFunc {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return sends(status, "application/json", string(text))
}

func sends(status int, contentType, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		fmt.Fprint(w, text)
	}
}

// first answers in turn, and then as the last one.
func first(answers ...http.HandlerFunc) http.HandlerFunc {
	var mutex sync.Mutex
	return func(w http.ResponseWriter, r *http.Request) {
		mutex.Lock()
		answer := answers[0]
		if len(answers) > 1 {
			answers = answers[1:]
		}
		mutex.Unlock()
		answer(w, r)
	}
}

// hurried are limits with which a test does not wait.
func hurried() vault.Limits {
	return vault.Limits{Wait: time.Millisecond, LongestWait: 5 * time.Millisecond, PerRequest: 10 * time.Second, Total: time.Minute}
}

// connect connects with the token; change may be nil.
func (s *server) connect(change func(*vault.Target)) *vault.Connection {
	s.t.Helper()
	target := vault.Target{Address: s.URL, Limits: hurried()}
	if change != nil {
		change(&target)
	}
	c, err := vault.Connect(s.t.Context(), target, vault.Token{Value: vault.NewCredential(token)})
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// user asks for a key that the secret has.
func user() vault.Question { return vault.Question{Mount: "secret", Path: "app", Key: "user"} }

// one asks one question.
func one(t testing.TB, c *vault.Connection, q vault.Question) vault.Answer {
	t.Helper()
	return c.Verify(t.Context(), []vault.Question{q})[0]
}
