package admission

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/builtin"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// settings are those of most tests: all checks, mode enforce.
func settings() Settings {
	return Settings{
		Checks: builtin.All(), FailOn: checks.FailOn(checks.Error), Mode: Enforce,
		Local: "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		Now:   func() time.Time { return noon },
	}
}

func with(change func(*Settings)) Settings {
	s := settings()
	change(&s)
	return s
}

// user is who sends a request. One with a pod has a token that is bound to it.
type user struct {
	name   string
	groups []string
	pod    string
}

func (u user) info() authenticationv1.UserInfo {
	info := authenticationv1.UserInfo{Username: u.name, Groups: u.groups}
	if u.pod != "" {
		info.Extra = map[string]authenticationv1.ExtraValue{"authentication.kubernetes.io/pod-name": {u.pod}}
	}
	return info
}

var alice = user{name: "alice"}

// request is a request for the object that a JSON text holds.
func request(t testing.TB, operation admissionv1.Operation, who user, object, old string) *admissionv1.AdmissionRequest {
	t.Helper()
	text := object
	if text == "" {
		text = old
	}
	var named struct {
		metav1.TypeMeta
		metav1.ObjectMeta `json:"metadata"`
	}
	if err := json.Unmarshal([]byte(text), &named); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	gvk := named.GroupVersionKind()
	kind := metav1.GroupVersionKind{Group: gvk.Group, Version: gvk.Version, Kind: gvk.Kind}
	resource := metav1.GroupVersionResource{Group: gvk.Group, Version: gvk.Version, Resource: strings.ToLower(gvk.Kind) + "s"}
	return &admissionv1.AdmissionRequest{
		UID: "705ab4f5-6393-11e8-b7cc-42010a800002", Kind: kind, RequestKind: &kind, Resource: resource, RequestResource: &resource,
		Namespace: named.Namespace, Name: named.Name, Operation: operation, UserInfo: who.info(),
		Object: raw(object), OldObject: raw(old),
	}
}

func raw(text string) runtime.RawExtension {
	if text == "" {
		return runtime.RawExtension{}
	}
	return runtime.RawExtension{Raw: []byte(text)}
}

// judged gives the answer to a request and holds it against the contract.
func judged(t testing.TB, s Settings, req *admissionv1.AdmissionRequest) Answer {
	t.Helper()
	a := New(s).Review(context.Background(), req)
	holdsContract(t, string(req.UID), s.Mode, a.Response)
	return a
}

// holdsContract checks what the API server checks of a response, and what it
// silently drops (k8s.io/apiserver: VerifyAdmissionResponse, ToStatusErr, the
// warning filter and AddAnnotation).
func holdsContract(t testing.TB, uid string, mode Mode, r *admissionv1.AdmissionResponse) {
	t.Helper()
	if r == nil || string(r.UID) != uid {
		t.Fatalf("response %+v, want one with the uid %s", r, uid)
	}
	if r.Patch != nil || r.PatchType != nil {
		t.Error("the response has a patch")
	}
	if r.Allowed && r.Result != nil || !r.Allowed && (r.Result == nil || r.Result.Code < 400 || r.Result.Status != metav1.StatusFailure || r.Result.Message == "") {
		t.Errorf("allowed %t with the status %+v", r.Allowed, r.Result)
	}
	if mode != Enforce && !r.Allowed {
		t.Errorf("denied in mode %s", mode)
	}
	if r.Result != nil && len(r.Result.Message) > messageBytes {
		t.Errorf("the message has %d bytes", len(r.Result.Message))
	}
	runes := 0
	for _, w := range r.Warnings {
		n := utf8.RuneCountInString(w)
		runes += n
		if n > 256 || !utf8.ValidString(w) || strings.ContainsFunc(w, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Errorf("the API server would cut or drop the warning %q", w)
		}
	}
	if len(r.Warnings) > 15 || runes >= 4096 {
		t.Errorf("%d warnings with %d runes", len(r.Warnings), runes)
	}
	for key := range r.AuditAnnotations {
		if strings.Contains(key, "/") || len(validation.IsQualifiedName("secrets.gatehouse.dev/"+key)) > 0 {
			t.Errorf("the API server would drop the audit annotation %q", key)
		}
	}
}

// found lists the findings of an answer that nothing waives, old ones in brackets.
func found(a Answer) []string {
	list := []string{}
	for _, f := range a.Findings {
		if f.Waived != nil {
			continue
		}
		text := f.Check + " " + f.Field
		if !f.New {
			text = "(" + text + ")"
		}
		list = append(list, text)
	}
	slices.Sort(list)
	return list
}

