package main

// What cannot be read from one answer of the API server is said here: on which other field a default depends, and
// which fields are copies. What is said wrongly or not at all is found: record fails when a field has different
// defaults without a declared reason, and when the table does not give back what the API server gave.

// podSpec stands for the kinds with a pod template in what applies to all of them.
const podSpec = "v1 PodSpec"

// podSpecs says where the kinds have their PodSpec.
func podSpecs() map[string]string {
	return map[string]string{
		"v1 Pod":                   "spec",
		"v1 PodTemplate":           "template.spec",
		"v1 ReplicationController": "spec.template.spec",
		"apps/v1 DaemonSet":        "spec.template.spec",
		"apps/v1 Deployment":       "spec.template.spec",
		"apps/v1 ReplicaSet":       "spec.template.spec",
		"apps/v1 StatefulSet":      "spec.template.spec",
		"batch/v1 Job":             "spec.template.spec",
		"batch/v1 CronJob":         "spec.jobTemplate.spec.template.spec",
	}
}

// dependence says that the default of a field depends on other fields.
type dependence struct {
	kind string
	path string
	on   []reading
}

// reading is how another field is read.
type reading struct {
	path string
	how  how
}

type how int

const (
	byValue  how = iota // its text, defaults included
	bySet               // whether it was written
	byLatest            // whether it is an image whose tag is latest
	byOnly              // whether its object was written without further fields than name
)

func dependences() []dependence {
	value := func(path string) reading { return reading{path, byValue} }
	set := func(path string) reading { return reading{path, bySet} }
	latest := func(path string) reading { return reading{path, byLatest} }
	var all []dependence
	add := func(kind, path string, on ...reading) { all = append(all, dependence{kind, path, on}) }

	for _, containers := range []string{"containers[]", "initContainers[]", "ephemeralContainers[]"} {
		add(podSpec, containers+".imagePullPolicy", latest(containers+".image"))
	}
	add(podSpec, "volumes[].image.pullPolicy", latest("volumes[].image.reference"))
	add(podSpec, "volumes[].emptyDir", reading{"volumes[]", byOnly})

	for kind, strategy := range map[string]string{"apps/v1 Deployment": "spec.strategy", "apps/v1 DaemonSet": "spec.updateStrategy"} {
		add(kind, strategy+".rollingUpdate", value(strategy+".type"))
		add(kind, strategy+".rollingUpdate.maxSurge", value(strategy+".type"))
		add(kind, strategy+".rollingUpdate.maxUnavailable", value(strategy+".type"))
	}
	add("apps/v1 StatefulSet", "spec.updateStrategy.rollingUpdate", set("spec.updateStrategy.type"))
	add("batch/v1 Job", "spec.backoffLimit", set("spec.backoffLimitPerIndex"))
	add("batch/v1 Job", "spec.completions", set("spec.parallelism"))
	add("batch/v1 Job", "spec.podReplacementPolicy", set("spec.podFailurePolicy"))

	add("v1 Service", "spec.allocateLoadBalancerNodePorts", value("spec.type"))
	add("v1 Service", "spec.externalTrafficPolicy", value("spec.type"), set("spec.externalIPs"))
	add("v1 Service", "spec.internalTrafficPolicy", value("spec.type"))
	add("v1 Service", "spec.sessionAffinityConfig", value("spec.sessionAffinity"))
	add("networking.k8s.io/v1 NetworkPolicy", "spec.policyTypes", set("spec.egress"))

	for _, kind := range []string{"rbac.authorization.k8s.io/v1 RoleBinding", "rbac.authorization.k8s.io/v1 ClusterRoleBinding"} {
		add(kind, "subjects[].apiGroup", value("subjects[].kind"))
	}
	for kind, spec := range map[string]string{"resource.k8s.io/v1 ResourceClaim": "spec", "resource.k8s.io/v1 ResourceClaimTemplate": "spec.spec"} {
		for _, request := range []string{".devices.requests[].exactly", ".devices.requests[].firstAvailable[]"} {
			add(kind, spec+request+".count", value(spec+request+".allocationMode"))
		}
	}
	return all
}

