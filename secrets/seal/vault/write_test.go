package vault_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	seal "github.com/gatehouse-dev/gatehouse/secrets/seal/vault"
	"github.com/gatehouse-dev/gatehouse/secrets/vault"
)

// canary is the value that is written; only the server may see it.
const canary = "canary-value"

// server answers as a Vault with one secret, of which it knows a version and the
// names of its keys.
type server struct {
	*httptest.Server
	mutex   sync.Mutex
	version int
	keys    []string
	asked   []string // method, path and body of each write
	write   http.HandlerFunc
	look    http.HandlerFunc
}

func newServer(t *testing.T, version int, keys ...string) *server {
	s := &server{version: version, keys: keys}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/v1/")
	isWrite := strings.HasPrefix(path, "secret/") && (r.Method == http.MethodPost || r.Method == http.MethodPatch)
	if isWrite {
		body, _ := io.ReadAll(r.Body)
		s.asked = append(s.asked, fmt.Sprintf("%s %s %s %s", r.Method, path, r.Header.Get("Content-Type"), body))
	}
	switch {
	case isWrite && s.write != nil && strings.HasPrefix(path, "secret/data/"):
		s.write(w, r)
	case isWrite && strings.HasPrefix(path, "secret/metadata/"):
		says(w, 502, nil)
	case isWrite:
		s.version++
		s.keys = append(s.keys, "new")
		says(w, 200, map[string]any{"version": s.version})
	case path == "sys/capabilities-self":
		says(w, 200, map[string]any{"secret/data/app": []string{"create", "update", "patch"}, "secret/metadata/app": []string{"patch"}})
	case strings.HasPrefix(path, "secret/subkeys/") && s.look != nil && len(s.asked) > 0:
		s.look(w, r)
	case strings.HasPrefix(path, "secret/subkeys/") && s.version > 0:
		keys := map[string]any{}
		for _, key := range s.keys {
			keys[key] = nil
		}
		says(w, 200, map[string]any{"subkeys": keys, "metadata": map[string]any{"version": s.version}})
	case path == "auth/token/lookup-self":
		says(w, 200, map[string]any{})
	default:
		w.WriteHeader(404)
		fmt.Fprint(w, `{"errors":[]}`)
	}
}

func says(w http.ResponseWriter, status int, data map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"data": data})
}

