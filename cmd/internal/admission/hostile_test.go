package admission

import (
	"strings"
	"testing"
	"time"
)

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
			if took := time.Since(start); took > 9*time.Second {
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
