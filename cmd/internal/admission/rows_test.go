package admission

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
)

// The users of the table.
var (
	sealedSecrets   = user{name: "system:serviceaccount:kube-system:sealed-secrets-controller", pod: "sealed-secrets-controller-7d4f"}
	externalSecrets = user{name: "system:serviceaccount:external-secrets:external-secrets", pod: "external-secrets-5b9c"}
	certManager     = user{name: "system:serviceaccount:cert-manager:cert-manager", pod: "cert-manager-6c7d"}
	certWebhook     = user{name: "system:serviceaccount:cert-manager:cert-manager-webhook", pod: "cert-manager-webhook-1f2e"}
	vaultSecrets    = user{name: "system:serviceaccount:vault-secrets-operator-system:vault-secrets-operator-controller-manager", pod: "vso-0"}
	csiDriver       = user{name: "system:serviceaccount:kube-system:secrets-store-csi-driver", pod: "csi-abcde"}
	syncController  = user{name: "system:serviceaccount:secrets-store-sync-controller-system:secrets-store-sync-controller", pod: "sync-0"}
	kubeController  = user{name: "system:kube-controller-manager"}
	kubeadm         = user{name: "kubernetes-admin", groups: []string{"kubeadm:cluster-admins"}}
	fluxHelm        = user{name: "system:serviceaccount:flux-system:helm-controller", pod: "helm-controller-0"}
)

func unbound(u user) user {
	u.pod = ""
	return u
}

// secret writes a Secret with a value under each key.
func secret(namespace, typ, meta string, keys ...string) string {
	var data []string
	for _, key := range keys {
		data = append(data, `"`+key+`":"Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5"`)
	}
	if meta != "" {
		meta = "," + meta
	}
	return `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"db","namespace":"` + namespace + `"` + meta + `},"type":"` + typ + `","data":{` + strings.Join(data, ",") + `}}`
}

func owned(apiVersion, kind, name string, controller bool) string {
	by := ""
	if controller {
		by = `,"controller":true`
	}
	return `"ownerReferences":[{"apiVersion":"` + apiVersion + `","kind":"` + kind + `","name":"` + name + `","uid":"1"` + by + `}]`
}

func labels(pairs ...string) string {
	m := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	text, _ := json.Marshal(m)
	return `"labels":` + string(text)
}