const (
	emptySecret = `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"db","namespace":"shop"},"type":"Opaque"}`
	// The values are "correct-horse-battery" and "another-horse-battery".
	plainSecret = `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"db","namespace":"shop"},"type":"Opaque","data":{"password":"Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5"}}`
	otherSecret = `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"db","namespace":"shop"},"type":"Opaque","data":{"password":"YW5vdGhlci1ob3JzZS1iYXR0ZXJ5"}}`
	labelled    = `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"db","namespace":"shop","labels":{"team":"a"},"resourceVersion":"8"},"type":"Opaque","data":{"password":"Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5"}}`
	plainConfig = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings","namespace":"shop"},"data":{"mode":"fast"}}`
)

func TestModes(t *testing.T) {
	for _, tt := range []struct {
		mode                Mode
		allowed, hasWarning bool
	}{{Observe, true, false}, {Warn, true, true}, {Enforce, false, false}} {
		t.Run(string(tt.mode), func(t *testing.T) {
			s := with(func(s *Settings) { s.Mode = tt.mode })
			a := judged(t, s, request(t, admissionv1.Create, alice, plainSecret, ""))
			if a.Response.Allowed != tt.allowed || a.Verdict != checks.VerdictFail {
				t.Errorf("allowed %t with the verdict %s, want %t and fail", a.Response.Allowed, a.Verdict, tt.allowed)
			}
			if got := len(a.Response.Warnings) > 0; got != tt.hasWarning {
				t.Errorf("warnings %q, want some: %t", a.Response.Warnings, tt.hasWarning)
			}
			want := map[string]string{"verdict": "fail", "rules": s.Local, "findings": "plaintext-secret"}
			for key, value := range want {
				if a.Response.AuditAnnotations[key] != value {
					t.Errorf("audit annotation %s is %q, want %q", key, a.Response.AuditAnnotations[key], value)
				}
			}
		})
	}
}

func TestRefusalSaysWhatTheHookSays(t *testing.T) {
	a := judged(t, settings(), request(t, admissionv1.Create, alice, plainSecret, ""))
	status := a.Response.Result
	if status.Code != 403 || status.Reason != metav1.StatusReasonForbidden {
		t.Errorf("code %d and reason %s, want 403 and Forbidden", status.Code, status.Reason)
	}
	f := a.Findings[0]
	for _, words := range []string{"Secret shop/db", f.Check, f.Field, f.Message, f.Fix, "0123456789ab"} {
		if !strings.Contains(status.Message, words) {
			t.Errorf("the message lacks %q:\n%s", words, status.Message)
		}
	}
	warned := strings.Join(judged(t, with(func(s *Settings) { s.Mode = Warn }), request(t, admissionv1.Create, alice, plainSecret, "")).Response.Warnings, "\n")
	for _, words := range []string{"Secret shop/db", f.Check, f.Field, f.Message, f.Fix, "0123456789ab"} {
		if !strings.Contains(warned, words) {
			t.Errorf("the warnings lack %q:\n%s", words, warned)
		}
	}
}

func TestOldDebtWarns(t *testing.T) {
	a := judged(t, settings(), request(t, admissionv1.Update, alice, labelled, plainSecret))
	if !a.Response.Allowed || len(a.Response.Warnings) == 0 || a.Verdict != checks.VerdictPass {
		t.Errorf("a label on an old Secret: allowed %t, verdict %s, warnings %q", a.Response.Allowed, a.Verdict, a.Response.Warnings)
	}
	if got := found(a); !slices.Equal(got, []string{"(plaintext-secret data.password)"}) {
		t.Errorf("findings %q", got)
	}
	a = judged(t, settings(), request(t, admissionv1.Update, alice, otherSecret, plainSecret))
	if a.Response.Allowed {
		t.Error("a new value in an old Secret is allowed")
	}
	a = judged(t, settings(), request(t, admissionv1.Update, alice, labelled, ""))
	if a.Response.Allowed {
		t.Error("an update without the old object is allowed")
	}
}

