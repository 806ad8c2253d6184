package seal

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestResealWithAnOpener(t *testing.T) {
	text := []byte(sealedKeys("a", "b"))
	o := Options{Certificate: otherKeys().certificate}
	var asked []string
	var opened []byte
	open := func(v SealedValue) ([]byte, error) {
		asked = append(asked, v.Namespace+"/"+v.Name+" "+v.Key+" "+string(v.Scope))
		if v.Key == "b" {
			return nil, fmt.Errorf("the controller says: %w", ErrCannotOpen)
		}
		opened = []byte(canary)
		return opened, nil
	}
	r, err := Reseal("a.yaml", text, Resealing{Open: open}, o)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Join(asked, ", ") != "x/a a strict, x/a b strict" {
		t.Errorf("asked for %q", asked)
	}
	if len(bytes.Trim(opened, "\x00")) > 0 {
		t.Error("the value that was opened is left in memory")
	}
	if len(r.Sealed) != 1 || strings.Join(r.Sealed[0].Keys, " ") != "a" || len(r.Left) != 1 || !strings.Contains(r.Left[0].Text, `"b" was not sealed anew: no key that was given opens it`) {
		t.Errorf("got %+v", r)
	}
	if !strings.Contains(string(r.Text), `sealed-with: "a=`+o.Certificate.Fingerprint+`"`) {
		t.Errorf("the record is wrong:\n%s", r.Text)
	}
	down := errors.New("the controller is down")
	if r, err := Reseal("a.yaml", text, Resealing{Open: func(SealedValue) ([]byte, error) { return nil, down }}, o); !errors.Is(err, down) || r.Text != nil {
		t.Errorf("an error of the opener: %v", err)
	}
}

