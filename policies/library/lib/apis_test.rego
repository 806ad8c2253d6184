package gatehouse.lib.apis_test

import data.gatehouse.lib.apis

test_target if {
	every pair in [["1.36", 36], ["v1.36.3", 36], ["1.30", 30], ["1.34.1-eks-1234", 34], [1.36, 36], [1.3, 30], [1.29, 29]] {
		apis.target(pair[0]) == pair[1]
	}
}

test_no_target if {
	every text in ["latest", "36", "2.0", "", "1.x"] {
		not apis.target(text)
	}
}

test_every_version_of_the_table_is_listed if {
	every version, _ in object.remove(apis.lifecycle, ["v1"]) {
		apis.listed with input.object.apiVersion as version
	}
}

test_only_endpoints_are_deprecated_in_v1 if {
	object.keys(apis.lifecycle.v1) == {"Endpoints"}
}

test_current_versions_are_not_listed if {
	every version in ["v1", "apps/v1", "batch/v1", "networking.k8s.io/v1", "policy/v1", "rbac.authorization.k8s.io/v1"] {
		not apis.listed with input.object.apiVersion as version
	}
}

test_deprecation_comes_before_removal if {
	every entry in [entry | some kinds in apis.lifecycle; some entry in kinds; entry.removed] {
		entry.deprecated < entry.removed
	}
}
