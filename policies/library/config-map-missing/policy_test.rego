package gatehouse.config_map_missing_test

import data.gatehouse.config_map_missing as policy

deployment(spec) := {
	"apiVersion": "apps/v1",
	"kind": "Deployment",
	"metadata": {"name": "web", "namespace": "shop"},
	"spec": {"template": {"spec": spec}},
}

env(reference) := deployment({"containers": [{"name": "web", "envFrom": [{"configMapRef": reference}]}]})

tree(objects) := {"cluster": {}, "namespace": {"shop": objects}}

there := tree({"v1": {"ConfigMap": {"settings": {}}}})

found(object, inventory) := results if {
	results := policy.deny with input as {"object": object} with data.inventory as inventory
}

test_missing if {
	some result in found(env({"name": "setings"}), there)
	result.msg == "the pod needs the ConfigMap setings, which is not in the tree"
	result.field == "spec.template.spec.containers[0].envFrom[0].configMapRef.name"
}

test_there if count(found(env({"name": "settings"}), there)) == 0

test_optional if count(found(env({"name": "setings", "optional": true}), there)) == 0

test_every_place_that_names_one if {
	places := {
		"spec.template.spec.initContainers[0].env[0].valueFrom.configMapKeyRef.name": {"initContainers": [{"name": "a", "env": [{"name": "X", "valueFrom": {"configMapKeyRef": {"name": "gone", "key": "x"}}}]}]},
		"spec.template.spec.volumes[0].configMap.name": {"containers": [], "volumes": [{"name": "v", "configMap": {"name": "gone"}}]},
		"spec.template.spec.volumes[0].projected.sources[0].configMap.name": {"containers": [], "volumes": [{"name": "v", "projected": {"sources": [{"configMap": {"name": "gone"}}]}}]},
	}
	every field, spec in places {
		{result.field | some result in found(deployment(spec), there)} == {field}
	}
}

test_cron_jobs_too if {
	object := {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "c", "namespace": "shop"}, "spec": {"jobTemplate": {"spec": {"template": {"spec": {"containers": [{"name": "a", "envFrom": [{"configMapRef": {"name": "gone"}}]}]}}}}}}
	count(found(object, there)) == 1
}

test_the_same_name_in_another_namespace_does_not_help if {
	inventory := {"cluster": {}, "namespace": {"other": {"v1": {"ConfigMap": {"settings": {}}}}}}
	count(among(env({"name": "settings"}), inventory, {"elsewhere": ["ConfigMap/settings"]})) == 1
}

test_quiet_where_none_is_kept if {
	count(found(env({"name": "settings"}), {"cluster": {}, "namespace": {}})) == 0
}

test_one_without_a_written_namespace_helps if {
	inventory := {"cluster": {"v1": {"ConfigMap": {"settings": {}}}}, "namespace": {}}
	count(found(env({"name": "settings"}), inventory)) == 0
}

test_a_pod_without_a_written_namespace_sees_all if {
	object := json.remove(env({"name": "settings"}), ["/metadata/namespace"])
	count(found(object, there)) == 0
}

among(object, inventory, tree) := results if {
	results := policy.deny with input as {"object": object, "tree": tree} with data.inventory as inventory
}

test_made_by_others if {
	count(among(env({"name": "roots"}), there, {"open": false, "claimed": ["roots"], "operated": []})) == 0
	count(among(env({"name": "rots"}), there, {"open": false, "claimed": ["roots"], "operated": []})) == 1
	count(found(env({"name": "kube-root-ca.crt"}), there)) == 0
	count(found(env({"name": "trusted-ca-bundle"}), there)) == 0
}

test_made_outside if {
	count(among(env({"name": "gone"}), there, {"open": true})) == 0
	count(found(env({"name": "gone"}), object.union(there, {"open": {"shop": true}}))) == 0
	count(found(env({"name": "gone"}), object.union(there, {"open": {"*": true}}))) == 0
	count(found(env({"name": "gone"}), object.union(there, {"open": {"other": true}}))) == 1
}

test_quiet_for_variables_and_without_a_tree if {
	count(found(env({"name": "${SETTINGS}"}), there)) == 0
	count(policy.deny) == 0 with input as {"object": env({"name": "gone"})}
}
