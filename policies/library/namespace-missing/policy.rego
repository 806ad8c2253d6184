# METADATA
# title: Object stands in a namespace that the tree does not declare
# description: The tree declares Namespaces, and not the one in which the object stands.
# custom:
#   id: namespace-missing
#   severity: warning
#   category: references
#   default_on: false
#   parameters:
#     ignore: [argocd, default, flux-system, kube-node-lease, kube-public, kube-system]
#   why: |
#     An object in a namespace that does not exist is refused, and a misspelt name is often just
#     that. Off by default, since namespaces are often made by other means; on, every namespace
#     that is used must be declared in the tree or be made by Flux, Argo CD or Helm.
#   fix: Add a Namespace object, correct the name, or list the namespace in the parameter `ignore`.
package gatehouse.namespace_missing

import data.gatehouse.lib.tree

deny contains {"msg": msg, "field": "metadata.namespace"} if {
	tree.known
	namespace := input.object.metadata.namespace
	not tree.dynamic(namespace)
	not namespace in input.parameters.ignore
	not regex.match(`^(kube|openshift)-`, namespace)
	count(data.inventory.cluster.v1.Namespace) > 0
	not data.inventory.cluster.v1.Namespace[namespace]
	not made(namespace)
	msg := sprintf("the namespace %s is not declared in the tree", [namespace])
}

made(namespace) if {
	some branch in tree.everything
	some version, kinds in branch
	tree.group_of(version) == "argoproj.io"
	some application in kinds.Application
	application.spec.destination.namespace == namespace
	"CreateNamespace=true" in application.spec.syncPolicy.syncOptions
}

made(namespace) if {
	some branch in tree.everything
	some version, kinds in branch
	tree.group_of(version) == "helm.toolkit.fluxcd.io"
	some release in kinds.HelmRelease
	release.spec.targetNamespace == namespace
	release.spec.install.createNamespace == true
}

made(namespace) if {
	some branch in tree.everything
	some version, kinds in branch
	tree.group_of(version) in {"project.openshift.io", "capsule.clastix.io", "tenancy.kiosk.sh"}
	some objects in kinds
	objects[namespace]
}
