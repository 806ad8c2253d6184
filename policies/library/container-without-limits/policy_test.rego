package gatehouse.container_without_limits_test

import data.gatehouse.container_without_limits as policy

# fields are those that are found in a Deployment with a pod spec.
fields(spec, parameters) := {result.field | some result in found(spec, parameters)}

found(spec, parameters) := results if {
	results := policy.deny with input as {
		"object": {
			"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
			"spec": {"selector": {"matchLabels": {"app": "web"}}, "template": {"spec": spec}},
		},
		"parameters": parameters,
	}
}

at := {"spec.template.spec.containers[0].resources.limits"}

test_memory if {
	fields({"containers": [{"name": "web", "image": "web:1"}]}, {"resources": ["memory"]}) == at
	fields({"containers": [{"image": "web:1", "resources": {"limits": {"cpu": "1"}}}]}, {"resources": ["memory"]}) == at
	count(fields({"containers": [{"image": "web:1", "resources": {"limits": {"memory": "1Gi"}}}]}, {"resources": ["memory"]})) == 0
}

test_cpu_where_it_is_asked_for if {
	fields({"containers": [{"image": "web:1", "resources": {"limits": {"memory": "1Gi"}}}]}, {"resources": ["cpu", "memory"]}) == at
}

test_the_pod_is_limited if {
	count(fields({"containers": [{"image": "web:1"}], "resources": {"limits": {"memory": "1Gi"}}}, {"resources": ["memory"]})) == 0
}

test_init_containers_only_where_they_stay if {
	count(fields({"initContainers": [{"image": "a:1"}]}, {"resources": ["memory"]})) == 0
	count(fields({"initContainers": [{"image": "a:1", "restartPolicy": "Always"}]}, {"resources": ["memory"]})) == 1
}

test_patches if {
	count(fields({"containers": [{"name": "web", "env": []}]}, {"resources": ["memory"]})) == 0
	count(fields({"containers": [{"name": "istio-proxy", "image": "auto"}]}, {"resources": ["memory"]})) == 0
	count(policy.deny) == 0 with input as {
		"object": {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": {"spec": {"containers": [{"image": "web:2"}]}}}},
		"parameters": {"resources": ["memory"]},
	}
}
