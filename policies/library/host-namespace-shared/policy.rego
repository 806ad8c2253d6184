# METADATA
# title: Pod shares a namespace of its node
# description: A pod uses the network, the processes or the IPC of the node.
# custom:
#   id: host-namespace-shared
#   severity: warning
#   category: policy
#   why: >-
#     With `hostNetwork` a pod listens on the node, passes by every NetworkPolicy and reaches what only the node
#     may reach, such as the metadata service of a cloud. With `hostPID` and `hostIPC` it sees, and may signal,
#     the processes of the node and of all other pods on it.
#   fix: Remove the field. To be reached from outside, use a Service, an Ingress or a Gateway.
package gatehouse.host_namespace_shared

import data.gatehouse.lib.pods

deny contains {"msg": "hostIPC: the pod shares the inter-process communication of its node", "field": concat(".", [path, "hostIPC"])} if {
	pods.bearing
	some path, spec in pods.specs
	spec.hostIPC == true
}

deny contains {"msg": "hostNetwork: the pod shares the network of its node", "field": concat(".", [path, "hostNetwork"])} if {
	pods.bearing
	some path, spec in pods.specs
	spec.hostNetwork == true
}

deny contains {"msg": "hostPID: the pod shares the processes of its node", "field": concat(".", [path, "hostPID"])} if {
	pods.bearing
	some path, spec in pods.specs
	spec.hostPID == true
}