// TestDecisionTable goes through who may write which Secret. The number is the row
// of the table in the design of the gate.
func TestDecisionTable(t *testing.T) {
	const (
		opaque = "Opaque"
		tls    = "kubernetes.io/tls"
		token  = "kubernetes.io/service-account-token"
	)
	sealed := owned("bitnami.com/v1alpha1", "SealedSecret", "db", true)
	external := owned("external-secrets.io/v1", "ExternalSecret", "db-store", true)
	certificate := owned("cert-manager.io/v1", "Certificate", "web", true)
	managed := labels("reconcile.external-secrets.io/managed", "true")
	vso := labels("app.kubernetes.io/managed-by", "hashicorp-vso", "app.kubernetes.io/component", "secret-sync")
	tests := []struct {
		row     string
		who     user
		object  string
		old     string // not "": an UPDATE
		allowed bool
		writer  string
		says    string // in the message of the refusal
		finds   []string
	}{
		{row: "1 label", who: alice, object: labelled, old: plainSecret, allowed: true, finds: []string{"(plaintext-secret data.password)"}},
		{row: "1 finalizer, by anyone", who: unbound(sealedSecrets), object: labelled, old: plainSecret, allowed: true, finds: []string{"(plaintext-secret data.password)"}},
		{row: "1 a key goes", who: alice, object: emptySecret, old: plainSecret, allowed: true},
		{row: "1 a key comes", who: alice, object: secret("shop", opaque, "", "password", "token"), old: plainSecret,
			finds: []string{"(plaintext-secret data.password)", "plaintext-secret data.token"}},
		{row: "2 placeholder to be filled", who: alice, object: emptySecret, allowed: true},
		{row: "3 token asked for", who: alice, allowed: true, finds: []string{"long-lived-token type"},
			object: `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"t","namespace":"shop","annotations":{"kubernetes.io/service-account.name":"builder"}},"type":"` + token + `"}`},
		{row: "3 token forged", who: alice, object: secret("shop", token, "", "token"), finds: []string{"long-lived-token type", "plaintext-secret data.token"}},
		{row: "4 token filled in", who: kubeController, object: secret("shop", token, "", "token", "ca.crt", "namespace"), old: secret("shop", token, ""), allowed: true,
			writer: "service-account-tokens", finds: []string{"(long-lived-token type)"}},
		{row: "4 another key", who: kubeController, object: secret("shop", token, "", "token", "more"), old: secret("shop", token, ""),
			says: "outside its contract: service-account-tokens", finds: []string{"(long-lived-token type)", "plaintext-secret data.more", "plaintext-secret data.token"}},
		{row: "4 another type", who: kubeController, object: plainSecret, says: "outside its contract", finds: []string{"plaintext-secret data.password"}},
		{row: "5 bootstrap token", who: kubeadm, object: secret("kube-system", "bootstrap.kubernetes.io/token", "", "token-secret"), allowed: true, writer: "bootstrap-tokens"},
		{row: "5 bootstrap token elsewhere", who: kubeadm, object: secret("shop", "bootstrap.kubernetes.io/token", "", "token-secret"), finds: []string{"plaintext-secret data.token-secret"}},
		{row: "5 bootstrap token of a person", who: alice, object: secret("kube-system", "bootstrap.kubernetes.io/token", "", "token-secret"), finds: []string{"plaintext-secret data.token-secret"}},
		{row: "6 unsealed", who: sealedSecrets, object: secret("shop", opaque, sealed, "password"), allowed: true, writer: "sealed-secrets"},
		{row: "6 unsealed anew", who: sealedSecrets, object: secret("shop", tls, sealed, "password", "tls.key"), old: secret("shop", tls, sealed, "password"), allowed: true,
			writer: "sealed-secrets", finds: []string{}},
		{row: "6 by a person", who: alice, object: secret("shop", opaque, sealed, "password"), finds: []string{"plaintext-secret data.password"}},
		{row: "6 not of its name", who: sealedSecrets, object: secret("shop", opaque, owned("bitnami.com/v1alpha1", "SealedSecret", "other", true), "password"),
			says: "outside its contract: sealed-secrets", finds: []string{"plaintext-secret data.password"}},
		{row: "6 not the controller", who: sealedSecrets, object: secret("shop", opaque, owned("bitnami.com/v1alpha1", "SealedSecret", "db", false), "password"),
			says: "outside its contract", finds: []string{"plaintext-secret data.password"}},
		{row: "6 of another group", who: sealedSecrets, object: secret("shop", opaque, owned("example.com/v1", "SealedSecret", "db", true), "password"),
			says: "outside its contract", finds: []string{"plaintext-secret data.password"}},
		{row: "6 with a second owner", who: sealedSecrets, says: "outside its contract", finds: []string{"plaintext-secret data.password"},
			object: secret("shop", opaque, strings.Replace(sealed, "}]", `},{"apiVersion":"v1","kind":"ConfigMap","name":"x","uid":"2"}]`, 1), "password")},
		{row: "7 without an owner", who: sealedSecrets, object: plainSecret, says: "outside its contract", finds: []string{"plaintext-secret data.password"}},
		{row: "8 sealing key", who: sealedSecrets, object: secret("kube-system", tls, labels("sealedsecrets.bitnami.com/sealed-secrets-key", "active"), "tls.key"), allowed: true, writer: "sealed-secrets"},
		{row: "8 sealing key elsewhere", who: sealedSecrets, object: secret("shop", tls, labels("sealedsecrets.bitnami.com/sealed-secrets-key", "active"), "tls.key"),
			says: "outside its contract", finds: []string{"plaintext-secret data[\"tls.key\"]"}},
		{row: "9 external secret", who: externalSecrets, object: secret("shop", opaque, managed+","+external, "password"), allowed: true, writer: "external-secrets"},
		{row: "9 orphan", who: externalSecrets, object: secret("shop", opaque, managed, "password"), allowed: true, writer: "external-secrets"},
		{row: "9 without its label", who: externalSecrets, object: secret("shop", opaque, external, "password"), says: "outside its contract", finds: []string{"plaintext-secret data.password"}},
		{row: "10 certificate", who: certManager, object: secret("shop", tls, `"annotations":{"cert-manager.io/certificate-name":"web"}`, "tls.key", "tls.crt"), allowed: true, writer: "cert-manager"},
		{row: "10 next private key", who: certManager, object: secret("shop", opaque, labels("cert-manager.io/next-private-key", "true")+","+certificate, "tls.key"), allowed: true, writer: "cert-manager"},
		{row: "10 account key", who: certManager, object: secret("cert-manager", opaque, "", "tls.key"), allowed: true, writer: "cert-manager"},
		{row: "10 another key", who: certManager, object: plainSecret, says: "outside its contract: cert-manager", finds: []string{"plaintext-secret data.password"}},
		{row: "10 webhook's authority", who: certWebhook, allowed: true, writer: "cert-manager-webhook",
			object: secret("cert-manager", opaque, `"annotations":{"cert-manager.io/allow-direct-injection":"true"}`, "tls.key", "tls.crt", "ca.crt")},
		{row: "11 Vault", who: vaultSecrets, object: secret("shop", opaque, vso+","+owned("secrets.hashicorp.com/v1beta1", "VaultStaticSecret", "db-sync", false), "password"), allowed: true, writer: "vault-secrets-operator"},
		{row: "11 Vault without an owner", who: vaultSecrets, object: secret("shop", opaque, vso, "password"), says: "outside its contract", finds: []string{"plaintext-secret data.password"}},
		{row: "11 CSI driver", who: csiDriver, object: secret("shop", opaque, labels("secrets-store.csi.k8s.io/managed", "true"), "password"), allowed: true, writer: "secrets-store-csi-driver"},
		{row: "11 CSI driver, token", who: csiDriver, object: secret("shop", token, labels("secrets-store.csi.k8s.io/managed", "true"), "token"), says: "outside its contract",
			finds: []string{"long-lived-token type", "plaintext-secret data.token"}},
		{row: "11 sync controller", who: syncController, object: secret("shop", opaque, owned("secret-sync.x-k8s.io/v1alpha1", "SecretSync", "db", false), "password"), allowed: true, writer: "secrets-store-sync-controller"},
		{row: "11 sync controller, another name", who: syncController, object: secret("shop", opaque, owned("secret-sync.x-k8s.io/v1alpha1", "SecretSync", "other", false), "password"),
			says: "outside its contract", finds: []string{"plaintext-secret data.password"}},
		{row: "12 minted token", who: unbound(sealedSecrets), object: secret("shop", opaque, sealed, "password"), says: "used without the pod that it belongs to", finds: []string{"plaintext-secret data.password"}},
		{row: "13 release", who: fluxHelm, object: helmSecret("web", configRelease), allowed: true},
		{row: "13 release with a Secret", who: fluxHelm, object: helmSecret("web", secretRelease), says: "web/templates/secret.yaml in Helm release web", finds: []string{"plaintext-secret data.password"}},
		{row: "13 release with a Secret, again", who: fluxHelm, object: strings.Replace(helmSecret("web", secretRelease), `"name":"db"`, `"name":"db","labels":{"status":"deployed"}`, 1),
			old: helmSecret("web", secretRelease), allowed: true, finds: []string{"(plaintext-secret data.password)"}},
		{row: "13 no release", who: fluxHelm, object: secret("shop", "helm.sh/release.v1", "", "release"), says: "helm-release-unreadable", finds: []string{"helm-release-unreadable data.release"}},
		{row: "13 release with more", who: fluxHelm, object: strings.Replace(helmSecret("web", configRelease), `"data":{`, `"data":{"password":"Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5",`, 1),
			finds: []string{"plaintext-secret data.password"}},
		{row: "14 not decrypted", who: alice, object: strings.Replace(plainSecret, "Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5", base64.StdEncoding.EncodeToString([]byte("ENC[AES256_GCM,data:XwTY,iv:abcd=,tag:efgh=,type:str]")), 1),
			says: "still encrypted by SOPS", finds: []string{"unresolved-secret data.password"}},
		{row: "14 by a writer", who: sealedSecrets, object: strings.Replace(secret("shop", opaque, sealed, "password"), "Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5", base64.StdEncoding.EncodeToString([]byte("ref+vault://a/b#/c")), 1),
			says: "vals has not filled in", writer: "sealed-secrets", finds: []string{"unresolved-secret data.password"}},
		{row: "16 person", who: alice, object: plainSecret, finds: []string{"plaintext-secret data.password"}},
		{row: "16 person, with a writer's marks", who: alice, object: secret("shop", opaque, managed+","+external, "password"), finds: []string{"plaintext-secret data.password"}},
		{row: "last applied", who: alice, object: strings.Replace(emptySecret, `"name":"db"`, `"name":"db","annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{\"kind\":\"Secret\",\"stringData\":{\"a\":\"b\"}}"}`, 1),
			finds: []string{`last-applied-secret metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"]`, `plaintext-secret metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"]`}},
	}
	for _, tt := range tests {
		t.Run(tt.row, func(t *testing.T) {
			operation := admissionv1.Create
			if tt.old != "" {
				operation = admissionv1.Update
			}
			a := judged(t, settings(), request(t, operation, tt.who, tt.object, tt.old))
			if a.Response.Allowed != tt.allowed {
				t.Errorf("allowed %t, want %t: %q %v", a.Response.Allowed, tt.allowed, found(a), a.Reasons)
			}
			if a.Writer != tt.writer || a.Response.AuditAnnotations["writer"] != tt.writer {
				t.Errorf("writer %q (audit annotation %q), want %q", a.Writer, a.Response.AuditAnnotations["writer"], tt.writer)
			}
			if tt.finds == nil {
				tt.finds = []string{}
			}
			if got := found(a); !slices.Equal(got, tt.finds) {
				t.Errorf("findings %q, want %q", got, tt.finds)
			}
			if !a.Response.Allowed && !strings.Contains(a.Response.Result.Message, tt.says) {
				t.Errorf("the message lacks %q:\n%s", tt.says, a.Response.Result.Message)
			}
		})
	}
}

