package gatehouse.api_version_removed_test

import data.gatehouse.api_version_removed as policy

found(version, kind, target) := results if {
	results := policy.deny with input as {
		"object": {"apiVersion": version, "kind": kind, "metadata": {"name": "web"}},
		"parameters": {"targetVersion": target},
	}
}

messages(version, kind, target) := {result.msg | some result in found(version, kind, target)}

test_removed if {
	messages("policy/v1beta1", "PodDisruptionBudget", "1.36") == {
		"policy/v1beta1 PodDisruptionBudget is not served since Kubernetes 1.25: use policy/v1",
	}
	messages("policy/v1beta1", "PodSecurityPolicy", "1.36") == {
		"policy/v1beta1 PodSecurityPolicy is not served since Kubernetes 1.25: there is no version to take its place",
	}
	count(found("extensions/v1beta1", "Deployment", "1.16")) == 1
	count(found("batch/v1beta1", "CronJob", "1.25")) == 1
	count(found("autoscaling/v2beta2", "HorizontalPodAutoscaler", "1.36")) == 1
	count(found("networking.k8s.io/v1beta1", "Ingress", "1.22")) == 1
	count(found("flowcontrol.apiserver.k8s.io/v1beta3", "FlowSchema", "1.32")) == 1
}

test_not_yet if {
	count(found("batch/v1beta1", "CronJob", "1.24")) == 0
	count(found("flowcontrol.apiserver.k8s.io/v1beta3", "FlowSchema", "v1.31.4")) == 0
	count(found("networking.k8s.io/v1beta1", "ServiceCIDR", "1.36")) == 0
}

test_served if {
	count(found("apps/v1", "Deployment", "1.36")) == 0
	count(found("autoscaling/v1", "HorizontalPodAutoscaler", "1.36")) == 0
	count(found("v1", "Endpoints", "1.36")) == 0
}

test_custom_resources if {
	count(found("networking.istio.io/v1beta1", "Gateway", "1.36")) == 0
	count(found("example.org/v1beta1", "Ingress", "1.36")) == 0
}

test_a_version_that_is_none if {
	messages("policy/v1beta1", "PodDisruptionBudget", "newest") == {
		"the parameter targetVersion of api-version-removed is newest: it must be a version such as \"1.34\"",
	}
	count(found("policy/v1", "PodDisruptionBudget", "newest")) == 0
}

test_a_version_without_quotes if {
	count(found("batch/v1beta1", "CronJob", 1.3)) == 1
	count(found("batch/v1beta1", "CronJob", 1.24)) == 0
}
