package seal

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
)

// The types of Secrets whose keys Kubernetes demands
// (https://kubernetes.io/docs/concepts/configuration/secret/#secret-types).
const (
	typeOpaque       = "Opaque"
	typeTLS          = "kubernetes.io/tls"
	typeBasicAuth    = "kubernetes.io/basic-auth"
	typeSSHAuth      = "kubernetes.io/ssh-auth"
	typeDockerConfig = "kubernetes.io/dockerconfigjson"
	typeDockercfg    = "kubernetes.io/dockercfg"
	typeToken        = "kubernetes.io/service-account-token"
)

// demandedBy are the keys that a Secret of a type must have, each of them.
func demandedBy(kind string) []string {
	switch kind {
	case typeTLS:
		return []string{"tls.crt", "tls.key"}
	case typeSSHAuth:
		return []string{"ssh-privatekey"}
	case typeDockerConfig:
		return []string{".dockerconfigjson"}
	case typeDockercfg:
		return []string{".dockercfg"}
	}
	return nil
}

// checkType refuses values that Kubernetes, or what uses a Secret of a type, does not
// take. No error holds a part of a value.
func checkType(kind string, values map[string][]byte) error {
	for _, key := range demandedBy(kind) {
		if _, ok := values[key]; !ok {
			return fmt.Errorf("a Secret of the type %s must have the key %q", kind, key)
		}
	}
	switch kind {
	case typeTLS:
		return checkPair(values["tls.crt"], values["tls.key"])
	case typeSSHAuth:
		if block, _ := pem.Decode(values["ssh-privatekey"]); block == nil {
			return errors.New("ssh-privatekey holds no private key in PEM")
		}
	case typeDockerConfig, typeDockercfg:
		key := demandedBy(kind)[0]
		var registries map[string]any
		if json.Unmarshal(values[key], &registries) != nil {
			return fmt.Errorf("%s is no object in JSON", key)
		}
		if _, ok := registries["auths"]; kind == typeDockerConfig && !ok {
			return fmt.Errorf("%s has no field auths, in which the registries are", key)
		}
	case typeBasicAuth:
		_, user := values["username"]
		if _, password := values["password"]; !user && !password {
			return fmt.Errorf("a Secret of the type %s must have the key %q or %q", kind, "username", "password")
		}
	case typeToken:
		return fmt.Errorf("a Secret of the type %s is filled in by Kubernetes itself", kind)
	}
	return nil
}

// checkPair refuses a certificate and a private key that do not belong together.
func checkPair(certificate, key []byte) error {
	block, _ := pem.Decode(certificate)
	if block == nil || block.Type != "CERTIFICATE" {
		return errors.New("tls.crt holds no certificate in PEM")
	}
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return errors.New("the certificate in tls.crt cannot be read")
	}
	private, err := parsePrivateKey(key)
	if err != nil {
		return fmt.Errorf("tls.key: %w", err)
	}
	public, ok := parsed.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !public.Equal(private.Public()) {
		return errors.New("tls.key is not the private key of the certificate in tls.crt")
	}
	return nil
}

// parsePrivateKey reads the first private key of a PEM text.
func parsePrivateKey(text []byte) (crypto.Signer, error) {
	for rest := text; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return nil, errors.New("it holds no private key in PEM")
		}
		if !bytes.HasSuffix([]byte(block.Type), []byte("PRIVATE KEY")) {
			continue
		}
		key, err := privateKeyOf(block)
		clear(block.Bytes)
		return key, err
	}
}

// privateKeyOf reads a private key in PKCS #1, PKCS #8 or SEC 1.
func privateKeyOf(block *pem.Block) (crypto.Signer, error) {
	if block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "" {
		return nil, errors.New("the private key is under a passphrase")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	if key, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	signer, ok := key.(crypto.Signer)
	if err != nil || !ok {
		return nil, errors.New("the private key cannot be read")
	}
	return signer, nil
}

// knownTypes are the types of Secrets that Kubernetes has, for messages.
func knownTypes() []string {
	return slices.Sorted(slices.Values([]string{typeOpaque, typeTLS, typeBasicAuth, typeSSHAuth, typeDockerConfig, typeDockercfg, "bootstrap.kubernetes.io/token"}))
}
