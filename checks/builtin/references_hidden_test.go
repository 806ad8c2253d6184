package builtin

import (
	"testing"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

func TestHidesSecrets(t *testing.T) {
	const sops = "sops:\n  mac: x\n  version: 3.13.0\n"
	for text, want := range map[string]bool{
		"apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n":                                                   false,
		"apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {a: 'ENC[AES256_GCM,data:a]'}\n" + sops: false,
		"apiVersion: v1\nkind: Secret\nmetadata: {name: 'ENC[AES256_GCM,data:a]'}\n" + sops:                     true,
		"apiVersion: ENC[AES256_GCM,data:a]\nkind: ENC[AES256_GCM,data:a]\nmetadata: {name: 'ENC[x]'}\n" + sops: true,
		"kind: ENC[AES256_GCM,data:a]\n": false,
		"apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\nstringData:\n  {{- toYaml .Values.a | nindent 2 }}\n": true,
	} {
		if got := hidesSecrets(manifest.Read("a.yaml", []byte(text), manifest.DefaultLimits())); got != want {
			t.Errorf("%v, want %v:\n%s", got, want, text)
		}
	}
}
