# METADATA
# title: Pod runs as a ServiceAccount that does not exist
# description: No object of the tree is the ServiceAccount that the pod or binding names.
# custom:
#   id: service-account-missing
#   severity: warning
#   category: references
#   default_on: true
#   why: |
#     Pods of a ServiceAccount that does not exist are refused: the workload stays at zero pods, and
#     only its events say why. A binding to one gives rights to whoever makes it later.
#
#     The check says nothing where a chart, an operator or a remote base may bring the account, nor
#     of a namespace for which the tree keeps no accounts.
#   fix: Add the ServiceAccount to the same namespace, or correct the name.
package gatehouse.service_account_missing

import data.gatehouse.lib.pods
import data.gatehouse.lib.tree

deny contains {"msg": msg, "field": field} if {
	pods.bearing
	tree.known
	some path, spec in pods.specs
	name := spec.serviceAccountName
	missing(tree.space, name)
	msg := sprintf("the pod runs as the ServiceAccount %s, which is not in the tree", [name])
	field := concat("", [path, ".serviceAccountName"])
}

# A binding that names some that are there may name others for parts that are not
# installed.
deny contains {"msg": msg, "field": field} if {
	input.object.kind in {"ClusterRoleBinding", "RoleBinding"}
	tree.known
	some i, subject in input.object.subjects
	subject.kind == "ServiceAccount"
	namespace := object.get(subject, "namespace", tree.space)
	missing(namespace, subject.name)
	not bound
	msg := sprintf("the %s names the ServiceAccount %s of %s, which is not in the tree", [input.object.kind, subject.name, namespace])
	field := sprintf("subjects[%d].name", [i])
}

bound if {
	some subject in input.object.subjects
	subject.kind == "ServiceAccount"
	tree.holds(object.get(subject, "namespace", tree.space), "v1", "ServiceAccount", subject.name)
}

missing(namespace, name) if {
	name != "default"
	not tree.dynamic(name)
	not tree.holds(namespace, "v1", "ServiceAccount", name)
	not tree.claimed(name)
	not tree.outside(namespace)
	tree.kept(namespace, "ServiceAccount", name)
}
