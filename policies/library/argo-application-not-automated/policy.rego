# METADATA
# title: Argo CD does not apply changes by itself
# description: The Application has no automated sync.
# custom:
#   id: argo-application-not-automated
#   severity: warning
#   category: gitops
#   default_on: true
#   why: |
#     Without automated sync a merge changes nothing in the cluster until somebody presses a button.
#     What git says and what runs drift apart, and a rollback in git rolls nothing back.
#   fix: |
#     Add `syncPolicy.automated` with `prune: true` and `selfHeal: true`. To hold back a delivery
#     at certain times use sync windows of the AppProject.
package gatehouse.argo_application_not_automated

import data.gatehouse.lib.gitops

deny contains {"msg": msg, "field": field} if {
	input.object.kind in {"Application", "ApplicationSet"}
	some path, application in gitops.applications
	application.destination
	not automated(application)
	not patched
	msg := sprintf("the %s %s has no automated sync: a merge changes nothing in the cluster", [input.object.kind, input.object.metadata.name])
	field := place(path, application)
}

automated(application) if {
	is_object(application.syncPolicy.automated)
	object.get(application.syncPolicy.automated, "enabled", true) != false
}

# An ApplicationSet may add the policy for some of its applications.
patched if contains(input.object.spec.templatePatch, "automated")

patched if gitops.filled(input.object.spec.templatePatch)

place(path, application) := concat("", [path, ".syncPolicy"]) if application.syncPolicy

place(path, application) := path if not application.syncPolicy
