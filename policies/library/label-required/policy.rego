# METADATA
# title: Required label is missing
# description: An object lacks a label that is required, or the label has a value that is not allowed.
# custom:
#   id: label-required
#   severity: warning
#   category: policy
#   default_on: false
#   why: >-
#     Labels such as the team and the cost centre are how people find who answers for an object, and how bills,
#     alerts and network policies are cut. An object without them belongs to nobody.
#   fix: Add the label to `metadata.labels`, or to the `labels` of the kustomization for all of its objects.
#   parameters:
#     # Labels by their key, or maps of key, and of values or a pattern (RE2) where not
#     # every value is allowed.
#     labels: [app.kubernetes.io/name]
#     # The kinds that must have them.
#     kinds: [Deployment, StatefulSet, DaemonSet, CronJob, Job, Pod, Service]
package gatehouse.label_required

deny contains {"msg": message, "field": "metadata.labels"} if {
	some wanted in input.parameters.labels
	input.object.kind in input.parameters.kinds
	key := key_of(wanted)
	object.get(input.object, ["metadata", "labels", key], "") == ""
	message := sprintf("the label %s is missing", [key])
}

deny contains {"msg": message, "field": sprintf(`metadata.labels["%s"]`, [wanted.key])} if {
	some wanted in input.parameters.labels
	input.object.kind in input.parameters.kinds
	value := input.object.metadata.labels[wanted.key]
	value != ""
	fault := unwanted(wanted, value)
	message := sprintf("the label %s is %s, %s", [wanted.key, value, fault])
}

key_of(wanted) := wanted if is_string(wanted)

key_of(wanted) := wanted.key

unwanted(wanted, value) := sprintf("which is none of %s", [concat(", ", wanted.values)]) if {
	wanted.values
	not value in wanted.values
} else := sprintf("which does not match %s", [wanted.pattern]) if {
	not regex.match(wanted.pattern, value)
}
