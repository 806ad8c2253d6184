package gatehouse.lib.apis_test

import data.gatehouse.lib.apis

test_target if {
	every pair in [["1.36", 36], ["v1.36.3", 36], ["1.30", 30], ["1.34.1-eks-1234", 34], [1.36, 36], [1.3, 30], [1.29, 29]] {
		apis.target == pair[1] with input.parameters.targetVersion as pair[0]
	}
}

test_no_target if {
	every text in ["latest", "36", "2.0", "", "1.x"] {
		not apis.target with input.parameters.targetVersion as text
	}
}

test_every_kind_of_the_table_is_listed if {
	every version, kinds in apis.lifecycle {
		every kind, _ in kinds {
			apis.listed with input.object as {"apiVersion": version, "kind": kind}
		}
	}
}

test_deprecation_comes_before_removal if {
	every entry in [entry | some kinds in apis.lifecycle; some entry in kinds; entry.removed] {
		entry.deprecated < entry.removed
	}
}
