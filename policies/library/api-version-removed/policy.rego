# METADATA
# title: API version is no longer served
# description: An object has an API version that Kubernetes removed.
# custom:
#   id: api-version-removed
#   severity: error
#   category: policy
#   why: >-
#     The API server no longer knows this version of the kind. It refuses the object, and what was to be applied
#     with it may stay half applied.
#   fix: Change `apiVersion` to the one that the message names, and the fields that changed with it.
#   parameters:
#     # The version of Kubernetes for which the objects are meant.
#     targetVersion: "1.36"
package gatehouse.api_version_removed

import data.gatehouse.lib.apis

deny contains {"msg": message, "field": "apiVersion"} if {
	apis.listed
	removed := apis.entry.removed
	target >= removed
	message := sprintf("%s %s is not served since Kubernetes 1.%d: %s", [input.object.apiVersion, input.object.kind, removed, remedy])
}

deny contains {"msg": message, "field": "apiVersion"} if {
	apis.listed
	apis.entry
	not target
	message := sprintf("the parameter targetVersion of api-version-removed is %v: it must be a version such as \"1.34\"", [input.parameters.targetVersion])
}

target := apis.target(input.parameters.targetVersion)

remedy := sprintf("use %s", [apis.entry.use])

remedy := "there is no version to take its place" if not apis.entry.use
