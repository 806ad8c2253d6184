package gatehouse.root_filesystem_writable_test

import data.gatehouse.root_filesystem_writable as policy

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

test_writable if {
	fields({"containers": [{"image": "web:1"}]}, {}) == {"spec.template.spec.containers[0].securityContext.readOnlyRootFilesystem"}
	fields({"initContainers": [{"image": "web:1", "securityContext": {"readOnlyRootFilesystem": false}}]}, {}) == {
		"spec.template.spec.initContainers[0].securityContext.readOnlyRootFilesystem",
	}
}

test_not_writable if {
	count(fields({"containers": [{"image": "web:1", "securityContext": {"readOnlyRootFilesystem": true}}]}, {})) == 0
}

test_what_cannot_be_set if {
	count(fields({"ephemeralContainers": [{"image": "web:1"}]}, {})) == 0
	count(fields({"os": {"name": "windows"}, "containers": [{"image": "web:1"}]}, {})) == 0
}
