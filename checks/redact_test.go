package checks

import (
	"testing"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// A word that a second key hides is the subject of messages more often than a secret.
func TestHiddenValuesAreCutOut(t *testing.T) {
	for name, c := range map[string]struct{ text, message, want string }{
		"a word in a workload stays": {
			"kind: Deployment\nspec:\n  selector: {name: etcd}\n  selector: {name: etcd}\n",
			"the image openshift/etcd-20 has no tag", "the image openshift/etcd-20 has no tag",
		},
		"what looks made up goes": {
			"kind: Deployment\nspec:\n  env: {token: k3yk4rd99x}\n  env: {}\n",
			"the value k3yk4rd99x", "the value " + redacted,
		},
		"a word in a Secret goes": {
			"kind: Secret\nstringData: {password: hunter}\nstringData: {}\n",
			"the value hunter", "the value " + redacted,
		},
		"what the canonical form encodes goes": {
			"kind: Secret\nstringData: {password: Zq7-hunter}\n",
			"the value WnE3LWh1bnRlcg== and Zq7-hunter", "the value " + redacted + " and " + redacted,
		},
		"what a message quotes goes": {
			"kind: Secret\nstringData:\n  key: |\n    line-one-9\n    line-two-9\n",
			`{"key": "line-one-9\nline-two-9\n"}`, `{"key": "` + redacted + `"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			read := manifest.Read("a.yaml", []byte(c.text), manifest.DefaultLimits())
			if got := redactor(read.Documents, nil)(c.message); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