func (s *server) connect(t *testing.T) *vault.Connection {
	t.Helper()
	c, err := vault.Connect(t.Context(), vault.Target{
		Address: s.URL, Writes: true, Limits: vault.Limits{Wait: time.Millisecond, LongestWait: 2 * time.Millisecond, PerRequest: 2 * time.Second},
	}, vault.Token{Value: vault.NewCredential("hvs.token")})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func change() seal.Change {
	return seal.Change{
		Place:  vault.Place{Mount: vault.Configured("secret", 2), Path: "app"},
		Values: map[string]seal.Value{"new": seal.Value(canary)},
	}
}

// holdsNothing fails where a text holds the value.
func holdsNothing(t *testing.T, shown ...any) {
	t.Helper()
	for _, s := range shown {
		encoded, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{fmt.Sprintf("%v|%+v|%#v|%s|%q|%x", s, s, s, s, s, s), string(encoded)} {
			if strings.Contains(text, canary) || strings.Contains(text, fmt.Sprintf("%x", canary)) || strings.Contains(text, fmt.Sprint([]byte(canary))) {
				t.Errorf("the value is in %s", text)
			}
		}
	}
}

func TestPrepareWritesNothing(t *testing.T) {
	s := newServer(t, 3, "user")
	plan, err := seal.Prepare(t.Context(), s.connect(t), change())
	if err != nil {
		t.Fatal(err)
	}
	if len(s.asked) > 0 {
		t.Errorf("written: %q", s.asked)
	}
	if want := `secret/app would be written as the next version after 3; adds "new"; keeps "user"`; plan.String() != want {
		t.Errorf("%s, want %s", plan, want)
	}
	holdsNothing(t, plan, &plan, change())
}

func TestWhatIsSent(t *testing.T) {
	for _, test := range []struct {
		version int
		keys    []string
		change  func(*seal.Change)
		want    string
	}{
		{0, nil, func(*seal.Change) {}, `POST secret/data/app application/json {"data":{"new":"canary-value"},"options":{"cas":0}}`},
		{3, []string{"user"}, func(*seal.Change) {}, `PATCH secret/data/app application/merge-patch+json {"data":{"new":"canary-value"},"options":{"cas":3}}`},
		{3, []string{"new"}, func(c *seal.Change) { c.Replace = true }, `POST secret/data/app application/json {"data":{"new":"canary-value"},"options":{"cas":3}}`},
		{3, []string{"user", "more"}, func(c *seal.Change) { c.Remove = []string{"user", "user"} }, `PATCH secret/data/app application/merge-patch+json {"data":{"new":"canary-value","user":null},"options":{"cas":3}}`},
	} {
		s := newServer(t, test.version, test.keys...)
		c := change()
		test.change(&c)
		connection := s.connect(t)
		plan, err := seal.Prepare(t.Context(), connection, c)
		if err != nil {
			t.Fatal(err)
		}
		s.look = func(w http.ResponseWriter, _ *http.Request) { says(w, 403, nil) }
		if _, err := plan.Write(t.Context(), connection); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{test.want}, s.asked); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// TestAnswersToAWrite is about what cannot be known: a write is repeated only where
// Vault has certainly not carried it out.
func TestAnswersToAWrite(t *testing.T) {
	const maybe = "may have been written"
	ok := func(s *server) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			s.version, s.keys = s.version+1, append(s.keys, "new")
			says(w, 200, map[string]any{"version": s.version})
		}
	}
	status := func(code int, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(code)
			fmt.Fprint(w, text)
		}
	}
	for _, test := range []struct {
		name      string
		write     func(*server) http.HandlerFunc
		reason    vault.Reason // "": written
		uncertain bool
		says      string
		asked     int
	}{
		{"written", ok, "", false, "", 1},
		{"too many, once", func(s *server) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				s.write = ok(s)
				status(429, `{"errors":["slow down"]}`)(w, r)
			}
		}, "", false, "", 2},
		{"behind, once", func(s *server) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				s.write = ok(s)
				status(412, `{"errors":["required state"]}`)(w, r)
			}
		}, "", false, "", 2},
		{"sealed", func(*server) http.HandlerFunc { return status(503, `{"errors":["Vault is sealed"]}`) }, vault.Sealed, false, "", 1},
		{"a bad gateway, and nothing was written", func(*server) http.HandlerFunc { return status(502, canary) }, vault.ServerError, false, "nothing was written so far", 1},
		{"a bad gateway, and it was written", func(s *server) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) { s.version++; status(502, canary)(w, r) }
		}, vault.ServerError, true, maybe, 1},
		{"a cut connection", func(s *server) http.HandlerFunc {
			return func(http.ResponseWriter, *http.Request) { s.version++; panic(http.ErrAbortHandler) }
		}, vault.Unreachable, true, maybe, 1},
		{"a hanging server", func(*server) http.HandlerFunc {
			return func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
		}, vault.Timeout, false, "nothing was written so far", 1},
		{"a page", func(s *server) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) { s.version++; status(200, "<html>"+canary)(w, r) }
		}, vault.BadAnswer, true, maybe, 1},
		{"a version in between", func(*server) http.HandlerFunc {
			return status(400, `{"errors":["check-and-set parameter did not match the current version"]}`)
		}, vault.Conflict, false, "has changed since", 1},
		{"no right", func(*server) http.HandlerFunc { return status(403, `{"errors":["permission denied `+canary+`"]}`) }, vault.Forbidden, false, "give it patch there", 1},
		{"a Vault of long ago", func(*server) http.HandlerFunc { return status(405, `{"errors":["unsupported operation"]}`) }, vault.Unsupported, false, "", 1},
		{"too large", func(*server) http.HandlerFunc { return status(413, canary) }, vault.Refused, false, "larger", 1},
		{"refused", func(*server) http.HandlerFunc { return status(400, `{"errors":["`+canary+`"]}`) }, vault.Refused, false, "", 1},
		{"elsewhere", func(*server) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "http://192.0.2.1/v1/secret/data/app")
				w.WriteHeader(307)
			}
		}, vault.Standby, false, "", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newServer(t, 3, "user")
			connection := s.connect(t)
			plan, err := seal.Prepare(t.Context(), connection, change())
			if err != nil {
				t.Fatal(err)
			}
			s.mutex.Lock()
			s.write = test.write(s)
			s.mutex.Unlock()
			written, err := plan.Write(t.Context(), connection)
			var failed *vault.Error
			errors.As(err, &failed)
			switch {
			case test.reason == "" && (err != nil || written.Version != 4):
				t.Errorf("%+v, %v", written, err)
			case test.reason != "" && (failed == nil || failed.Reason != test.reason || failed.Uncertain != test.uncertain || !strings.Contains(err.Error(), test.says)):
				t.Errorf("%+v, want %s, uncertain %v and %q: %v", failed, test.reason, test.uncertain, test.says, err)
			}
			if len(s.asked) != test.asked {
				t.Errorf("sent %d times, want %d", len(s.asked), test.asked)
			}
			holdsNothing(t, written, err, fmt.Sprint(err))
		})
	}
}

