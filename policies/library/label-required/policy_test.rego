package gatehouse.label_required_test

import data.gatehouse.label_required as policy

fields(labels, wanted) := {result.field | some result in found("Service", labels, wanted)}

found(kind, labels, wanted) := results if {
	results := policy.deny with input as {
		"object": {"apiVersion": "v1", "kind": kind, "metadata": {"name": "web", "labels": labels}},
		"parameters": {"kinds": ["Service"], "labels": wanted},
	}
}

test_missing if {
	fields({}, ["team"]) == {"metadata.labels"}
	fields({"team": ""}, ["team"]) == {"metadata.labels"}
	fields({}, [{"key": "team"}]) == {"metadata.labels"}
	count(policy.deny) == 1 with input as {
		"object": {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}},
		"parameters": {"kinds": ["Service"], "labels": ["team"]},
	}
}

test_there if {
	count(fields({"team": "shop"}, ["team"])) == 0
	count(fields({"team": "shop"}, [{"key": "team"}])) == 0
}

test_values if {
	wanted := [{"key": "team", "values": ["shop", "platform"]}]
	count(fields({"team": "shop"}, wanted)) == 0
	fields({"team": "nobody"}, wanted) == {`metadata.labels["team"]`}
}

test_pattern if {
	wanted := [{"key": "cost-centre", "pattern": `^\d{4}$`}]
	count(fields({"cost-centre": "0815"}, wanted)) == 0
	fields({"cost-centre": "815"}, wanted) == {`metadata.labels["cost-centre"]`}
}

test_values_and_pattern if {
	wanted := [{"key": "team", "values": ["shop", "0815"], "pattern": "^[a-z]+$"}]
	count(fields({"team": "shop"}, wanted)) == 0
	count(fields({"team": "0815"}, wanted)) == 1
}

test_other_kinds if {
	count(found("ConfigMap", {}, ["team"])) == 0
}
