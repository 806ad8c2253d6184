# METADATA
# title: Container requests no CPU or memory
# description: A container that runs as long as its pod does not say what it needs.
# custom:
#   id: container-without-requests
#   severity: warning
#   category: policy
#   why: >-
#     The scheduler places a pod by what its containers request. What requests nothing is put on any node, is
#     starved first and evicted first, and no autoscaler can compute how busy it is.
#   fix: Set `resources.requests` to what the container uses in normal operation.
#   parameters:
#     resources: [cpu, memory]
package gatehouse.container_without_requests

import data.gatehouse.lib.patches
import data.gatehouse.lib.pods

# METADATA
# scope: rule
# custom:
#   asked_where:
#     - container lacks resources.requests.cpu and resources.limits.cpu
#     - container lacks resources.requests.memory and resources.limits.memory
deny contains {
	"msg": concat(" ", [pods.called(container), "requests no", what]),
	"brief": concat(" ", ["the container requests no", what]),
	"field": pods.field(path, list, i, ".resources.requests"),
	"unless": (patches.inside(container, "requests") | patches.inside(container, "limits")),
} if {
	pods.bearing
	some path, spec in pods.specs
	some list in pods.lists
	some i, container in spec[list]
	some resource in input.parameters.resources

	# A limit is also the request where there is none.
	not container.resources.requests[resource]
	not container.resources.limits[resource]
	not spec.resources.requests[resource]
	not spec.resources.limits[resource]
	pods.runs(list, container)
	pods.whole(container)
	not pods.partial
	missing := [name |
		some name in input.parameters.resources
		not container.resources.requests[name]
		not container.resources.limits[name]
	]
	what := concat(" and no ", missing)
}

settles contains word if {
	pods.bearing
	some word in patches.brought
}

settles contains word if {
	patches.kustomization
	some word in patches.written
}
