package secrets

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
)

func TestClassify(t *testing.T) {
	iv, tag := strings.Repeat("A", 43)+"=", strings.Repeat("B", 22)+"=="
	tests := []struct {
		key, value string
		want       Class
	}{
		{"password", "", Empty},
		{"password", "  \n", Empty},
		{"password", "hunter2", Plaintext},
		{"password", "mypassword", Plaintext},
		{"password", "s3cr3t with blanks", Plaintext},
		{"TOKEN", "7f6d5e4c3b2a19080706050403020100", Plaintext},
		{"url", "postgres://app:hunter2@db.example.org/app", Plaintext},
		{"url", "https://db.example.org/app", Public},
		{"webhook-url", "https://chat.example.org/hooks/abc", Plaintext},
		{"address", "https://chat.example.org/hooks/T01ABCD2EFG3HIJ4KLM5", Plaintext},
		{"username", "app", Public},
		{"username", "gh" + "p_" + strings.Repeat("a1", 18), Plaintext},
		{"url", "https://example.org/?token=hunter2", Plaintext},
		{"password", "<hunter2-Xk9vQ2mPz71L>", Plaintext},
		{"password", "<ARGOCD_Admin_Password>", Placeholder},
		{"dbUser", "app", Public},
		{"host", "db.example.org", Public},
		{"user-password", "app", Plaintext},
		{"password-user", "app", Plaintext},
		{"password", "ENC[AES256_GCM,data:abcd,iv:" + iv + ",tag:" + tag + ",type:str]", Encrypted},
		{"password", "ENC[AES256_GCM,data:abcd,iv:" + iv + ",tag:" + tag + ",type:str] hunter2", Plaintext},
		{"password", "ENC[hunter2]", Plaintext},
		{"password", "$ANSIBLE_VAULT;1.1;AES256\n6162", Encrypted},
		{"password", "<path:secret/data/db#password>", Reference},
		{"password", "ref+vault://secret/db#/password", Reference},
		{"password", "vault:secret/data/db#password", Reference},
		{"password", "vault hunter2", Plaintext},
		{"password", "ref+echo://hunter2", Plaintext},
		{"password", "{{ .Values.password }}", Template},
		{"password", "${PASSWORD}", Template},
		{"password", `{{ .Values.password | default "hunter2hunter2" }}`, Plaintext},
		{"password", "${PASSWORD:-hunter2}", Plaintext},
		{"password", "prefix-${PASSWORD}", Plaintext},
		{"password", "changeme", Placeholder},
		{"password", "CHANGE_ME", Placeholder},
		{"password", "<your password here>", Placeholder},
		{"password", "REPLACE_ME", Placeholder},
		{"password", "xxxxxxxx", Placeholder},
		{"password", "your-api-key", Placeholder},
		{"auth", "admin:$2y$10$" + strings.Repeat("a", 53), Hash},
		{"auth", "admin:$2y$10$" + strings.Repeat("a", 53) + "\nroot:hunter2", Plaintext},
		{"key.pub", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI someone@example.org", Public},
		{"recipient", "age1" + strings.Repeat("q", 58), Public},
	}
	for _, tt := range tests {
		if got := classOf(tt.key, tt.value); got != tt.want {
			t.Errorf("Classify(%q, %q) = %s, want %s", tt.key, tt.value, got, tt.want)
		}
	}
}

func TestClassifyPEM(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	tests := []struct {
		name, value string
		want        Class
	}{
		{"certificate", block("CERTIFICATE"), Public},
		{"public key", block("PUBLIC KEY"), Public},
		{"private key", block("PRIVATE KEY"), Credential},
		{"certificate and key", block("CERTIFICATE") + block("PRIVATE KEY"), Credential},
		{"encrypted key", block("ENCRYPTED PRIVATE KEY"), Encrypted},
		{"encrypted key and key", block("ENCRYPTED PRIVATE KEY") + block("RSA PRIVATE KEY"), Credential},
		{"not PEM", "-----BEGIN PRIVATE KEY-----\nhunter2", Plaintext},
		{"certificate and more", block("CERTIFICATE") + "hunter2", Plaintext},
	}
	for _, tt := range tests {
		if got := Classify("tls", tt.value, Held).Class; got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func FuzzClassify(f *testing.F) {
	for _, seed := range []string{"hunter2", "ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]", "-----BEGIN CERTIFICATE-----\n", "{{ x }}", "admin:$apr1$x$y", "<a>"} {
		f.Add("key", seed)
	}
	f.Fuzz(func(t *testing.T, key, value string) {
		if class := Classify(key, value, Held).Class; class == "" {
			t.Errorf("Classify(%q, %q) has no answer", key, value)
		}
	})
}
