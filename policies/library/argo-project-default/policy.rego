# METADATA
# title: Application belongs to the project that allows everything
# description: The project of the Application is default.
# custom:
#   id: argo-project-default
#   severity: warning
#   category: gitops
#   default_on: true
#   why: |
#     Argo CD's project `default` accepts every repository, every cluster and every kind of object.
#     An Application in it may write anything anywhere.
#   fix: |
#     Make an AppProject for the team with the repositories and namespaces that it needs, and name it
#     in `spec.project`. Where the project default itself is restricted, disable this check.
package gatehouse.argo_project_default

import data.gatehouse.lib.gitops

deny contains {"msg": msg, "field": field} if {
	input.object.kind in {"Application", "ApplicationSet"}
	some path, application in gitops.applications
	application.project == "default"
	msg := sprintf("the %s %s belongs to the project default, which allows everything", [input.object.kind, input.object.metadata.name])
	field := concat("", [path, ".project"])
}
