package gatehouse.pod_disruption_budget_blocks_test

import data.gatehouse.pod_disruption_budget_blocks as policy

budget(spec) := {
	"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web", "namespace": "shop"},
	"spec": object.union({"selector": {"matchLabels": {"app": "web"}}}, spec),
}

fields(spec) := {result.field | some result in found(budget(spec))}

found(object) := results if {
	results := policy.deny with input as {"object": object, "parameters": {}}
}

test_no_pod_may_be_unavailable if {
	every value in [0, "0", "0%"] {
		fields({"maxUnavailable": value}) == {"spec.maxUnavailable"}
	}
}

test_all_must_be_available if {
	fields({"minAvailable": "100%"}) == {"spec.minAvailable"}
}

test_some_may_be_unavailable if {
	every spec in [{"maxUnavailable": 1}, {"maxUnavailable": "10%"}, {"minAvailable": 1}, {"minAvailable": "50%"}, {"minAvailable": 0}] {
		count(fields(spec)) == 0
	}
}

test_another_api if {
	count(found(object.union(budget({"maxUnavailable": 0}), {"apiVersion": "example.org/v1"}))) == 0
}
