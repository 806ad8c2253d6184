# METADATA
# title: Pods wherever they stand
# description: |
#   The pod specs in an object of any kind that bears some, by the path at which they
#   stand: those of Kubernetes itself and of well-known custom resources.
package gatehouse.lib.pods

# bearing holds for the kinds that may bear a pod spec. It is read statically, so that
# policies which begin with it are not asked of other kinds.
bearing if input.object.kind in {
	"AdvancedCronJob", "BroadcastJob", "CloneSet", "Configuration", "ContainerSource", "CronJob", "DaemonSet",
	"Deployment", "DeploymentConfig", "JAXJob", "Job", "JobSet", "LeaderWorkerSet", "MPIJob", "PaddleJob", "Pod", "PodTemplate",
	"PyTorchJob", "RayCluster", "RayJob", "RayService", "ReplicaSet", "ReplicationController", "Revision", "Rollout",
	"ScaledJob", "Service", "StatefulSet", "TFJob", "XGBoostJob",
}

default group := ""

# group is the API group of the object.
group := name if [name, _] := split(input.object.apiVersion, "/")

# specs are the pod specs of the object by their path. What a kind is called tells where
# its pod spec stands; the same name in another API group has nothing there.
specs["spec.template.spec"] := spec if {
	input.object.kind in {
		"BroadcastJob", "CloneSet", "Configuration", "ContainerSource", "DaemonSet", "Deployment", "DeploymentConfig", "Job",
		"ReplicaSet", "ReplicationController", "Rollout", "Service", "StatefulSet",
	}
	spec := input.object.spec.template.spec
	is_object(spec)
}

specs["spec"] := spec if {
	input.object.kind == "Pod"
	spec := input.object.spec
	is_object(spec)
}

specs["spec"] := spec if {
	input.object.kind == "Revision"
	startswith(input.object.apiVersion, "serving.knative.dev/")
	spec := input.object.spec
	is_object(spec)
}

specs["spec.jobTemplate.spec.template.spec"] := spec if {
	input.object.kind == "CronJob"
	spec := input.object.spec.jobTemplate.spec.template.spec
	is_object(spec)
}

specs["template.spec"] := spec if {
	input.object.kind == "PodTemplate"
	spec := input.object.template.spec
	is_object(spec)
}

specs["spec.jobTargetRef.template.spec"] := spec if {
	input.object.kind == "ScaledJob"
	spec := input.object.spec.jobTargetRef.template.spec
	is_object(spec)
}

specs["spec.template.jobTemplate.spec.template.spec"] := spec if {
	input.object.kind == "AdvancedCronJob"
	spec := input.object.spec.template.jobTemplate.spec.template.spec
	is_object(spec)
}

specs[path] := spec if {
	input.object.kind == "JobSet"
	some i, job in input.object.spec.replicatedJobs
	spec := job.template.spec.template.spec
	path := sprintf("spec.replicatedJobs[%d].template.spec.template.spec", [i])
}

specs[path] := spec if {
	input.object.kind == "LeaderWorkerSet"
	some name in ["leaderTemplate", "workerTemplate"]
	spec := input.object.spec.leaderWorkerTemplate[name].spec
	path := sprintf("spec.leaderWorkerTemplate.%s.spec", [name])
}

# The Job of Volcano.
specs[path] := spec if {
	input.object.kind == "Job"
	some i, task in input.object.spec.tasks
	spec := task.template.spec
	path := sprintf("spec.tasks[%d].template.spec", [i])
}

# Training jobs of Kubeflow keep their replicas under a name of their own each.
specs[path] := spec if {
	input.object.kind in {"JAXJob", "MPIJob", "PaddleJob", "PyTorchJob", "TFJob", "XGBoostJob"}
	some name in ["jaxReplicaSpecs", "mpiReplicaSpecs", "paddleReplicaSpecs", "pytorchReplicaSpecs", "tfReplicaSpecs", "xgbReplicaSpecs"]
	some role, replica in input.object.spec[name]
	spec := replica.template.spec
	path := sprintf("spec.%s.%s.template.spec", [name, role])
}

specs[path] := spec if {
	input.object.kind in {"RayCluster", "RayJob", "RayService"}
	some prefix, cluster in ray
	spec := cluster.headGroupSpec.template.spec
	path := concat("", [prefix, ".headGroupSpec.template.spec"])
}

specs[path] := spec if {
	input.object.kind in {"RayCluster", "RayJob", "RayService"}
	some prefix, cluster in ray
	some i, workers in cluster.workerGroupSpecs
	spec := workers.template.spec
	path := sprintf("%s.workerGroupSpecs[%d].template.spec", [prefix, i])
}

ray["spec"] := input.object.spec if input.object.kind == "RayCluster"

ray["spec.rayClusterSpec"] := input.object.spec.rayClusterSpec if input.object.kind == "RayJob"

ray["spec.rayClusterConfig"] := input.object.spec.rayClusterConfig if input.object.kind == "RayService"

# lists are the fields of a pod spec that hold containers.
lists := ["initContainers", "containers", "ephemeralContainers"]

# runs holds for a container that runs as long as its pod does: not for one that only
# prepares it or that was added to debug it.
runs("containers", _) := true

runs("initContainers", container) if container.restartPolicy == "Always"

# field is the path of something in a container.
field(path, list, i, rest) := concat("", [path, ".", list, "[", format_int(i, 10), "]", rest])

# called is what to call a container in a message.
called(container) := concat(" ", ["the container", container.name])

called(container) := "the container" if not container.name

# whole holds for a container that is written out: one without an image is a part of what
# an operator makes, and one whose image is auto becomes what Istio injects
# (https://istio.io/latest/docs/setup/additional-setup/gateway/).
whole(container) if container.image != "auto"

# partial holds for what is no whole object but a patch of one that stands elsewhere:
# it lacks what the API server demands. What a patch does not say is not missing.
partial if {
	input.object.kind in {"DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"}
	group == "apps"
	not input.object.spec.selector
}

partial if {
	input.object.kind == "CronJob"
	not input.object.spec.schedule
}

partial if {
	input.object.kind == "Job"
	group == "batch"
	not input.object.spec.template.spec.restartPolicy
}

partial if {
	input.object.kind == "Rollout"
	not input.object.spec.selector
	not input.object.spec.workloadRef
}

partial if {
	input.object.kind == "Pod"
	not input.object.spec.containers
}

partial if input.object["$patch"]
