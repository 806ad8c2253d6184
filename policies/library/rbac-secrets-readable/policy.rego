# METADATA
# title: Role reads the Secrets of all namespaces
# description: A ClusterRole allows to get, list or watch Secrets that it does not name.
# custom:
#   id: rbac-secrets-readable
#   severity: warning
#   category: policy
#   why: >-
#     Bound to the cluster, such a role reads every password and every token, those of other ServiceAccounts
#     included. To list is to read: the values come with the list.
#   fix: >-
#     Use a Role in each namespace that needs it, or name the Secrets in `resourceNames` and allow `get` alone.
#   parameters:
#     # ClusterRoles that may read them, by name with globs: the controllers of Flux.
#     allowed: ["crd-controller-*"]
package gatehouse.rbac_secrets_readable

import data.gatehouse.lib.roles

deny contains {"msg": message, "field": sprintf("rules[%d].resources", [i])} if {
	input.object.kind == "ClusterRole"
	not allowed
	some i, rule in roles.written
	"secrets" in rule.resources
	roles.unbounded(rule)
	some group in rule.apiGroups
	group in {"", "*"}
	reading := [verb | some verb in rule.verbs; verb in {"*", "get", "list", "watch"}]
	count(reading) > 0
	message := sprintf("the rule allows %s on the Secrets of every namespace in which it is bound, or of all", [concat(", ", reading)])
}

allowed if {
	some pattern in input.parameters.allowed
	glob.match(pattern, [], input.object.metadata.name)
}