func TestWriterFlags(t *testing.T) {
	sealed := secret("shop", "Opaque", owned("bitnami.com/v1alpha1", "SealedSecret", "db", true), "password")
	moved := user{name: "system:serviceaccount:sealing:controller", pod: "controller-0"}
	w, err := ParseWriter("sealed-secrets=sealing:controller")
	if err != nil {
		t.Fatal(err)
	}
	renamed := with(func(s *Settings) { s.Writers = []Writer{w} })
	trusting := with(func(s *Settings) { s.TrustUnboundWriters = true })
	tests := []struct {
		name    string
		s       Settings
		who     user
		allowed bool
	}{
		{"moved, and not told", settings(), moved, false},
		{"moved", renamed, moved, true},
		{"the account that it had", renamed, sealedSecrets, false},
		{"unbound, and trusted", trusting, unbound(sealedSecrets), true},
		{"unbound, moved", renamed, unbound(moved), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if a := judged(t, tt.s, request(t, admissionv1.Create, tt.who, sealed, "")); a.Response.Allowed != tt.allowed {
				t.Errorf("allowed %t, want %t", a.Response.Allowed, tt.allowed)
			}
		})
	}
}

func TestParseWriterRefuses(t *testing.T) {
	for _, s := range []string{"", "sealed-secrets", "sealed-secrets=", "sealed-secrets=a", "sealed-secrets=a:", "sealed-secrets=:b", "sealed-secrets=a:b:c", "unknown=a:b", "bootstrap-tokens=a:b"} {
		if w, err := ParseWriter(s); err == nil {
			t.Errorf("ParseWriter(%q) = %+v, want an error", s, w)
		}
	}
}

