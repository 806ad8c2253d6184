# METADATA
# title: Ingress host and path are taken twice
# description: Two Ingresses of one class claim the same path of the same host.
# custom:
#   id: ingress-host-duplicated
#   severity: warning
#   category: references
#   default_on: true
#   parameters:
#     hosts: false
#   why: |
#     Where two Ingresses claim the same path of a host, the controller keeps one of them, often
#     the older, or splits requests between both. Which one it is changes with a restart.
#
#     With the parameter `hosts: true` a host may stand in one Ingress only, whatever the paths.
#   fix: Give one of them another host or path, or put the paths of the host into one Ingress.
package gatehouse.ingress_host_duplicated

import data.gatehouse.lib.tree

deny contains {"msg": msg, "field": field} if {
	input.object.kind == "Ingress"
	tree.known
	startswith(input.object.apiVersion, "networking.k8s.io/")
	some i, rule in input.object.spec.rules
	host := object.get(rule, "host", "")
	not tree.dynamic(host)
	some where, other in others
	class(other) == class(input.object)
	some taken in other.spec.rules
	taken.host == host
	path := shared(rule, taken)
	msg := sprintf("%s is claimed by the Ingress %s too", [concat("", [host, path]), where])
	field := sprintf("spec.rules[%d].host", [i])
}

shared(_, _) := "" if input.parameters.hosts == true

shared(rule, taken) := path if {
	not input.parameters.hosts == true
	both := {location(entry) | some entry in rule.http.paths} & {location(entry) | some entry in taken.http.paths}
	path := min({entry.path | some entry in both})
}

location(entry) := {"path": object.get(entry, "path", "/"), "type": object.get(entry, "pathType", "ImplementationSpecific")}

# others are the Ingresses of the tree that are not this one. An Ingress that is written
# without a namespace may be the same as one that has the same name.
others[where] := other if {
	some branch in tree.everything
	some other in branch["networking.k8s.io/v1"].Ingress
	not same(other)
	where := trim_left(concat("/", [space(other), other.metadata.name]), "/")
	together(where)
}

# together holds for what is certainly applied to the same place: variants for several
# clusters may share a host.
together(_) if not input.tree

together(where) if where in input.tree.together

same(other) if {
	other.metadata.name == input.object.metadata.name
	space(other) in {tree.space, ""}
}

same(other) if {
	other.metadata.name == input.object.metadata.name
	tree.space == ""
}

# A canary shares the host on purpose, and so does what a minion adds to its master.
same(other) if shares(other)

same(_) if shares(input.object)

shares(o) if o.metadata.annotations["nginx.ingress.kubernetes.io/canary"] == "true"

shares(o) if o.metadata.annotations["nginx.org/mergeable-ingress-type"]

space(o) := object.get(o, ["metadata", "namespace"], "")

class(o) := object.get(o.spec, "ingressClassName", object.get(o, ["metadata", "annotations", "kubernetes.io/ingress.class"], ""))
