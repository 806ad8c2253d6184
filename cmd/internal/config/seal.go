package config

import (
	"regexp"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// Seal says how Secrets are sealed. What an environment leaves open, the file's own
// seal gives.
type Seal struct {
	Method      Method       `json:"method,omitempty" doc:"How Secrets are sealed: sealed-secrets, sops or vault. Without it a matching rule of .sops.yaml counts, else a certificate that the repository holds."`
	Certificate string       `json:"certificate,omitempty" min:"1" doc:"With sealed-secrets: the file with the certificate of the controller, from the root of the repository."`
	Fingerprint string       `json:"fingerprint,omitempty" pattern:"^sha256:[0-9a-f]{64}$" doc:"With sealed-secrets: the fingerprint that the certificate must have, as gatehouse seal cert prints it."`
	Scope       SealScope    `json:"scope,omitempty" doc:"With sealed-secrets: the scope of new SealedSecrets: strict (the default), namespace-wide or cluster-wide. Annotations of a Secret win over it."`
	Vault       *VaultTarget `json:"vault,omitempty" doc:"With vault: where values are written, and what is left in their place."`
}

// VaultTarget says where the method vault puts a Secret.
type VaultTarget struct {
	Mount     string      `json:"mount" min:"1" doc:"The KV version 2 engine to which values are written, such as \"secret\"."`
	Path      string      `json:"path,omitempty" min:"1" doc:"The path of a Secret below the mount; {environment}, {namespace} and {name} stand for its own. Without it \"{environment}/{namespace}/{name}\"."`
	Object    VaultObject `json:"object,omitempty" doc:"What is left in place of the Secret: external-secret (the default), vault-static-secret, or the Secret itself with references for argocd-vault-plugin in place of its values: annotation writes their path once, into the annotation avp.kubernetes.io/path, and placeholder into each of them."`
	Store     string      `json:"store,omitempty" min:"1" doc:"With external-secret: the name of the store."`
	StoreKind StoreKind   `json:"storeKind,omitempty" doc:"With external-secret: the kind of the store, SecretStore or ClusterSecretStore (the default)."`
	Auth      string      `json:"auth,omitempty" min:"1" doc:"With vault-static-secret: the VaultAuth, as name or namespace/name. Without it the default one of the operator counts."`
}

// Method is the name of a way to seal in the file.
type Method string

// The methods.
const (
	MethodSealedSecrets Method = "sealed-secrets"
	MethodSOPS          Method = "sops"
	MethodVault         Method = "vault"
)

// SealScope is the name of a scope of SealedSecrets in the file.
type SealScope string

// VaultObject is the name of what the method vault leaves behind.
type VaultObject string

// The objects.
const (
	ObjectExternalSecret    VaultObject = "external-secret"
	ObjectVaultStaticSecret VaultObject = "vault-static-secret"
	ObjectAnnotation        VaultObject = "annotation"
	ObjectPlaceholder       VaultObject = "placeholder"
)

// StoreKind is the kind of a store of External Secrets.
type StoreKind string

// PodSecurityLevel is the name of a level of the Pod Security Standards.
type PodSecurityLevel string

// SealFor gives how Secrets of an environment are sealed; the empty name is that of
// files that belong to none.
func (c Config) SealFor(environment string) Seal {
	var s Seal
	for _, e := range c.Environments {
		if e.Name == environment && e.Seal != nil {
			s = *e.Seal
		}
	}
	common := Seal{Certificate: c.Certificate}
	if c.Seal != nil {
		common = *c.Seal
		if common.Certificate == "" {
			common.Certificate = c.Certificate
		}
	}
	if s.Method == "" {
		s.Method = common.Method
	}
	if s.Certificate == "" {
		// The fingerprint belongs to the certificate.
		s.Certificate = common.Certificate
		if s.Fingerprint == "" {
			s.Fingerprint = common.Fingerprint
		}
	}
	if s.Scope == "" {
		s.Scope = common.Scope
	}
	if s.Vault == nil {
		s.Vault = common.Vault
	}
	return s
}

// fingerprintForm is the SHA-256 of a certificate in DER.
var fingerprintForm = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// seal checks what the types of a Seal do not say.
func (r configReader) seal(s *Seal, path string, n *manifest.Node) {
	if s == nil {
		return
	}
	if s.Fingerprint != "" && !fingerprintForm.MatchString(s.Fingerprint) {
		r.faults.add(path+".fingerprint", n.Get("fingerprint").Place(), "this is no fingerprint of a certificate",
			`it is written as "sha256:" and 64 digits in hex, as gatehouse seal cert prints it`)
	}
}
