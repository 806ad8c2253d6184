package kubeconfig

import (
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const token = "token-of-the-test-0815"

func server(t *testing.T) (*httptest.Server, string) {
	t.Helper()
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") != "Bearer "+token:
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == "/long":
			fmt.Fprint(w, strings.Repeat("x", 100))
		default:
			fmt.Fprint(w, "answer to "+r.URL.Path)
		}
	}))
	t.Cleanup(s.Close)
	return s, base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
}

func write(t *testing.T, cluster, user string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config")
	text := "apiVersion: v1\nkind: Config\ncurrent-context: here\ncontexts:\n- name: here\n  context: {cluster: c, user: u}\n- name: nowhere\n  context: {cluster: none, user: u}\n" +
		"clusters:\n- name: c\n  cluster: {" + cluster + "}\nusers:\n- name: u\n  user: {" + user + "}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestGet(t *testing.T) {
	s, ca := server(t)
	a, err := Read(write(t, "server: "+s.URL+", certificate-authority-data: "+ca, "token: "+token), "")
	if err != nil {
		t.Fatal(err)
	}
	text, err := a.Get(t.Context(), "/api/v1/x", 50)
	if err != nil || string(text) != "answer to /api/v1/x" {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := a.Get(t.Context(), "/long", 50); err == nil {
		t.Error("an answer over the limit was taken")
	}
	if shown := fmt.Sprintf("%v %+v %#v %s", a, a, a, a); strings.Contains(shown, token) {
		t.Errorf("the token is printed: %s", shown)
	}
}

func TestTokenFromAFile(t *testing.T) {
	s, ca := server(t)
	file := write(t, "server: "+s.URL+", certificate-authority-data: "+ca, "tokenFile: token")
	if err := os.WriteFile(filepath.Join(filepath.Dir(file), "token"), []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := Read(file, "here")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Get(t.Context(), "/", 50); err != nil {
		t.Error(err)
	}
}

func TestAnotherServerIsNotTheCluster(t *testing.T) {
	s, _ := server(t)
	a, err := Read(write(t, "server: "+s.URL, "token: "+token), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Get(t.Context(), "/", 50); err == nil || strings.Contains(err.Error(), token) {
		t.Errorf("a server with a certificate of nobody's was asked: %v", err)
	}
}

func TestReadRefuses(t *testing.T) {
	for name, file := range map[string]string{
		"http":            write(t, "server: 'http://127.0.0.1:1'", "token: "+token),
		"no server":       write(t, "", "token: "+token),
		"any certificate": write(t, "server: 'https://a', insecure-skip-tls-verify: true", "token: "+token),
		"a bad authority": write(t, "server: 'https://a', certificate-authority-data: '%%'", "token: "+token),
		"no authority":    write(t, "server: 'https://a', certificate-authority: gone.pem", "token: "+token),
		"no token file":   write(t, "server: 'https://a'", "tokenFile: gone"),
		"no file":         filepath.Join(t.TempDir(), "gone"),
	} {
		if _, err := Read(file, ""); err == nil || strings.Contains(err.Error(), token) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Read(write(t, "server: 'https://a'", "exec: {command: aws}"), ""); !errors.Is(err, ErrProgram) {
		t.Errorf("a program: %v", err)
	}
	for _, context := range []string{"other", "nowhere"} {
		if _, err := Read(write(t, "server: 'https://a'", "token: "+token), context); err == nil {
			t.Errorf("the context %s was taken", context)
		}
	}
}
