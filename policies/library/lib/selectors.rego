# METADATA
# title: Label selectors
# description: Whether a label selector of Kubernetes selects a set of labels.
package gatehouse.lib.selectors

# selects holds where all conditions of a selector are met. A selector without
# conditions selects everything.
selects(selector, labels) if {
	every key, value in object.get(selector, "matchLabels", {}) {
		labels[key] == value
	}
	every condition in object.get(selector, "matchExpressions", []) {
		meets(condition.operator, condition, labels)
	}
}

meets("In", condition, labels) if listed(condition, labels)

meets("NotIn", condition, labels) if not listed(condition, labels)

meets("Exists", condition, labels) if has(labels, condition.key)

meets("DoesNotExist", condition, labels) if not has(labels, condition.key)

has(labels, key) if _ := labels[key]

listed(condition, labels) if labels[condition.key] in condition.values
