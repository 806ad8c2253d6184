package gatehouse.kustomize_remote_unpinned_test

import data.gatehouse.kustomize_remote_unpinned as policy

found(parts) := results if {
	results := policy.deny with input as {"object": object.union({"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}, parts)}
}

test_repositories_without_a_reference if {
	every item in [
		"https://github.com/example/platform//base",
		"github.com/example/platform",
		"github.com/example/platform?timeout=90s",
		"git@github.com:example/platform.git",
		"ssh://git@git.example.org/platform",
		"https://github.com/example/platform?ref=main",
		"https://github.com/example/platform?ref=",
	] {
		count(found({"resources": [item]})) == 1
	}
}

test_repositories_that_are_held if {
	every item in [
		"https://github.com/example/platform//base?ref=v1.2.3",
		"github.com/example/platform?ref=0123456789012345678901234567890123456789",
		"git@github.com:example/platform.git?timeout=90s&ref=v1",
		"https://github.com/example/platform?version=v1",
	] {
		count(found({"resources": [item]})) == 0
	}
}

test_files if {
	count(found({"resources": ["https://raw.githubusercontent.com/example/platform/master/a.yaml"]})) == 1
	count(found({"resources": ["https://github.com/example/platform/releases/latest/download/install.yaml"]})) == 1
	count(found({"resources": ["https://github.com/example/platform/releases/download/v1/install.yaml"]})) == 0
	count(found({"resources": ["https://raw.githubusercontent.com/example/platform/v1.2.3/a.yaml"]})) == 0
}

test_what_lies_in_the_tree if {
	every item in ["../base", "web.yaml", "apps/web", "./org/x", "namespace.yaml"] { count(found({"resources": [item]})) == 0 }
}

test_every_list if {
	some result in found({"components": ["../a", "https://github.com/example/platform"]})
	result.field == "components[1]"
	result.msg == "the kustomization builds on https://github.com/example/platform, which may change"
	count(found({"bases": ["github.com/example/platform"]})) == 1
	count(found({"crds": ["https://example.org/master/crd.json"]})) == 1
}

test_a_login_is_not_said if {
	some result in found({"resources": ["https://me:secret@git.example.org/platform?token=x"]})
	not contains(result.msg, "secret")
	not contains(result.msg, "token")
}

test_charts if {
	chart := {"name": "grafana", "repo": "https://charts.example.org"}
	some result in found({"helmCharts": [chart]})
	result.field == "helmCharts[0].name"
	count(found({"helmCharts": [object.union(chart, {"version": "9.x"})]})) == 1
	count(found({"helmCharts": [object.union(chart, {"version": "9.4.4"})]})) == 0
	count(found({"helmCharts": [{"name": "local"}]})) == 0
}

test_a_kustomization_of_flux if {
	object := {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "resources": ["github.com/example/platform"]}
	count(policy.deny) == 0 with input as {"object": object}
}
