package gatehouse.flux_api_dropped_test

import data.gatehouse.flux_api_dropped as policy

found(version, kind, flux) := results if {
	results := policy.deny with input as {"object": {"apiVersion": version, "kind": kind}, "parameters": {"flux": flux}}
}

test_dropped if {
	some result in found("helm.toolkit.fluxcd.io/v2beta1", "HelmRelease", "2.9")
	result.msg == "Flux 2.7 has dropped helm.toolkit.fluxcd.io/v2beta1: write helm.toolkit.fluxcd.io/v2"
	result.field == "apiVersion"
}

test_what_to_write if {
	some alert in found("notification.toolkit.fluxcd.io/v1beta1", "Alert", "2.9")
	endswith(alert.msg, "write notification.toolkit.fluxcd.io/v1beta3")
	some receiver in found("notification.toolkit.fluxcd.io/v1beta2", "Receiver", "2.9")
	endswith(receiver.msg, "write notification.toolkit.fluxcd.io/v1")
	some repository in found("source.toolkit.fluxcd.io/v1beta2", "GitRepository", "2.9")
	endswith(repository.msg, "write source.toolkit.fluxcd.io/v1")
}

test_an_older_flux_still_serves_it if {
	count(found("kustomize.toolkit.fluxcd.io/v1beta2", "Kustomization", "2.7")) == 0
	count(found("kustomize.toolkit.fluxcd.io/v1beta2", "Kustomization", "v2.8.1")) == 1
	count(found("kustomize.toolkit.fluxcd.io/v1beta1", "Kustomization", "2.10")) == 1
	count(found("image.toolkit.fluxcd.io/v1beta2", "ImagePolicy", "2.8")) == 0
}

test_current if {
	current := {
		"HelmRelease": "helm.toolkit.fluxcd.io/v2",
		"Kustomization": "kustomize.toolkit.fluxcd.io/v1",
		"Provider": "notification.toolkit.fluxcd.io/v1beta3",
		"OCIRepository": "source.toolkit.fluxcd.io/v1",
	}
	every kind, version in current { count(found(version, kind, "2.9")) == 0 }
}

test_a_build_file_of_kustomize if count(found("kustomize.config.k8s.io/v1beta1", "Kustomization", "2.9")) == 0