// Releases as Helm renders them.
const (
	configRelease = "---\n# Source: web/templates/config.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  mode: fast\n"
	secretRelease = configRelease + "---\n# Source: web/templates/secret.yaml\napiVersion: v1\nkind: Secret\nmetadata:\n  name: web\nstringData:\n  password: correct-horse-battery\n"
)

// helmSecret is the Secret in which Helm keeps a release.
func helmSecret(name, manifests string, hooks ...map[string]string) string {
	content := map[string]any{"name": name, "namespace": "shop", "version": 1, "manifest": manifests, "hooks": hooks}
	text, _ := json.Marshal(content)
	return helmData(packed(text))
}

func packed(text []byte) []byte {
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, _ = w.Write(text)
	_ = w.Close()
	return zipped.Bytes()
}

func helmData(content []byte) string {
	inner := base64.StdEncoding.EncodeToString(content)
	return strings.Replace(secret("shop", "helm.sh/release.v1", "", "release"), "Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5", base64.StdEncoding.EncodeToString([]byte(inner)), 1)
}

func TestHookOfReleaseIsJudged(t *testing.T) {
	hook := map[string]string{"path": "web/templates/job-secret.yaml", "manifest": "apiVersion: v1\nkind: Secret\nmetadata:\n  name: job\nstringData:\n  token: correct-horse-battery\n"}
	a := judged(t, settings(), request(t, admissionv1.Create, fluxHelm, helmSecret("web", configRelease, hook), ""))
	if a.Response.Allowed || !strings.Contains(a.Response.Result.Message, "Secret job (web/templates/job-secret.yaml in Helm release web): data.token") {
		t.Errorf("allowed %t: %+v", a.Response.Allowed, a.Response.Result)
	}
}

