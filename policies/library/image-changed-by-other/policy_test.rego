package gatehouse.image_changed_by_other_test

import data.gatehouse.image_changed_by_other as policy

deployment(image) := {
	"apiVersion": "apps/v1",
	"kind": "Deployment",
	"metadata": {"name": "web"},
	"spec": {"template": {"spec": {"containers": [{"name": "web", "image": image}, {"name": "proxy", "image": "proxy:1"}]}}},
}

changed(before, after, user) := {
	"operation": "UPDATE",
	"object": after,
	"oldObject": before,
	"userInfo": {"username": user},
	"parameters": {"users": ["release-bot", "releases[bot]", "system:serviceaccount:flux-system:*"]},
}

test_another_user if {
	some result in policy.deny with input as changed(deployment("web:1"), deployment("web:2"), "mallory")
	result.msg == "mallory changes the image of the container web from web:1 to web:2"
	result.field == "spec.template.spec.containers[0].image"
}

test_users_who_may if {
	every user in ["release-bot", "releases[bot]", "system:serviceaccount:flux-system:image-automation-controller"] {
		count(policy.deny) == 0 with input as changed(deployment("web:1"), deployment("web:2"), user)
	}
}

test_other_changes if {
	after := json.patch(deployment("web:1"), [{"op": "add", "path": "/spec/replicas", "value": 5}])
	count(policy.deny) == 0 with input as changed(deployment("web:1"), after, "mallory")
}

test_a_new_container if {
	after := json.patch(deployment("web:1"), [{"op": "add", "path": "/spec/template/spec/containers/-", "value": {"name": "more", "image": "more:1"}}])
	count(policy.deny) == 0 with input as changed(deployment("web:1"), after, "mallory")
}

test_containers_in_another_order if {
	after := json.patch(deployment("web:1"), [{"op": "replace", "path": "/spec/template/spec/containers", "value": [{"name": "proxy", "image": "proxy:1"}, {"name": "web", "image": "web:1"}]}])
	count(policy.deny) == 0 with input as changed(deployment("web:1"), after, "mallory")
}

kustomization(tag) := {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "images": [{"name": "web", "newTag": tag}]}

test_kustomizations if {
	some result in policy.deny with input as changed(kustomization("1"), kustomization("2"), "mallory")
	result.field == "images[0].newTag"
	result.msg == "mallory changes newTag of the image web from \"1\" to \"2\""
	count(policy.deny) == 0 with input as changed(kustomization("1"), kustomization("2"), "release-bot")
	count(policy.deny) == 0 with input as changed(kustomization("1"), kustomization("1"), "mallory")
}

test_off_without_users if {
	asked := object.union(changed(deployment("web:1"), deployment("web:2"), "mallory"), {"parameters": {"users": []}})
	count(policy.deny) == 0 with input as asked
}

test_a_new_object if {
	asked := object.union(changed(null, deployment("web:2"), "mallory"), {"operation": "CREATE"})
	count(policy.deny) == 0 with input as asked
}
