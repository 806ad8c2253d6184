# METADATA
# title: Ingress leads to a Service or port that does not exist
# description: No Service of that name, or none with that port, is in the tree.
# custom:
#   id: ingress-backend-missing
#   severity: warning
#   category: references
#   default_on: true
#   why: |
#     An Ingress whose backend does not exist is accepted, and answers every request with an
#     error. The same holds for a Service that lacks the port.
#
#     The check says nothing where a chart, an operator or a remote base may bring the Service.
#   fix: Name a Service of the same namespace, and one of its ports by name or number.
package gatehouse.ingress_backend_missing

import data.gatehouse.lib.tree

deny contains {"msg": msg, "field": field} if {
	input.object.kind == "Ingress"
	tree.known
	startswith(input.object.apiVersion, "networking.k8s.io/")
	some path, backend in backends
	name := backend.service.name
	not tree.dynamic(name)
	not found(name)
	not tree.claimed(name)
	not tree.outside(tree.space)
	tree.kept(tree.space, "Service", name)
	msg := sprintf("the Ingress leads to the Service %s, which is not in the tree", [name])
	field := concat("", [path, ".service.name"])
}

deny contains {"msg": msg, "field": field} if {
	input.object.kind == "Ingress"
	tree.known
	startswith(input.object.apiVersion, "networking.k8s.io/")
	some path, backend in backends
	name := backend.service.name
	some key in ["name", "number"]
	port := backend.service.port[key]
	not action(port)
	services := [o | some branch in tree.branches(tree.space); o := branch.v1.Service[name]]
	count(services) > 0
	every service in services { lacks(service, port) }
	msg := sprintf("the Ingress leads to the port %v of the Service %s, which has no such port", [port, name])
	field := sprintf("%s.service.port.%s", [path, key])
}

backends["spec.defaultBackend"] := input.object.spec.defaultBackend

backends[path] := entry.backend if {
	some i, rule in input.object.spec.rules
	some j, entry in rule.http.paths
	path := sprintf("spec.rules[%d].http.paths[%d].backend", [i, j])
}

found(name) if {
	some branch in tree.branches(tree.space)
	branch.v1.Service[name]
}

# The load balancer of AWS takes the name of an annotation for a Service.
found(name) if input.object.metadata.annotations[concat("", ["alb.ingress.kubernetes.io/actions.", name])]

action("use-annotation")

action(port) if {
	is_string(port)
	tree.dynamic(port)
}

# A patch of a Service need not list its ports.
lacks(service, port) if {
	count(service.spec.ports) > 0
	every entry in service.spec.ports {
		object.get(entry, "name", "") != port
		entry.port != port
	}
}
