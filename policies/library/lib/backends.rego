# METADATA
# title: What stands behind a Service
# description: |
#   The pods in the tree that a selector selects, found through the objects that make
#   them. Names are tried first, since most Services are called like what they select.
package gatehouse.lib.backends

import data.gatehouse.lib.tree

# makers are the kinds that make pods from a template, by API version.
makers := {
	"apps/v1": {"DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"},
	"batch/v1": {"CronJob", "Job"},
	"v1": {"Pod", "ReplicationController"},
	"argoproj.io/v1alpha1": {"Rollout"},
	"apps.openshift.io/v1": {"DeploymentConfig"},
	"apps.kruise.io/v1alpha1": {"CloneSet", "DaemonSet"},
	"apps.kruise.io/v1beta1": {"StatefulSet"},
}

# pod is what a maker says of its pods: their metadata and spec.
pod(o) := o if o.kind == "Pod"

pod(o) := o.spec.jobTemplate.spec.template if o.kind == "CronJob"

pod(o) := o.spec.template if not o.kind in {"CronJob", "Pod"}

# matches tells whether labels have all that a selector asks for.
matches(selector, labels) if every key, value in selector { labels[key] == value }

# names are what makers of the pods behind a Service are usually called.
names(service) := {name | some name in array.concat([service.metadata.name], [value | some value in service.spec.selector])}

# likely are the pods that a Service selects and whose makers are called so.
likely(service) := [p |
	some branch in tree.branches(space(service))
	some version in ["apps/v1", "argoproj.io/v1alpha1"]
	some kind in makers[version]
	some name in names(service)
	p := pod(branch[version][kind][name])
	matches(service.spec.selector, p.metadata.labels)
]

# selects tells whether anything in reach of a Service makes pods that it selects.
selects(service) if count(likely(service)) > 0

selects(service) if count(behind(service)) > 0

# meant tells whether something in reach of a Service is to stand behind it: it is called
# like the Service or what that asks for, or its pods have a part of the labels.
meant(service) if {
	some branch in tree.branches(space(service))
	some version, kinds in makers
	some kind in kinds
	some name in names(service)
	branch[version][kind][name]
}

meant(service) if {
	count(service.spec.selector) > 1
	some key, value in service.spec.selector
	some branch in tree.branches(space(service))
	some version, kinds in makers
	some kind in kinds
	count(labelled(branch[version][kind], form(kind), key, value)) > 0
}

# behind are the pods that a Service selects. One label is compared before the others,
# since this goes through all that makes pods.
behind(service) := [p |
	[key, value] := anchor(service)
	some branch in tree.branches(space(service))
	some version, kinds in makers
	some kind in kinds
	some p in labelled(branch[version][kind], form(kind), key, value)
	matches(service.spec.selector, p.metadata.labels)
]

# labelled are the pods of objects of one form with a label.
labelled(objects, "pod", key, value) := [o |
	objects[name].metadata.labels[key] == value
	o := objects[name]
]

labelled(objects, "template", key, value) := [o |
	objects[name].spec.template.metadata.labels[key] == value
	o := objects[name].spec.template
]

labelled(objects, "job", key, value) := [o |
	objects[name].spec.jobTemplate.spec.template.metadata.labels[key] == value
	o := objects[name].spec.jobTemplate.spec.template
]

form("Pod") := "pod"

form("CronJob") := "job"

form(kind) := "template" if not kind in {"CronJob", "Pod"}

anchor(service) := [key, service.spec.selector[key]] if key := min(object.keys(service.spec.selector))

space(o) := object.get(o, ["metadata", "namespace"], "")

# unclear holds where something in reach of a Service may get labels that are not
# written with it: by a patch, so that nothing else is known of it, or by a kustomization
# that adds labels to pods.
unclear(service) if {
	some branch in tree.branches(space(service))
	some version, kinds in makers
	some kind in kinds
	some o in branch[version][kind]
	not o.spec
	not o.variants
}

unclear(service) if {
	some key, _ in service.spec.selector
	data.inventory.labels[key]
}

# Operators label the pods that they make with keys of their own.
unclear(service) if {
	some key, _ in service.spec.selector
	[domain, _] := split(key, "/")
	not domain in {"app.kubernetes.io", "kubernetes.io", "k8s.io"}
}

unclear(service) if {
	some value in service.spec.selector
	tree.dynamic(value)
}

unclear(service) if {
	some value in service.spec.selector
	tree.claimed(value)
}

# The pods of the control plane and of the network stand in no tree.
unclear(service) if {
	some value in service.spec.selector
	regex.match(`^(control-plane|coredns|etcd|kube-[a-z-]+)$`, value)
}

unclear(service) if tree.outside(space(service))
