package gatehouse.service_external_ip_test

import data.gatehouse.service_external_ip as policy

found(spec, allowed) := results if {
	results := policy.deny with input as {
		"object": {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": spec},
		"parameters": {"allowed": allowed},
	}
}

test_external if {
	{result.field | some result in found({"externalIPs": ["203.0.113.7", "203.0.113.8"]}, [])} == {
		"spec.externalIPs[0]",
		"spec.externalIPs[1]",
	}
}

test_allowed if {
	{result.field | some result in found({"externalIPs": ["203.0.113.7", "203.0.113.8"]}, ["203.0.113.7"])} == {"spec.externalIPs[1]"}
}

test_none if {
	count(found({"type": "LoadBalancer"}, [])) == 0
}
