# METADATA
# title: Kustomization builds on a remote base that may change
# description: A remote resource or chart of a kustomization is not held to a version.
# custom:
#   id: kustomize-remote-unpinned
#   severity: warning
#   category: gitops
#   default_on: true
#   why: |
#     A remote base without a reference is fetched from the default branch, at each build anew. What is
#     applied changes without a change here, and whoever may push there applies to this cluster.
#   fix: |
#     Add `?ref=` with a tag, or better a full commit, to the URL, take the file of a release and not
#     of a branch, or copy the base into the repository. Give charts an exact `version`.
package gatehouse.kustomize_remote_unpinned

import data.gatehouse.lib.gitops

deny contains {"msg": msg, "field": field} if {
	input.object.kind in {"Component", "Kustomization"}
	startswith(input.object.apiVersion, "kustomize.config.k8s.io/")
	some list in ["resources", "bases", "components", "crds"]
	some i, item in input.object[list]
	gitops.remote(item)
	moving(item)
	msg := sprintf("the kustomization builds on %s, which may change", [bare(item)])
	field := sprintf("%s[%d]", [list, i])
}

deny contains {"msg": msg, "field": field} if {
	input.object.kind in {"Component", "Kustomization"}
	startswith(input.object.apiVersion, "kustomize.config.k8s.io/")
	some i, chart in input.object.helmCharts
	chart.repo
	version := object.get(chart, "version", "")
	not gitops.exact(version)
	msg := sprintf("the kustomization inflates the chart %s in no exact version", [chart.name])
	field := sprintf("helmCharts[%d].name", [i])
}

# A repository is held by its reference, unless that is a branch which everybody has.
moving(item) if {
	not file(item)
	count(references(item)) == 0
}

moving(item) if {
	some reference in references(item)
	reference in floating
}

moving(item) if {
	file(item)
	some part in split(split(item, "?")[0], "/")
	part in floating
}

floating := {"HEAD", "develop", "latest", "main", "master", "trunk"}

references(item) := [value |
	[_, query] := split(item, "?")
	some pair in split(query, "&")
	[key, value] := split(pair, "=")
	key in {"ref", "version"}
	value != ""
]

# What ends like a manifest is one file, and no repository.
file(item) if regex.match(`^https?://.*\.(ya?ml|json)(\?.*)?$`, item)

# bare leaves out what may be a login.
bare(item) := regex.replace(split(item, "?")[0], `//[^/@]*@`, "//")
