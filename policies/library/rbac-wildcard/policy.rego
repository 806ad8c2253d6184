# METADATA
# title: Role grants everything by a wildcard
# description: |
#   A role allows all verbs, or reaches all resources of the core group. All verbs on
#   what a Role names in its one namespace, and on custom resources, are no fault.
# custom:
#   id: rbac-wildcard
#   severity: warning
#   category: policy
#   why: >-
#     A wildcard grants what exists today and what will exist tomorrow: with `*` among the resources come Secrets,
#     with `*` among the verbs come `escalate`, `bind` and `impersonate`. Nobody can say what such a role allows.
#   fix: Name the resources and the verbs that are needed.
package gatehouse.rbac_wildcard

import data.gatehouse.lib.roles

deny contains {"msg": message, "field": sprintf("rules[%d].verbs", [i])} if {
	roles.bearing
	some i, rule in roles.written
	"*" in rule.verbs
	wide(rule)
	message := sprintf("the rule allows every verb on %s", [what(rule)])
}

deny contains {"msg": message, "field": sprintf("rules[%d].resources", [i])} if {
	roles.bearing
	some i, rule in roles.written
	"*" in rule.resources
	not "*" in rule.verbs
	some group in rule.apiGroups
	group in {"", "*"}
	message := sprintf("the rule allows %s on every resource, Secrets included", [concat(", ", rule.verbs)])
}

# wide holds for a rule that is not for resources by their name in one namespace, nor
# for the custom resources of one controller.
wide(rule) if {
	input.object.kind == "ClusterRole"
	some group in rule.apiGroups
	group in groups
}

wide(rule) if {
	"*" in rule.resources
	some group in rule.apiGroups
	group in groups
}

wide(rule) if "*" in rule.nonResourceURLs

# groups are the API groups of Kubernetes itself.
groups := {
	"", "*", "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "apps", "authentication.k8s.io",
	"authorization.k8s.io", "autoscaling", "batch", "certificates.k8s.io", "coordination.k8s.io", "discovery.k8s.io",
	"events.k8s.io", "extensions", "flowcontrol.apiserver.k8s.io", "networking.k8s.io", "node.k8s.io", "policy",
	"rbac.authorization.k8s.io", "resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io",
}

what(rule) := sprintf("every resource of %s", [concat(", ", [named(group) | some group in rule.apiGroups])]) if {
	"*" in rule.resources
	not "*" in rule.apiGroups
}

what(rule) := "everything" if {
	"*" in rule.resources
	"*" in rule.apiGroups
}

what(rule) := concat(", ", rule.resources) if {
	rule.resources
	not "*" in rule.resources
}

what(rule) := "every path of the API server" if not rule.resources

named("") := "the core group"

named(group) := sprintf("the group %s", [group]) if group != ""
