# METADATA
# title: Delivery follows a branch that will be deleted
# description: The source of a delivery is a branch of somebody's work.
# custom:
#   id: git-source-branch-ephemeral
#   severity: warning
#   category: gitops
#   default_on: true
#   parameters:
#     prefixes: [bugfix/, chore/, dependabot/, feat/, feature/, fix/, hotfix/, poc/, renovate/, test/, tmp/, wip/]
#   why: |
#     A branch of somebody's work was put in to try something out. Until it is taken out again, whoever
#     may push there delivers without review, and with the branch the delivery stops.
#   fix: Follow a protected branch, a tag or a commit.
package gatehouse.git_source_branch_ephemeral

import data.gatehouse.lib.gitops

deny contains {"msg": msg, "field": "spec.ref.branch"} if {
	input.object.kind == "GitRepository"
	gitops.flux
	branch := input.object.spec.ref.branch
	ephemeral(branch)
	not input.object.spec.ref.commit
	msg := sprintf("the GitRepository %s follows the branch %s", [input.object.metadata.name, branch])
}

deny contains {"msg": msg, "field": field} if {
	input.object.kind in {"Application", "ApplicationSet"}
	some path, source in gitops.sources
	ephemeral(source.targetRevision)
	msg := sprintf("the %s %s follows the branch %s", [input.object.kind, input.object.metadata.name, source.targetRevision])
	field := concat("", [path, ".targetRevision"])
}

ephemeral(branch) if {
	some prefix in input.parameters.prefixes
	startswith(trim_prefix(branch, "refs/heads/"), prefix)
}
