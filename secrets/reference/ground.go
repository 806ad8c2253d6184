package reference

// A Ground is a rule of this package: what it holds against a reference, whether the
// bytes prove it, what to do, and where the fact behind it comes from.
type Ground struct {
	ID      string
	Kind    Kind
	Certain bool
	Fact    string
	Fix     string
	Source  string
}

// Grounds lists the rules of this package.
func Grounds() []Ground { return append([]Ground(nil), grounds[:]...) }

type ground int

const (
	onTraversal ground = iota
	onDataMissing
	onDataExtra
	onMountTwice
	onTemplate
	onExpression
	onAnnotation
	onNotOnPod
	onRole
	onOrphan
	onOtherPath
	onDataField
	onVSOValue
	onField
	onVersion
	onPeriod
	onDynamicKV
	onExpiryOffset
	onAuth
	onESOValue
	onEmpty
	onNoStore
	onSecretKey
	onSecretKeyTwice
	onRemoteKey
	onDataFrom
	onRewriteGroup
	onPolicies
	onInterval
	onTemplateKey
	onPushTwice
	onProvider
	onStoreNamespace
	onFake
	onESOVersion
	onMetadataV1
	onNoMount
	onPlaceholder
	onKeyOnly
	onModifier
	onModifierArguments
	onRemoveMissing
	onKVVersion
	onAVPVersion
	onBankKey
	onBankLogin
	onBankVersion
	onBankJSON
	onInlineSecret
	onRegistry
	onObjects
	onObjectTwice
	onObjectField
	onObjectUnknown
	onRoleName
	onSecretObjects
	onBackend
	onUnknownBackend
	onQuerySecret
	onValsVersion
	onAddress
	onPathForbidden
	onStoreMissing
	onStoreElsewhere
	onStoreDenies
	onTwoWriters
	groundCount
)

