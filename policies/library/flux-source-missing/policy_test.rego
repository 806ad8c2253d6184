package gatehouse.flux_source_missing_test

import data.gatehouse.flux_source_missing as policy

kustomization(spec) := {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": {"name": "apps", "namespace": "flux-system"}, "spec": spec}

release(spec) := {"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": {"name": "web", "namespace": "shop"}, "spec": spec}

tree := {"cluster": {}, "namespace": {
	"flux-system": {
		"source.toolkit.fluxcd.io/v1": {"GitRepository": {"fleet": {}}, "HelmRepository": {"charts": {}}, "OCIRepository": {"podinfo": {}}},
		"kustomize.toolkit.fluxcd.io/v1": {"Kustomization": {"infra": {"metadata": {"name": "infra"}}}},
		"v1": {"ConfigMap": {"cluster": {"metadata": {"name": "cluster", "namespace": "flux-system"}}}},
	},
	"shop": {},
}}

found(object) := results if {
	results := policy.deny with input as {"object": object} with data.inventory as tree
}

test_the_source_of_a_kustomization if {
	some result in found(kustomization({"sourceRef": {"kind": "GitRepository", "name": "flet"}}))
	result.msg == "the GitRepository flet of this Kustomization is not in the tree"
	result.field == "spec.sourceRef.name"
	count(found(kustomization({"sourceRef": {"kind": "GitRepository", "name": "fleet"}}))) == 0
}

test_kinds_that_the_tree_does_not_hold if {
	count(found(kustomization({"sourceRef": {"kind": "Bucket", "name": "fleet"}}))) == 0
}

test_the_source_of_a_release if {
	spec := {"chart": {"spec": {"sourceRef": {"kind": "HelmRepository", "name": "charts"}}}}
	some result in found(release(spec))
	result.field == "spec.chart.spec.sourceRef.name"
	count(found(release(json.patch(spec, [{"op": "add", "path": "/chart/spec/sourceRef/namespace", "value": "flux-system"}])))) == 0
	count(found(release({"chartRef": {"kind": "OCIRepository", "name": "podinfo"}}))) == 1
	count(found(release({"chartRef": {"kind": "OCIRepository", "name": "other"}}))) == 0
}

test_a_release_without_a_written_namespace if {
	object := json.remove(release({"chart": {"spec": {"sourceRef": {"kind": "HelmRepository", "name": "charts"}}}}), ["/metadata/namespace"])
	count(found(object)) == 0
}

test_dependencies if {
	some result in found(kustomization({"dependsOn": [{"name": "infra"}, {"name": "inra"}]}))
	result.field == "spec.dependsOn[1].name"
	count(found(kustomization({"dependsOn": [{"name": "infra", "namespace": "shop"}]}))) == 1
}

test_providers_and_images if {
	alert := {"apiVersion": "notification.toolkit.fluxcd.io/v1beta3", "kind": "Alert", "metadata": {"name": "a", "namespace": "flux-system"}, "spec": {"providerRef": {"name": "chat"}}}
	count(found(alert)) == 0
	other := object.union(tree, {"namespace": {"flux-system": {"notification.toolkit.fluxcd.io/v1beta3": {"Provider": {"pager": {}}}}}})
	some result in policy.deny with input as {"object": alert} with data.inventory as other
	result.field == "spec.providerRef.name"
	image := {"apiVersion": "image.toolkit.fluxcd.io/v1", "kind": "ImagePolicy", "metadata": {"name": "a", "namespace": "flux-system"}, "spec": {"imageRepositoryRef": {"name": "web"}}}
	images := object.union(tree, {"namespace": {"flux-system": {"image.toolkit.fluxcd.io/v1": {"ImageRepository": {"api": {}}}}}})
	count(policy.deny) == 1 with input as {"object": image} with data.inventory as images
}

substitute(name) := kustomization({"postBuild": {"substituteFrom": [{"kind": "ConfigMap", "name": name}]}})

test_values if {
	count(found(substitute("cluster"))) == 0
	some result in found(substitute("clustr"))
	result.field == "spec.postBuild.substituteFrom[0].name"
	result.msg == "the ConfigMap clustr, from which this Kustomization takes values, is not in the tree"
	count(found(kustomization({"postBuild": {"substituteFrom": [{"kind": "ConfigMap", "name": "clustr", "optional": true}]}}))) == 0
	count(found(release({"valuesFrom": [{"kind": "Secret", "name": "vlues"}]}))) == 0
	count(policy.deny) == 0 with input as {"object": substitute("clustr"), "tree": {"operated": ["clustr"]}} with data.inventory as tree
	count(found(release({"valuesFrom": [{"kind": "ConfigMap", "name": "any"}]}))) == 0
}

test_what_bootstrap_and_the_operator_make if {
	count(found(kustomization({"sourceRef": {"kind": "GitRepository", "name": "flux-system"}}))) == 0
	tenants := kustomization({"sourceRef": {"kind": "GitRepository", "name": "tenants"}})
	count(policy.deny) == 0 with input as {"object": tenants, "tree": {"operated": ["tenants"]}} with data.inventory as tree
}

test_quiet_where_anything_may_come_about if {
	misspelt := kustomization({"sourceRef": {"kind": "GitRepository", "name": "flet"}})
	anywhere := object.union(tree, {"open": {"*": true}})
	count(policy.deny) == 0 with input as {"object": misspelt} with data.inventory as anywhere
}

test_quiet_for_variables_and_without_a_tree if {
	count(found(kustomization({"sourceRef": {"kind": "GitRepository", "name": "${SOURCE}"}}))) == 0
	count(policy.deny) == 0 with input as {"object": kustomization({"sourceRef": {"kind": "GitRepository", "name": "flet"}})}
}
