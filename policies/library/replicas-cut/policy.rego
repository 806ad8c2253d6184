# METADATA
# title: Replicas are cut by more than half
# description: A workload is left with fewer than half of the replicas that it had.
# custom:
#   id: replicas-cut
#   severity: warning
#   category: policy
#   default_on: true
#   parameters:
#     from: 3
#   why: |
#     A service that loses more than half of its pods at once may not carry its load any more. It is
#     seldom meant: a value was copied from another environment, or a digit was lost. Where the number
#     is left out, as for an autoscaler, `kubectl apply` sets it to 1 until the autoscaler has looked.
#
#     The parameter `from` is the number of replicas from which a cut counts.
#   fix: |
#     Cut in steps and watch the load, or raise the number again. Before the number is left to an
#     autoscaler remove it from the fields that the delivery tool owns.
package gatehouse.replicas_cut

deny contains {"msg": msg, "field": field} if {
	input.object.kind in {"CloneSet", "Deployment", "DeploymentConfig", "ReplicaSet", "ReplicationController", "Rollout", "StatefulSet"}
	input.operation == "UPDATE"
	before := input.oldObject.spec.replicas
	now := object.get(input.object.spec, "replicas", 1)
	cut(before, now)
	msg := sprintf("the %s %s is cut from %d replicas to %d", [input.object.kind, input.object.metadata.name, before, now])
	field := "spec.replicas"
}

deny contains {"msg": msg, "field": field} if {
	input.object.kind in {"HorizontalPodAutoscaler", "ScaledObject"}
	input.operation == "UPDATE"
	some key in ["maxReplicas", "maxReplicaCount"]
	before := input.oldObject.spec[key]
	now := input.object.spec[key]
	cut(before, now)
	field := concat(".", ["spec", key])
	msg := sprintf("the %s %s is cut from at most %d replicas to %d", [input.object.kind, input.object.metadata.name, before, now])
}

cut(before, now) if {
	is_number(before)
	is_number(now)
	before >= object.get(input.parameters, "from", 3)
	now * 2 < before
}
