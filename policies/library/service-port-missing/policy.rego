# METADATA
# title: Service leads to a port that no pod has
# description: None of the pods that the Service selects has the port to which it leads.
# custom:
#   id: service-port-missing
#   severity: warning
#   category: references
#   default_on: true
#   parameters:
#     numbers: false
#   why: |
#     A Service whose `targetPort` names a port that its pods do not have gets no endpoint for
#     it: the connection is refused although the pods are up.
#
#     A pod may listen on a number without saying so. With the parameter `numbers: true` a number
#     is found too, where all pods say on which ports they listen and it is none of them.
#   fix: |
#     Write in `targetPort` a name or a number that stands in `ports` of a container of the
#     selected pods, or add the port there.
package gatehouse.service_port_missing

import data.gatehouse.lib.backends
import data.gatehouse.lib.tree

deny contains {"msg": msg, "field": field} if {
	input.object.kind == "Service"
	tree.known
	input.object.apiVersion == "v1"
	count(input.object.spec.selector) > 0
	object.get(input.object.spec, "type", "ClusterIP") != "ExternalName"
	some i, port in input.object.spec.ports
	target := object.get(port, "targetPort", port.port)
	not offered(target, object.get(port, "protocol", "TCP"))
	said(target)
	msg := sprintf("the Service %s leads to the port %v, and no pod that it selects has it", [input.object.metadata.name, target])
	field := sprintf("spec.ports[%d].%s", [i, written(port)])
}

written(port) := "targetPort" if not object.get(port, "targetPort", "") == ""

written(port) := "port" if object.get(port, "targetPort", "") == ""

# The pods that are found by name come first: it is seldom needed to go through all.
offered(target, protocol) if {
	some pod in backends.likely(input.object)
	has(pod, target, protocol)
}

offered(target, protocol) if {
	some pod in pods
	has(pod, target, protocol)
}

has(pod, target, protocol) if {
	some container in containers(pod)
	some port in container.ports
	is(port, target)
	object.get(port, "protocol", "TCP") == protocol
}

is(port, target) if port.name == target

is(port, target) if port.containerPort == target

# said holds where it is known what the pods offer: a name must stand in one of them, a
# number only where each says on which ports it listens.
said(target) if {
	is_string(target)
	not tree.dynamic(target)
	count(pods) > 0
	every pod in pods { whole(pod) }
}

said(target) if {
	is_number(target)
	input.parameters.numbers == true
	input.object.spec.clusterIP != "None"
	listed
}

said(target) if {
	is_number(target)
	input.parameters.numbers == true
	not input.object.spec.clusterIP
	listed
}

listed if {
	count(pods) > 0
	every pod in pods {
		whole(pod)
		not pod.spec.hostNetwork
		every container in pod.spec.containers { count(container.ports) > 0 }
	}
}

# A patch says nothing of ports, and a sidecar that is added later may have any.
whole(pod) if {
	count(pod.spec.containers) > 0
	every container in pod.spec.containers { container.image != "" }
}

pods := backends.behind(input.object)

containers(pod) := array.concat(pod.spec.containers, object.get(pod.spec, "initContainers", []))
