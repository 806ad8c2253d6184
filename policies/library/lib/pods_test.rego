package gatehouse.lib.pods_test

import data.gatehouse.lib.pods

spec := {"containers": [{"name": "web", "image": "web:1"}]}

# places are objects with a pod spec and the path at which it must be found.
places := [
	["spec", {"apiVersion": "v1", "kind": "Pod", "spec": spec}],
	["template.spec", {"apiVersion": "v1", "kind": "PodTemplate", "template": {"spec": spec}}],
	["spec.template.spec", {"apiVersion": "v1", "kind": "ReplicationController", "spec": {"template": {"spec": spec}}}],
	["spec.template.spec", {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": {"spec": spec}}}],
	["spec.template.spec", {"apiVersion": "apps/v1", "kind": "StatefulSet", "spec": {"template": {"spec": spec}}}],
	["spec.template.spec", {"apiVersion": "apps/v1", "kind": "DaemonSet", "spec": {"template": {"spec": spec}}}],
	["spec.template.spec", {"apiVersion": "apps/v1", "kind": "ReplicaSet", "spec": {"template": {"spec": spec}}}],
	["spec.template.spec", {"apiVersion": "batch/v1", "kind": "Job", "spec": {"template": {"spec": spec}}}],
	["spec.template.spec", {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "spec": {"template": {"spec": spec}}}],
	["spec.template.spec", {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "spec": {"template": {"spec": spec}}}],
	["spec", {"apiVersion": "serving.knative.dev/v1", "kind": "Revision", "spec": spec}],
	["spec.jobTemplate.spec.template.spec", {"apiVersion": "batch/v1", "kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}],
	["spec.jobTargetRef.template.spec", {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledJob", "spec": {"jobTargetRef": {"template": {"spec": spec}}}}],
	["spec.template.jobTemplate.spec.template.spec", {"apiVersion": "apps.kruise.io/v1alpha1", "kind": "AdvancedCronJob", "spec": {"template": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}}],
	["spec.replicatedJobs[0].template.spec.template.spec", {"apiVersion": "jobset.x-k8s.io/v1alpha2", "kind": "JobSet", "spec": {"replicatedJobs": [{"template": {"spec": {"template": {"spec": spec}}}}]}}],
	["spec.leaderWorkerTemplate.workerTemplate.spec", {"apiVersion": "leaderworkerset.x-k8s.io/v1", "kind": "LeaderWorkerSet", "spec": {"leaderWorkerTemplate": {"workerTemplate": {"spec": spec}}}}],
	["spec.tasks[0].template.spec", {"apiVersion": "batch.volcano.sh/v1alpha1", "kind": "Job", "spec": {"tasks": [{"template": {"spec": spec}}]}}],
	["spec.pytorchReplicaSpecs.Worker.template.spec", {"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "spec": {"pytorchReplicaSpecs": {"Worker": {"template": {"spec": spec}}}}}],
	["spec.headGroupSpec.template.spec", {"apiVersion": "ray.io/v1", "kind": "RayCluster", "spec": {"headGroupSpec": {"template": {"spec": spec}}}}],
	["spec.rayClusterSpec.workerGroupSpecs[0].template.spec", {"apiVersion": "ray.io/v1", "kind": "RayJob", "spec": {"rayClusterSpec": {"workerGroupSpecs": [{"template": {"spec": spec}}]}}}],
	["spec.rayClusterConfig.headGroupSpec.template.spec", {"apiVersion": "ray.io/v1", "kind": "RayService", "spec": {"rayClusterConfig": {"headGroupSpec": {"template": {"spec": spec}}}}}],
]

test_every_place if {
	every place in places {
		pods.specs == {place[0]: spec} with input.object as place[1]
	}
}

test_every_place_is_announced if {
	every place in places {
		pods.bearing with input.object as place[1]
	}
}

test_nothing_in_a_service if {
	count(pods.specs) == 0 with input.object as {"apiVersion": "v1", "kind": "Service", "spec": {"selector": {"app": "web"}}}
}

test_nothing_in_what_is_no_object if {
	count(pods.specs) == 0 with input.object as {"apiVersion": "v1", "kind": "Pod", "spec": "text"}
}

test_group if {
	pods.group == "apps" with input.object as {"apiVersion": "apps/v1"}
	pods.group == "" with input.object as {"apiVersion": "v1"}
}

test_runs if {
	pods.runs("containers", {})
	pods.runs("initContainers", {"restartPolicy": "Always"})
	not pods.runs("initContainers", {})
	not pods.runs("ephemeralContainers", {})
}

test_partial if {
	pods.partial with input.object as {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": {}}}
	pods.partial with input.object as {"apiVersion": "batch/v1", "kind": "CronJob", "spec": {"jobTemplate": {}}}
	pods.partial with input.object as {"apiVersion": "v1", "kind": "Pod", "$patch": "delete"}
	pods.partial with input.object as {"apiVersion": "batch/v1", "kind": "Job", "spec": {"template": {"spec": {"containers": []}}}}
	pods.partial with input.object as {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "spec": {"template": {}}}
	pods.partial with input.object as {"apiVersion": "v1", "kind": "Pod", "spec": {"volumes": []}}
	not pods.partial with input.object as {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"selector": {}}}
	not pods.partial with input.object as {"apiVersion": "batch/v1", "kind": "Job", "spec": {"template": {"spec": {"restartPolicy": "Never"}}}}
	not pods.partial with input.object as {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "spec": {"workloadRef": {"name": "web"}}}
	not pods.partial with input.object as {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": []}}
	not pods.partial with input.object as {"apiVersion": "extensions/v1beta1", "kind": "Deployment", "spec": {}}
	not pods.partial with input.object as {"apiVersion": "batch/v1", "kind": "CronJob", "spec": {"schedule": "@daily"}}
}

test_called if {
	pods.called({"name": "web"}) == "the container web"
	pods.called({}) == "the container"
}
