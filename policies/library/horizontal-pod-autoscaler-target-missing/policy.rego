# METADATA
# title: HorizontalPodAutoscaler scales what does not exist
# description: No object of the tree is the target of the autoscaler.
# custom:
#   id: horizontal-pod-autoscaler-target-missing
#   severity: warning
#   category: references
#   default_on: true
#   why: |
#     An autoscaler whose target does not exist does nothing and says so only in its status. The
#     workload that it was meant for stays at the number of pods that it has.
#   fix: Correct `apiVersion`, `kind` and `name` in `spec.scaleTargetRef`, or delete the autoscaler.
package gatehouse.horizontal_pod_autoscaler_target_missing

import data.gatehouse.lib.tree

deny contains {"msg": msg, "field": "spec.scaleTargetRef.name"} if {
	input.object.kind in {"HorizontalPodAutoscaler", "ScaledObject"}
	tree.known
	regex.match(`^(autoscaling|keda\.sh)/`, input.object.apiVersion)
	target := input.object.spec.scaleTargetRef
	kind := object.get(target, "kind", "Deployment")
	group := tree.group_of(object.get(target, "apiVersion", "apps/v1"))
	not tree.dynamic(target.name)
	not tree.holds_kind(tree.space, group, kind, target.name)
	group in {"apps", "argoproj.io", "apps.openshift.io", ""}
	not tree.claimed(target.name)
	not tree.outside(tree.space)
	msg := sprintf("the %s scales the %s %s, which is not in the tree", [input.object.kind, kind, target.name])
}