var grounds = [groundCount]Ground{
	onTraversal: {"path-traversal", Malformed, true,
		"the client of Vault cleans the path before it asks, so that a/../b is b",
		"Write the path that is meant.",
		"hashicorp/vault api v1.23.0 client.go (NewRequest, path.Join)"},
	onDataMissing: {"path-without-data", Malformed, false,
		"KV version 2 answers below MOUNT/data/ only",
		"Put data/ behind the mount.",
		"developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2; argocd-vault-plugin issues 47, 203"},
	onDataExtra: {"path-with-data", Malformed, false,
		"the operator, vals, Terraform and stores with a path put data/ in by themselves; KV version 1 has none",
		"Leave data/ out.",
		"vault-secrets-operator api/v1beta1 (VaultStaticSecretSpec.Path); external-secrets client_get.go (buildPath); vals pkg/providers/vault/kv_helper.go"},
	onMountTwice: {"path-with-mount", Malformed, false,
		"mount and path are joined",
		"Leave the mount out of the path.",
		"vault-secrets-operator api/v1beta1 (VaultStaticSecretSpec)"},
	onTemplate: {"template-syntax", Malformed, true,
		"a Go template is parsed before anything is filled in",
		"Mend the template.",
		"pkg.go.dev/text/template"},
	onExpression: {"expression-syntax", Malformed, true,
		"expressions are those of Go (RE2)",
		"Write an expression of RE2.",
		"external-secrets runtime/esutils (RewriteRegexp); vault-secrets-operator helpers/secrets.go"},
	onAnnotation: {"injector-annotation", Malformed, false,
		"annotations that are not known are passed over without a word",
		"Correct the name of the annotation, or remove it.",
		"vault-k8s agent-inject/agent/annotations.go"},
	onNotOnPod: {"injector-not-on-pod", Malformed, true,
		"the webhook is called for pods and reads the annotations of the pod",
		"Move the annotations to spec.template.metadata.annotations.",
		"developer.hashicorp.com/vault/docs/platform/k8s/injector/examples; bank-vaults.dev/docs/mutating-webhook/annotations"},
	onRole: {"injector-no-role", Malformed, false,
		"with the auth method kubernetes a pod without a role is refused",
		"Add the annotation vault.hashicorp.com/role.",
		"vault-k8s agent-inject/agent/agent.go (Validate)"},
	onOrphan: {"injector-orphan", Malformed, false,
		"file, permissions and command belong to the secret whose name they end in",
		"Give it the name of a secret of this pod, or remove it.",
		"vault-k8s agent-inject/agent/annotations.go (secrets)"},
	onOtherPath: {"injector-other-path", Malformed, false,
		"where there is a template, only what it reads is read",
		"Make the two paths the same.",
		"vault-k8s agent-inject/agent/config.go"},
	onDataField: {"injector-data-field", Malformed, false,
		"the answer of KV version 2 has the values below data.data",
		"Write .Data.data.KEY.",
		"developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2; vault-k8s issues 117, 123, 206"},
	onVSOValue: {"vso-value", Malformed, true,
		"the definition of the operator allows these values only",
		"Write one of the values that are allowed.",
		"vault-secrets-operator api/v1beta1"},
	onField: {"vso-field", Malformed, false,
		"the definition of the operator demands the field",
		"Add the field.",
		"vault-secrets-operator api/v1beta1"},
	onVersion: {"vso-version", Malformed, true,
		"version is a whole number, and for kv-v2 only",
		"Remove version, or set type to kv-v2.",
		"vault-secrets-operator api/v1beta1 (VaultStaticSecretSpec.Version)"},
	onPeriod: {"vso-period", Malformed, true,
		"refreshAfter matches ^([0-9]+(\\.[0-9]+)?(s|m|h))$",
		"Write one number and one unit.",
		"vault-secrets-operator api/v1beta1 (RefreshAfter)"},
	onDynamicKV: {"vso-dynamic-kv", Malformed, false,
		"a VaultDynamicSecret follows a lease, and KV gives none",
		"Use a VaultStaticSecret.",
		"vault-secrets-operator api/v1beta1 (VaultDynamicSecretSpec.Path)"},
	onExpiryOffset: {"vso-expiry-offset", Malformed, true,
		"a certificate is renewed at its expiry less the offset, so that it is always due",
		"Make expiryOffset smaller than ttl.",
		"vault-secrets-operator api/v1beta1 (VaultPKISecretSpec.ExpiryOffset)"},
	onAuth: {"vso-auth", Malformed, false,
		"each method has a field of its own name",
		"Add the field of the method, or correct the method.",
		"vault-secrets-operator api/v1beta1 (VaultAuthSpec)"},
	onESOValue: {"eso-value", Malformed, true,
		"the definition of the operator allows these values only",
		"Write one of the values that are allowed.",
		"external-secrets apis/externalsecrets/v1"},
	onEmpty: {"eso-empty", Malformed, false,
		"the webhook refuses an ExternalSecret without data and dataFrom",
		"Add data or dataFrom.",
		"external-secrets apis/externalsecrets/v1/externalsecret_validator.go"},
	onNoStore: {"eso-no-store", Malformed, false,
		"an entry without a sourceRef is fetched from the store of spec.secretStoreRef",
		"Add secretStoreRef.",
		"external-secrets pkg/controllers/secretstore/client_manager.go (Get)"},
	onSecretKey: {"eso-secret-key", Malformed, true,
		"a key of a Secret matches [-._a-zA-Z0-9]+ and has at most 253 characters",
		"Give the key a name that a Secret can have.",
		"external-secrets apis/externalsecrets/v1 (ExternalSecretData.SecretKey); k8s.io/apimachinery validation (IsConfigMapKey)"},
	onSecretKeyTwice: {"eso-secret-key-twice", Malformed, true,
		"the values are collected by secretKey; the webhook refuses a second one where the Secret is retained",
		"Remove one of the two, or rename it.",
		"external-secrets apis/externalsecrets/v1/externalsecret_validator.go (validateDuplicateKeys)"},
	onRemoteKey: {"eso-remote-key", Malformed, true,
		"a remoteRef must have a key",
		"Add the key.",
		"external-secrets apis/externalsecrets/v1 (ExternalSecretDataRemoteRef), v1alpha1 (PushSecretRemoteRef)"},
	onDataFrom: {"eso-data-from", Malformed, true,
		"the webhook refuses an entry with several sources or with none",
		"Give each entry of dataFrom one source.",
		"external-secrets apis/externalsecrets/v1/externalsecret_validator.go"},
	onRewriteGroup: {"eso-rewrite-group", Malformed, true,
		"in a replacement $name takes as many letters, digits and underscores as it can",
		"Put the number in braces.",
		"pkg.go.dev/regexp#Regexp.Expand"},
	onPolicies: {"eso-policies", Malformed, true,
		"the webhook refuses these two policies together",
		"Change one of the two policies.",
		"external-secrets apis/externalsecrets/v1/externalsecret_validator.go (validatePolicies)"},
	onInterval: {"eso-interval", Malformed, true,
		"refreshInterval is read by time.ParseDuration",
		"Write a duration of Go.",
		"k8s.io/apimachinery meta/v1 (Duration)"},
	onTemplateKey: {"eso-template-key", KeyMissing, true,
		"a key that is not there is an error of the template",
		"Fetch the value under this name, or take one that is fetched.",
		"external-secrets docs/guides/templating.md"},
	onPushTwice: {"eso-push-twice", Malformed, false,
		"what is pushed last stands there",
		"Push one of the two elsewhere.",
		"external-secrets apis/externalsecrets/v1alpha1 (PushSecretData)"},
	onProvider: {"eso-provider", Malformed, true,
		"a provider has exactly one field",
		"Leave one provider.",
		"external-secrets apis/externalsecrets/v1 (SecretStoreProvider)"},
	onStoreNamespace: {"eso-store-namespace", Malformed, true,
		"the Secrets of a SecretStore are of its own namespace",
		"Remove the namespace, or use a ClusterSecretStore.",
		"external-secrets runtime/esutils (ValidateSecretSelector)"},
	onFake: {"eso-fake", NotAReference, true,
		"the fake provider and generator give the values that stand in them",
		"Use a store that keeps secrets.",
		"external-secrets docs/provider/fake.md, docs/api/generator/fake.md"},
	onESOVersion: {"eso-version", Malformed, true,
		"the versions of KV version 2 are whole numbers; version 1 has none",
		"Write the number of a version, or remove it.",
		"developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2; external-secrets client_get.go (readSecret)"},
	onMetadataV1: {"eso-metadata", Malformed, true,
		"KV version 1 has no metadata, and the provider stops",
		"Remove metadataPolicy.",
		"external-secrets client_get.go (GetSecret)"},
	onNoMount: {"eso-no-mount", Malformed, true,
		"without a path in the store the first segment of the key is the mount",
		"Set the path of the store, or begin the key with the mount.",
		"external-secrets client_get.go (buildPath)"},
	onPlaceholder: {"avp-placeholder", Malformed, false,
		"the plugin replaces what its expression matches, and ships the rest",
		"Write <path:PATH#KEY>.",
		"argocd-vault-plugin pkg/kube/util.go (specificPathPlaceholder)"},
	onKeyOnly: {"avp-no-path", Malformed, false,
		"placeholders without a path count only where an annotation tells it",
		"Add the annotation avp.kubernetes.io/path, or write the path into the placeholder.",
		"argocd-vault-plugin pkg/kube/util.go (genericReplacement); issue 130"},
	onModifier: {"avp-modifier", Malformed, true,
		"a modifier that is not known stops the plugin",
		"Use one of base64decode, base64encode, indent, jsonParse, jsonPath, sha256sum and yamlParse.",
		"argocd-vault-plugin pkg/kube/modifiers.go"},
	onModifierArguments: {"avp-modifier-arguments", Malformed, true,
		"a modifier with other arguments stops the plugin",
		"Give the modifier its arguments.",
		"argocd-vault-plugin pkg/kube/modifiers.go"},
	onRemoveMissing: {"avp-remove-missing", Malformed, true,
		"the annotation is for Secrets and ConfigMaps",
		"Remove the annotation.",
		"argocd-vault-plugin pkg/kube/util.go (replaceInner)"},
	onKVVersion: {"avp-kv-version", Malformed, true,
		"the plugin knows the versions 1 and 2",
		"Write \"1\" or \"2\".",
		"argocd-vault-plugin pkg/backends/vault.go"},
	onAVPVersion: {"avp-version", Malformed, false,
		"the versions of KV version 2 are whole numbers",
		"Write the number of a version.",
		"developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2"},
	onBankKey: {"bank-no-key", Malformed, false,
		"without a # the webhook stops: \"secret data key or template not defined\"",
		"Write vault:PATH#KEY.",
		"bank-vaults vault-sdk injector/vault/injector.go"},
	onBankLogin: {"bank-login", Malformed, false,
		"vault:login is known in the variable VAULT_TOKEN",
		"Name the variable VAULT_TOKEN.",
		"bank-vaults vault-sdk injector/vault/injector.go"},
	onBankVersion: {"bank-version", Malformed, false,
		"the versions of KV version 2 are whole numbers",
		"Write the number of a version.",
		"developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2"},
	onBankJSON: {"bank-json", Malformed, true,
		"what is written is decoded as JSON",
		"Write an object in JSON behind the second #.",
		"bank-vaults vault-sdk injector/vault/injector.go (readVaultPath)"},
	onInlineSecret: {"bank-inline-secret", NotAReference, false,
		">>vault: writes what stands behind the second # to Vault",
		"Write the value to Vault by hand, and read it with vault:PATH#KEY.",
		"bank-vaults vault-sdk injector/vault/injector.go (readVaultPath)"},
	onRegistry: {"bank-registry", Malformed, true,
		"the credentials are split at colons and must have four parts",
		"Write vault:PATH#KEY:vault:PATH#KEY.",
		"bank-vaults vault-secrets-webhook pkg/webhook/secret.go (mutateDockerCreds)"},
	onObjects: {"csi-objects", Malformed, true,
		"objects is a text, and is read as YAML",
		"Write a list in YAML as a block of text.",
		"vault-csi-provider internal/config/config.go (parseParameters)"},
	onObjectTwice: {"csi-object-twice", Malformed, true,
		"objectName is the name of the file, and must be unique",
		"Give each object a name of its own.",
		"vault-csi-provider internal/config/config.go (validate)"},
	onObjectField: {"csi-object-field", Malformed, true,
		"an object is a file name and a path in Vault",
		"Add the field.",
		"developer.hashicorp.com/vault/docs/platform/k8s/csi/configurations"},
	onObjectUnknown: {"csi-object-unknown", Malformed, true,
		"secretObjects takes files by their objectName",
		"Name an object of objects.",
		"secrets-store-csi-driver.sigs.k8s.io/topics/sync-as-kubernetes-secret"},
	onRoleName: {"csi-no-role", Malformed, true,
		"the provider refuses a class without roleName",
		"Add roleName.",
		"vault-csi-provider internal/config/config.go (validate)"},
	onSecretObjects: {"csi-secret-objects", Malformed, true,
		"secretObjects is a field of spec; parameters are texts for the provider",
		"Move secretObjects from spec.parameters to spec.",
		"vault-csi-provider issue 110"},
	onBackend: {"vals-backend", NotAReference, false,
		"these backends give what stands in the reference, or what a command, a file, a server or the environment gives",
		"Name a store of secrets, or allow the backend in the configuration.",
		"vals README.md (supported backends)"},
	onUnknownBackend: {"vals-unknown-backend", Malformed, false,
		"vals stops at a scheme for which it has no provider",
		"Correct the name of the backend.",
		"vals vals.go (createProvider)"},
	onQuerySecret: {"vals-credential", NotAReference, true,
		"secret_id and the like are credentials",
		"Remove the credential from the reference, rotate it, and log in by the environment.",
		"vals README.md (vault: secret_id)"},
	onValsVersion: {"vals-version", Malformed, false,
		"the versions of KV version 2 are whole numbers",
		"Write the number of a version.",
		"developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2"},
	onAddress: {"foreign-address", NotAReference, true,
		"a server that is named in a reference is sent a token",
		"Name a server that is allowed, or allow this one in the configuration.",
		"sops v3.13 hcvault (SOPS_HC_VAULT_ALLOWLIST)"},
	onPathForbidden: {"path-forbidden", PathForbidden, true,
		"the configuration says which paths are for which namespaces",
		"Use a path of this namespace.",
		"the configuration of the repository"},
	onStoreMissing: {"store-missing", StoreMissing, false,
		"a store that is not there is found when the reference is resolved, and not before",
		"Correct the name, add the store, or list it as known.",
		"external-secrets issue 5152"},
	onStoreElsewhere: {"store-elsewhere", StoreMissing, false,
		"a store of a namespace is for that namespace alone",
		"Use a store of this namespace, or one of the cluster.",
		"external-secrets docs/api/secretstore.md"},
	onStoreDenies: {"store-denies", StoreMissing, true,
		"the store says for which namespaces it is",
		"Use another store, or let this one allow the namespace.",
		"external-secrets apis/externalsecrets/v1 (ClusterSecretStoreCondition); vault-secrets-operator api/v1beta1 (AllowedNamespaces)"},
	onTwoWriters: {"two-writers", Malformed, false,
		"two objects that own one Secret write over each other",
		"Give each its own Secret.",
		"external-secrets docs/api/externalsecret.md (creationPolicy); vault-secrets-operator api/v1beta1 (Destination)"},
}
