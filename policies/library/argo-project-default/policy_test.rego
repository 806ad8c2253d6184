package gatehouse.argo_project_default_test

import data.gatehouse.argo_project_default as policy

application(project) := {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "web"}, "spec": {"project": project}}

found(object) := results if {
	results := policy.deny with input as {"object": object}
}

test_default if {
	some result in found(application("default"))
	result.field == "spec.project"
	result.msg == "the Application web belongs to the project default, which allows everything"
}

test_another if count(found(application("shop"))) == 0

test_sets if {
	set := {"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "metadata": {"name": "web"}, "spec": {"template": {"spec": {"project": "default"}}}}
	some result in found(set)
	result.field == "spec.template.spec.project"
}
