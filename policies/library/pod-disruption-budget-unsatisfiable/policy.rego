# METADATA
# title: PodDisruptionBudget demands as many pods as there are
# description: A PodDisruptionBudget demands at least as many available pods as the workload that it selects has replicas.
# custom:
#   id: pod-disruption-budget-unsatisfiable
#   severity: warning
#   category: policy
#   why: >-
#     If all replicas must be available, none may be evicted: every drain of a node hangs until somebody deletes
#     the budget or the pod by hand.
#   fix: >-
#     Run more replicas than `minAvailable`, or use `maxUnavailable: 1`, which holds for any number of replicas.
package gatehouse.pod_disruption_budget_unsatisfiable

import data.gatehouse.lib.neighbours
import data.gatehouse.lib.selectors

deny contains {"msg": message, "field": "spec.minAvailable"} if {
	input.object.kind == "PodDisruptionBudget"
	startswith(input.object.apiVersion, "policy/")
	least := input.object.spec.minAvailable
	is_number(least)
	least > 0
	count(selected) > 0
	not unclear
	every workload in selected {
		not scaled(workload)
	}
	total := sum([object.get(workload.spec, "replicas", 1) | some workload in selected])
	total > 0
	total <= least
	message := sprintf("minAvailable is %d, and what it selects has %d replicas: no pod may be evicted", [least, total])
}

# selected are the workloads whose pods the budget selects.
selected := [workload |
	some kind in ["Deployment", "ReplicaSet", "Rollout", "StatefulSet"]
	some group in ["apps", "argoproj.io"]
	some workload in neighbours.of(group, kind)
	labels := object.get(workload, ["spec", "template", "metadata", "labels"], {})
	selectors.selects(input.object.spec.selector, labels)
]

# unclear holds where something in the namespace may be selected whose labels or replicas
# are changed elsewhere.
unclear if {
	some kind in ["Deployment", "ReplicaSet", "Rollout", "StatefulSet"]
	some group in ["apps", "argoproj.io"]
	some workload in neighbours.of(group, kind)
	not workload.spec
}

# scaled holds for a workload whose replicas something else decides.
scaled(workload) if {
	some scaler in array.concat(neighbours.of("autoscaling", "HorizontalPodAutoscaler"), neighbours.of("keda.sh", "ScaledObject"))
	scaler.spec.scaleTargetRef.name == workload.metadata.name
	object.get(scaler.spec.scaleTargetRef, "kind", "Deployment") == workload.kind
}
