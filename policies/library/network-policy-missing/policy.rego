# METADATA
# title: No NetworkPolicy covers the pods
# description: The tree holds no network policy of any kind that may select the pods of a workload.
# custom:
#   id: network-policy-missing
#   severity: notice
#   category: policy
#   default_on: false
#   why: >-
#     Pods that no NetworkPolicy selects may be reached by every pod of the cluster, and may reach all of them.
#     One broken service is then all that it takes to talk to every database.
#   fix: >-
#     Add a NetworkPolicy to the namespace that denies by default (`podSelector: {}`), and one for each
#     connection that is meant.
package gatehouse.network_policy_missing

import data.gatehouse.lib.neighbours
import data.gatehouse.lib.pods
import data.gatehouse.lib.selectors

deny contains {"msg": message, "field": ""} if {
	pods.bearing
	not input.object.kind in {"PodTemplate", "Revision"}
	neighbours.beside
	some path, spec in pods.specs
	not spec.hostNetwork == true
	not pods.partial
	not isolated(object.get(input.object, labels_at(path), {}))
	not elsewhere
	message := sprintf("no NetworkPolicy in the namespace %s selects its pods", [input.object.metadata.namespace])
}

# labels_at is where the labels of pods stand whose spec stands at a path.
labels_at(path) := array.concat(array.slice(parts, 0, count(parts) - 1), ["metadata", "labels"]) if parts := split(path, ".")

isolated(labels) if {
	some policy in array.concat(neighbours.of("networking.k8s.io", "NetworkPolicy"), neighbours.of("extensions", "NetworkPolicy"))
	selectors.selects(policy.spec.podSelector, labels)
}

# What one selects that is changed elsewhere is not known.
isolated(_) if {
	some policy in neighbours.of("networking.k8s.io", "NetworkPolicy")
	not policy.spec
}

# The selectors of Cilium and Calico have a language of their own: a policy of theirs
# in the namespace counts.
isolated(_) if count(neighbours.of("cilium.io", "CiliumNetworkPolicy")) > 0

isolated(_) if count(neighbours.of("crd.projectcalico.org", "NetworkPolicy")) > 0

isolated(_) if count(neighbours.of("projectcalico.org", "NetworkPolicy")) > 0

# elsewhere holds where a policy for the whole cluster may select the pods.
elsewhere if {
	some group, kinds in {
		"cilium.io": ["CiliumClusterwideNetworkPolicy"],
		"crd.projectcalico.org": ["GlobalNetworkPolicy"],
		"projectcalico.org": ["GlobalNetworkPolicy"],
		"policy.networking.k8s.io": ["AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "ClusterNetworkPolicy"],
	}
	some kind in kinds
	count(neighbours.anywhere(group, kind)) > 0
}
