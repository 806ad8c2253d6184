package gatehouse.container_without_requests_test

import data.gatehouse.container_without_requests as policy

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

parameters := {"resources": ["cpu", "memory"]}

message(spec) := text if some text in {result.msg | some result in found(spec, parameters)}

at := {"spec.template.spec.containers[0].resources.requests"}

test_none if {
	fields({"containers": [{"name": "web", "image": "web:1"}]}, parameters) == at
	message({"containers": [{"name": "web", "image": "web:1"}]}) == "the container web requests no cpu and no memory"
}

test_one if {
	spec := {"containers": [{"name": "web", "image": "web:1", "resources": {"requests": {"cpu": "1"}}}]}
	fields(spec, parameters) == at
	message(spec) == "the container web requests no memory"
	count(fields(spec, {"resources": ["cpu"]})) == 0
}

test_both if {
	count(fields({"containers": [{"image": "web:1", "resources": {"requests": {"cpu": "1", "memory": "1Gi"}}}]}, parameters)) == 0
}

test_a_limit_is_a_request if {
	count(fields({"containers": [{"image": "web:1", "resources": {"limits": {"cpu": "1", "memory": "1Gi"}}}]}, parameters)) == 0
}

test_the_pod_requests if {
	count(fields({"containers": [{"image": "web:1"}], "resources": {"requests": {"cpu": "1", "memory": "1Gi"}}}, parameters)) == 0
}

test_init_containers_only_where_they_stay if {
	count(fields({"initContainers": [{"name": "prepare", "image": "a:1"}]}, parameters)) == 0
	fields({"initContainers": [{"name": "proxy", "image": "a:1", "restartPolicy": "Always"}]}, parameters) == {
		"spec.template.spec.initContainers[0].resources.requests",
	}
}

test_patches if {
	count(fields({"containers": [{"name": "web", "env": []}]}, parameters)) == 0
	count(fields({"containers": [{"name": "istio-proxy", "image": "auto"}]}, parameters)) == 0
	count(policy.deny) == 0 with input as {
		"object": {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": {"spec": {"containers": [{"image": "web:2"}]}}}},
		"parameters": parameters,
	}
}
