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
import data.gatehouse.lib.patches

deny contains {
	"msg": sprintf("the chart %s is installed in %s", [chart.chart, what(version)]),
	"brief": sprintf("the chart is installed in %s", [briefly(version)]),
	"field": place("spec.chart.spec", chart),
	"unless": patches.words("version"),
} if {
	input.object.kind == "HelmRelease"
	gitops.flux
	chart := input.object.spec.chart.spec
	chart.chart
	object.get(chart, ["sourceRef", "kind"], "HelmRepository") == "HelmRepository"
	version := object.get(chart, "version", "")
	floating(version)
}

# A patch that sets the version says nothing of the chart.
deny contains {
	"msg": sprintf("the chart is installed in %s", [what(version)]),
	"brief": sprintf("the chart is installed in %s", [briefly(version)]),
	"field": "spec.chart.spec.version",
} if {
	input.object.kind == "HelmRelease"
	gitops.flux
	version := input.object.spec.chart.spec.version
	not input.object.spec.chart.spec.chart
	version != ""
	floating(version)
}

deny contains {
	"msg": sprintf("the chart %s is installed in %s", [input.object.spec.chart, what(version)]),
	"brief": sprintf("the chart is installed in %s", [briefly(version)]),
	"field": place("spec", input.object.spec),
	"unless": patches.words("version"),
} if {
	input.object.kind == "HelmChart"
	input.object.spec.chart
	from_repository
	version := object.get(input.object.spec, "version", "")
	floating(version)
}

deny contains {
	"msg": sprintf("the artifact of the OCIRepository %s is fetched in %s", [input.object.metadata.name, what(version)]),
	"brief": sprintf("the artifact is fetched in %s", [briefly(version)]),
	"field": "spec.ref",
	"unless": patches.words("version"),
} if {
	input.object.kind == "OCIRepository"
	gitops.flux
	version := input.object.spec.ref.semver
	not input.object.spec.ref.digest
	floating(version)
}

deny contains {
	"msg": sprintf("the artifact of the OCIRepository %s is fetched in its newest version", [input.object.metadata.name]),
	"brief": "the artifact is fetched in its newest version",
	"field": at,
	"unless": patches.words("version"),
} if {
	input.object.kind == "OCIRepository"
	gitops.flux
	input.object.spec.url
	latest
}

settles contains word if {
	patches.kustomization
	some word in patches.written
}

settles contains word if {
	input.object.kind == "HelmRelease"
	input.object.spec.chart.spec.version != ""
	not input.object.spec.chart.spec.chart
	word := patches.word("version")
}

settles contains word if {
	input.object.kind == "OCIRepository"
	input.object.spec.ref
	not input.object.spec.url
	word := patches.word("version")
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

floating("")

# What has no digit in it, such as VERSION, is put in later.
floating(version) if {
	regex.match(`[0-9*]`, version)
	not gitops.exact(version)
	not gitops.filled(version)
}

what("") := "no version in particular"

what(version) := sprintf("any version that fits %v", [version]) if version != ""

briefly("") := "no version in particular"

briefly(version) := "any version of a range" if version != ""

place(path, chart) := concat("", [path, ".version"]) if chart.version

place(path, chart) := concat("", [path, ".chart"]) if not chart.version
