package gatehouse.host_namespace_shared_test

import data.gatehouse.host_namespace_shared as policy

# fields are those that are found in a Pod.
fields(spec, parameters) := {result.field | some result in found(spec, parameters)}

found(spec, parameters) := results if {
	results := policy.deny with input as {
		"object": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": spec},
		"parameters": parameters,
	}
}

test_shared if {
	every name in ["hostNetwork", "hostPID", "hostIPC"] {
		fields({name: true}, {}) == {concat(".", ["spec", name])}
	}
	count(fields({"hostNetwork": true, "hostPID": true}, {})) == 2
}

test_not_shared if {
	count(fields({"hostNetwork": false}, {})) == 0
	count(fields({"containers": []}, {})) == 0
}
