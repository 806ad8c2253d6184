package gatehouse.api_version_deprecated_test

import data.gatehouse.api_version_deprecated as policy

found(version, kind, target) := results if {
	results := policy.deny with input as {
		"object": {"apiVersion": version, "kind": kind, "metadata": {"name": "web"}},
		"parameters": {"targetVersion": target},
	}
}

messages(version, kind, target) := {result.msg | some result in found(version, kind, target)}

test_deprecated if {
	messages("storage.k8s.io/v1beta1", "VolumeAttributesClass", "1.36") == {
		"storage.k8s.io/v1beta1 VolumeAttributesClass is deprecated since Kubernetes 1.34 and no longer served from 1.37: use storage.k8s.io/v1",
	}
	messages("v1", "Endpoints", "1.36") == {"v1 Endpoints is deprecated since Kubernetes 1.33: use discovery.k8s.io/v1 EndpointSlice"}
	count(found("policy/v1beta1", "PodDisruptionBudget", "1.24")) == 1
}

test_not_yet if {
	count(found("v1", "Endpoints", "1.32")) == 0
	count(found("policy/v1beta1", "PodDisruptionBudget", "1.20")) == 0
}

test_no_longer_served if {
	count(found("policy/v1beta1", "PodDisruptionBudget", "1.25")) == 0
}

test_nothing_to_move_to if {
	count(found("coordination.k8s.io/v1beta1", "LeaseCandidate", "1.36")) == 0
}

test_served if {
	count(found("policy/v1", "PodDisruptionBudget", "1.36")) == 0
	count(found("example.org/v1beta1", "Ingress", "1.36")) == 0
}
