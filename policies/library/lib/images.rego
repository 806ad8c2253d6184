# METADATA
# title: References to container images
# description: |
#   Image references taken apart as container runtimes do: the first part is a registry
#   where it has a dot, a port or is localhost; without one it is Docker Hub, where a
#   name of one part stands in library/.
package gatehouse.lib.images

import data.gatehouse.lib.pods

# bearing holds for the kinds that may name images. It is read statically.
bearing if pods.bearing

bearing if working

# working holds for the kinds of Tekton and Argo Workflows. It is read statically.
working if input.object.kind in {
	"ClusterTask", "ClusterWorkflowTemplate", "CronWorkflow", "Pipeline", "PipelineRun", "Task", "TaskRun", "Workflow",
	"WorkflowTemplate",
}

# named are the images that the object names anywhere but in the containers of a pod, by
# the field in which they stand. Those of containers are many, and a rule asks for them
# itself, so that it need not write down the field of each.
named[field] := image if some field, image in mounted

named[field] := image if some field, image in worked

# mounted are the images that are volumes of a pod.
mounted[field] := volume.image.reference if {
	some path, spec in pods.specs
	some i, volume in spec.volumes
	volume.image.reference != ""
	field := pods.field(path, "volumes", i, ".image.reference")
}

# worked are the images that tasks and workflows run.
worked[field] := container.image if {
	input.object.kind in {"ClusterTask", "Pipeline", "PipelineRun", "Task", "TaskRun"}
	some path, task in tekton
	some list in ["steps", "sidecars"]
	some i, container in task[list]
	container.image != ""
	field := pods.field(path, list, i, ".image")
}

worked[field] := image if {
	input.object.kind in {"ClusterTask", "Pipeline", "PipelineRun", "Task", "TaskRun"}
	some path, task in tekton
	image := task.stepTemplate.image
	field := concat("", [path, ".stepTemplate.image"])
}

worked[field] := image if {
	input.object.kind in {"ClusterWorkflowTemplate", "CronWorkflow", "Workflow", "WorkflowTemplate"}
	some path, list in workflows
	some i, step in list
	some name in ["container", "script"]
	image := step[name].image
	field := sprintf("%s[%d].%s.image", [path, i, name])
}

worked[field] := container.image if {
	input.object.kind in {"ClusterWorkflowTemplate", "CronWorkflow", "Workflow", "WorkflowTemplate"}
	some path, list in workflows
	some i, step in list
	some kind in ["initContainers", "sidecars"]
	some j, container in step[kind]
	field := sprintf("%s[%d].%s[%d].image", [path, i, kind, j])
}

worked[field] := container.image if {
	input.object.kind in {"ClusterWorkflowTemplate", "CronWorkflow", "Workflow", "WorkflowTemplate"}
	some path, list in workflows
	some i, step in list
	some j, container in step.containerSet.containers
	field := sprintf("%s[%d].containerSet.containers[%d].image", [path, i, j])
}

# tagging holds for the kinds by which images get another tag. It is read statically.
tagging if input.object.kind in {"Component", "HelmRelease", "Kustomization"}

# retagged are images to which a kustomization, or a Kustomization of Flux, gives a tag,
# by the field of the tag.
retagged[field] := reference(image.name, image.newTag) if {
	input.object.kind in {"Component", "Kustomization"}
	some i, image in input.object.images
	image.newTag
	not image.digest
	field := sprintf("images[%d].newTag", [i])
}

retagged[field] := reference(image.name, image.newTag) if {
	input.object.kind == "Kustomization"
	some i, image in input.object.spec.images
	image.newTag
	not image.digest
	field := sprintf("spec.images[%d].newTag", [i])
}

# valued are the images that the values of a HelmRelease name, by the field of the tag.
valued["spec.values.image.tag"] := reference(image.repository, tag) if {
	input.object.kind == "HelmRelease"
	image := input.object.spec.values.image
	tag := image.tag
	not digested(image)
}

valued[field] := reference(image.repository, tag) if {
	input.object.kind == "HelmRelease"
	some name, part in input.object.spec.values
	image := part.image
	tag := image.tag
	not digested(image)
	field := sprintf("spec.values.%s.image.tag", [name])
}

valued[field] := reference(image.repository, tag) if {
	input.object.kind == "HelmRelease"
	some name, controller in input.object.spec.values.controllers
	some list in ["containers", "initContainers"]
	some called, container in controller[list]
	image := container.image
	tag := image.tag
	not digested(image)
	field := sprintf("spec.values.controllers.%s.%s.%s.image.tag", [name, list, called])
}

# moved are the repositories to which the object moves images, by their field. What a
# chart completes by a registry of its own is not known.
moved[field] := image.newName if {
	input.object.kind in {"Component", "Kustomization"}
	some i, image in input.object.images
	field := sprintf("images[%d].newName", [i])
}

moved[field] := image.newName if {
	input.object.kind == "Kustomization"
	some i, image in input.object.spec.images
	field := sprintf("spec.images[%d].newName", [i])
}

