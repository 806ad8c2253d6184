# METADATA
# title: Service selects no pod
# description: No object in the tree makes pods with the labels that the Service asks for.
# custom:
#   id: service-selects-nothing
#   severity: warning
#   category: references
#   default_on: true
#   why: |
#     A Service without pods behind it exists, has an address, and answers nobody. Usually a
#     label was renamed in one place only, and nothing says so before the first request fails.
#
#     The check looks at all objects of the tree. It says nothing where operators, charts or
#     patches may bring pods or labels that it cannot see, nor where nothing in the tree is called like
#     the Service or has a part of the labels: such pods come from elsewhere.
#   fix: |
#     Write in `spec.selector` the labels that stand in `spec.template.metadata.labels` of the
#     workload, or delete the Service if nothing is behind it any more.
package gatehouse.service_selects_nothing

import data.gatehouse.lib.backends
import data.gatehouse.lib.tree

deny contains {"msg": msg, "field": "spec.selector"} if {
	input.object.kind == "Service"
	tree.known
	input.object.apiVersion == "v1"
	count(input.object.spec.selector) > 0
	object.get(input.object.spec, "type", "ClusterIP") != "ExternalName"
	not backends.selects(input.object)
	backends.meant(input.object)
	not backends.unclear(input.object)
	not endpoints
	msg := sprintf("the Service %s selects no pod: nothing in the tree makes pods with %s", [
		input.object.metadata.name,
		concat(", ", [sprintf("%s: %s", [key, value]) | some key, value in input.object.spec.selector]),
	])
}

# Endpoints that are written by hand need no pods.
endpoints if tree.holds(tree.space, "v1", "Endpoints", input.object.metadata.name)

endpoints if {
	some branch in tree.branches(tree.space)
	some slice in branch["discovery.k8s.io/v1"].EndpointSlice
	slice.metadata.labels["kubernetes.io/service-name"] == input.object.metadata.name
}
