package gatehouse.container_privileged_test

import data.gatehouse.container_privileged as policy

# fields are those that are found in a Pod.
fields(spec, parameters) := {result.field | some result in found(spec, parameters)}

found(spec, parameters) := results if {
	results := policy.deny with input as {
		"object": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": spec},
		"parameters": parameters,
	}
}

test_privileged if {
	fields({"containers": [{"securityContext": {"privileged": true}}]}, {}) == {"spec.containers[0].securityContext.privileged"}
	fields({"initContainers": [{"securityContext": {"privileged": true}}]}, {}) == {"spec.initContainers[0].securityContext.privileged"}
	fields({"ephemeralContainers": [{"securityContext": {"privileged": true}}]}, {}) == {"spec.ephemeralContainers[0].securityContext.privileged"}
}

test_host_process if {
	fields({"containers": [{"securityContext": {"windowsOptions": {"hostProcess": true}}}]}, {}) == {
		"spec.containers[0].securityContext.windowsOptions.hostProcess",
	}
	fields({"securityContext": {"windowsOptions": {"hostProcess": true}}, "containers": []}, {}) == {
		"spec.securityContext.windowsOptions.hostProcess",
	}
}

test_not_privileged if {
	count(fields({"containers": [{"securityContext": {"privileged": false}}, {"name": "web"}]}, {})) == 0
}
