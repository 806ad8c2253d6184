# METADATA
# title: Selector does not match the labels of its own pods
# description: The labels of the pod template lack what the selector of the workload asks for.
# custom:
#   id: selector-mismatch
#   severity: error
#   category: references
#   default_on: true
#   why: |
#     The API server refuses a workload whose selector does not match the labels of its own pod
#     template, so the object is never applied, and neither is what comes after it.
#   fix: Write the labels of `spec.selector.matchLabels` in `spec.template.metadata.labels` too.
package gatehouse.selector_mismatch

# A patch need not have a template with containers: what it does not say is not missing.
# METADATA
# scope: rule
# custom:
#   asked_where: selector is not met
deny contains {"msg": msg, "field": field} if {
	input.object.kind in {"DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"}
	startswith(input.object.apiVersion, "apps/")
	input.object.spec.template.spec.containers
	some key, value in input.object.spec.selector.matchLabels
	not labels[key] == value
	msg := sprintf("the selector asks for %s: %s, which the pods of this %s do not have", [key, value, input.object.kind])
	field := "spec.selector.matchLabels"
}

deny contains {"msg": msg, "field": field} if {
	input.object.kind in {"DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"}
	startswith(input.object.apiVersion, "apps/")
	input.object.spec.template.spec.containers
	some i, expression in input.object.spec.selector.matchExpressions
	not met(expression)
	msg := sprintf("the selector asks for %s %s, which the pods of this %s do not meet", [expression.key, expression.operator, input.object.kind])
	field := sprintf("spec.selector.matchExpressions[%d]", [i])
}

labels := object.get(input.object.spec.template, ["metadata", "labels"], {})

met(expression) if {
	expression.operator == "In"
	labels[expression.key] in expression.values
}

met(expression) if {
	expression.operator == "Exists"
	labels[expression.key]
}

met(expression) if {
	expression.operator == "DoesNotExist"
	not labels[expression.key]
}

met(expression) if {
	expression.operator == "NotIn"
	not object.get(labels, expression.key, "") in expression.values
}
