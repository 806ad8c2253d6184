package corpus

import (
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/checks"
)

// TestAdviceOnPublicValues holds what is said of a value in a Secret that is no secret
// itself: where a program reads the Secret by its keys, it must not be moved away.
func TestAdviceOnPublicValues(t *testing.T) {
	const move = "Move it to a ConfigMap"
	for name, tt := range map[string]struct {
		text  string
		moves bool
	}{
		"plain":      {"apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {username: shop}\n", true},
		"cluster":    {"apiVersion: v1\nkind: Secret\nmetadata: {name: a, labels: {argocd.argoproj.io/secret-type: cluster}}\nstringData: {server: https://10.0.0.1:6443}\n", false},
		"repository": {"apiVersion: v1\nkind: Secret\nmetadata: {name: a, labels: {argocd.argoproj.io/secret-type: repository}}\nstringData: {type: git}\n", false},
		"bootstrap":  {"apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ntype: bootstrap.kubernetes.io/token\nstringData: {token-id: 07401b}\n", false},
		"basic auth": {"apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ntype: kubernetes.io/basic-auth\nstringData: {username: shop}\n", false},
		"opaque":     {"apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ntype: Opaque\nstringData: {username: shop}\n", true},
	} {
		result := checks.Run(t.Context(), inputOf([]File{{Path: "secret.yaml", Data: []byte(tt.text)}}))
		if len(result.Findings) != 1 || result.Findings[0].Severity != checks.Notice {
			t.Errorf("%s: %d findings, want one notice", name, len(result.Findings))
			continue
		}
		fix := result.Findings[0].Fix
		if strings.Contains(fix, move) != tt.moves || !strings.Contains(fix, "gatehouse seal secret.yaml") {
			t.Errorf("%s: the advice is %q", name, fix)
		}
	}
}
