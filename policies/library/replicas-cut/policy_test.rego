package gatehouse.replicas_cut_test

import data.gatehouse.replicas_cut as policy

workload(kind, spec) := {"kind": kind, "metadata": {"name": "web", "namespace": "shop"}, "spec": spec}

changed(kind, before, after) := {
	"operation": "UPDATE",
	"oldObject": workload(kind, before),
	"object": workload(kind, after),
	"parameters": {"from": 3},
}

test_more_than_half if {
	some result in policy.deny with input as changed("Deployment", {"replicas": 12}, {"replicas": 5})
	result.msg == "the Deployment web is cut from 12 replicas to 5"
	result.field == "spec.replicas"
	count(policy.deny) == 1 with input as changed("StatefulSet", {"replicas": 3}, {"replicas": 1})
	count(policy.deny) == 1 with input as changed("Rollout", {"replicas": 4}, {"replicas": 0})
}

test_half_or_less if {
	count(policy.deny) == 0 with input as changed("Deployment", {"replicas": 12}, {"replicas": 6})
	count(policy.deny) == 0 with input as changed("Deployment", {"replicas": 2}, {"replicas": 0})
	count(policy.deny) == 0 with input as changed("Deployment", {"replicas": 2}, {"replicas": 12})
}

test_left_out_is_one if count(policy.deny) == 1 with input as changed("Deployment", {"replicas": 4}, {})

test_autoscalers if {
	some result in policy.deny with input as changed("HorizontalPodAutoscaler", {"maxReplicas": 20}, {"maxReplicas": 2})
	result.field == "spec.maxReplicas"
	count(policy.deny) == 0 with input as changed("HorizontalPodAutoscaler", {"maxReplicas": 20}, {"maxReplicas": 10})
	count(policy.deny) == 1 with input as changed("ScaledObject", {"maxReplicaCount": 20}, {"maxReplicaCount": 2})
}

test_the_number_from_which_it_counts if {
	asked := object.union(changed("Deployment", {"replicas": 4}, {"replicas": 1}), {"parameters": {"from": 10}})
	count(policy.deny) == 0 with input as asked
}

test_a_number_that_is_filled_in_later if {
	count(policy.deny) == 0 with input as changed("Deployment", {"replicas": "${REPLICAS}"}, {"replicas": 1})
}

test_a_new_object if {
	asked := object.union(changed("Deployment", {"replicas": 12}, {"replicas": 1}), {"operation": "CREATE"})
	count(policy.deny) == 0 with input as asked
}
