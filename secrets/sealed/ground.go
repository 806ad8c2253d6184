package sealed

// A Ground is a rule of this package: what it holds against a file, whether the
// bytes prove it, and where the fact behind it comes from.
type Ground struct {
	ID      string
	Kind    Kind
	Certain bool
	Fact    string
	Source  string
}

// Grounds lists the rules of this package.
func Grounds() []Ground { return append([]Ground(nil), grounds[:]...) }

type ground int

const (
	onBase64 ground = iota
	onPlaceholder
	onNotText
	onShort
	onPrefix
	onEmpty
	onWeak
	onDataKey
	onTooLarge
	onForeign
	onScope
	onScopeValue
	onTemplateName
	onNoName
	onTwoKeys
	onSwapped
	onTwoObjects
	onIdentity
	onTemplate
	onNoField
	onLastApplied
	onClearLeaf
	onRuleLeaf
	onPlainFile
	onDecrypted
	onDeadLeaf
	onSelection
	onMACOnly
	onRegex
	onConfig
	onGrammar
	onMetadata
	onCopies
	onTwice
	onMAC
	onMoved
	onMissing
	onAdditional
	onShamir
	onHidden
	onRecipient
	onRemoved
	onExpiry
	onWeakCertificate
	onNotRSA
	onRetired
)

