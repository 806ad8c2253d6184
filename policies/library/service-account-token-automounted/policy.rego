# METADATA
# title: Pod gets a token that it does not ask for
# description: A pod without a ServiceAccount of its own mounts the token of the default one.
# custom:
#   id: service-account-token-automounted
#   severity: notice
#   category: policy
#   default_on: false
#   why: >-
#     A pod that names no ServiceAccount gets the token of `default`, and with it whatever anyone ever grants to
#     `default`. Few programs talk to the API server; for all others the token only serves who breaks in. Off by
#     default: the ServiceAccount `default` of the namespace may itself say that its token is not mounted.
#   fix: >-
#     Set `automountServiceAccountToken: false`. What talks to the API server gets a ServiceAccount of its own,
#     named in `serviceAccountName`.
package gatehouse.service_account_token_automounted

import data.gatehouse.lib.pods

deny contains {"msg": message, "field": concat(".", [path, "automountServiceAccountToken"])} if {
	pods.bearing
	some path, spec in pods.specs
	not spec.automountServiceAccountToken == false
	object.get(spec, "serviceAccountName", object.get(spec, "serviceAccount", "default")) in {"", "default"}
	spec.containers[0].image
	not pods.partial
	not pods.group == "serving.knative.dev"
	message := "the pod mounts the token of the ServiceAccount default, which it does not ask for"
}
