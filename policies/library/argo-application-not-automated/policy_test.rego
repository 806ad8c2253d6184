package gatehouse.argo_application_not_automated_test

import data.gatehouse.argo_application_not_automated as policy

application(policies) := {
	"apiVersion": "argoproj.io/v1alpha1",
	"kind": "Application",
	"metadata": {"name": "web"},
	"spec": object.union({"destination": {"namespace": "shop"}}, policies),
}

set(spec) := {"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "metadata": {"name": "web"}, "spec": spec}

found(object) := results if {
	results := policy.deny with input as {"object": object}
}

test_no_policy_at_all if {
	some result in found(application({}))
	result.field == "spec"
	result.msg == "the Application web has no automated sync: a merge changes nothing in the cluster"
}

test_a_policy_without_it if {
	some result in found(application({"syncPolicy": {"syncOptions": []}}))
	result.field == "spec.syncPolicy"
}

test_switched_off if count(found(application({"syncPolicy": {"automated": {"enabled": false}}}))) == 1

test_automated if {
	count(found(application({"syncPolicy": {"automated": {}}}))) == 0
	count(found(application({"syncPolicy": {"automated": {"enabled": true}}}))) == 0
}

test_a_patch_of_an_application if {
	count(found({"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "web"}, "spec": {"source": {"targetRevision": "main"}}})) == 0
}

test_sets if {
	template := {"template": {"spec": {"destination": {}}}}
	some result in found(set(template))
	result.field == "spec.template.spec"
	count(found(set(object.union(template, {"templatePatch": "spec: {syncPolicy: {automated: {}}}"})))) == 0
	count(found(set(object.union(template, {"templatePatch": "{{ .patch }}"})))) == 0
}

test_other_applications if {
	count(found({"apiVersion": "app.k8s.io/v1beta1", "kind": "Application", "metadata": {"name": "web"}, "spec": {"destination": {}}})) == 0
}
