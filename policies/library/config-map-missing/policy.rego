# METADATA
# title: Pod needs a ConfigMap that does not exist
# description: No object of the tree makes the ConfigMap that the pod refers to.
# custom:
#   id: config-map-missing
#   severity: warning
#   category: references
#   default_on: true
#   why: |
#     A pod that refers to a ConfigMap which is not there does not start: it waits with
#     `CreateContainerConfigError` or an unmounted volume until somebody looks.
#
#     Generators of kustomize count, and so does what an operator or a chart in the tree may make.
#     Where the tree keeps no ConfigMap of the namespace, and none of that name elsewhere, they are
#     made by something else, and the check says nothing.
#   fix: |
#     Add the ConfigMap to the same namespace, correct the name, or mark the reference
#     `optional: true` if the pod can do without.
package gatehouse.config_map_missing

import data.gatehouse.lib.pods
import data.gatehouse.lib.references
import data.gatehouse.lib.tree

deny contains {"msg": msg, "field": field} if {
	pods.bearing
	tree.known
	some field, name in references.config_maps
	not tree.dynamic(name)
	not made(name)
	tree.kept(tree.space, "ConfigMap", name)
	msg := sprintf("the pod needs the ConfigMap %s, which is not in the tree", [name])
}

made(name) if tree.holds(tree.space, "v1", "ConfigMap", name)

made(name) if injected(name)

made(name) if tree.claimed(name)

made(_) if tree.outside(tree.space)

# Every namespace has these from the cluster itself, or from a widespread controller.
injected(name) if name in {"kube-root-ca.crt", "openshift-service-ca.crt", "istio-ca-root-cert", "linkerd-identity-trust-roots"}

# OpenShift and others fill in ConfigMaps that carry their annotation.
injected(name) if regex.match(`(^|[-.])(trusted-)?ca-bundle([-.]|$)`, name)