// said returns the rows that are not learnt but declared, and only tested: copies, removals, and what no row can do.
func said() []row {
	is := func(text string) map[string]condition {
		return map[string]condition{"spec.limits[].type": {In: []string{text}}}
	}
	yes := true
	var rows []row
	add := func(kind string, r row) {
		full := newRow(kind, r.Path)
		full.Value, full.Zero, full.From, full.As, full.When, full.Remove, full.Computed = r.Value, r.Zero, r.From, r.As, r.When, r.Remove, r.Computed
		rows = append(rows, full)
	}
	add(podSpec, row{Path: "serviceAccount", Zero: true, From: "serviceAccountName"})
	add(podSpec, row{Path: "serviceAccountName", Zero: true, From: "serviceAccount"})
	for _, containers := range []string{"spec.containers[]", "spec.initContainers[]"} {
		add("v1 Pod", row{Path: containers + ".ports[].hostPort", Zero: true, From: containers + ".ports[].containerPort", When: map[string]condition{"spec.hostNetwork": {Is: &yes}}})
		add("v1 Pod", row{Path: containers + ".resources.requests.*", From: containers + ".resources.limits.*"})
	}
	add("v1 Pod", row{Path: "spec.resources.requests", Computed: "where pod-level limits are set: the sum of the containers' requests, else the limit"})
	add("v1 Pod", row{Path: "spec.resources.limits", Computed: "where pod-level resources are set: the sum of the containers' limits of huge pages"})

	add("v1 ReplicationController", row{Path: "metadata.labels", From: "spec.template.metadata.labels"})
	add("v1 ReplicationController", row{Path: "spec.selector", From: "spec.template.metadata.labels"})
	add("batch/v1 Job", row{Path: "metadata.labels", From: "spec.template.metadata.labels"})
	add("v1 Namespace", row{Path: "metadata.labels", Value: []byte("{}")})
	add("v1 Namespace", row{Path: `metadata.labels["kubernetes.io/metadata.name"]`, From: "metadata.name"})

	add("v1 Service", row{Path: "spec.ports[].targetPort", Zero: true, From: "spec.ports[].port"})
	add("v1 Service", row{Path: "spec.sessionAffinityConfig", Remove: true, When: map[string]condition{"spec.sessionAffinity": {In: []string{"None"}}}})
	add("v1 LimitRange", row{Path: "spec.limits[].default.*", From: "spec.limits[].max.*", When: is("Container")})
	add("v1 LimitRange", row{Path: "spec.limits[].defaultRequest.*", From: "spec.limits[].default.*", When: is("Container")})
	add("v1 LimitRange", row{Path: "spec.limits[].defaultRequest.*", From: "spec.limits[].min.*", When: is("Container")})

	add("apiextensions.k8s.io/v1 CustomResourceDefinition", row{Path: "spec.names.singular", Zero: true, From: "spec.names.kind", As: "lower case"})
	add("apiextensions.k8s.io/v1 CustomResourceDefinition", row{Path: "spec.names.listKind", Zero: true, From: "spec.names.kind", As: "list kind"})
	return rows
}

// whole are structs that are filled as a whole or not at all.
func whole() map[string][]string {
	return map[string][]string{"apiextensions.k8s.io/v1 CustomResourceDefinition": {"spec.conversion"}}
}

// leftOut are fields that the table says nothing of.
func leftOut() map[string][]string {
	return map[string][]string{
		// stringData is merged into data: part of the canonical form, not a default.
		"v1 Secret": {"data", "stringData"},
		// It counts updates.
		"apps/v1 DaemonSet": {`metadata.annotations["deprecated.daemonset.template.generation"]`},
		// The time of the request.
		"resource.k8s.io/v1 ResourceSlice": {"spec.devices[].taints[].timeAdded"},
	}
}

// overwritten are fields for which the API server has one answer, whatever is written.
func overwritten() map[string][]string {
	return map[string][]string{"apps/v1 StatefulSet": {"spec.volumeClaimTemplates[].apiVersion", "spec.volumeClaimTemplates[].kind"}}
}

// droppedEmpty are structs that the API server drops when they are empty.
func droppedEmpty() map[string][]string {
	return map[string][]string{"apiextensions.k8s.io/v1 CustomResourceDefinition": {"spec.conversion.webhook"}}
}

// noDefaults are kinds that nobody keeps in files, with the reason.
func noDefaults() map[string]string {
	const review, machine = "a question, never stored", "written by a component of the cluster"
	return map[string]string{
		"v1 Binding": review,
		"authentication.k8s.io/v1 SelfSubjectReview":       review,
		"authentication.k8s.io/v1 TokenReview":             review,
		"authorization.k8s.io/v1 LocalSubjectAccessReview": review,
		"authorization.k8s.io/v1 SelfSubjectAccessReview":  review,
		"authorization.k8s.io/v1 SelfSubjectRulesReview":   review,
		"authorization.k8s.io/v1 SubjectAccessReview":      review,
		"v1 Event":               machine,
		"events.k8s.io/v1 Event": machine,
		"v1 Node":                machine,
	}
}
