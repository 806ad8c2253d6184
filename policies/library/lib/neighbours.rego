# METADATA
# title: What stands beside an object
# description: |
#   Objects in the same namespace of the tree. An object that is written without a
#   namespace gets one later, and nothing is known of what stands beside it.
package gatehouse.lib.neighbours

# beside are the objects in the namespace of the object, by API version, kind and name.
# A namespace that is filled in later is not known.
beside := data.inventory.namespace[input.object.metadata.namespace] if {
	not regex.match(`[$<{]`, input.object.metadata.namespace)
}

# of are the objects of a kind beside the object, in any version of an API group.
of(group, kind) := [object |
	some version, kinds in beside
	startswith(version, concat("", [group, "/"]))
	some object in kinds[kind]
]

# anywhere are the objects without a namespace of a kind, in any version of a group.
anywhere(group, kind) := [object |
	some version, kinds in data.inventory.cluster
	startswith(version, concat("", [group, "/"]))
	some object in kinds[kind]
]
