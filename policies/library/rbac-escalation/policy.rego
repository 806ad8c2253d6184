# METADATA
# title: Role lets its holder gain more rights
# description: |
#   A role allows what leads to the rights of others. To run commands in pods counts
#   where a ClusterRole allows it, not in the one namespace of a Role.
# custom:
#   id: rbac-escalation
#   severity: warning
#   category: policy
#   why: >-
#     Some rights are a way to all others: to impersonate anyone, to write roles beyond one's own, to make tokens
#     of any ServiceAccount, to run commands in any pod, to speak to the kubelet past the API server, to sign a
#     certificate of any user. Who holds them holds more than the role says.
#   fix: >-
#     Remove the rule, or bound it: `resourceNames` for what may be bound, impersonated or given a token, and a
#     Role in one namespace in place of a ClusterRole.
package gatehouse.rbac_escalation

import data.gatehouse.lib.roles

deny contains {"msg": message, "field": sprintf("rules[%d].resources[%d]", [i, j])} if {
	roles.bearing
	some i, rule in roles.written
	roles.unbounded(rule)
	some j, resource in rule.resources
	way := ways[resource]
	input.object.kind in way.kinds
	some group in rule.apiGroups
	group in {way.group, "*"}
	verbs := [verb | some verb in rule.verbs; verb in (way.verbs | {"*"})]
	count(verbs) > 0
	message := sprintf("%s on %s lets its holder %s", [concat(", ", verbs), resource, way.effect])
}

rbac := "rbac.authorization.k8s.io"

ways := {
	"clusterroles": {"kinds": {"ClusterRole", "Role"}, "group": rbac, "verbs": {"bind", "escalate"}, "effect": "give itself any right"},
	"roles": {"kinds": {"ClusterRole", "Role"}, "group": rbac, "verbs": {"bind", "escalate"}, "effect": "give itself any right in a namespace"},
	"users": {"kinds": {"ClusterRole", "Role"}, "group": "", "verbs": {"impersonate"}, "effect": "act as anyone"},
	"groups": {"kinds": {"ClusterRole", "Role"}, "group": "", "verbs": {"impersonate"}, "effect": "act as a member of any group"},
	"serviceaccounts": {"kinds": {"ClusterRole", "Role"}, "group": "", "verbs": {"impersonate"}, "effect": "act as any ServiceAccount"},
	"serviceaccounts/token": {"kinds": {"ClusterRole", "Role"}, "group": "", "verbs": {"create"}, "effect": "act as any ServiceAccount"},
	"pods/attach": {"kinds": {"ClusterRole"}, "group": "", "verbs": {"create", "get"}, "effect": "act inside of any pod"},
	"pods/exec": {"kinds": {"ClusterRole"}, "group": "", "verbs": {"create", "get"}, "effect": "act inside of any pod"},
	"pods/ephemeralcontainers": {"kinds": {"ClusterRole"}, "group": "", "verbs": {"patch", "update"}, "effect": "act inside of any pod"},
	"nodes/proxy": {"kinds": {"ClusterRole"}, "group": "", "verbs": {"create", "get"}, "effect": "act inside of any pod, past the API server"},
	"certificatesigningrequests/approval": {
		"kinds": {"ClusterRole"},
		"group": "certificates.k8s.io",
		"verbs": {"patch", "update"},
		"effect": "approve a certificate for anyone",
	},
}
