package fetch

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestAddresses(t *testing.T) {
	for _, c := range []struct {
		address  string
		insecure bool
	}{
		{"http://example.org/", true},
		{"http://127.0.0.1.example.org/", true},
		{"http://localhost.example.org/", true},
		{"http://10.0.0.1/", true},
		{"ftp://127.0.0.1/", true},
		{"file://localhost/etc/passwd", true},
		{"https://user:word@example.org/", false},
		{"", false},
		{"example.org", false},
		{"http:///path", false},
		{"https://a b/", false},
	} {
		_, err := Get(context.Background(), c.address, "/", 10)
		var refused *Refused
		if errors.Is(err, ErrInsecure) != c.insecure || errors.As(err, &refused) == c.insecure || strings.Contains(err.Error(), "word") {
			t.Errorf("%q: %v", c.address, err)
		}
	}
}

func TestGet(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/file", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" || r.Header.Get("Cookie") != "" {
			t.Error("the request has a credential")
		}
		io.WriteString(w, "0123456789")
	})
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	if text, err := Get(context.Background(), server.URL, "/file", 10); err != nil || !bytes.Equal(text, []byte("0123456789")) {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := Get(context.Background(), server.URL, "/file", 9); err == nil || !strings.Contains(err.Error(), "more than 9 bytes") {
		t.Errorf("over the bound: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := Get(ctx, server.URL+"/slow", "", 10); err == nil || !strings.Contains(err.Error(), "did not answer in time") {
		t.Errorf("a server that does not end: %v", err)
	}
	secure := httptest.NewTLSServer(mux)
	defer secure.Close()
	if _, err := Get(context.Background(), secure.URL, "/file", 10); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a server that nobody vouches for: %v", err)
	}
}
