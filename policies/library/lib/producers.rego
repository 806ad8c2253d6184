# METADATA
# title: What makes Secrets
# description: |
#   The Secrets that come about from other objects of the tree: sealed ones, those that
#   are fetched from a store, certificates, generators.
package gatehouse.lib.producers

import data.gatehouse.lib.tree

# targets are where the kinds that make a Secret write its name; where that stands
# empty the Secret is called like the object.
targets := {
	"AzureKeyVaultSecret": ["spec", "output", "secret", "name"],
	"BitwardenSecret": ["spec", "secretName"],
	"Certificate": ["spec", "secretName"],
	"ClusterExternalSecret": ["spec", "externalSecretName"],
	"DopplerSecret": ["spec", "managedSecret", "name"],
	"ExternalSecret": ["spec", "target", "name"],
	"HCPVaultSecretsApp": ["spec", "destination", "name"],
	"InfisicalDynamicSecret": ["spec", "managedSecretReference", "secretName"],
	"InfisicalSecret": ["spec", "managedSecretReference", "secretName"],
	"OnePasswordItem": ["metadata", "name"],
	"SealedSecret": ["spec", "template", "metadata", "name"],
	"VaultDynamicSecret": ["spec", "destination", "name"],
	"VaultPKISecret": ["spec", "destination", "name"],
	"VaultSecret": ["metadata", "name"],
	"VaultStaticSecret": ["spec", "destination", "name"],
}

# makes tells whether the tree makes a Secret of a name that is visible from a
# namespace.
makes(namespace, name) if tree.holds(namespace, "v1", "Secret", name)

# Most are called like what makes them.
makes(namespace, name) if {
	some version, kind in {
		"bitnami.com/v1alpha1": "SealedSecret",
		"external-secrets.io/v1": "ExternalSecret",
		"external-secrets.io/v1beta1": "ExternalSecret",
		"secrets.hashicorp.com/v1beta1": "VaultStaticSecret",
	}
	some branch in tree.branches(namespace)
	object.get(branch[version][kind][name], targets[kind], name) == name
}

makes(namespace, name) if {
	some branch in tree.branches(namespace)
	some kinds in branch
	some kind, objects in kinds
	path := targets[kind]
	some own, o in objects
	object.get(o, path, own) == name
}

makes(namespace, name) if {
	some branch in tree.branches(namespace)
	some kinds in branch
	some o in kinds.SopsSecret
	some template in o.spec.secretTemplates
	template.name == name
}

makes(namespace, name) if {
	some branch in tree.branches(namespace)
	some kinds in branch
	some o in kinds.SecretProviderClass
	some made in o.spec.secretObjects
	made.secretName == name
}

# An Ingress with an issuer gets its certificates without an object for each.
makes(namespace, name) if {
	some branch in tree.branches(namespace)
	some o in branch["networking.k8s.io/v1"].Ingress
	some key, _ in o.metadata.annotations
	startswith(key, "cert-manager.io/")
	some entry in o.spec.tls
	entry.secretName == name
}

makes(_, name) if tree.generated("secretGenerator", name)

# Replicators copy Secrets of one namespace into others.
makes(_, name) if {
	some branch in tree.everything
	branch.v1.Secret[name].metadata.annotations[key]
	regex.match(`reflector|replicator|replicate|kubed|kubernetes\.io/sync`, key)
}

# keeps tells whether the Secrets of a namespace are kept in the tree at all. Where
# none is, they are made by hand or by something else.
keeps(namespace) if {
	some branch in tree.branches(namespace)
	some kinds in branch
	some kind in array.concat(["Secret", "SopsSecret"], [k | some k, _ in targets; k != "Certificate"])
	some o in kinds[kind]
	within(namespace, o)
}

keeps(_) if {
	some k in tree.kustomizations
	count(k.secretGenerator) > 0
}

within(namespace, o) if object.get(o, ["metadata", "namespace"], "") == namespace

within("", _)
