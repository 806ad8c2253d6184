package gatehouse.capability_dangerous_test

import data.gatehouse.capability_dangerous as policy

# fields are those that are found in a Pod.
fields(spec, parameters) := {result.field | some result in found(spec, parameters)}

found(spec, parameters) := results if {
	results := policy.deny with input as {
		"object": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": spec},
		"parameters": parameters,
	}
}

parameters := {"capabilities": ["ALL", "SYS_ADMIN"]}

adds(list) := {"containers": [{"securityContext": {"capabilities": {"add": list}}}]}

test_dangerous if {
	fields(adds(["NET_BIND_SERVICE", "SYS_ADMIN"]), parameters) == {"spec.containers[0].securityContext.capabilities.add[1]"}
	fields(adds(["CAP_SYS_ADMIN"]), parameters) == {"spec.containers[0].securityContext.capabilities.add[0]"}
	fields(adds(["all"]), parameters) == {"spec.containers[0].securityContext.capabilities.add[0]"}
}

test_not_dangerous if {
	count(fields(adds(["NET_BIND_SERVICE", "CHOWN"]), parameters)) == 0
	count(fields({"containers": [{"securityContext": {"capabilities": {"drop": ["ALL"]}}}]}, parameters)) == 0
}

test_a_privileged_container_has_them_all if {
	count(fields({"containers": [{"securityContext": {"privileged": true, "capabilities": {"add": ["SYS_ADMIN"]}}}]}, parameters)) == 0
}