func TestOperations(t *testing.T) {
	scale := `{"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"db","namespace":"shop"},"spec":{"replicas":3}}`
	tests := []struct {
		name    string
		change  func(*admissionv1.AdmissionRequest)
		verdict checks.Verdict
		allowed bool
	}{
		{"delete", func(r *admissionv1.AdmissionRequest) {
			r.Operation, r.OldObject, r.Object = admissionv1.Delete, r.Object, runtime.RawExtension{}
		}, checks.VerdictPass, true},
		{"delete without the object", func(r *admissionv1.AdmissionRequest) {
			r.Operation, r.Object = admissionv1.Delete, runtime.RawExtension{}
		}, checks.VerdictIncomplete, false},
		{"connect", func(r *admissionv1.AdmissionRequest) { r.Operation, r.SubResource = admissionv1.Connect, "exec" }, NotRun, true},
		{"unknown operation", func(r *admissionv1.AdmissionRequest) { r.Operation = "PATCH" }, checks.VerdictIncomplete, false},
		{"subresource without object", func(r *admissionv1.AdmissionRequest) {
			r.SubResource, r.Object = "binding", runtime.RawExtension{Raw: []byte("null")}
		}, NotRun, true},
		{"status", func(r *admissionv1.AdmissionRequest) { r.SubResource = "status" }, checks.VerdictFail, false},
		{"scale", func(r *admissionv1.AdmissionRequest) {
			r.SubResource, r.Object.Raw = "scale", []byte(scale)
			r.Kind = metav1.GroupVersionKind{Group: "autoscaling", Version: "v1", Kind: "Scale"}
		}, checks.VerdictPass, true},
		{"dry run", func(r *admissionv1.AdmissionRequest) { r.DryRun = new(true) }, checks.VerdictFail, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req := request(t, admissionv1.Create, alice, plainSecret, "")
			tt.change(req)
			a := judged(t, settings(), req)
			if a.Verdict != tt.verdict || a.Response.Allowed != tt.allowed {
				t.Errorf("verdict %s, allowed %t, want %s and %t (%v)", a.Verdict, a.Response.Allowed, tt.verdict, tt.allowed, a.Reasons)
			}
		})
	}
}

// TestNothingLooksAtARemoval holds that a request which no check is for is not called
// judged.
func TestNothingLooksAtARemoval(t *testing.T) {
	s := with(func(s *Settings) {
		s.Checks = slices.DeleteFunc(s.Checks, func(c checks.Check) bool { return c.Transition != nil })
	})
	if a := judged(t, s, request(t, admissionv1.Delete, alice, "", plainSecret)); a.Verdict != NotRun || !a.Response.Allowed {
		t.Errorf("verdict %s, allowed %t", a.Verdict, a.Response.Allowed)
	}
}

func TestAnswerNamesWhatTheUserSent(t *testing.T) {
	req := request(t, admissionv1.Create, alice, plainSecret, "")
	req.RequestKind = &metav1.GroupVersionKind{Group: "legacy.example.com", Version: "v1beta1", Kind: "Credential"}
	a := judged(t, settings(), req)
	if !strings.HasPrefix(a.Response.Result.Message, "Credential shop/db (legacy.example.com/v1beta1) is refused") {
		t.Errorf("message %q", a.Response.Result.Message)
	}
}

func TestGeneratedNameIsOneObject(t *testing.T) {
	secret := `{"apiVersion":"v1","kind":"Secret","metadata":{"generateName":"db-","name":"db-x7k2p","namespace":"shop"},"data":{"password":"Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5"}}`
	a := judged(t, settings(), request(t, admissionv1.Create, alice, secret, ""))
	if want := (manifest.Object{APIVersion: "v1", Kind: "Secret", Namespace: "shop", Name: "db-"}); a.Findings[0].Object != want {
		t.Errorf("object %+v, want %+v", a.Findings[0].Object, want)
	}
	if !strings.HasPrefix(a.Response.Result.Message, "Secret shop/db-* is refused") {
		t.Errorf("message %q, want one that names what the user sent", a.Response.Result.Message)
	}
}

func TestIncompleteIsAsConfigured(t *testing.T) {
	failing := checks.Check{ID: "cannot-tell", Category: checks.Policy, Severity: checks.Error,
		Document: func(*checks.Pass, *manifest.Document) error { return context.DeadlineExceeded }}
	tests := []struct {
		name     string
		change   func(*Settings)
		allowed  bool
		warnings bool
	}{
		{"enforce", func(*Settings) {}, false, false},
		{"enforce, allowed", func(s *Settings) { s.AllowIncomplete = true }, true, true},
		{"warn", func(s *Settings) { s.Mode = Warn }, true, true},
		{"observe", func(s *Settings) { s.Mode = Observe }, true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := with(func(s *Settings) { s.Checks = append(s.Checks, failing); tt.change(s) })
			a := judged(t, s, request(t, admissionv1.Create, alice, plainConfig, ""))
			if a.Verdict != checks.VerdictIncomplete || a.Response.Allowed != tt.allowed || (len(a.Response.Warnings) > 0) != tt.warnings {
				t.Errorf("verdict %s, allowed %t, warnings %q", a.Verdict, a.Response.Allowed, a.Response.Warnings)
			}
			if !tt.allowed && (a.Response.Result.Reason != metav1.StatusReasonInvalid || !strings.Contains(a.Response.Result.Message, "cannot-tell")) {
				t.Errorf("status %+v", a.Response.Result)
			}
		})
	}
}

