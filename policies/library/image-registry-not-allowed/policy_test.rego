package gatehouse.image_registry_not_allowed_test

import data.gatehouse.image_registry_not_allowed as policy

# fields are those that are found in a Pod.
fields(spec, parameters) := {result.field | some result in found(spec, parameters)}

found(spec, parameters) := results if {
	results := policy.deny with input as {
		"object": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": spec},
		"parameters": parameters,
	}
}

finds(image, registries) if {
	fields({"containers": [{"name": "web", "image": image}]}, {"registries": registries}) == {"spec.containers[0].image"}
}

passes(image, registries) if {
	count(fields({"containers": [{"name": "web", "image": image}]}, {"registries": registries})) == 0
}

test_registry if {
	passes("registry.example.org/web:1", ["registry.example.org"])
	passes("ghcr.io/shop/web:1", ["registry.example.org", "ghcr.io/shop"])
	finds("ghcr.io/other/web:1", ["registry.example.org", "ghcr.io/shop"])
	finds("nginx", ["registry.example.org"])
	finds("nginx", [])
}

test_a_name_that_only_begins_alike if {
	finds("registry.example.org.evil/web:1", ["registry.example.org"])
	finds("registry.example.org.evil/web:1", ["registry.example.org/"])
	finds("ghcr.io/shop-evil/web:1", ["ghcr.io/shop"])
}

test_docker_hub if {
	passes("nginx:1", ["docker.io/library"])
	finds("somebody/nginx:1", ["docker.io/library"])
}

test_what_is_filled_in_later if {
	passes("${registry}/web:1", ["registry.example.org"])
}

gitops(object) := {result.field | some result in results} if {
	results := policy.deny with input as {"object": object, "parameters": {"registries": ["registry.example.org"]}}
}

test_kustomization if {
	images := [{"name": "web", "newName": "ghcr.io/shop/web"}, {"name": "web", "newTag": "1"}, {"name": "a", "newName": "registry.example.org/a"}]
	gitops({"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "images": images}) == {"images[0].newName"}
	gitops({"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "spec": {"images": images}}) == {
		"spec.images[0].newName",
	}
}

test_helm_release if {
	values := {
		"image": {"repository": "ghcr.io/shop/web"},
		"sidecar": {"image": {"registry": "quay.io", "repository": "proxy"}},
		"own": {"image": {"registry": "registry.example.org", "repository": "proxy"}},
		"unknown": {"image": {"repository": "bitnami/redis"}},
		"controllers": {"main": {"containers": {"app": {"image": {"repository": "ghcr.io/a/b"}}}}},
	}
	gitops({"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "spec": {"values": values}}) == {
		"spec.values.image.repository",
		"spec.values.sidecar.image.repository",
		"spec.values.controllers.main.containers.app.image.repository",
	}
}

test_volumes_and_tasks if {
	fields({"volumes": [{"image": {"reference": "quay.io/a:1"}}]}, {"registries": ["registry.example.org"]}) == {
		"spec.volumes[0].image.reference",
	}
	gitops({"apiVersion": "tekton.dev/v1", "kind": "Task", "spec": {"steps": [{"image": "quay.io/a:1"}]}}) == {"spec.steps[0].image"}
}
