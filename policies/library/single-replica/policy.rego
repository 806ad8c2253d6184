# METADATA
# title: Deployment runs a single replica
# description: A Deployment has one replica and nothing in the tree scales it.
# custom:
#   id: single-replica
#   severity: notice
#   category: policy
#   default_on: false
#   why: Every drain of a node and every crash stops a service that runs once.
#   fix: Run at least two replicas, spread over nodes, or let a HorizontalPodAutoscaler with `minReplicas` of two or more do so.
package gatehouse.single_replica

import data.gatehouse.lib.neighbours

deny contains {"msg": message, "field": "spec.replicas"} if {
	input.object.kind in {"Deployment", "Rollout"}
	neighbours.beside
	input.object.spec.template
	input.object.spec.selector
	object.get(input.object.spec, "replicas", 1) == 1
	not object.get(input.object.spec, ["strategy", "type"], "") == "Recreate"
	not scaled
	message := "it runs a single replica: when that one is gone, nothing answers"
}

scaled if {
	some scaler in array.concat(neighbours.of("autoscaling", "HorizontalPodAutoscaler"), neighbours.of("keda.sh", "ScaledObject"))
	scaler.spec.scaleTargetRef.name == input.object.metadata.name
	object.get(scaler.spec.scaleTargetRef, "kind", "Deployment") == input.object.kind
}
