# METADATA
# title: Pod needs a Secret that does not exist
# description: No object of the tree makes the Secret that the pod refers to.
# custom:
#   id: secret-missing
#   severity: warning
#   category: references
#   default_on: true
#   parameters:
#     everywhere: false
#   why: |
#     A pod that refers to a Secret which is not there does not start. A name that was misspelt,
#     or a SealedSecret that was forgotten, shows only after the merge.
#
#     What is sealed, fetched from a store, issued as a certificate or generated counts. The check
#     looks at namespaces whose Secrets are kept in the tree; where none is, they are made by hand
#     or by something else. With the parameter `everywhere: true` it looks at all.
#   fix: |
#     Add what makes the Secret (a SealedSecret, an ExternalSecret, a Certificate) to the same
#     namespace, correct the name, or mark the reference `optional: true` if the pod can do without.
package gatehouse.secret_missing

import data.gatehouse.lib.pods
import data.gatehouse.lib.producers
import data.gatehouse.lib.references
import data.gatehouse.lib.tree

deny contains {"msg": msg, "field": field} if {
	pods.bearing
	tree.known
	some field, name in references.secrets
	not tree.dynamic(name)
	not producers.makes(tree.space, name)
	kept
	not tree.claimed(tree.space, name)
	not tree.outside(tree.space)
	msg := sprintf("the pod needs the Secret %s, and nothing in the tree makes it", [name])
}

kept if input.parameters.everywhere == true

kept if producers.keeps(tree.space)