func TestResealSelects(t *testing.T) {
	text := []byte(sealedKeys("a") + "---\n" + strings.Replace(sealedKeys("a"), "name: a", "name: b", 1))
	keys := must(ParsePrivateKeys(theKeys().privatePEM()))
	o := Options{Certificate: otherKeys().certificate, Unrecorded: true}
	r, err := Reseal("a.yaml", text, Resealing{Object: Selector{Name: "a"}, Keys: keys}, o)
	if err != nil || len(r.Sealed) != 1 || r.Sealed[0].Name != "a" || strings.Contains(string(r.Text), "sealed-with") {
		t.Errorf("got %v, %+v", err, r.Sealed)
	}
	if _, err := Reseal("a.yaml", text, Resealing{Object: Selector{Name: "c"}, Keys: keys}, o); err == nil || !strings.Contains(err.Error(), "no such SealedSecret") {
		t.Errorf("one that is not there: %v", err)
	}
	all, err := Reseal("a.yaml", r.Text, Resealing{Object: Selector{Name: "a"}, Keys: must(ParsePrivateKeys(otherKeys().privatePEM())), All: true}, o)
	if err != nil || bytes.Equal(all.Text, r.Text) || len(all.Sealed) != 1 {
		t.Errorf("all anew: %v, %+v", err, all.Sealed)
	}
	plain := []byte("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
	if r, err := Reseal("a.yaml", plain, Resealing{Keys: keys}, o); err != nil || !bytes.Equal(r.Text, plain) {
		t.Errorf("a file without a SealedSecret: %v", err)
	}
}

// A certificate that was renewed with the same key needs no new ciphertexts.
func TestResealOfARenewedCertificate(t *testing.T) {
	renewed := must(ParseCertificate(certify(theKeys().private, today.AddDate(0, -1, 0), today.AddDate(2, 0, 0)), today))
	text := strings.Replace(sealedKeys("a", "b"), "  namespace: x\n", "  namespace: x\n  annotations:\n    gatehouse.dev/sealed-with: "+theKeys().certificate.Fingerprint+"\n", 1)
	r, err := Reseal("a.yaml", []byte(text), Resealing{Keys: must(ParsePrivateKeys(theKeys().privatePEM()))}, Options{Certificate: renewed})
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(text, theKeys().certificate.Fingerprint, `"`+renewed.Fingerprint+`"`, 1)
	if string(r.Text) != want || len(r.Sealed) != 1 || len(r.Sealed[0].Keys) > 0 {
		t.Errorf("%+v\n%s", r.Sealed, r.Text)
	}
}

func TestParsePrivateKeys(t *testing.T) {
	pkcs8 := inPEM("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(otherKeys().private)))
	two := append(theKeys().privatePEM(), pkcs8...)
	secret := func(pem []byte) string {
		return "apiVersion: v1\nkind: Secret\nmetadata: {name: key}\ntype: kubernetes.io/tls\ndata:\n  tls.crt: YQ==\n  tls.key: " + base64.StdEncoding.EncodeToString(pem) + "\n"
	}
	list := "apiVersion: v1\nkind: List\nitems:\n- " + strings.ReplaceAll(strings.TrimSpace(secret(theKeys().privatePEM())), "\n", "\n  ") + "\n- " + strings.ReplaceAll(strings.TrimSpace(secret(pkcs8)), "\n", "\n  ") + "\n"
	for name, c := range map[string]struct {
		text []byte
		keys int
	}{
		"PKCS 1": {theKeys().privatePEM(), 1}, "PKCS 8": {pkcs8, 1}, "two": {two, 2}, "with a certificate": {append(theKeys().pem, two...), 2},
		"Secret": {[]byte(secret(pkcs8)), 1}, "List": {[]byte(list), 2},
	} {
		got, err := ParsePrivateKeys(c.text)
		if err != nil || got.Len() != c.keys {
			t.Errorf("%s: %d keys, %v", name, got.Len(), err)
		}
		d := otherKeys().private.D.String()
		for _, shown := range []string{fmt.Sprint(got), fmt.Sprintf("%+v", got), fmt.Sprintf("%#v", got)} {
			if strings.Contains(shown, d[:20]) {
				t.Errorf("%s: a key is shown", name)
			}
		}
	}
	for name, text := range map[string]string{
		"nothing":              "",
		"certificate":          string(theKeys().pem),
		"damaged":              string(inPEM("RSA PRIVATE KEY", []byte(canary))),
		"under a passphrase":   string(inPEM("ENCRYPTED PRIVATE KEY", []byte(canary))),
		"elliptic curve":       string(ecPrivateKey(t)),
		"damaged in a Secret":  secret(inPEM("RSA PRIVATE KEY", []byte(canary))),
		"Secret without a key": "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {a: YQ==}\n",
		"ConfigMap with a key": strings.Replace(secret(pkcs8), "kind: Secret", "kind: ConfigMap", 1),
		"many keys":            strings.Repeat(string(theKeys().privatePEM()), mostPrivateKeys+1),
	} {
		got, err := ParsePrivateKeys([]byte(text))
		if err == nil || got.Len() > 0 || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %d keys, %v", name, got.Len(), err)
		}
	}
	if _, err := (PrivateKeys{}).Open(SealedValue{}); !errors.Is(err, ErrCannotOpen) {
		t.Errorf("without a key: %v", err)
	}
}

// What is recorded as sealed with the certificate, and is not, is not recorded so any
// longer, even where nobody can seal it anew.
func TestResealForgetsAWrongRecord(t *testing.T) {
	text := strings.Replace(sealedKeys("a", "b"), "  namespace: x\n", "  namespace: x\n  annotations:\n    gatehouse.dev/sealed-with: "+otherKeys().certificate.Fingerprint+"\n", 1)
	text += "    c: " + must(encrypt(otherKeys().certificate, "x/a", []byte("v"))) + "\n"
	r, err := Reseal("a.yaml", []byte(text), Resealing{Keys: must(ParsePrivateKeys(otherKeys().privatePEM()))}, Options{Certificate: otherKeys().certificate})
	if err != nil || len(r.Left) != 2 {
		t.Fatalf("%v, left %v", err, r.Left)
	}
	if want := `sealed-with: "c=` + otherKeys().certificate.Fingerprint + `"`; !strings.Contains(string(r.Text), want) {
		t.Errorf("%s is not in\n%s", want, r.Text)
	}
}
