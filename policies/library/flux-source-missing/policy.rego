# METADATA
# title: Flux object refers to another that does not exist
# description: A source, dependency or values reference of a Flux object is not in the tree.
# custom:
#   id: flux-source-missing
#   severity: warning
#   category: gitops
#   default_on: true
#   why: |
#     A Flux object whose source, dependency or values do not exist is never ready. It stays as it is,
#     its namespace gets no changes any more, and nothing fails where the name was misspelt.
#
#     The check asks only where the tree holds others of that kind in the namespace, or one of the
#     name in another; otherwise they are made by bootstrap, by Terraform or by another repository.
#   fix: |
#     Correct `kind`, `name` and `namespace` of the reference, or add the object. Values that may be
#     missing take `optional: true`.
package gatehouse.flux_source_missing

import data.gatehouse.lib.gitops
import data.gatehouse.lib.tree

deny contains {"msg": msg, "field": field} if {
	input.object.kind in {"Alert", "HelmChart", "HelmRelease", "ImagePolicy", "ImageUpdateAutomation", "Kustomization"}
	gitops.flux
	tree.known
	some field, wanted in references
	not tree.dynamic(wanted.name)
	namespace := space(wanted)
	not tree.holds_kind(namespace, wanted.group, wanted.kind, wanted.name)
	not tree.foreign
	keeps(namespace, wanted)
	not bootstrapped(wanted.name)
	msg := sprintf("the %s %s of this %s is not in the tree", [wanted.kind, wanted.name, input.object.kind])
}

deny contains {"msg": msg, "field": field} if {
	input.object.kind in {"HelmRelease", "Kustomization"}
	gitops.flux
	tree.known
	some field, wanted in values
	wanted.kind == "ConfigMap"
	not wanted.optional
	not tree.dynamic(wanted.name)
	not made(wanted.name)
	msg := sprintf("the ConfigMap %s, from which this %s takes values, is not in the tree", [wanted.name, input.object.kind])
}

# A reference without a namespace is to the namespace of the object itself; where that is
# not written either, it may be any.
space(wanted) := object.get(wanted, "namespace", tree.space)

sources := "source.toolkit.fluxcd.io"

references["spec.sourceRef.name"] := object.union({"group": sources}, input.object.spec.sourceRef)

references["spec.chart.spec.sourceRef.name"] := object.union({"group": sources}, input.object.spec.chart.spec.sourceRef)

references["spec.chartRef.name"] := object.union({"group": sources}, input.object.spec.chartRef)

references[sprintf("spec.dependsOn[%d].name", [i])] := object.union({"group": group, "kind": input.object.kind}, dependency) if {
	some i, dependency in input.object.spec.dependsOn
	group := tree.group_of(input.object.apiVersion)
}

references["spec.providerRef.name"] := object.union({"group": "notification.toolkit.fluxcd.io", "kind": "Provider"}, input.object.spec.providerRef)

references["spec.imageRepositoryRef.name"] := object.union({"group": "image.toolkit.fluxcd.io", "kind": "ImageRepository"}, input.object.spec.imageRepositoryRef)

values[sprintf("spec.valuesFrom[%d].name", [i])] := wanted if some i, wanted in input.object.spec.valuesFrom

values[sprintf("spec.postBuild.substituteFrom[%d].name", [i])] := wanted if some i, wanted in input.object.spec.postBuild.substituteFrom

# keeps tells whether the tree holds any object of a kind in a namespace, besides this
# one, or one of the name in another namespace.
keeps(namespace, wanted) if {
	some branch in tree.own(namespace)
	some version, kinds in branch
	tree.group_of(version) == wanted.group
	others := object.remove(kinds[wanted.kind], {name | name := input.object.metadata.name; input.object.kind == wanted.kind})
	count(others) > 0
}

keeps(_, wanted) if {
	some branch in tree.everything
	some version, kinds in branch
	tree.group_of(version) == wanted.group
	kinds[wanted.kind][wanted.name]
}

# The Flux Operator makes the sources of a cluster from a FluxInstance or a ResourceSet.
bootstrapped(name) if tree.operated(name)

# Bootstrap makes those of this name.
bootstrapped("flux-system")

made(name) if tree.holds(tree.space, "v1", "ConfigMap", name)

made(name) if tree.operated(name)

made(_) if tree.outside(tree.space)

# Where the tree keeps no ConfigMap of the namespace, they are made by something else.
made(_) if not kept

kept if count(data.inventory.namespace[tree.space].v1.ConfigMap) > 0

kept if {
	tree.space == ""
	some branch in tree.everything
	count(branch.v1.ConfigMap) > 0
}
