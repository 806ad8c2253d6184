# METADATA
# title: An object is removed with which data is lost
# description: A Namespace, a CustomResourceDefinition or a PersistentVolumeClaim is deleted.
# custom:
#   id: protected-object-removed
#   severity: warning
#   category: policy
#   default_on: true
#   parameters:
#     environments: [prod, production, prd, live]
#     kinds: [CustomResourceDefinition, Namespace, PersistentVolumeClaim]
#   example:
#     environment: production
#   why: |
#     With a Namespace everything in it is deleted, with a CustomResourceDefinition every object of its
#     kind, with a PersistentVolumeClaim the data on the volume. A commit that is reverted brings back
#     the objects, and not what was in them. It happens through a renamed file or folder, too.
#
#     Where environments are configured only those of the parameter `environments` count.
#   fix: |
#     Keep the object. If it is to go, take it out of delivery first (the annotation
#     `kustomize.toolkit.fluxcd.io/prune: disabled` or `argocd.argoproj.io/sync-options: Prune=false`),
#     save what is in it, and delete it by hand.
package gatehouse.protected_object_removed

deny contains {"msg": msg, "field": "metadata.name"} if {
	input.object.kind in {"CustomResourceDefinition", "Namespace", "PersistentVolumeClaim", "PersistentVolume", "StatefulSet"}
	input.operation == "DELETE"
	input.oldObject.kind == input.object.kind
	input.object.kind in input.parameters.kinds
	protected
	msg := sprintf("the %s %s is removed, and with it %s", [input.object.kind, input.object.metadata.name, lost[input.object.kind]])
}

lost := {
	"CustomResourceDefinition": "every object of its kind",
	"Namespace": "everything in it",
	"PersistentVolume": "the data on it",
	"PersistentVolumeClaim": "the data on its volume",
	"StatefulSet": "its pods",
}

protected if environment in input.parameters.environments

# Where no environment is known it may be production.
protected if environment == ""

environment := object.get(input, "environment", "")
