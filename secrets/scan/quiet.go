package scan

import (
	"path"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// Some parts of a document are full of names that promise secrets and hold none:
// schemas, rules, references to Secrets, texts for people. There only what is
// recognised as a credential by itself counts.

// isQuietKind knows the kinds whose objects name secrets and keep them elsewhere.
func isQuietKind(kind string) bool {
	switch kind {
	case "CustomResourceDefinition", "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding",
		"ExternalSecret", "ClusterExternalSecret", "SecretStore", "ClusterSecretStore", "PushSecret", "ClusterPushSecret",
		"SecretProviderClass", "SecretProviderClassPodStatus", "VaultStaticSecret", "VaultDynamicSecret", "VaultPKISecret",
		"VaultAuth", "VaultAuthGlobal", "VaultConnection", "SecretTransformation", "HCPAuth", "HCPVaultSecretsApp",
		"Certificate", "Issuer", "ClusterIssuer", "CertificateRequest", "OnePasswordItem", "InfisicalSecret", "DopplerSecret",
		"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "APIService", "ConstraintTemplate",
		"StorageClass", "PersistentVolume", "PersistentVolumeClaim", "NetworkPolicy", "PrometheusRule", "TokenReview":
		return true
	}
	return false
}

// isReferenceKey tells whether what stands under a key refers to a value that is
// kept elsewhere.
func isReferenceKey(key string) bool {
	switch key {
	case "valueFrom", "valuesFrom", "envFrom", "remoteRef", "imagePullSecrets", "volumeMounts", "secretKeyRef", "configMapKeyRef",
		"fieldRef", "resourceFieldRef", "secretRef", "managedFields", "ownerReferences", "matchLabels", "matchExpressions",
		"substituteFrom", "replacements", "objref", "fieldref", "encrypted_data", "auth_tag", "ciphertext", "gmsaCredentialSpec", "gmsaCredentialSpecName", "i18n", "locales", "translations", "uiSchema":
		return true
	}
	return strings.HasSuffix(key, "Ref") || strings.HasSuffix(key, "Refs") || strings.HasSuffix(key, "KeySelector")
}

// isProseKey tells whether a text under a key is for people.
func isProseKey(key string) bool {
	switch key {
	case "description", "title", "help", "message", "example", "examples", "summary", "comment", "label", "tooltip", "placeholder",
		"displayName", "caption", "notes", "hint", "changelog", "expr", "legendFormat":
		return true
	}
	return false
}

// isQuietFile knows files that tools write and that hold hashes and names.
func isQuietFile(name string) bool {
	base := strings.ToLower(path.Base(name))
	switch base {
	case "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "composer.lock", "chart.lock", "requirements.lock",
		"go.sum", "cargo.lock", "poetry.lock", "pipfile.lock", "gemfile.lock", "flake.lock", ".terraform.lock.hcl", "values.schema.json":
		return true
	}
	lower := "/" + strings.ToLower(name)
	for _, folder := range []string{"/locales/", "/i18n/", "/translations/", "/lang/"} {
		if strings.Contains(lower, folder) {
			return true
		}
	}
	return strings.HasSuffix(base, ".schema.json") || strings.HasSuffix(base, ".rego")
}

// isQuiet is isQuietFile for the file, remembered: it is asked for many a line.
func (s *scanner) isQuiet() bool {
	return s.quietFile.once(func() bool { return isQuietFile(s.file.Path) })
}

// isQuietDocument recognises documents that describe others: JSON Schema, OpenAPI,
// dashboards of Grafana.
func isQuietDocument(root *manifest.Node) bool {
	switch {
	case strings.Contains(root.Get("$schema").Str(), "json-schema.org"):
		return true
	case root.Get("paths") != nil && (root.Get("openapi") != nil || root.Get("swagger") != nil):
		return true
	case root.Get("panels") != nil && root.Get("schemaVersion") != nil:
		return true
	}
	return false
}
