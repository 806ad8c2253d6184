package gatehouse.prune_disabled_test

import data.gatehouse.prune_disabled as policy

kustomization(spec) := {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": {"name": "apps"}, "spec": spec}

application(automated) := {
	"apiVersion": "argoproj.io/v1alpha1",
	"kind": "Application",
	"metadata": {"name": "web"},
	"spec": {"syncPolicy": {"automated": automated}},
}

found(object, argo) := results if {
	results := policy.deny with input as {"object": object, "parameters": {"argo": argo}}
}

test_off if {
	some result in found(kustomization({"prune": false}), false)
	result.field == "spec.prune"
	result.msg == "the Kustomization apps does not prune: what is removed from git stays in the cluster"
}

test_on if count(found(kustomization({"prune": true}), false)) == 0

test_a_patch_that_does_not_say if count(found(kustomization({"path": "./x"}), false)) == 0

test_argo_where_it_is_asked_for if {
	count(found(application({"selfHeal": true}), false)) == 0
	some result in found(application({"selfHeal": true}), true)
	result.field == "spec.syncPolicy.automated"
	count(found(application({"prune": false}), true)) == 1
	count(found(application({"prune": true}), true)) == 0
}

test_argo_sets if {
	set := {"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "metadata": {"name": "web"}, "spec": {"template": {"spec": {"syncPolicy": {"automated": {}}}}}}
	some result in found(set, true)
	result.field == "spec.template.spec.syncPolicy.automated"
}

test_a_build_file_of_kustomize if {
	count(found({"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "spec": {"prune": false}}, false)) == 0
}
