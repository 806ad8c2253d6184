package admission

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

func TestWaiversHold(t *testing.T) {
	digest := checks.DigestValue(checks.NewPlaintext("correct-horse-battery"))
	db := manifest.Object{APIVersion: "v1", Kind: "Secret", Namespace: "shop", Name: "db"}
	anywhere := db
	anywhere.Namespace = ""
	elsewhere := db
	elsewhere.Namespace = "bank"
	layout := checks.Layout{Environments: []checks.Environment{{Name: "staging", Paths: []string{"staging"}}, {Name: "production", Paths: []string{"production"}}}}
	tests := []struct {
		name        string
		environment string
		waiver      checks.Waiver
		object      string
		allowed     bool
	}{
		{"by object", "", checks.Waiver{Object: db, Field: "data.password"}, plainSecret, true},
		{"of every field", "", checks.Waiver{Object: db}, plainSecret, true},
		{"of another value", "", checks.Waiver{Object: db, Field: "data.password"}, otherSecret, false},
		{"without namespace", "", checks.Waiver{Object: anywhere}, plainSecret, true},
		{"of another namespace", "", checks.Waiver{Object: elsewhere}, plainSecret, false},
		{"by path", "", checks.Waiver{File: "shop/Secret/db.json"}, plainSecret, false},
		{"in a file of no environment", "", checks.Waiver{Object: db, File: "base/db.yaml"}, plainSecret, true},
		{"in a file of the environment", "staging", checks.Waiver{Object: db, File: "staging/db.yaml"}, plainSecret, true},
		{"in a file of another environment", "staging", checks.Waiver{Object: db, File: "production/db.yaml"}, plainSecret, false},
		{"in a file of an environment, without one", "", checks.Waiver{Object: db, File: "production/db.yaml"}, plainSecret, false},
		{"expired", "", checks.Waiver{Object: db, Expires: noon.AddDate(0, 0, -2)}, plainSecret, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := tt.waiver
			w.Check, w.Value, w.Reason, w.Owner = "plaintext-secret", digest, "reported", "@example/shop"
			if w.Expires.IsZero() {
				w.Expires = noon.Truncate(24 * time.Hour)
			}
			s := with(func(s *Settings) {
				s.Waivers, s.Layout, s.Environment = []checks.Waiver{w}, layout, tt.environment
			})
			if a := judged(t, s, request(t, admissionv1.Create, alice, tt.object, "")); a.Response.Allowed != tt.allowed {
				t.Errorf("allowed %t, want %t (%v)", a.Response.Allowed, tt.allowed, found(a))
			}
		})
	}
}

func TestOverridesHoldForTheEnvironment(t *testing.T) {
	s := Settings{
		Environment: "staging",
		Layout:      checks.Layout{Environments: []checks.Environment{{Name: "staging", Paths: []string{"staging", "stage"}}}},
		Overrides: []checks.Override{
			{Checks: []string{"a"}},
			{Checks: []string{"b"}, Paths: []string{"staging"}},
			{Checks: []string{"c"}, Paths: []string{"staging", "production"}},
			{Checks: []string{"d"}, Paths: []string{"staging/shop"}},
		},
	}
	want := []checks.Override{{Checks: []string{"a"}}, {Checks: []string{"b"}}}
	if diff := cmp.Diff(want, overridesAt(s)); diff != "" {
		t.Errorf("overrides (-want +got):\n%s", diff)
	}
	s.Environment = ""
	if diff := cmp.Diff(want[:1], overridesAt(s)); diff != "" {
		t.Errorf("overrides without an environment (-want +got):\n%s", diff)
	}
}

func TestOverrideLowersSeverity(t *testing.T) {
	s := with(func(s *Settings) {
		s.Overrides = []checks.Override{{Checks: []string{"plaintext-secret"}, Severity: checks.Warning}}
	})
	a := judged(t, s, request(t, admissionv1.Create, alice, plainSecret, ""))
	if !a.Response.Allowed || len(a.Response.Warnings) == 0 {
		t.Errorf("allowed %t with warnings %q", a.Response.Allowed, a.Response.Warnings)
	}
	s.FailOn = checks.FailOn(checks.Warning)
	if a := judged(t, s, request(t, admissionv1.Create, alice, plainSecret, "")); a.Response.Allowed {
		t.Error("a warning is allowed where warnings fail")
	}
}
