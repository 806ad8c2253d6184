# METADATA
# title: Helm chart is installed in a version that changes by itself
# description: The version of the chart is a range, or is not written at all.
# custom:
#   id: helm-release-version-floating
#   severity: warning
#   category: gitops
#   default_on: true
#   why: |
#     Without a version, or with a range, Flux installs the newest chart that fits as soon as it is
#     published. Nobody has reviewed it, no commit says when it came, and no commit undoes it.
#   fix: |
#     Write the exact version that runs now (`flux get helmreleases` shows it), and let a bot such as
#     Renovate propose newer ones.
package gatehouse.helm_release_version_floating

import data.gatehouse.lib.gitops

deny contains {"msg": msg, "field": field} if {
	input.object.kind == "HelmRelease"
	gitops.flux
	chart := input.object.spec.chart.spec
	chart.chart
	object.get(chart, ["sourceRef", "kind"], "HelmRepository") == "HelmRepository"
	what := floating(object.get(chart, "version", ""))
	msg := sprintf("the chart %s is installed in %s", [chart.chart, what])
	field := place("spec.chart.spec", chart)
}

deny contains {"msg": msg, "field": field} if {
	input.object.kind == "HelmChart"
	input.object.spec.chart
	from_repository
	what := floating(object.get(input.object.spec, "version", ""))
	msg := sprintf("the chart %s is installed in %s", [input.object.spec.chart, what])
	field := place("spec", input.object.spec)
}

deny contains {"msg": msg, "field": "spec.ref"} if {
	input.object.kind == "OCIRepository"
	gitops.flux
	range := input.object.spec.ref.semver
	not input.object.spec.ref.digest
	what := floating(range)
	msg := sprintf("the artifact of the OCIRepository %s is fetched in %s", [input.object.metadata.name, what])
}

deny contains {"msg": msg, "field": field} if {
	input.object.kind == "OCIRepository"
	gitops.flux
	input.object.spec.url
	latest
	msg := sprintf("the artifact of the OCIRepository %s is fetched in its newest version", [input.object.metadata.name])
	field := at
}

latest if not input.object.spec.ref

latest if {
	input.object.spec.ref.tag == "latest"
	not input.object.spec.ref.digest
}

at := "spec.ref.tag" if input.object.spec.ref.tag

at := "spec.url" if not input.object.spec.ref

from_repository if {
	gitops.flux
	input.object.spec.sourceRef.kind == "HelmRepository"
}

# The controller of k3s and RKE2 takes a chart of a repository by its name.
from_repository if {
	startswith(input.object.apiVersion, "helm.cattle.io/")
	input.object.spec.repo
}

floating("") := "no version in particular"

floating(version) := sprintf("any version that fits %v", [version]) if {
	version != ""
	not gitops.exact(version)
	not gitops.filled(version)
}

place(path, chart) := concat("", [path, ".version"]) if chart.version

place(path, chart) := concat("", [path, ".chart"]) if not chart.version
