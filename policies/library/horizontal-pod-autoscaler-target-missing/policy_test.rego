package gatehouse.horizontal_pod_autoscaler_target_missing_test

import data.gatehouse.horizontal_pod_autoscaler_target_missing as policy

scaler(target) := {
	"apiVersion": "autoscaling/v2",
	"kind": "HorizontalPodAutoscaler",
	"metadata": {"name": "web", "namespace": "shop"},
	"spec": {"scaleTargetRef": target, "maxReplicas": 4},
}

there := {"cluster": {}, "namespace": {"shop": {"apps/v1": {"Deployment": {"web": {}}}}}}

found(object, inventory) := results if {
	results := policy.deny with input as {"object": object} with data.inventory as inventory
}

test_missing if {
	some result in found(scaler({"apiVersion": "apps/v1", "kind": "Deployment", "name": "api"}), there)
	result.msg == "the HorizontalPodAutoscaler scales the Deployment api, which is not in the tree"
	result.field == "spec.scaleTargetRef.name"
}

test_another_kind_of_the_same_name if {
	count(found(scaler({"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "web"}), there)) == 1
}

test_there if count(found(scaler({"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}), there)) == 0

test_the_version_does_not_matter if count(found(scaler({"apiVersion": "apps/v1beta1", "kind": "Deployment", "name": "web"}), there)) == 0

test_without_a_written_namespace if {
	object := json.remove(scaler({"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}), ["/metadata/namespace"])
	count(found(object, there)) == 0
}

test_keda if {
	object := {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": {"name": "x", "namespace": "shop"}, "spec": {"scaleTargetRef": {"name": "api"}}}
	count(found(object, there)) == 1
	web := json.patch(object, [{"op": "replace", "path": "/spec/scaleTargetRef/name", "value": "web"}])
	count(found(web, there)) == 0
}

test_quiet_for_custom_kinds_charts_and_variables if {
	count(found(scaler({"apiVersion": "example.org/v1", "kind": "Engine", "name": "x"}), there)) == 0
	count(found(scaler({"apiVersion": "apps/v1", "kind": "Deployment", "name": "${NAME}"}), there)) == 0
	grafana := scaler({"apiVersion": "apps/v1", "kind": "Deployment", "name": "grafana"})
	count(policy.deny) == 0 with input as {"object": grafana, "tree": {"claimed": ["grafana"]}} with data.inventory as there
	count(policy.deny) == 0 with input as {"object": scaler({"apiVersion": "apps/v1", "kind": "Deployment", "name": "api"})}
}
