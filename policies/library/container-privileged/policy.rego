# METADATA
# title: Container is privileged
# description: A container has all rights on its node.
# custom:
#   id: container-privileged
#   severity: warning
#   category: policy
#   why: >-
#     A privileged container sees the devices of its node and may load code into its kernel. Whoever breaks
#     into the container has the node, and with it every Secret of the pods there.
#   fix: >-
#     Remove `privileged: true`. Where one right is really needed, add that capability alone, or mount that
#     device alone.
package gatehouse.container_privileged

import data.gatehouse.lib.pods

deny contains {"msg": message, "field": pods.field(path, list, i, ".securityContext.privileged")} if {
	pods.bearing
	some path, spec in pods.specs
	some list in pods.lists
	some i, container in spec[list]
	container.securityContext.privileged == true
	message := sprintf("%s is privileged: it has all rights on its node", [pods.called(container)])
}

# The containers of Windows have a setting of the same weight.
deny contains {"msg": message, "field": pods.field(path, list, i, ".securityContext.windowsOptions.hostProcess")} if {
	pods.bearing
	some path, spec in pods.specs
	some list in pods.lists
	some i, container in spec[list]
	container.securityContext.windowsOptions.hostProcess == true
	message := sprintf("%s is a host process: it has all rights on its node", [pods.called(container)])
}

deny contains {"msg": message, "field": concat("", [path, ".securityContext.windowsOptions.hostProcess"])} if {
	pods.bearing
	some path, spec in pods.specs
	spec.securityContext.windowsOptions.hostProcess == true
	message := "the containers of the pod are host processes: they have all rights on their node"
}
