package gatehouse.container_without_probes_test

import data.gatehouse.container_without_probes as policy

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

port := [{"containerPort": 8080}]

probe := {"tcpSocket": {"port": 8080}}

first := {"spec.template.spec.containers[0].readinessProbe"}

none(spec) if count(fields(spec, {"liveness": false})) == 0

test_it_listens if {
	fields({"containers": [{"image": "web:1", "ports": port}]}, {"liveness": false}) == first
	fields({"containers": [{"image": "web:1", "ports": port, "livenessProbe": probe}]}, {"liveness": false}) == first
	none({"containers": [{"image": "web:1", "ports": port, "readinessProbe": probe}]})
}

test_it_does_not_listen if {
	fields({"containers": [{"image": "web:1"}]}, {"liveness": false}) == first
	none({"containers": [{"image": "web:1", "livenessProbe": probe}]})
	none({"containers": [{"image": "web:1", "startupProbe": probe}]})
	none({"containers": [{"image": "web:1", "livenessProbe": probe, "ports": [{"containerPort": 9090, "name": "http-metrics"}]}]})
	none({"containers": [{"image": "web:1", "livenessProbe": probe, "ports": [{"containerPort": 53, "protocol": "UDP"}]}]})
}

test_it_helps_another if {
	none({"containers": [{"image": "web:1", "readinessProbe": probe}, {"image": "reloader:1"}]})
}

test_init_containers if {
	none({"initContainers": [{"image": "a:1", "restartPolicy": "Always"}], "containers": [{"image": "b:1", "readinessProbe": probe}]})
}

test_liveness if {
	spec := {"containers": [{"image": "web:1", "ports": port, "readinessProbe": probe}]}
	fields(spec, {"liveness": true}) == {"spec.template.spec.containers[0].livenessProbe"}
	count(fields({"containers": [{"image": "web:1", "readinessProbe": probe, "livenessProbe": probe}]}, {"liveness": true})) == 0
}

kinds_of(object) := results if {
	results := count(policy.deny) with input as {"object": object, "parameters": {"liveness": false}}
}

test_jobs if {
	spec := {"containers": [{"image": "a:1", "ports": port}]}
	kinds_of({"apiVersion": "batch/v1", "kind": "Job", "spec": {"template": {"spec": spec}}}) == 0
	kinds_of({"apiVersion": "batch/v1", "kind": "CronJob", "spec": {"schedule": "@daily", "jobTemplate": {"spec": {"template": {"spec": spec}}}}}) == 0
}

test_pods if {
	spec := {"containers": [{"image": "a:1", "ports": port}]}
	kinds_of({"apiVersion": "v1", "kind": "Pod", "spec": spec}) == 1
	kinds_of({"apiVersion": "v1", "kind": "Pod", "spec": object.union(spec, {"restartPolicy": "Never"})}) == 0
	kinds_of({"apiVersion": "v1", "kind": "Pod", "metadata": {"annotations": {"helm.sh/hook": "test"}}, "spec": spec}) == 0
	kinds_of({"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"image": "a:1"}]}}) == 0
}

test_patches if {
	none({"containers": [{"name": "web", "ports": port}]})
	kinds_of({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": {"spec": {"containers": [{"image": "a:1"}]}}}}) == 0
}

test_what_istio_injects if {
	none({"containers": [{"image": "auto", "name": "istio-proxy", "ports": port}]})
}
