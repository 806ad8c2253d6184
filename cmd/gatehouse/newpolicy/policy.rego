# METADATA
# title: A ConfigMap has no owner
# description: A ConfigMap does not say which team answers for it.
# custom:
#   id: NAME
#   severity: warning
#   category: policy
#   why: >-
#     Say here what goes wrong, and for whom, when nobody looks at this.
#   fix: Say here what to write instead.
#   parameters:
#     # The label that names the owner.
#     label: owner
package gatehouse.PACKAGE

deny contains {"msg": message, "field": "metadata.labels"} if {
	input.object.kind == "ConfigMap"
	not input.object.metadata.labels[input.parameters.label]
	message := sprintf("the ConfigMap %s has no label %s", [input.object.metadata.name, input.parameters.label])
}
