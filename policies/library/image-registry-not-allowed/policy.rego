# METADATA
# title: Image comes from a registry that is not allowed
# description: An image lies outside of the registries and folders that are listed.
# custom:
#   id: image-registry-not-allowed
#   severity: error
#   category: policy
#   default_on: false
#   why: >-
#     Whoever controls the registry controls what runs in the cluster. A list of registries keeps out images
#     that nobody has scanned or signed, a mistyped host, and the public registry that is down on the day of
#     the incident.
#   fix: Take the image from a registry of the list, or mirror it there first.
#   parameters:
#     # Hosts, hosts with a folder, or all hosts of a domain: registry.example.org,
#     # registry.example.org/shop, "*.example.org", docker.io/library. A name is never
#     # matched by its first letters alone.
#     registries: [registry.k8s.io]
package gatehouse.image_registry_not_allowed

import data.gatehouse.lib.images
import data.gatehouse.lib.pods

deny contains {"msg": fault(image), "field": pods.field(path, list, i, ".image")} if {
	pods.bearing
	some path, spec in pods.specs
	some list in pods.lists
	some i, container in spec[list]
	image := container.image
	image != ""
	not allowed(image)
	not images.unknown(image)
}

deny contains {"msg": fault(image), "field": field} if {
	images.bearing
	some field, image in images.named
	not allowed(image)
	not images.unknown(image)
}

fault(image) := sprintf("the image %s comes from %s/%s, which no allowed registry holds", [image, from.registry, from.repository]) if {
	from := images.location(image)
}

deny contains {"msg": message, "field": field} if {
	images.tagging
	some field, image in images.moved
	not images.unknown(image)
	not allowed(image)
	from := images.location(image)
	message := sprintf("the image is taken from %s/%s, which no allowed registry holds", [from.registry, from.repository])
}

allowed(image) if {
	some place in input.parameters.registries
	images.within(image, place)
}
