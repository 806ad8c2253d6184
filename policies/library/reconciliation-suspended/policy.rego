# METADATA
# title: Reconciliation is switched off
# description: The object tells its controller to leave alone what it describes.
# custom:
#   id: reconciliation-suspended
#   severity: warning
#   category: gitops
#   default_on: true
#   why: |
#     What is suspended is not applied any more. Changes are merged and look delivered, and drift in
#     the cluster is not mended. It is meant for an emergency and is easily forgotten, above all
#     where it stands in git.
#   fix: |
#     Remove `suspend: true` (or the annotation). To pause for a moment use `flux suspend`, which
#     ends with the next change, and not a commit.
package gatehouse.reconciliation_suspended

import data.gatehouse.lib.gitops

deny contains {"msg": msg, "field": "spec.suspend"} if {
	input.object.kind in {
		"Alert", "Bucket", "GitRepository", "HelmChart", "HelmRelease", "HelmRepository", "ImageRepository",
		"ImageUpdateAutomation", "Kustomization", "OCIRepository", "Provider", "Receiver", "Terraform",
	}
	input.object.spec.suspend == true
	group := split(input.object.apiVersion, "/")[0]
	regex.match(`\.toolkit\.fluxcd\.io$|^infra\.contrib\.fluxcd\.io$`, group)
	msg := sprintf("the %s %s is suspended: Flux leaves it as it is", [input.object.kind, input.object.metadata.name])
}

deny contains {"msg": msg, "field": field} if {
	input.object.kind == "Application"
	gitops.argo
	key := "argocd.argoproj.io/skip-reconcile"
	input.object.metadata.annotations[key] == "true"
	field := sprintf("metadata.annotations[\"%s\"]", [key])
	msg := sprintf("the Application %s is not reconciled: Argo CD leaves it as it is", [input.object.metadata.name])
}
