# METADATA
# title: What is removed from git stays in the cluster
# description: Pruning is off, so objects that are deleted in git are not deleted in the cluster.
# custom:
#   id: prune-disabled
#   severity: warning
#   category: gitops
#   default_on: true
#   parameters:
#     argo: false
#   why: |
#     Without pruning an object that was deleted or renamed in git lives on in the cluster, where
#     nobody sees it any more: an old Ingress still answers, an old RoleBinding still grants.
#
#     Argo CD does not prune unless it is told to; with the parameter `argo: true` an automated
#     Application without `prune: true` is found too.
#   fix: |
#     Set `prune: true`. Protect single objects with the annotation
#     `kustomize.toolkit.fluxcd.io/prune: disabled` (Flux) or `argocd.argoproj.io/sync-options: Prune=false`.
package gatehouse.prune_disabled

import data.gatehouse.lib.gitops

deny contains {"msg": msg, "field": "spec.prune"} if {
	input.object.kind == "Kustomization"
	gitops.flux
	input.object.spec.prune == false
	msg := sprintf("the Kustomization %s does not prune: what is removed from git stays in the cluster", [input.object.metadata.name])
}

deny contains {"msg": msg, "field": field} if {
	input.object.kind in {"Application", "ApplicationSet"}
	input.parameters.argo == true
	some path, application in gitops.applications
	is_object(application.syncPolicy.automated)
	object.get(application.syncPolicy.automated, "prune", false) == false
	msg := sprintf("the %s %s does not prune: what is removed from git stays in the cluster", [input.object.kind, input.object.metadata.name])
	field := concat("", [path, ".syncPolicy.automated"])
}
