package gatehouse.lib.images_test

import data.gatehouse.lib.images

digest := "sha256:0000000000000000000000000000000000000000000000000000000000000000"

pinned(image) := concat("@", [image, digest])

# references are images with their registry, repository, tag and digest.
references := [
	["nginx", "docker.io", "library/nginx", "", ""],
	["nginx:1.29", "docker.io", "library/nginx", "1.29", ""],
	["docker.io/nginx:1.29", "docker.io", "library/nginx", "1.29", ""],
	["index.docker.io/library/nginx", "docker.io", "library/nginx", "", ""],
	["bitnami/redis:8", "docker.io", "bitnami/redis", "8", ""],
	["ghcr.io/fluxcd/flux-cli:v2.7.0", "ghcr.io", "fluxcd/flux-cli", "v2.7.0", ""],
	["localhost/web", "localhost", "web", "", ""],
	["localhost:5000/web", "localhost:5000", "web", "", ""],
	["registry:5000/shop/web:1", "registry:5000", "shop/web", "1", ""],
	["registry.k8s.io/pause", "registry.k8s.io", "pause", "", ""],
	["REGISTRY.example.org/web:1", "registry.example.org", "web", "1", ""],
	[pinned("nginx"), "docker.io", "library/nginx", "", digest],
	[pinned("registry.example.org:443/a/b/c:2"), "registry.example.org:443", "a/b/c", "2", digest],
]

test_references if {
	every r in references {
		images.location(r[0]) == {"registry": r[1], "repository": r[2]}
		images.tag(r[0]) == r[3]
		images.digest(r[0]) == r[4]
	}
}

test_within if {
	every pair in [
		["nginx", "docker.io"],
		["nginx", "docker.io/library"],
		["nginx", "library"],
		["bitnami/redis", "bitnami"],
		["docker.io/bitnami/redis", "index.docker.io/bitnami/"],
		["registry.example.org/shop/web:1", "registry.example.org"],
		["registry.example.org/shop/web:1", "registry.example.org/"],
		["registry.example.org/shop/web:1", "registry.example.org/*"],
		["registry.example.org/shop/web:1", "registry.example.org/shop"],
		["registry.example.org/shop/web:1", "registry.example.org/shop/web"],
		["registry.example.org/shop/web:1", "Registry.example.org/shop"],
		["eu.registry.example.org/web", "*.registry.example.org"],
		["localhost:5000/web", "localhost:5000"],
	] {
		images.within(pair[0], pair[1])
	}
}

test_not_within if {
	every pair in [
		["registry.example.org.evil/web", "registry.example.org"],
		["registry.example.org.evil/web", "registry.example.org/"],
		["evil-registry.example.org/web", "registry.example.org"],
		["evilregistry.example.org/web", "*.registry.example.org"],
		["registry.example.org/shop-evil/web", "registry.example.org/shop"],
		["registry.example.org/other/shop/web", "registry.example.org/shop"],
		["registry.example.org:5000/web", "registry.example.org"],
		["evil/registry.example.org/web", "registry.example.org"],
		["bitnami/nginx", "library"],
		["ghcr.io/library/nginx", "library"],
	] {
		not images.within(pair[0], pair[1])
	}
}

test_unknown if {
	every image in ["auto", "web:${tag}", "$(params.image)", "{{ .Values.image }}", "web:<TAG>"] {
		images.unknown(image)
	}
	not images.unknown("web:1.0")
}

test_named_in_volumes if {
	images.named == {
		"spec.volumes[1].image.reference": "d:1",
	} with input.object as {"apiVersion": "v1", "kind": "Pod", "spec": {
		"initContainers": [{"image": "a:1"}],
		"containers": [{"image": "b:1"}, {"name": "filled in later"}],
		"ephemeralContainers": [{"image": "c:1"}],
		"volumes": [{"emptyDir": {}}, {"image": {"reference": "d:1"}}],
	}}
}

test_named_in_tekton if {
	images.named == {
		"spec.steps[0].image": "a:1",
		"spec.sidecars[0].image": "b:1",
		"spec.stepTemplate.image": "c:1",
	} with input.object as {"apiVersion": "tekton.dev/v1", "kind": "Task", "spec": {
		"steps": [{"image": "a:1"}],
		"sidecars": [{"image": "b:1"}],
		"stepTemplate": {"image": "c:1"},
	}}
	images.named == {"spec.taskSpec.steps[0].image": "a:1"} with input.object as {
		"apiVersion": "tekton.dev/v1",
		"kind": "TaskRun",
		"spec": {"taskSpec": {"steps": [{"image": "a:1"}]}},
	}
	images.named == {"spec.tasks[0].taskSpec.steps[0].image": "a:1"} with input.object as {
		"apiVersion": "tekton.dev/v1",
		"kind": "Pipeline",
		"spec": {"tasks": [{"taskSpec": {"steps": [{"image": "a:1"}]}}]},
	}
	images.named == {"spec.pipelineSpec.finally[0].taskSpec.steps[0].image": "a:1"} with input.object as {
		"apiVersion": "tekton.dev/v1",
		"kind": "PipelineRun",
		"spec": {"pipelineSpec": {"finally": [{"taskSpec": {"steps": [{"image": "a:1"}]}}]}},
	}
}

test_named_in_workflows if {
	templates := [
		{"container": {"image": "a:1"}, "sidecars": [{"image": "b:1"}]},
		{"script": {"image": "c:1"}, "initContainers": [{"image": "d:1"}]},
		{"containerSet": {"containers": [{"image": "e:1"}]}},
	]
	images.named == {
		"spec.templates[0].container.image": "a:1",
		"spec.templates[0].sidecars[0].image": "b:1",
		"spec.templates[1].script.image": "c:1",
		"spec.templates[1].initContainers[0].image": "d:1",
		"spec.templates[2].containerSet.containers[0].image": "e:1",
	} with input.object as {"apiVersion": "argoproj.io/v1alpha1", "kind": "WorkflowTemplate", "spec": {"templates": templates}}
	images.named == {"spec.workflowSpec.templates[0].container.image": "a:1"} with input.object as {
		"apiVersion": "argoproj.io/v1alpha1",
		"kind": "CronWorkflow",
		"spec": {"workflowSpec": {"templates": [{"container": {"image": "a:1"}}]}},
	}
}

test_a_task_of_somebody_else_names_nothing if {
	count(images.named) == 0 with input.object as {"apiVersion": "example.org/v1", "kind": "Task", "spec": {"steps": [{"image": "a"}]}}
}