// TestUnjudgedIsOldDebtToo lets finalizers and labels of an object change that is
// over a limit and was there before; its content may not.
func TestUnjudgedIsOldDebtToo(t *testing.T) {
	var keys []string
	for i := range secretKeys + 1 {
		keys = append(keys, fmt.Sprintf("key-%d", i))
	}
	old := secret("shop", "Opaque", "", keys...)
	relabelled := secret("shop", "Opaque", labels("team", "a"), keys...)
	a := judged(t, settings(), request(t, admissionv1.Update, alice, relabelled, old))
	if !a.Response.Allowed || a.Verdict != checks.VerdictIncomplete || len(a.Response.Warnings) == 0 {
		t.Errorf("a label: allowed %t, verdict %s, warnings %q", a.Response.Allowed, a.Verdict, a.Response.Warnings)
	}
	changed := secret("shop", "Opaque", "", append(keys, "more")...)
	for name, req := range map[string]*admissionv1.AdmissionRequest{
		"a new key":     request(t, admissionv1.Update, alice, changed, old),
		"a new object":  request(t, admissionv1.Create, alice, old, ""),
		"without old":   request(t, admissionv1.Update, alice, old, ""),
		"from a create": request(t, admissionv1.Create, alice, old, old),
	} {
		if a := judged(t, settings(), req); a.Response.Allowed {
			t.Errorf("%s of an object over a limit is allowed", name)
		}
	}
}

func TestTreeChecksAreNotRun(t *testing.T) {
	var ids []string
	for _, n := range New(settings()).NotRun() {
		ids = append(ids, n.Check)
	}
	for _, id := range []string{"secret-in-history", "duplicate-object", "owners-missing", "owners-weakened", "waiver-expired", "waiver-unused"} {
		if !slices.Contains(ids, id) {
			t.Errorf("%s is not among what is not run", id)
		}
	}
	for _, c := range builtin.All() {
		if judges := slices.Contains([]string{"secrets", "file", "document", "transition"}, c.Kind()); judges == slices.Contains(ids, c.ID) {
			t.Errorf("%s, which sees a %s, is among %q: %v", c.ID, c.Kind(), ids, !judges)
		}
	}
}

func TestManyFindingsStayWithinLimits(t *testing.T) {
	data := map[string]string{}
	for i := range 900 {
		data[strings.Repeat("k", 200)+string(rune('a'+i%26))+strings.Repeat("x", i/26)] = "Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5"
	}
	text, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "Secret", "metadata": map[string]string{"name": "db", "namespace": "shop"}, "data": data})
	if err != nil {
		t.Fatal(err)
	}
	first := judged(t, settings(), request(t, admissionv1.Create, alice, string(text), ""))
	message := first.Response.Result.Message
	if !strings.Contains(message, "900 findings") || !strings.Contains(message, " findings more.") {
		t.Errorf("the message does not say how many findings there are: %.300s … %s", message, message[len(message)-200:])
	}
	if again := judged(t, settings(), request(t, admissionv1.Create, alice, string(text), "")); again.Response.Result.Message != message {
		t.Error("the message is not the same each time")
	}
	judged(t, with(func(s *Settings) { s.Mode = Warn }), request(t, admissionv1.Create, alice, string(text), ""))
}

func TestNamesCannotForgeLines(t *testing.T) {
	secret := "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"db\\n\u202eadmin allowed\",\"namespace\":\"shop\"},\"data\":{\"a\\nb\":\"Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5\"}}"
	a := judged(t, settings(), request(t, admissionv1.Create, alice, secret, ""))
	for line := range strings.Lines(a.Response.Result.Message) {
		if strings.ContainsRune(line, '\u202e') || strings.HasPrefix(line, "b") || strings.HasPrefix(line, "admin") {
			t.Errorf("forged line %q", line)
		}
	}
}
