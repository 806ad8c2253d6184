package gatehouse.lib.neighbours_test

import data.gatehouse.lib.neighbours

inventory := {
	"cluster": {"cilium.io/v2": {"CiliumClusterwideNetworkPolicy": {"deny": {"kind": "CiliumClusterwideNetworkPolicy"}}}},
	"namespace": {
		"shop": {"policy/v1": {"PodDisruptionBudget": {"web": {"kind": "PodDisruptionBudget"}}}},
		"other": {"policy/v1": {"PodDisruptionBudget": {"api": {"kind": "PodDisruptionBudget"}}}},
	},
}

test_of if {
	count(neighbours.of("policy", "PodDisruptionBudget")) == 1 with data.inventory as inventory
		with input.object.metadata.namespace as "shop"
	count(neighbours.of("policy", "Other")) == 0 with data.inventory as inventory
		with input.object.metadata.namespace as "shop"
}

test_nothing_is_known_without_a_namespace if {
	not neighbours.beside with data.inventory as inventory with input.object as {"metadata": {"name": "web"}}
}

test_anywhere if {
	count(neighbours.anywhere("cilium.io", "CiliumClusterwideNetworkPolicy")) == 1 with data.inventory as inventory
}
