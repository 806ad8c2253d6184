# METADATA
# title: PodDisruptionBudget allows no eviction
# description: A PodDisruptionBudget forbids to evict any pod.
# custom:
#   id: pod-disruption-budget-blocks
#   severity: warning
#   category: policy
#   why: >-
#     A budget that never allows an eviction stops every drain of a node: upgrades of the cluster hang until
#     somebody deletes the budget or the pod by hand.
#   fix: >-
#     Allow at least one pod to be unavailable, for example with `maxUnavailable: 1`.
package gatehouse.pod_disruption_budget_blocks

deny contains {"msg": message, "field": "spec.maxUnavailable"} if {
	input.object.kind == "PodDisruptionBudget"
	startswith(input.object.apiVersion, "policy/")
	input.object.spec.maxUnavailable in {0, "0", "0%"}
	message := sprintf("maxUnavailable is %v: no pod may be evicted, and no node with one of them drained", [input.object.spec.maxUnavailable])
}

deny contains {"msg": message, "field": "spec.minAvailable"} if {
	input.object.kind == "PodDisruptionBudget"
	startswith(input.object.apiVersion, "policy/")
	input.object.spec.minAvailable == "100%"
	message := "minAvailable is 100%: no pod may be evicted, and no node with one of them drained"
}
