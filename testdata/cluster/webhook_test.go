package cluster

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// installWebhook registers a validating webhook for the namespace that answers each request of an admission review by
// the function. It is registered until the test ends; the API server takes it up a moment after installWebhook returns.
func installWebhook(t *testing.T, c *Cluster, namespace string, respond func(request object) object) {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var review object
		if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		request := mapping(review["request"])
		response := respond(request)
		response["uid"] = request["uid"]
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(object{"apiVersion": review["apiVersion"], "kind": review["kind"], "response": response}); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	registration := object{
		"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration", "metadata": object{"name": namespace},
		"webhooks": []any{object{
			"name": "webhook.example.com", "sideEffects": "None", "admissionReviewVersions": []string{"v1"}, "failurePolicy": "Fail",
			"clientConfig": object{
				"url":      server.URL + "/v1/admit",
				"caBundle": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}),
			},
			"rules":             []any{object{"apiGroups": []string{"*"}, "apiVersions": []string{"*"}, "operations": []string{"*"}, "resources": []string{"*"}}},
			"namespaceSelector": object{"matchLabels": object{"kubernetes.io/metadata.name": namespace}},
		}},
	}
	answer(t)(c.Client(Admin).Create(t.Context(), registration, Write{}))
	t.Cleanup(func() {
		// The test's own context has ended by now.
		if _, err := c.Client(Admin).Delete(context.Background(), registration, Write{}); err != nil {
			t.Error(err)
		}
	})
}

// answer returns a function that takes the results of a request that has to succeed and returns its object.
func answer(t *testing.T) func(*Response, error) object {
	return func(response *Response, err error) object {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		object, err := response.Object()
		if err != nil {
			t.Fatal(err)
		}
		return object
	}
}

// refused returns a function that takes the results of a request that has to be refused with the code and a message
// that holds the words.
func refused(t *testing.T, code int, words string) func(*Response, error) {
	return func(response *Response, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		var refusal *Refusal
		if !errors.As(response.Err(), &refusal) {
			t.Fatalf("answer %d, want a refusal", response.Code)
		}
		if refusal.Code != code || !strings.Contains(refusal.Message, words) {
			t.Fatalf("refusal: %v; want %d and %q", refusal, code, words)
		}
	}
}

func newNamespace(t *testing.T, c *Cluster, name string) string {
	t.Helper()
	if err := c.Client(Admin).CreateNamespace(t.Context(), name, nil); err != nil {
		t.Fatal(err)
	}
	return name
}

// eventually tries until done returns nil, for what the API server takes up a moment later.
func eventually(t *testing.T, done func() error) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		err := done()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not within 30 seconds: %v", err)
		}
	}
}
