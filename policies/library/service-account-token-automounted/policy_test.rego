package gatehouse.service_account_token_automounted_test

import data.gatehouse.service_account_token_automounted as policy

# fields are those that are found in a Deployment with a pod spec.
fields(spec, parameters) := {result.field | some result in found(spec, parameters)}

found(spec, parameters) := results if {
	results := policy.deny with input as {
		"object": {
			"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
			"spec": {"selector": {"matchLabels": {"app": "web"}}, "template": {"spec": spec}},
		},
		"parameters": parameters,
	}
}

containers := [{"name": "web", "image": "web:1"}]

at := {"spec.template.spec.automountServiceAccountToken"}

test_the_default_account if {
	fields({"containers": containers}, {}) == at
	fields({"containers": containers, "serviceAccountName": "default"}, {}) == at
	fields({"containers": containers, "serviceAccountName": ""}, {}) == at
	fields({"containers": containers, "automountServiceAccountToken": true}, {}) == at
}

test_no_token if {
	count(fields({"containers": containers, "automountServiceAccountToken": false}, {})) == 0
}

test_an_account_of_its_own if {
	count(fields({"containers": containers, "serviceAccountName": "web"}, {})) == 0
	count(fields({"containers": containers, "serviceAccount": "web"}, {})) == 0
}

test_patches if {
	count(fields({"containers": [{"name": "web", "env": []}]}, {})) == 0
	count(fields({"nodeSelector": {"disk": "ssd"}}, {})) == 0
}
