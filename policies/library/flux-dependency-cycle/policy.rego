# METADATA
# title: Flux objects wait for one another
# description: The object depends, through others, on itself.
# custom:
#   id: flux-dependency-cycle
#   severity: error
#   category: gitops
#   default_on: true
#   why: |
#     Flux applies an object when all that it depends on is ready. In a circle nothing ever is, and
#     Flux reports no error: all of them wait.
#   fix: Remove one of the dependencies from `spec.dependsOn`.
package gatehouse.flux_dependency_cycle

import data.gatehouse.lib.gitops
import data.gatehouse.lib.tree

deny contains {"msg": msg, "field": field} if {
	input.object.kind in {"HelmRelease", "Kustomization"}
	gitops.flux
	tree.known
	some i, dependency in input.object.spec.dependsOn
	waits(object.get(dependency, "namespace", tree.space), dependency.name)
	itself := key(tree.space, input.object.metadata.name)
	next := key(object.get(dependency, "namespace", tree.space), dependency.name)
	itself in graph.reachable(dependencies, {next})
	msg := sprintf("the %s %s depends on itself by way of %s", [input.object.kind, input.object.metadata.name, dependency.name])
	field := sprintf("spec.dependsOn[%d].name", [i])
}

# waits tells whether a dependency has some of its own. Most have none, and then the
# tree need not be gone through.
waits(namespace, name) if count(data.inventory.namespace[namespace][input.object.apiVersion][input.object.kind][name].spec.dependsOn) > 0

waits("", name) if count(data.inventory.cluster[input.object.apiVersion][input.object.kind][name].spec.dependsOn) > 0

# dependencies are those of all objects of this kind and version in the tree. Those that
# are written without a namespace are taken to be in one together.
dependencies[key(namespace, name)] := next if {
	some namespace, branch in spaces
	some name, o in branch[input.object.apiVersion][input.object.kind]
	next := {key(object.get(dependency, "namespace", namespace), dependency.name) |
		some dependency in o.spec.dependsOn
	}
}

spaces := object.union(data.inventory.namespace, {"": data.inventory.cluster})

key(namespace, name) := concat("/", [namespace, name])
