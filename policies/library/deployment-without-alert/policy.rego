# METADATA
# title: Nobody is told when a delivery fails
# description: No Alert and no subscription covers the unit of delivery.
# custom:
#   id: deployment-without-alert
#   severity: warning
#   category: gitops
#   default_on: false
#   why: |
#     A delivery that fails does so in the cluster, minutes after the merge, when nobody looks any
#     more. Flux tells it to a Provider through an Alert, Argo CD through a subscription.
#   fix: |
#     Flux: add an Alert whose `eventSources` name the object, or `"*"` for all of its kind.
#     Argo CD: annotate the Application or its AppProject with `notifications.argoproj.io/subscribe.…`.
package gatehouse.deployment_without_alert

import data.gatehouse.lib.gitops
import data.gatehouse.lib.tree

deny contains {"msg": msg, "field": "metadata.name"} if {
	input.object.kind in {"HelmRelease", "Kustomization"}
	gitops.flux
	tree.known
	input.object.spec.interval
	not alerted
	msg := sprintf("no Alert covers the %s %s", [input.object.kind, input.object.metadata.name])
}

deny contains {"msg": msg, "field": "metadata.name"} if {
	input.object.kind == "Application"
	gitops.argo
	tree.known
	input.object.spec.destination
	not subscribed(input.object)
	not project_subscribed
	not subscribed_for_all
	msg := sprintf("nobody is subscribed to the Application %s", [input.object.metadata.name])
}

alerted if {
	some namespace, branch in spaces
	some version, kinds in branch
	tree.group_of(version) == "notification.toolkit.fluxcd.io"
	some alert in kinds.Alert
	some source in alert.spec.eventSources
	source.kind == input.object.kind
	source.name in {"*", input.object.metadata.name}
	object.get(source, "namespace", namespace) in {"*", "", tree.space}
}

alerted if {
	tree.space == ""
	some branch in tree.everything
	some version, kinds in branch
	tree.group_of(version) == "notification.toolkit.fluxcd.io"
	some alert in kinds.Alert
	some source in alert.spec.eventSources
	source.kind == input.object.kind
	source.name in {"*", input.object.metadata.name}
}

spaces := object.union(data.inventory.namespace, {"": data.inventory.cluster})

subscribed(o) if {
	some key, _ in o.metadata.annotations
	startswith(key, "notifications.argoproj.io/subscribe")
}

project_subscribed if {
	some branch in tree.branches(tree.space)
	some version, kinds in branch
	tree.group_of(version) == "argoproj.io"
	subscribed(kinds.AppProject[input.object.spec.project])
}

# The configuration of the notifications may subscribe somebody to all Applications.
subscribed_for_all if {
	some branch in tree.branches(tree.space)
	branch.v1.ConfigMap["argocd-notifications-cm"].data.subscriptions
}
