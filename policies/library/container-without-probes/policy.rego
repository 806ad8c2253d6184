# METADATA
# title: Container has no probe
# description: Nothing tells the cluster whether a container is ready.
# custom:
#   id: container-without-probes
#   severity: warning
#   category: policy
#   why: >-
#     Without a readiness probe a container counts as ready the moment it starts. A rollout of a broken version
#     then runs to its end, and a Service sends requests to what does not listen yet.
#   fix: >-
#     Add a `readinessProbe` that tells whether the container can do its work. A `livenessProbe` belongs only
#     where a restart helps.
#   parameters:
#     # Whether every such container must have a livenessProbe too.
#     liveness: false
package gatehouse.container_without_probes

import data.gatehouse.lib.patches
import data.gatehouse.lib.pods

# METADATA
# scope: rule
# custom:
#   asked_where: container lacks readinessProbe
deny contains {
	"msg": concat(" ", [pods.called(container), fault]),
	"brief": concat(" ", ["the container", fault]),
	"field": pods.field(path, "containers", i, ".readinessProbe"),
	"unless": patches.inside(container, "probes"),
} if {
	serving
	some path, spec in pods.specs
	some i, container in spec.containers
	not container.readinessProbe
	pods.whole(container)
	not pods.partial
	not pods.group in knative
	fault := unready(spec, container)
}

deny contains {
	"msg": concat(" ", [pods.called(container), "has no livenessProbe"]),
	"brief": "the container has no livenessProbe",
	"field": pods.field(path, "containers", i, ".livenessProbe"),
	"unless": patches.inside(container, "liveness"),
} if {
	serving
	input.parameters.liveness == true
	some path, spec in pods.specs
	some i, container in spec.containers
	not container.livenessProbe
	pods.whole(container)
	not pods.partial
	not helps(spec, container)
	not pods.group in knative
}

settles contains word if {
	pods.bearing
	some word in patches.brought
}

settles contains word if {
	patches.kustomization
	some word in patches.written
}

# serving holds for what runs until it is stopped; a job ends by itself. A Pod of its own
# serves where it listens.
serving if input.object.kind in {
	"CloneSet", "DaemonSet", "Deployment", "DeploymentConfig", "ReplicaSet", "ReplicationController", "Rollout", "StatefulSet",
}

serving if {
	input.object.kind == "Pod"
	object.get(input.object.spec, "restartPolicy", "Always") == "Always"
	not input.object.metadata.annotations["helm.sh/hook"]
	some container in input.object.spec.containers
	listens(container)
}

# Knative probes by itself.
knative := {"serving.knative.dev"}

unready(_, container) := "has ports and no readinessProbe: requests reach it before it can answer" if {
	listens(container)
}

unready(spec, container) := "has no probe: nothing tells whether it works" if {
	not listens(container)
	not container.livenessProbe
	not container.startupProbe
	not helps(spec, container)
}

# listens holds for what answers requests, not for what is only scraped.
listens(container) if {
	some port in container.ports
	object.get(port, "protocol", "TCP") == "TCP"
	not regex.match(`metrics|monitoring|prom`, object.get(port, "name", ""))
}

# helps holds for a container beside one that says whether the pod is ready.
helps(spec, container) if {
	not listens(container)
	some other in spec.containers
	other.readinessProbe
}
