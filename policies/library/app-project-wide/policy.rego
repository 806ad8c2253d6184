# METADATA
# title: AppProject limits nothing
# description: The project accepts every repository and every place.
# custom:
#   id: app-project-wide
#   severity: warning
#   category: gitops
#   default_on: true
#   parameters:
#     each: false
#   why: |
#     A project that accepts every repository as source and every namespace of every cluster as
#     destination limits nothing: whoever may make an Application in it owns the clusters.
#
#     A project of a platform team has one of the two; with the parameter `each: true` every `*` in
#     `sourceRepos`, `destinations` and `clusterResourceWhitelist` is found alone.
#   fix: List the repositories, destinations and kinds of cluster-wide objects that the team needs.
package gatehouse.app_project_wide

import data.gatehouse.lib.gitops

deny contains {"msg": msg, "field": "spec.sourceRepos"} if {
	input.object.kind == "AppProject"
	gitops.argo
	not input.parameters.each == true
	"*" in input.object.spec.sourceRepos
	some destination in input.object.spec.destinations
	everywhere(destination)
	msg := sprintf("the AppProject %s accepts every repository and every place", [input.object.metadata.name])
}

deny contains {"msg": msg, "field": field} if {
	input.object.kind == "AppProject"
	gitops.argo
	input.parameters.each == true
	some field, what in wide
	msg := sprintf("the AppProject %s accepts %s", [input.object.metadata.name, what])
}

wide[sprintf("spec.sourceRepos[%d]", [i])] := "every repository" if {
	some i, repository in input.object.spec.sourceRepos
	repository == "*"
}

wide[sprintf("spec.destinations[%d].namespace", [i])] := "every namespace" if {
	some i, destination in input.object.spec.destinations
	destination.namespace == "*"
}

wide[sprintf("spec.clusterResourceWhitelist[%d]", [i])] := "every kind of cluster-wide object" if {
	some i, entry in input.object.spec.clusterResourceWhitelist
	entry.group == "*"
	entry.kind == "*"
}

everywhere(destination) if {
	destination.namespace == "*"
	some key in ["server", "name"]
	destination[key] == "*"
}
