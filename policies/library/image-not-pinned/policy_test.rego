package gatehouse.image_not_pinned_test

import data.gatehouse.image_not_pinned as policy

# fields are those that are found in a Pod.
fields(spec, parameters) := {result.field | some result in found(spec, parameters)}

found(spec, parameters) := results if {
	results := policy.deny with input as {
		"object": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": spec},
		"parameters": parameters,
	}
}

defaults := {"require": "tag", "environments": {}, "floating": ["latest"]}

with_image(image) := {"containers": [{"name": "web", "image": image}]}

digest := "@sha256:0000000000000000000000000000000000000000000000000000000000000000"

finds(image, require) if fields(with_image(image), object.union(defaults, {"require": require})) == {"spec.containers[0].image"}

passes(image, require) if count(fields(with_image(image), object.union(defaults, {"require": require}))) == 0

test_tag if {
	finds("nginx", "tag")
	finds("localhost:5000/web", "tag")
	finds("nginx:latest", "tag")
	passes("nginx:1.29.1", "tag")
	passes("nginx:stable", "tag")
}

test_digest if {
	finds("nginx:1.29.1", "digest")
	finds("nginx", "digest")
}

test_a_digest_satisfies_all if {
	every require in ["tag", "digest", "semver", "commit-sha"] {
		passes(concat("", ["nginx", digest]), require)
		passes(concat("", ["nginx:latest", digest]), require)
	}
}

test_semver if {
	every tag in ["1.29", "stable", "latest", "main-1a2b3c4"] {
		finds(concat(":", ["nginx", tag]), "semver")
	}
	finds("nginx", "semver")
	every tag in ["1.29.1", "v1.29.1", "17.6.0-alpine3.22", "2.0.0-rc.1"] {
		passes(concat(":", ["nginx", tag]), "semver")
	}
}

test_commit_sha if {
	every tag in ["1.29.1", "main", "latest"] {
		finds(concat(":", ["web", tag]), "commit-sha")
	}
	finds("web", "commit-sha")
	every tag in ["1a2b3c4", "main-1a2b3c4", "sha-1a2b3c4d5e6f", "main-1a2b3c4-1700000000"] {
		passes(concat(":", ["web", tag]), "commit-sha")
	}
}

test_floating if {
	fields(with_image("web:stable"), object.union(defaults, {"floating": ["latest", "stable"]})) == {"spec.containers[0].image"}
}

test_environment if {
	parameters := object.union(defaults, {"environments": {"production": "digest"}})
	pod := {"apiVersion": "v1", "kind": "Pod", "spec": with_image("web:1.0.0")}
	count(policy.deny) == 1 with input as {"object": pod, "parameters": parameters, "environment": "production"}
	count(policy.deny) == 0 with input as {"object": pod, "parameters": parameters, "environment": "staging"}
	count(policy.deny) == 0 with input as {"object": pod, "parameters": parameters}
}

test_what_is_filled_in_later if {
	passes("registry.example.org/web:${tag}", "tag")
	passes("${image}", "digest")
}

test_unknown_requirement if {
	fields(with_image("web:1.0.0"), object.union(defaults, {"require": "hash"})) == {"spec.containers[0].image"}
}

test_init_containers_and_volumes if {
	fields({"initContainers": [{"image": "a"}], "volumes": [{"image": {"reference": "b"}}]}, defaults) == {
		"spec.initContainers[0].image",
		"spec.volumes[0].image.reference",
	}
}

gitops(object, require) := {result.field | some result in results} if {
	results := policy.deny with input as {
		"object": object,
		"parameters": {"require": require, "environments": {}, "floating": ["latest"]},
	}
}

test_kustomization if {
	images := [
		{"name": "web", "newTag": "latest"},
		{"name": "api", "newTag": "1.0.0"},
		{"name": "db", "newTag": "latest", "digest": "sha256:00"},
		{"name": "old", "newName": "new"},
	]
	gitops({"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "images": images}, "tag") == {"images[0].newTag"}
	gitops({"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "images": images}, "digest") == {
		"images[0].newTag",
		"images[1].newTag",
	}
	gitops({"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "spec": {"images": images}}, "tag") == {
		"spec.images[0].newTag",
	}
}

test_helm_release if {
	values := {
		"image": {"repository": "web", "tag": "latest"},
		"sidecar": {"image": {"repository": "proxy", "tag": "latest"}},
		"pinned": {"image": {"repository": "proxy", "tag": "latest", "digest": "sha256:00"}},
		"older": {"image": {"repository": "proxy", "tag": "latest", "sha": "sha256:00"}},
		"standard": {"image": {"repository": "proxy", "tag": ""}},
		"controllers": {"main": {
			"containers": {"app": {"image": {"repository": "app", "tag": "latest"}}},
			"initContainers": {"prepare": {"image": {"repository": "app", "tag": 1.27}}},
		}},
	}
	gitops({"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "spec": {"values": values}}, "tag") == {
		"spec.values.image.tag",
		"spec.values.sidecar.image.tag",
		"spec.values.controllers.main.containers.app.image.tag",
	}
}

test_tasks_and_workflows if {
	gitops({"apiVersion": "tekton.dev/v1", "kind": "Task", "spec": {"steps": [{"image": "a"}, {"image": "a:1"}]}}, "tag") == {"spec.steps[0].image"}
	gitops({"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "spec": {"templates": [{"script": {"image": "a:latest"}}]}}, "tag") == {
		"spec.templates[0].script.image",
	}
}
