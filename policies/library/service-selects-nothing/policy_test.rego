package gatehouse.service_selects_nothing_test

import data.gatehouse.service_selects_nothing as policy

service(selector) := {
	"apiVersion": "v1",
	"kind": "Service",
	"metadata": {"name": "web", "namespace": "shop"},
	"spec": {"selector": selector, "ports": [{"port": 80}]},
}

maker(kind, labels) := {
	"kind": kind,
	"metadata": {"name": "front", "namespace": "shop"},
	"spec": {"template": {"metadata": {"labels": labels}}},
}

tree(objects) := {"cluster": {}, "namespace": {"shop": objects}}

found(object, inventory) := results if {
	results := policy.deny with input as {"object": object} with data.inventory as inventory
}

test_found_where_nothing_has_the_label if {
	results := found(service({"app": "web"}), tree({"apps/v1": {"Deployment": {"web": maker("Deployment", {"app": "front"})}}}))
	some result in results
	result.msg == "the Service web selects no pod: nothing in the tree makes pods with app: web"
	result.field == "spec.selector"
}

test_found_where_one_of_two_labels_is_missing if {
	count(found(service({"app": "web", "tier": "front"}), tree({"apps/v1": {"Deployment": {"front": maker("Deployment", {"app": "web"})}}}))) == 1
}

other := {"apps/v1": {"Deployment": {"web": maker("Deployment", {"app": "front"})}}}

test_quiet_where_the_pods_come_from_elsewhere if {
	adapter := {"apps/v1": {"Deployment": {"adapter": maker("Deployment", {"app": "adapter"})}}}
	count(found(service({"app": "exporter"}), tree(adapter))) == 0
}

test_quiet_where_the_tree_makes_no_pods if count(found(service({"app": "web"}), tree({}))) == 0

test_each_kind_that_makes_pods_counts if {
	every version, kind in {"apps/v1": "StatefulSet", "argoproj.io/v1alpha1": "Rollout", "apps.openshift.io/v1": "DeploymentConfig"} {
		count(found(service({"app": "web"}), tree({version: {kind: {"front": maker(kind, {"app": "web"})}}}))) == 0
	}
}

test_pods_and_cron_jobs_count if {
	pod := {"kind": "Pod", "metadata": {"name": "p", "labels": {"app": "web"}}}
	count(found(service({"app": "web"}), tree({"v1": {"Pod": {"p": pod}}}))) == 0
	job := {"kind": "CronJob", "metadata": {"name": "c"}, "spec": {"jobTemplate": {"spec": {"template": {"metadata": {"labels": {"app": "web"}}}}}}}
	count(found(service({"app": "web"}), tree({"batch/v1": {"CronJob": {"c": job}}}))) == 0
}

test_a_workload_without_a_written_namespace_counts if {
	inventory := {"cluster": {"apps/v1": {"Deployment": {"web": maker("Deployment", {"app": "web"})}}}, "namespace": {}}
	count(found(service({"app": "web"}), inventory)) == 0
}

test_a_service_without_a_written_namespace_sees_all if {
	object := json.remove(service({"app": "web"}), ["/metadata/namespace"])
	count(found(object, tree({"apps/v1": {"Deployment": {"front": maker("Deployment", {"app": "web"})}}}))) == 0
	count(found(object, tree({"apps/v1": {"Deployment": {"web": maker("Deployment", {"app": "other"})}}}))) == 1
}

test_another_namespace_does_not_count if {
	elsewhere := {"apps/v1": {"Deployment": {"web": maker("Deployment", {"app": "web"})}}}
	inventory := {"cluster": {}, "namespace": {"other": elsewhere, "shop": other}}
	count(found(service({"app": "web"}), inventory)) == 1
}

test_quiet_without_a_tree if count(policy.deny) == 0 with input as {"object": service({"app": "web"})}

test_quiet_for_other_services if {
	external := {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x", "namespace": "shop"}, "spec": {"type": "ExternalName", "selector": {"a": "b"}}}
	count(found(external, tree(other))) == 0
	count(found(service({}), tree(other))) == 0
	knative := json.patch(service({"app": "web"}), [{"op": "replace", "path": "/apiVersion", "value": "serving.knative.dev/v1"}])
	count(found(knative, tree(other))) == 0
}

test_quiet_where_endpoints_are_written if {
	count(found(service({"app": "web"}), tree({"v1": {"Endpoints": {"web": {}}}}))) == 0
	slice := {"metadata": {"labels": {"kubernetes.io/service-name": "web"}}}
	count(found(service({"app": "web"}), tree({"discovery.k8s.io/v1": {"EndpointSlice": {"web-1": slice}}}))) == 0
}

test_quiet_where_labels_cannot_be_known if {
	count(found(service({"app": "web"}), tree({"v1": {"Pod": {"x": {"kind": "Pod", "metadata": {"name": "x"}}}}}))) == 0
	count(found(service({"app": "web"}), tree({"batch/v1": {"CronJob": {"x": {}}}}))) == 0
	patched := object.union(other, {"apps/v1": {"Deployment": {"x": {}}}})
	count(found(service({"app": "web"}), tree(patched))) == 0
	variants := object.union(other, {"apps/v1": {"Deployment": {"x": {"variants": true}}}})
	count(found(service({"app": "web"}), tree(variants))) == 1
	added := object.union(tree(other), {"labels": {"app": true}})
	count(found(service({"app": "web"}), added)) == 0
	count(found(service({"tier": "web"}), added)) == 1
	count(found(service({"app": "${APP}"}), tree(other))) == 0
}

test_quiet_where_an_operator_or_a_chart_makes_the_pods if {
	count(found(service({"cnpg.io/cluster": "web"}), tree(other))) == 0
	object := service({"app.kubernetes.io/name": "web"})
	count(policy.deny) == 0 with input as {"object": object, "tree": {"claimed": ["web"]}} with data.inventory as tree(other)
	count(policy.deny) == 1 with input as {"object": object, "tree": {"claimed": ["other"]}} with data.inventory as tree(other)
}

test_quiet_where_more_may_come_about if {
	count(found(service({"app": "web"}), object.union(tree(other), {"open": {"shop": true}}))) == 0
	count(found(service({"app": "web"}), object.union(tree(other), {"open": {"x": true}}))) == 1
	count(policy.deny) == 0 with input as {"object": service({"app": "web"}), "tree": {"open": true}} with data.inventory as tree(other)
}

test_quiet_where_a_part_of_the_tree_is_not_readable if {
	count(found(service({"app": "web"}), object.union(tree(other), {"incomplete": true}))) == 0
}

test_quiet_for_the_control_plane if {
	bare := json.remove(service({"component": "kube-scheduler"}), ["/metadata/namespace"])
	count(found(bare, tree(other))) == 0
}

test_quiet_in_the_namespaces_of_the_cluster_itself if {
	object := json.patch(service({"k8s-app": "kube-apiserver"}), [{"op": "replace", "path": "/metadata/namespace", "value": "kube-system"}])
	count(found(object, tree(other))) == 0
}
