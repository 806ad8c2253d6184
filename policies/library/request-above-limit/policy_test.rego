package gatehouse.request_above_limit_test

import data.gatehouse.request_above_limit as policy

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

with_resources(requests, limits) := {"containers": [{"name": "web", "resources": {"requests": requests, "limits": limits}}]}

test_above if {
	fields(with_resources({"memory": "1Gi"}, {"memory": "512Mi"}), {}) == {`spec.template.spec.containers[0].resources.requests["memory"]`}
	fields(with_resources({"cpu": "1500m"}, {"cpu": "1"}), {}) == {`spec.template.spec.containers[0].resources.requests["cpu"]`}
	fields(with_resources({"cpu": 2}, {"cpu": "1"}), {}) == {`spec.template.spec.containers[0].resources.requests["cpu"]`}
}

test_not_above if {
	every pair in [["1Gi", "1024Mi"], ["512Mi", "1G"], ["100m", "0.1"], ["1", 1], ["64M", "64Mi"]] {
		count(fields(with_resources({"x": pair[0]}, {"x": pair[1]}), {})) == 0
	}
	count(fields(with_resources({"memory": "1Gi"}, {"cpu": "1"}), {})) == 0
}

test_what_is_no_quantity if {
	count(fields(with_resources({"memory": "${memory}"}, {"memory": "1Gi"}), {})) == 0
}
