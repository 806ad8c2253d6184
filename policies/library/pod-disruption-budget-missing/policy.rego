# METADATA
# title: No PodDisruptionBudget covers a replicated workload
# description: The tree holds no PodDisruptionBudget that selects the pods of a workload with several replicas.
# custom:
#   id: pod-disruption-budget-missing
#   severity: notice
#   category: policy
#   default_on: false
#   why: >-
#     When nodes are drained for an upgrade, nothing but a PodDisruptionBudget keeps the cluster from evicting all
#     replicas of a workload at once.
#   fix: >-
#     Add a PodDisruptionBudget with `maxUnavailable: 1` and the labels of the pods.
package gatehouse.pod_disruption_budget_missing

import data.gatehouse.lib.neighbours
import data.gatehouse.lib.selectors

deny contains {"msg": message, "field": "spec.replicas"} if {
	input.object.kind in {"Deployment", "Rollout", "StatefulSet"}
	neighbours.beside
	input.object.spec.selector
	is_number(input.object.spec.replicas)
	input.object.spec.replicas > 1
	labels := object.get(input.object, ["spec", "template", "metadata", "labels"], {})
	not covered(labels)
	message := sprintf("no PodDisruptionBudget in the namespace %s selects its %d replicas", [input.object.metadata.namespace, input.object.spec.replicas])
}

# What one selects that is changed elsewhere is not known.
covered(_) if {
	some budget in neighbours.of("policy", "PodDisruptionBudget")
	not budget.spec
}

covered(labels) if {
	some budget in neighbours.of("policy", "PodDisruptionBudget")
	selectors.selects(budget.spec.selector, labels)
}
