# METADATA
# title: Argo CD follows a version that changes by itself
# description: The revision of a source is a range, HEAD or nothing.
# custom:
#   id: argo-target-revision-mutable
#   severity: warning
#   category: gitops
#   default_on: true
#   parameters:
#     branches: true
#   why: |
#     A range of chart versions installs what somebody else publishes, without a merge request and
#     without a commit to go back to. `HEAD` is whatever the default branch of the repository is.
#
#     A branch is the usual thing for one's own repository and is accepted; with the parameter
#     `branches: false` only a tag that is a version or a full commit is.
#   fix: |
#     Write the exact version of the chart, and for a repository of git a branch, a tag or a commit.
#     Let a bot such as Renovate propose newer ones.
package gatehouse.argo_target_revision_mutable

import data.gatehouse.lib.gitops

deny contains {"msg": msg, "field": field} if {
	input.object.kind in {"Application", "ApplicationSet"}
	some path, source in gitops.sources
	revision := object.get(source, "targetRevision", "")
	not gitops.filled(revision)
	what := mutable(source, revision)
	msg := sprintf("the %s %s follows %s", [input.object.kind, input.object.metadata.name, what])
	field := concat("", [path, part(source)])
}

mutable(source, revision) := "no version in particular of the chart" if {
	packed(source)
	revision == ""
}

mutable(source, revision) := sprintf("a range of versions of the chart (%s)", [revision]) if {
	packed(source)
	revision != ""
	not gitops.exact(revision)
	not startswith(revision, "sha256:")
}

mutable(source, revision) := "whatever is the default branch of the repository" if {
	not packed(source)
	source.repoURL
	revision in {"", "HEAD"}
}

mutable(source, revision) := sprintf("a branch (%s)", [revision]) if {
	input.parameters.branches == false
	not packed(source)
	not revision in {"", "HEAD"}
	not regex.match(`^([0-9a-f]{40}|[0-9a-f]{64}|.*[0-9]+\.[0-9]+.*)$`, revision)
}

packed(source) if object.get(source, "chart", "") != ""

packed(source) if startswith(source.repoURL, "oci://")

part(source) := ".targetRevision" if source.targetRevision

part(source) := "" if not source.targetRevision
