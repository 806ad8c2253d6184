package gatehouse.git_source_branch_ephemeral_test

import data.gatehouse.git_source_branch_ephemeral as policy

repository(ref) := {"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository", "metadata": {"name": "fleet"}, "spec": {"ref": ref}}

found(object) := results if {
	results := policy.deny with input as {"object": object, "parameters": {"prefixes": ["feature/", "wip/"]}}
}

test_a_branch_of_work if {
	some result in found(repository({"branch": "feature/x"}))
	result.msg == "the GitRepository fleet follows the branch feature/x"
	result.field == "spec.ref.branch"
}

test_other_references if {
	every ref in [{"branch": "main"}, {"branch": "production"}, {"tag": "v1.2.3"}, {"semver": ">=1.0.0"}, {"branch": "featured"}] {
		count(found(repository(ref))) == 0
	}
}

test_a_commit_holds_the_branch_still if count(found(repository({"branch": "feature/x", "commit": "abc"}))) == 0

test_argo if {
	application := {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "web"}, "spec": {"source": {"targetRevision": "refs/heads/wip/x"}}}
	some result in found(application)
	result.field == "spec.source.targetRevision"
	count(found(json.patch(application, [{"op": "replace", "path": "/spec/source/targetRevision", "value": "main"}]))) == 0
}
