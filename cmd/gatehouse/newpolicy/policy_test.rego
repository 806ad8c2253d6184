package gatehouse.PACKAGE_test

import data.gatehouse.PACKAGE

parameters := {"label": "owner"}

test_without_owner_is_found if {
	found := PACKAGE.deny with input as {
		"object": {"kind": "ConfigMap", "metadata": {"name": "settings"}},
		"parameters": parameters,
	}
	count(found) == 1
}

test_with_owner_is_fine if {
	found := PACKAGE.deny with input as {
		"object": {"kind": "ConfigMap", "metadata": {"name": "settings", "labels": {"owner": "team-shop"}}},
		"parameters": parameters,
	}
	count(found) == 0
}

test_other_kinds_are_fine if {
	found := PACKAGE.deny with input as {
		"object": {"kind": "Service", "metadata": {"name": "web"}},
		"parameters": parameters,
	}
	count(found) == 0
}
