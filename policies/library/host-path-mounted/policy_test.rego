package gatehouse.host_path_mounted_test

import data.gatehouse.host_path_mounted as policy

# fields are those that are found in a Pod.
fields(spec, parameters) := {result.field | some result in found(spec, parameters)}

found(spec, parameters) := results if {
	results := policy.deny with input as {
		"object": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": spec},
		"parameters": parameters,
	}
}

mounts(path) := {"volumes": [{"name": "cache", "emptyDir": {}}, {"name": "data", "hostPath": {"path": path}}]}

at := {"spec.volumes[1].hostPath.path"}

test_mounted if {
	every path in ["/", "/etc", "/var/log"] {
		fields(mounts(path), {"allowed": []}) == at
	}
}

test_allowed if {
	every path in ["/var/log", "/var/log/", "/var/log/pods"] {
		count(fields(mounts(path), {"allowed": ["/var/log/"]})) == 0
	}
	every path in ["/var/logs", "/var", "/var/log/../lib"] {
		fields(mounts(path), {"allowed": ["/var/log"]}) == at
	}
}

test_sockets_are_found_elsewhere if {
	count(fields(mounts("/var/run/docker.sock"), {"allowed": []})) == 0
}