moved["spec.values.image.repository"] := home(input.object.spec.values.image) if input.object.kind == "HelmRelease"

moved[field] := home(part.image) if {
	input.object.kind == "HelmRelease"
	some name, part in input.object.spec.values
	field := sprintf("spec.values.%s.image.repository", [name])
}

moved[field] := home(container.image) if {
	input.object.kind == "HelmRelease"
	some name, controller in input.object.spec.values.controllers
	some list in ["containers", "initContainers"]
	some called, container in controller[list]
	field := sprintf("spec.values.controllers.%s.%s.%s.image.repository", [name, list, called])
}

home(image) := concat("/", [image.registry, image.repository]) if image.registry != ""

home(image) := image.repository if {
	object.get(image, "registry", "") == ""
	is_host(split(image.repository, "/")[0])
}

digested(image) if startswith(image.digest, "sha256:")

digested(image) if startswith(image.sha, "sha256:")

reference(name, tag) := sprintf("%s:%v", [name, tag]) if {
	is_string(name)
	tag != ""
	tag != null
}

# tekton are the tasks of Tekton in the object by their path.
tekton["spec"] := input.object.spec if {
	pods.group == "tekton.dev"
	input.object.kind in {"ClusterTask", "Task"}
}

tekton["spec.taskSpec"] := input.object.spec.taskSpec if {
	pods.group == "tekton.dev"
	input.object.kind == "TaskRun"
}

tekton[path] := task.taskSpec if {
	pods.group == "tekton.dev"
	input.object.kind in {"Pipeline", "PipelineRun"}
	some prefix, pipeline in pipelines
	some list in ["finally", "tasks"]
	some i, task in pipeline[list]
	path := pods.field(prefix, list, i, ".taskSpec")
}

pipelines["spec"] := input.object.spec if input.object.kind == "Pipeline"

pipelines["spec.pipelineSpec"] := input.object.spec.pipelineSpec if input.object.kind == "PipelineRun"

# workflows are the templates of Argo Workflows by their path.
workflows["spec.templates"] := input.object.spec.templates if {
	pods.group == "argoproj.io"
	input.object.kind in {"ClusterWorkflowTemplate", "Workflow", "WorkflowTemplate"}
}

workflows["spec.workflowSpec.templates"] := input.object.spec.workflowSpec.templates if {
	pods.group == "argoproj.io"
	input.object.kind == "CronWorkflow"
}

# unknown holds for an image that something fills in later: Flux, a template of
# OpenShift, a parameter of Tekton or of Argo Workflows, Istio where it is auto. A name is
# written in lower case, so IMAGE stands for one.
unknown(image) if regex.match(`\$[({]|\{\{|<[A-Za-z]|\[%|^[A-Z][A-Z0-9_]+(:.*)?$|^auto$`, image)

# digest is the digest of an image, or "".
digest(image) := value if {
	[_, value] := split(image, "@")
} else := ""

# tag is the tag of an image, or "".
tag(image) := value if {
	parts := split(split(image, "@")[0], "/")
	[_, value] := split(parts[count(parts) - 1], ":")
} else := ""

# location is where an image comes from: its registry, and the repository there.
location(image) := {"registry": registry(host), "repository": concat("/", rest)} if {
	parts := split(untagged(image), "/")
	host := lower(parts[0])
	is_host(parts[0])
	count(parts) > 1
	rest := official(registry(host), array.slice(parts, 1, count(parts)))
} else := {"registry": hub, "repository": concat("/", official(hub, split(untagged(image), "/")))}

hub := "docker.io"

untagged(image) := trim_suffix(bare, concat("", [":", tag(image)])) if {
	bare := split(image, "@")[0]
}

# Docker Hub answers to several names.
registry(host) := hub if host in {"docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"}

registry(host) := host if not host in {"docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"}

official("docker.io", [name]) := ["library", name]

official(host, parts) := parts if not single(host, parts)

single("docker.io", [_])

# is_host holds for the first part of a reference that is no folder of Docker Hub.
is_host(part) if regex.match(`[.:A-Z]`, part)

is_host("localhost")

# within holds for an image in a place such as registry.example.org,
# registry.example.org/team, *.example.org or library (of Docker Hub). What lies in a
# place begins with all of its parts, not only with its letters.
within(image, place) if {
	from := location(image)
	to := target(place)
	same_host(to.registry, from.registry)
	under(to.repository, from.repository)
}

# target reads a place; what has no registry lies on Docker Hub.
target(place) := {"registry": registry(lower(parts[0])), "repository": concat("/", array.slice(parts, 1, count(parts)))} if {
	parts := split(trim_right(trim_suffix(place, "*"), "/"), "/")
	is_host(parts[0])
} else := {"registry": hub, "repository": trim_right(trim_suffix(place, "*"), "/")}

same_host(wanted, host) if wanted == host

same_host(wanted, host) if {
	startswith(wanted, "*.")
	endswith(host, substring(wanted, 1, -1))
}

under("", _)

under(folder, repository) if folder == repository

under(folder, repository) if {
	folder != ""
	startswith(repository, concat("", [folder, "/"]))
}
