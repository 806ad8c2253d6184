package gatehouse.argo_target_revision_mutable_test

import data.gatehouse.argo_target_revision_mutable as policy

application(source) := {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "web"}, "spec": {"source": source}}

found(object, branches) := results if {
	results := policy.deny with input as {"object": object, "parameters": {"branches": branches}}
}

git(revision) := application({"repoURL": "https://git.example.org/a", "path": "x", "targetRevision": revision})

chart(revision) := application({"repoURL": "https://charts.example.org", "chart": "x", "targetRevision": revision})

test_ranges_of_charts if {
	every revision in ["*", "1.x", "^1.2.3", ">=1.0.0", "1.2", "~1", ""] { count(found(chart(revision), true)) == 1 }
	some result in found(chart("1.x"), true)
	result.msg == "the Application web follows a range of versions of the chart (1.x)"
	result.field == "spec.source.targetRevision"
}

test_exact_charts if {
	every revision in ["1.2.3", "v1.2.3", "1.2.3-rc.1", "1.2.3+build.5", "sha256:abc"] { count(found(chart(revision), true)) == 0 }
}

test_charts_without_a_version if {
	some result in found(application({"repoURL": "https://charts.example.org", "chart": "x"}), true)
	result.field == "spec.source"
	result.msg == "the Application web follows no version in particular of the chart"
}

test_charts_in_a_registry if count(found(application({"repoURL": "oci://registry.example.org/x", "targetRevision": "*"}), true)) == 1

test_head if {
	every revision in ["HEAD", ""] { count(found(git(revision), true)) == 1 }
	some result in found(application({"repoURL": "https://git.example.org/a", "path": "x"}), true)
	result.msg == "the Application web follows whatever is the default branch of the repository"
}

test_branches if {
	every revision in ["main", "release"] {
		count(found(git(revision), true)) == 0
		count(found(git(revision), false)) == 1
	}
	every revision in ["v1.2.3", "web-1.2.0", "0123456789012345678901234567890123456789"] {
		count(found(git(revision), false)) == 0
	}
}

test_what_is_filled_in_later if {
	count(found(git("{{ .revision }}"), false)) == 0
	count(found(chart("{{version}}"), true)) == 0
}

test_several_sources_and_sets if {
	several := {"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "metadata": {"name": "web"}, "spec": {"template": {"spec": {"sources": [
		{"repoURL": "https://git.example.org/a", "targetRevision": "main"},
		{"repoURL": "https://charts.example.org", "chart": "x", "targetRevision": "1.*"},
	]}}}}
	some result in found(several, true)
	result.field == "spec.template.spec.sources[1].targetRevision"
}

test_a_patch_without_a_repository if count(found(application({"helm": {"values": "a: b"}}), true)) == 0
