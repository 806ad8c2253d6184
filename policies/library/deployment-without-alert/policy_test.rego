package gatehouse.deployment_without_alert_test

import data.gatehouse.deployment_without_alert as policy

release := {"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": {"name": "web", "namespace": "shop"}, "spec": {"interval": "10m"}}

application(annotations) := {
	"apiVersion": "argoproj.io/v1alpha1",
	"kind": "Application",
	"metadata": {"name": "web", "namespace": "argocd", "annotations": annotations},
	"spec": {"project": "shop", "destination": {}},
}

alerts(namespace, source) := {"cluster": {}, "namespace": {namespace: {"notification.toolkit.fluxcd.io/v1beta3": {"Alert": {"a": {"spec": {"eventSources": [source]}}}}}}}

found(object, inventory) := results if {
	results := policy.deny with input as {"object": object} with data.inventory as inventory
}

none := {"cluster": {}, "namespace": {}}

test_no_alert if {
	some result in found(release, none)
	result.msg == "no Alert covers the HelmRelease web"
	result.field == "metadata.name"
}

test_alerts_that_cover_it if {
	count(found(release, alerts("shop", {"kind": "HelmRelease", "name": "*"}))) == 0
	count(found(release, alerts("shop", {"kind": "HelmRelease", "name": "web"}))) == 0
	count(found(release, alerts("flux-system", {"kind": "HelmRelease", "name": "*", "namespace": "shop"}))) == 0
}

test_alerts_that_do_not if {
	count(found(release, alerts("shop", {"kind": "Kustomization", "name": "*"}))) == 1
	count(found(release, alerts("shop", {"kind": "HelmRelease", "name": "api"}))) == 1
	count(found(release, alerts("flux-system", {"kind": "HelmRelease", "name": "*"}))) == 1
}

test_without_a_written_namespace if {
	count(found(json.remove(release, ["/metadata/namespace"]), alerts("shop", {"kind": "HelmRelease", "name": "*"}))) == 0
}

test_argo if {
	some result in found(application({}), none)
	result.msg == "nobody is subscribed to the Application web"
	count(found(application({"notifications.argoproj.io/subscribe.on-sync-failed.slack": "shop"}), none)) == 0
	project := {"metadata": {"annotations": {"notifications.argoproj.io/subscribe.slack": "shop"}}}
	count(found(application({}), {"cluster": {}, "namespace": {"argocd": {"argoproj.io/v1alpha1": {"AppProject": {"shop": project}}}}})) == 0
	settings := {"data": {"subscriptions": "- recipients: []"}}
	count(found(application({}), {"cluster": {}, "namespace": {"argocd": {"v1": {"ConfigMap": {"argocd-notifications-cm": settings}}}}})) == 0
}

test_quiet_for_patches_and_without_a_tree if {
	count(found(json.remove(release, ["/spec/interval"]), none)) == 0
	count(policy.deny) == 0 with input as {"object": release}
}