func TestWhatIsLookedAtAfterwards(t *testing.T) {
	look := func(status int, data map[string]any) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { says(w, status, data) }
	}
	for _, test := range []struct {
		name string
		look http.HandlerFunc
		note string
		says string // of the error
	}{
		{"it is there", look(200, map[string]any{"subkeys": map[string]any{"user": nil, "new": nil}, "metadata": map[string]any{"version": 4}}), "", ""},
		{"it may not be seen", look(403, nil), "could not be verified", ""},
		{"it has not the key", look(200, map[string]any{"subkeys": map[string]any{"user": nil}, "metadata": map[string]any{"version": 4}}), "", "does not have the keys"},
		{"others are lost", look(200, map[string]any{"subkeys": map[string]any{"new": nil}, "metadata": map[string]any{"version": 4}}), "", "does not have the keys"},
		{"it was deleted", look(404, map[string]any{"metadata": map[string]any{"version": 4, "deletion_time": "2026-01-02T03:04:05Z"}}), "", "does not have the keys"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, 3, "user")
			connection := s.connect(t)
			plan, err := seal.Prepare(t.Context(), connection, change())
			if err != nil {
				t.Fatal(err)
			}
			s.look = test.look
			written, err := plan.Write(t.Context(), connection)
			if (err != nil) != (test.says != "") || !strings.Contains(fmt.Sprint(err), test.says) {
				t.Errorf("%v, want %q", err, test.says)
			}
			if written.Version != 4 || !strings.Contains(strings.Join(written.Notes, ";"), test.note) || (len(written.Notes) > 0) != (test.note != "") {
				t.Errorf("%+v, want the note %q", written, test.note)
			}
		})
	}
}

func TestMetadataThatIsNotWritten(t *testing.T) {
	s := newServer(t, 3, "user")
	connection := s.connect(t)
	described := change()
	described.Metadata = map[string]string{"owner": "payments"}
	plan, err := seal.Prepare(t.Context(), connection, described)
	if err != nil {
		t.Fatal(err)
	}
	written, err := plan.Write(t.Context(), connection)
	if err != nil || written.Version != 4 || len(written.Notes) != 1 || !strings.Contains(written.Notes[0], "the secret is written, but not what describes it") {
		t.Errorf("%+v, %v", written, err)
	}
}
