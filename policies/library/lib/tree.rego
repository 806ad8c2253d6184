# METADATA
# title: The tree around an object
# description: |
#   Looks things up among all objects that are applied together. An object that is
#   written without a namespace is given one by the kustomization around it, so it may
#   stand in any namespace, and what it names may as well.
package gatehouse.lib.tree

import data.gatehouse.lib.gitops

# known holds where all objects of the tree can be seen. Without them nothing can be
# called missing, nor where a part of the tree could not be read.
known if {
	data.inventory.namespace
	not data.inventory.incomplete
}

# space is the namespace in which the object stands, or "" where that is not written.
default space := ""

space := input.object.metadata.namespace

# branches are the parts of the inventory that are visible from a namespace.
branches(namespace) := [data.inventory.cluster, data.inventory.namespace[namespace]] if namespace != ""

branches(namespace) := [data.inventory.cluster] if {
	namespace != ""
	not data.inventory.namespace[namespace]
}

branches("") := everything

everything := array.concat([data.inventory.cluster], [branch | some branch in data.inventory.namespace])

# holds tells whether an object of an API group's kind is visible from a namespace.
holds(namespace, version, kind, name) if data.inventory.namespace[namespace][version][kind][name]

holds(_, version, kind, name) if data.inventory.cluster[version][kind][name]

holds("", version, kind, name) if {
	some branch in data.inventory.namespace
	branch[version][kind][name]
}

# holds_kind is holds for a kind in any version of a group; the usual ones come first.
holds_kind(namespace, group, kind, name) if {
	some version in ["v1", "v2", "v1beta3", "v1alpha1"]
	holds(namespace, trim_left(concat("/", [group, version]), "/"), kind, name)
}

holds_kind(namespace, group, kind, name) if {
	some branch in branches(namespace)
	some version, kinds in branch
	group_of(version) == group
	kinds[kind][name]
}

group_of(version) := split(version, "/")[0] if contains(version, "/")

group_of(version) := "" if not contains(version, "/")

# dynamic holds for a name that something fills in later: Flux, a template, a variable
# of the kustomization.
dynamic(name) if regex.match(`\$[({]|\{\{|<|^$`, name)

# kustomizations are the build files of kustomize in the tree.
kustomizations := [k |
	some branch in everything
	some version, kinds in branch
	startswith(version, "kustomize.config.k8s.io/")
	some kind in ["Kustomization", "Component"]
	some k in kinds[kind]
]

# generated tells whether a generator of kustomize makes an object of this name.
generated(field, name) if {
	some k in kustomizations
	some generator in k[field]
	generator.name == name
}

generated(_, name) if {
	some branch in everything
	some kind in ["ConfigMapGenerator", "SecretGenerator"]
	branch.builtin[kind][name]
}

# outside holds for a namespace into which something is built that does not lie in the
# tree: a remote base, or a chart that kustomize inflates.
outside(namespace) if {
	some k in kustomizations
	aims(k, namespace)
	beyond(k)
}

# A cluster brings objects of its own that no tree holds.
outside(namespace) if regex.match(`^(kube|openshift)-`, namespace)

aims(k, _) if not k.namespace

aims(k, namespace) if k.namespace == namespace

aims(_, "")

beyond(k) if count(k.helmCharts) > 0

beyond(k) if count(k.helmChartInflationGenerator) > 0

beyond(k) if {
	some list in ["resources", "bases", "components"]
	some item in k[list]
	gitops.remote(item)
	not regex.match(`(?i)crd`, item)
}

# claimed holds for a name that an operator or a chart may give to what it makes: one
# of its objects in reach is called so, begins the name, or mentions it.
claimed(namespace, name) if operated(namespace, name)

claimed(_, name) if {
	some branch in everything
	some version, kinds in branch
	group_of(version) in installers
	some objects in kinds
	some o in objects
	mentions(o, name)
}

installers := {"helm.toolkit.fluxcd.io", "argoproj.io", "helm.cattle.io", "addons.cluster.x-k8s.io", "fleet.cattle.io", "pkg.crossplane.io", "operators.coreos.com", "fluxcd.controlplane.io"}

# operated is claimed by custom resources that are not those of a delivery tool.
operated(namespace, name) if {
	some branch in branches(namespace)
	some version, kinds in branch
	group := group_of(version)
	custom(group)
	not delivers(group)
	some objects in kinds
	some o in objects
	mentions(o, name)
}

# custom holds for API groups that are no part of Kubernetes.
custom(group) if {
	contains(group, ".")
	not endswith(group, ".k8s.io")
}

custom("gateway.networking.k8s.io")

delivers(group) if endswith(group, ".toolkit.fluxcd.io")

delivers(group) if group in installers

mentions(o, name) if o.metadata.name == name

mentions(o, name) if startswith(name, concat("", [o.metadata.name, "-"]))

mentions(o, name) if {
	some part in ["spec", "data"]
	walk(o[part], [_, value])
	is_string(value)
	says(value, name)
}

says(value, name) if value == name

says(value, name) if {
	contains(value, "\n")
	contains(value, name)
}
