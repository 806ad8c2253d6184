package gatehouse.reconciliation_suspended_test

import data.gatehouse.reconciliation_suspended as policy

object(version, kind, spec) := {"apiVersion": version, "kind": kind, "metadata": {"name": "apps"}, "spec": spec}

found(o) := results if {
	results := policy.deny with input as {"object": o}
}

test_suspended if {
	some result in found(object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", {"suspend": true}))
	result.msg == "the Kustomization apps is suspended: Flux leaves it as it is"
	result.field == "spec.suspend"
}

test_other_kinds_of_flux if {
	versions := {
		"HelmRelease": "helm.toolkit.fluxcd.io/v2",
		"GitRepository": "source.toolkit.fluxcd.io/v1",
		"ImageUpdateAutomation": "image.toolkit.fluxcd.io/v1",
		"Terraform": "infra.contrib.fluxcd.io/v1alpha2",
	}
	every kind, version in versions { count(found(object(version, kind, {"suspend": true}))) == 1 }
}

test_not_suspended if {
	count(found(object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", {"suspend": false}))) == 0
	count(found(object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", {}))) == 0
}

test_a_job_may_be_suspended if count(found(object("batch/v1", "Job", {"suspend": true}))) == 0

test_a_kind_of_the_same_name_of_another_group if count(found(object("example.org/v1", "Kustomization", {"suspend": true}))) == 0

test_argo if {
	skipped := {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "web", "annotations": {"argocd.argoproj.io/skip-reconcile": "true"}}}
	some result in found(skipped)
	result.field == "metadata.annotations[\"argocd.argoproj.io/skip-reconcile\"]"
	count(found(json.patch(skipped, [{"op": "replace", "path": "/metadata/annotations", "value": {"argocd.argoproj.io/skip-reconcile": "false"}}]))) == 0
}
