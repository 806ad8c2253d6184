# METADATA
# title: API version is deprecated
# description: An object has an API version that Kubernetes will remove and that has a successor.
# custom:
#   id: api-version-deprecated
#   severity: warning
#   category: policy
#   why: >-
#     A later Kubernetes refuses this version of the kind. The upgrade of the cluster is the worst time to find
#     out.
#   fix: Change `apiVersion` to the one that the message names, and the fields that changed with it.
#   parameters:
#     # The version of Kubernetes for which the objects are meant.
#     targetVersion: "1.36"
package gatehouse.api_version_deprecated

import data.gatehouse.lib.apis

deny contains {"msg": deprecation, "field": "apiVersion"} if apis.listed

# The only kind of v1 that is deprecated.
deny contains {"msg": deprecation, "field": "apiVersion"} if {
	input.object.kind == "Endpoints"
	input.object.apiVersion == "v1"
}

deprecation := sprintf("%s %s is deprecated since Kubernetes 1.%d%s: use %s", [input.object.apiVersion, input.object.kind, deprecated, end, apis.entry.use]) if {
	deprecated := apis.entry.deprecated
	target >= deprecated
	not gone
}

target := apis.target(input.parameters.targetVersion)

# gone holds for what the check api-version-removed speaks of.
gone if target >= apis.entry.removed

end := sprintf(" and no longer served from 1.%d", [apis.entry.removed])

end := "" if not apis.entry.removed