func TestReleaseOverALimitIsNotJudged(t *testing.T) {
	var keys strings.Builder
	for i := range secretKeys + 1 {
		keys.WriteString("  k" + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + strings.Repeat("y", i/26) + ": correct-horse\n")
	}
	many := "apiVersion: v1\nkind: Secret\nmetadata:\n  name: many\nstringData:\n" + keys.String()
	tests := []struct{ name, object, says string }{
		{"bytes", helmData(packed(bytes.Repeat([]byte("0123456789abcdef"), releaseBytes/16+1))), "release-bytes"},
		{"ratio", helmData(packed(append([]byte(`{"name":"web","manifest":"`), append(bytes.Repeat([]byte(" "), 4<<20), `"}`...)...))), "release-ratio"},
		{"keys", helmSecret("web", many), "secret-keys"},
		{"values", helmSecret("web", "apiVersion: v1\nkind: ConfigMap\nx: ["+numbers(releaseValues+1)+"]\n"), "release-values"},
		{"hooks", helmSecret("web", "", make([]map[string]string, releaseHooks+1)...), "release-hooks"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := judged(t, settings(), request(t, admissionv1.Create, fluxHelm, tt.object, ""))
			if a.Response.Allowed || a.Verdict != "incomplete" || !strings.Contains(a.Response.Result.Message, tt.says) {
				t.Errorf("verdict %s: %+v", a.Verdict, a.Response.Result)
			}
		})
	}
}

func numbers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%d,", i*7919)
	}
	return b.String()
}

func TestReleaseFromBeforeCompression(t *testing.T) {
	text, _ := json.Marshal(map[string]string{"name": "web", "manifest": secretRelease})
	a := judged(t, settings(), request(t, admissionv1.Create, fluxHelm, helmData(text), ""))
	if got := found(a); !slices.Equal(got, []string{"plaintext-secret data.password"}) {
		t.Errorf("findings %q", got)
	}
}
