# METADATA
# title: The tree around an object
# description: |
#   Looks things up among all objects that are applied together. They have the names and
#   namespaces under which they are applied; one whose namespace nothing tells may stand
#   in any, and what it names may as well.
package gatehouse.lib.tree

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

# everything is all objects, whatever their namespace: in one branch where that is there,
# since going through hundreds takes long.
everything := [data.inventory.all] if data.inventory.all

everything := array.concat([data.inventory.cluster], [branch | some branch in data.inventory.namespace]) if not data.inventory.all

# holds tells whether an object of an API group's kind is visible from a namespace.
holds(namespace, version, kind, name) if data.inventory.namespace[namespace][version][kind][name]

holds(_, version, kind, name) if data.inventory.cluster[version][kind][name]

holds("", version, kind, name) if {
	some branch in everything
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

# outside holds for a namespace in which more may come about than the tree shows: what
# a remote base, a chart or a file that cannot be read brings.
outside(_) if input.tree.open

outside(namespace) if data.inventory.open[namespace]

outside(_) if data.inventory.open["*"]

# A cluster brings objects of its own that no tree holds.
outside(namespace) if regex.match(`^(kube|openshift)-`, namespace)

# foreign holds where anything may come about, objects of delivery tools among it.
foreign if input.tree.open

foreign if data.inventory.open["*"]

# kept holds where the tree keeps objects of a kind for a namespace, or holds one of the
# name elsewhere. Where it does neither, they are made by something else.
kept(namespace, kind, _) if {
	some branch in own(namespace)
	count(branch.v1[kind]) > 0
}

kept(_, kind, name) if concat("/", [kind, name]) in input.tree.elsewhere

own(namespace) := [data.inventory.namespace[namespace]] if namespace != ""

own("") := everything

# claimed holds for a name in the object that an operator or a chart may give to what it
# makes: one of its objects in reach is called so, begins the name, or mentions it.
claimed(name) if name in input.tree.claimed

# operated is claimed by custom resources that are not those of a delivery tool.
operated(name) if name in input.tree.operated
