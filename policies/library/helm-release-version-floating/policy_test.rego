package gatehouse.helm_release_version_floating_test

import data.gatehouse.helm_release_version_floating as policy

release(chart) := {
	"apiVersion": "helm.toolkit.fluxcd.io/v2",
	"kind": "HelmRelease",
	"metadata": {"name": "grafana"},
	"spec": {"chart": {"spec": object.union({"chart": "grafana", "sourceRef": {"kind": "HelmRepository", "name": "grafana"}}, chart)}},
}

oci(spec) := {"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "OCIRepository", "metadata": {"name": "x"}, "spec": object.union({"url": "oci://registry.example.org/x"}, spec)}

found(object) := results if {
	results := policy.deny with input as {"object": object}
}

test_ranges if {
	every version in ["*", "9.x", ">=9.0.0", "~9.4.0", "^9", "9.4", "9"] { count(found(release({"version": version}))) == 1 }
	some result in found(release({"version": "9.x"}))
	result.msg == "the chart grafana is installed in any version that fits 9.x"
	result.field == "spec.chart.spec.version"
}

test_no_version if {
	some result in found(release({}))
	result.msg == "the chart grafana is installed in no version in particular"
	result.field == "spec.chart.spec.chart"
}

test_exact if {
	every version in ["9.4.4", "v9.4.4", "=9.4.4", "9.4.4-beta.1", "${VERSION}", "VERSION"] { count(found(release({"version": version}))) == 0 }
}

test_a_chart_in_git_has_the_version_of_the_commit if {
	count(found(release({"chart": "./charts/x", "sourceRef": {"kind": "GitRepository", "name": "a"}}))) == 0
}

test_a_patch_without_a_chart if {
	count(found({"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": {"name": "x"}, "spec": {"values": {}}})) == 0
}

test_a_patch_of_the_version if {
	patch := {"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": {"name": "grafana"}, "spec": {"chart": {"spec": {"version": "9.4.4"}}}}
	count(found(patch)) == 0
	some word in policy.settles with input as {"object": patch}
	some result in policy.deny with input as {"object": release({}), "kustomized": true}
	word in result.unless
	count(found(object.union(patch, {"spec": {"chart": {"spec": {"version": ">=9.4"}}}}))) == 1
}

test_a_whole_release_settles_nothing if {
	settled := policy.settles with input as {"object": release({"version": "9.4.4"})}
	count(settled) == 0
}

test_artifacts if {
	count(found(oci({}))) == 1
	count(found(oci({"ref": {"tag": "latest"}}))) == 1
	some result in found(oci({"ref": {"semver": "1.x"}}))
	result.field == "spec.ref"
	count(found(oci({"ref": {"tag": "1.2.3"}}))) == 0
	count(found(oci({"ref": {"semver": "1.2.3"}}))) == 0
	count(found(oci({"ref": {"tag": "latest", "digest": "sha256:0"}}))) == 0
	count(found(oci({"ref": {"semver": "*", "digest": "sha256:0"}}))) == 0
}

test_charts_as_objects if {
	flux := {"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "HelmChart", "metadata": {"name": "x"}, "spec": {"chart": "x", "version": "*", "sourceRef": {"kind": "HelmRepository", "name": "a"}}}
	count(found(flux)) == 1
	k3s := {"apiVersion": "helm.cattle.io/v1", "kind": "HelmChart", "metadata": {"name": "x"}, "spec": {"chart": "x", "repo": "https://charts.example.org"}}
	some result in found(k3s)
	result.field == "spec.chart"
	local := {"apiVersion": "helm.cattle.io/v1", "kind": "HelmChart", "metadata": {"name": "x"}, "spec": {"chart": "https://example.org/x-1.2.3.tgz"}}
	count(found(local)) == 0
}

test_other_releases if {
	count(found(json.patch(release({}), [{"op": "replace", "path": "/apiVersion", "value": "example.org/v1"}]))) == 0
}
