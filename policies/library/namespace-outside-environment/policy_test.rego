package gatehouse.namespace_outside_environment_test

import data.gatehouse.namespace_outside_environment as policy

settings(namespace) := {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": namespace}}

environments := ["dev", "staging", "production"]

found(object, environment) := results if {
	results := policy.deny with input as {"object": object, "environment": environment, "environments": environments, "parameters": {"patterns": [], "teams": [], "ignore": ["kube-*"]}}
}

fitting(namespace, patterns, teams) := results if {
	results := policy.deny with input as {"object": settings(namespace), "environment": "production", "environments": environments, "parameters": {"patterns": patterns, "teams": teams, "ignore": ["kube-*"]}}
}

test_named_after_another if {
	some result in found(settings("shop-staging"), "production")
	result.msg == "the namespace shop-staging belongs to the environment staging, and this is production"
	result.field == "metadata.namespace"
	every namespace in ["staging", "staging-shop", "shop-stg", "shop-dev", "shop-development"] {
		count(found(settings(namespace), "production")) == 1
	}
}

test_its_own_and_neutral_names if {
	every namespace in ["shop-production", "shop-prod", "live-shop", "shop", "developers", "kube-dev", "${NS}-dev"] {
		count(found(settings(namespace), "production")) == 0
	}
}

test_an_environment_that_is_not_configured if count(found(settings("shop-qa"), "production")) == 0

test_where_a_namespace_may_stand if {
	places := {
		"metadata.name": {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop-dev"}},
		"namespace": {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "namespace": "shop-dev"},
		"spec.targetNamespace": {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "spec": {"targetNamespace": "shop-dev"}},
		"spec.destination.namespace": {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "spec": {"destination": {"namespace": "shop-dev"}}},
	}
	every field, object in places { {result.field | some result in found(object, "production")} == {field} }
}

test_patterns if {
	some result in fitting("shop", ["{team}-{env}"], [])
	result.msg == "the namespace shop does not fit {team}-{env} in the environment production"
	count(fitting("shop-production", ["{team}-{env}"], [])) == 0
	count(fitting("shop-prod", ["{team}-{env}"], [])) == 0
	count(fitting("shop-staging", ["{team}-{env}"], [])) == 1
	count(fitting("shop", ["{team}-{env}", "shop"], [])) == 0
	count(fitting("kube-system", ["{team}-{env}"], [])) == 0
	count(fitting("a-b-c-production", ["{team}-{name}-{env}"], [])) == 0
	count(fitting("monitoring-eu", ["monitoring*"], [])) == 0
}

test_teams if {
	count(fitting("shop-production", ["{team}-{env}"], ["shop", "data"])) == 0
	count(fitting("shp-production", ["{team}-{env}"], ["shop", "data"])) == 1
}

test_a_name_of_ones_own if {
	asked := {"object": settings("shop-emea"), "environment": "apac", "environments": ["apac", "emea"], "parameters": {"ignore": []}}
	count(policy.deny) == 1 with input as asked
}

test_quiet_without_an_environment if {
	count(found(settings("shop-dev"), "")) == 0
	count(policy.deny) == 0 with input as {"object": settings("shop-dev"), "parameters": {}}
}
