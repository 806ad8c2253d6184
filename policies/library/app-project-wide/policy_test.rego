package gatehouse.app_project_wide_test

import data.gatehouse.app_project_wide as policy

project(spec) := {"apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject", "metadata": {"name": "shop"}, "spec": spec}

found(spec, each) := results if {
	results := policy.deny with input as {"object": project(spec), "parameters": {"each": each}}
}

test_limits_nothing if {
	some result in found({"sourceRepos": ["*"], "destinations": [{"server": "*", "namespace": "*"}]}, false)
	result.msg == "the AppProject shop accepts every repository and every place"
	count(found({"sourceRepos": ["*"], "destinations": [{"name": "*", "namespace": "*"}]}, false)) == 1
}

test_one_of_the_two if {
	count(found({"sourceRepos": ["a"], "destinations": [{"server": "*", "namespace": "*"}]}, false)) == 0
	count(found({"sourceRepos": ["*"], "destinations": [{"server": "*", "namespace": "shop"}]}, false)) == 0
	count(found({"sourceRepos": ["*"], "destinations": [{"server": "https://a", "namespace": "*"}]}, false)) == 0
}

test_each_alone if {
	spec := {
		"sourceRepos": ["a", "*"],
		"destinations": [{"server": "https://a", "namespace": "*"}],
		"clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
	}
	{result.field | some result in found(spec, true)} == {"spec.sourceRepos[1]", "spec.destinations[0].namespace", "spec.clusterResourceWhitelist[0]"}
	count(found(spec, false)) == 0
	count(found({"sourceRepos": ["a"], "clusterResourceWhitelist": [{"group": "", "kind": "Namespace"}]}, true)) == 0
}
