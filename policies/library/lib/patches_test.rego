package gatehouse.lib.patches_test

import data.gatehouse.lib.patches

whole := {
	"apiVersion": "apps/v1",
	"kind": "Deployment",
	"metadata": {"name": "web"},
	"spec": {"selector": {}, "template": {"spec": {"containers": [{"name": "app", "image": "app:1"}]}}},
}

patch := {
	"apiVersion": "apps/v1",
	"kind": "Deployment",
	"metadata": {"name": "web"},
	"spec": {"template": {"spec": {"automountServiceAccountToken": false, "containers": [{"name": "app", "resources": {"limits": {"memory": "1Gi"}}}]}}},
}

kustomization(fields) := object.union({"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}, fields)

test_words_of_a_whole_object if {
	patches.inside({"name": "app"}, "limits") == {
		"Deployment/web limits", "Deployment/* limits", "Deployment/web anything",
		"Deployment/web limits of app",
	} with input as {"object": whole, "kustomized": true}
}

test_nothing_is_patched_that_kustomize_does_not_build if {
	patches.inside({"name": "app"}, "limits") == set() with input as {"object": whole}
}

test_a_patch_is_not_patched if {
	patches.inside({"name": "app"}, "limits") == set() with input as {"object": patch, "kustomized": true}
	patches.words("version") == set() with input as {"object": patch, "kustomized": true}
}

test_brought if {
	patches.brought == {"Deployment/web limits of app", "Deployment/web tokens"} with input.object as patch
	patches.brought == set() with input.object as whole
}

test_written if {
	json := `[{"op": "add", "path": "/spec/template/spec/containers/0/resources/limits", "value": {}}]`
	strategic := "kind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: app, readinessProbe: {}}]}}}\n"
	cases := [
		[{"patches": [{"target": {"kind": "Deployment", "name": "web"}, "patch": json}]}, {"Deployment/web limits"}],
		[{"patches": [{"target": {"kind": "Deployment"}, "patch": json}]}, {"Deployment/* limits"}],
		[{"patches": [{"target": {"kind": "Deployment", "name": "web.*"}, "patch": json}]}, {"Deployment/* limits"}],
		[{"patches": [{"patch": strategic}]}, {"Deployment/web probes"}],
		[{"patchesStrategicMerge": [strategic, "patch.yaml"]}, {"Deployment/web probes"}],
		[{"patchesJson6902": [{"target": {"kind": "Deployment", "name": "web"}, "path": "patch.yaml"}]}, {"Deployment/web anything"}],
		[{"spec": {"patches": [{"target": {"kind": "HelmRelease"}, "patch": "spec: {chart: {spec: {version: 1.0.0}}}"}]}}, {"HelmRelease/* version"}],
		[{"patches": [{"path": "patch.yaml"}]}, set()],
		[{}, set()],
	]
	every pair in cases {
		patches.written == pair[1] with input.object as kustomization(pair[0])
	}
}
