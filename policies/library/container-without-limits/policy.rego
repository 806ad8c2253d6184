# METADATA
# title: Container has no memory limit
# description: A container that runs as long as its pod may take all of the node's memory.
# custom:
#   id: container-without-limits
#   severity: warning
#   category: policy
#   why: >-
#     A container without a memory limit that leaks takes its neighbours with it: the kernel of the node
#     chooses what to kill. A CPU limit is not asked for, since it slows a container down while the node is
#     idle; ask for it with the parameter `resources` where neighbours must not share.
#   fix: Set `resources.limits.memory` to the most that the container may ever use.
#   parameters:
#     resources: [memory]
package gatehouse.container_without_limits

import data.gatehouse.lib.patches
import data.gatehouse.lib.pods

# METADATA
# scope: rule
# custom:
#   asked_where: container lacks resources.limits.memory
deny contains {
	"msg": concat(" ", [pods.called(container), "has no", what, "limit"]),
	"brief": concat(" ", ["the container has no", what, "limit"]),
	"field": pods.field(path, list, i, ".resources.limits"),
	"unless": patches.inside(container, "limits"),
} if {
	pods.bearing
	some path, spec in pods.specs
	some list in pods.lists
	some i, container in spec[list]
	some resource in input.parameters.resources
	not container.resources.limits[resource]
	not spec.resources.limits[resource]
	pods.runs(list, container)
	pods.whole(container)
	not pods.partial
	missing := [name |
		some name in input.parameters.resources
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