// The names of sources are short for github.com/bitnami-labs/sealed-secrets and
// github.com/getsops/sops.
var grounds = [...]Ground{
	onBase64: {"sealed-not-base64", SealedMalformed, true,
		"a value of encryptedData is standard base64; line ends in it are skipped",
		"sealed-secrets v0.36.6 pkg/apis/sealedsecrets/v1alpha1/sealedsecret_expansion.go (Unseal)"},
	onPlaceholder: {"sealed-placeholder", SealedMalformed, true,
		"a text that is no ciphertext is admitted by the API server, since the CRD keeps unknown fields, and fails in the controller",
		"sealed-secrets v0.36.6 helm/sealed-secrets/crds"},
	onNotText: {"sealed-not-text", SealedMalformed, true,
		"encryptedData maps names to strings; the reader of the type drops its errors",
		"sealed-secrets v0.36.6 pkg/apis/sealedsecrets/v1alpha1/types.go"},
	onShort: {"sealed-too-short", SealedMalformed, true,
		"a ciphertext is two bytes of length, that many bytes of RSA, and AES-GCM with a tag of 16 bytes",
		"sealed-secrets v0.36.6 pkg/crypto/crypto.go (HybridEncrypt, singleDecrypt)"},
	onPrefix: {"sealed-length-prefix", SealedMalformed, true,
		"the first two bytes are the size of the RSA key in bytes: 256, 384, 512, 768 or 1024",
		"sealed-secrets v0.36.6 pkg/crypto/crypto.go (HybridEncrypt, singleDecrypt)"},
	onEmpty: {"sealed-empty-value", SealedMalformed, false,
		"the length of the plaintext is what is left behind the fixed parts; kubeseal refuses an empty one without --allow-empty-data",
		"sealed-secrets v0.36.6 pkg/kubeseal/kubeseal.go (Seal)"},
	onWeak: {"sealed-weak-key", SealedMalformed, false,
		"the length prefix tells the size of the RSA key; less than 2048 bits is ruled out",
		"NIST SP 800-57 part 1 rev. 5, table 2"},
	onDataKey: {"sealed-data-key", SealedMalformed, true,
		"a key of a Secret has at most 253 characters of A-Z a-z 0-9 - _ . and is not . and does not begin with ..",
		"k8s.io/apimachinery pkg/util/validation (IsConfigMapKey)"},
	onTooLarge: {"sealed-too-large", SealedMalformed, true,
		"the values of a Secret have at most 1 MiB together",
		"k8s.io/api core/v1 (MaxSecretSize)"},
	onForeign: {"sealed-other-certificate", SealedMalformed, true,
		"an RSA ciphertext is a number below the modulus of its key, and as long as it",
		"RFC 8017 section 7.1"},
	onScope: {"sealed-template-scope", SealedScopeMismatch, true,
		"a value is opened with the scope of metadata.annotations; kubeseal writes the same scope to both places",
		"sealed-secrets v0.36.6 pkg/apis/sealedsecrets/v1alpha1/sealedsecret_expansion.go (EncryptionLabel, SecretScope)"},
	onScopeValue: {"sealed-scope-annotation", SealedScopeMismatch, true,
		"only the exact annotations cluster-wide and namespace-wide under sealedsecrets.bitnami.com/ with the text true count",
		"sealed-secrets v0.36.6 pkg/apis/sealedsecrets/v1alpha1/sealedsecret_expansion.go (EncryptionLabel, SecretScope)"},
	onTemplateName: {"sealed-template-identity", SealedScopeMismatch, false,
		"kubeseal writes name and namespace to metadata and to spec.template.metadata; only metadata counts",
		"sealed-secrets v0.36.6 pkg/apis/sealedsecrets/v1alpha1/sealedsecret_expansion.go (EncryptionLabel, SecretScope)"},
	onNoName: {"sealed-generated-name", SealedScopeMismatch, true,
		"under the strict scope the label of the ciphertext is namespace/name, so that both must be known texts",
		"sealed-secrets v0.36.6 pkg/apis/sealedsecrets/v1alpha1/sealedsecret_expansion.go (EncryptionLabel, SecretScope)"},
	onTwoKeys: {"sealed-two-keys", SealedValueReused, false,
		"encryption is randomised, so that an equal ciphertext is a copy; the key is no part of its label",
		"sealed-secrets v0.36.6 pkg/crypto/crypto.go (HybridEncrypt, singleDecrypt)"},
	onSwapped: {"sealed-swapped-keys", SealedValueReused, false,
		"the key is no part of the label, so that a value opens under another key as well",
		"sealed-secrets v0.36.6 pkg/crypto/crypto.go (HybridEncrypt, singleDecrypt)"},
	onTwoObjects: {"sealed-two-identities", SealedValueReused, true,
		"a ciphertext has one label, so that it opens under one identity alone",
		"sealed-secrets v0.36.6 pkg/apis/sealedsecrets/v1alpha1/sealedsecret_expansion.go (EncryptionLabel, SecretScope)"},
	onIdentity: {"sealed-renamed", SealedIdentityChanged, true,
		"a ciphertext has one label: with another name, namespace or scope it does not open",
		"sealed-secrets v0.36.6 pkg/apis/sealedsecrets/v1alpha1/sealedsecret_expansion.go (EncryptionLabel, SecretScope)"},
	onTemplate: {"sealed-template-literal", SealedTemplatePlaintext, false,
		"spec.template.data is neither encrypted nor authenticated",
		"sealed-secrets v0.36.6 pkg/apis/sealedsecrets/v1alpha1/sealedsecret_expansion.go (Unseal)"},
	onNoField: {"sealed-plain-field", SealedTemplatePlaintext, true,
		"a SealedSecret has no fields data or stringData for plaintext, at its top or in its template",
		"sealed-secrets v0.36.6 pkg/apis/sealedsecrets/v1alpha1/types.go (SecretTemplateSpec)"},
	onLastApplied: {"sealed-last-applied", SealedTemplatePlaintext, true,
		"kubectl, kubecfg and kapp keep the applied object in an annotation, which is copied",
		"sealed-secrets issue 227; kapp issue 137"},
	onClearLeaf: {"sops-clear-value", SOPSValueUnencrypted, true,
		"every value that is not empty and that the file's own rule covers is encrypted",
		"sops v3.13 sops.go (Tree.Encrypt, shouldBeEncrypted)"},
	onRuleLeaf: {"sops-clear-by-rule", SOPSValueUnencrypted, true,
		"every value that the matching creation rule covers is encrypted",
		"sops v3.13 sops.go (Tree.Encrypt, shouldBeEncrypted)"},
	onPlainFile: {"sops-plain-file", SOPSValueUnencrypted, true,
		"a file that a creation rule names has the metadata of SOPS",
		"sops v3.13 config/config.go"},
	onDecrypted: {"sops-decrypted", SOPSValueUnencrypted, true,
		"a value that was encrypted stands in the clear at the same place",
		"sops v3.13 sops.go (Tree.Encrypt, shouldBeEncrypted)"},
	onDeadLeaf: {"sops-encrypted-for-nothing", SOPSRuleDrift, true,
		"a value that the rule of the file does not cover is never decrypted",
		"sops v3.13 sops.go (Tree.Encrypt, shouldBeEncrypted)"},
	onSelection: {"sops-other-selection", SOPSRuleDrift, true,
		"the rule in a file is that of its creation rule",
		"sops v3.13 config/config.go"},
	onMACOnly: {"sops-other-mac-scope", SOPSRuleDrift, true,
		"mac_only_encrypted takes the clear values out of the MAC",
		"sops v3.13 sops.go (Tree.Encrypt, shouldBeEncrypted)"},
	onRegex: {"sops-bad-expression", SOPSRuleDrift, true,
		"an expression that does not compile matches nothing; the error is dropped",
		"sops v3.13 sops.go (Tree.Encrypt, shouldBeEncrypted)"},
	onConfig: {"sops-config", SOPSRuleDrift, true,
		"unknown fields of .sops.yaml are skipped without a word; of several rules of coverage only one is allowed",
		"sops v3.13 config/config.go"},
	onGrammar: {"sops-grammar", SOPSValueMalformed, true,
		"a value is ENC[AES256_GCM,data:…,iv:…,tag:…,type:…] with a nonce of 32 bytes and a tag of 16; the expression of SOPS has no end and takes what follows for nothing",
		"sops v3.13 aes/cipher.go"},
	onMetadata: {"sops-metadata", SOPSValueMalformed, true,
		"metadata has mac, lastmodified as RFC 3339, at least one recipient and at most one rule",
		"sops v3.13 stores/stores.go (Metadata.ToInternal)"},
	onCopies: {"sops-metadata-copies", SOPSValueMalformed, false,
		"SOPS reads the metadata of the first document alone and has one MAC for all",
		"sops issue 2224"},
	onTwice: {"sops-value-twice", SOPSValueMalformed, true,
		"the path of a value is authenticated, so that a copy under another path does not decrypt",
		"sops v3.13 aes/cipher.go"},
	onMAC: {"sops-mac-unchanged", SOPSMACStale, true,
		"the MAC is a hash of all values in order, encrypted with lastmodified: other values have another MAC",
		"sops v3.13 sops.go (Tree.Encrypt, shouldBeEncrypted)"},
	onMoved: {"sops-value-moved", SOPSMACStale, true,
		"the path of a value is authenticated, so that it does not decrypt under another path",
		"sops v3.13 aes/cipher.go"},
	onMissing: {"sops-recipient-missing", SOPSRecipientMismatch, true,
		"the recipients of a file are those of its creation rule",
		"sops v3.13 config/config.go"},
	onAdditional: {"sops-recipient-additional", SOPSRecipientMismatch, true,
		"the recipients of a file are those of its creation rule",
		"sops v3.13 config/config.go"},
	onShamir: {"sops-shamir", SOPSRecipientMismatch, true,
		"with several groups the data key is split into as many shares, of which shamir_threshold are needed, from 2 on",
		"sops v3.13 sops.go (GenerateDataKeyWithKeyServices), shamir/shamir.go"},
	onHidden: {"sops-recipient-hidden", SOPSRecipientMismatch, true,
		"an encrypted data key is for one recipient; whom it is for stands in its header, and the text beside it is not authenticated",
		"C2SP age.md (header); RFC 9580 section 5.1"},
	onRecipient: {"sops-recipient-invalid", SOPSRecipientMismatch, true,
		"a recipient of age is Bech32 with a checksum",
		"C2SP age.md; BIP 173"},
	onRemoved: {"sops-recipient-removed", SOPSRecipientMismatch, true,
		"updatekeys keeps the data key: an unchanged ciphertext proves the same key",
		"sops v3.13 cmd/sops/subcommand/updatekeys"},
	onExpiry: {"certificate-expiry", CertificateExpiring, true,
		"kubeseal refuses a certificate that has expired",
		"sealed-secrets v0.36.6 pkg/kubeseal/kubeseal.go (ParseKey)"},
	onWeakCertificate: {"certificate-weak", CertificateExpiring, true,
		"less than 2048 bits of RSA is ruled out",
		"NIST SP 800-57 part 1 rev. 5, table 2"},
	onNotRSA: {"certificate-not-rsa", CertificateExpiring, true,
		"the session key is encrypted with RSA-OAEP",
		"sealed-secrets v0.36.6 pkg/crypto/crypto.go (HybridEncrypt, singleDecrypt)"},
	onRetired: {"certificate-retired", CertificateExpiring, false,
		"nothing in the format names the certificate, so that it is recorded beside",
		"annotation gatehouse.dev/sealed-with"},
}
