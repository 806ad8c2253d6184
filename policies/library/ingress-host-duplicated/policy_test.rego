package gatehouse.ingress_host_duplicated_test

import data.gatehouse.ingress_host_duplicated as policy

ingress(name, host, path) := {
	"apiVersion": "networking.k8s.io/v1",
	"kind": "Ingress",
	"metadata": {"name": name, "namespace": "shop"},
	"spec": {"ingressClassName": "nginx", "rules": [{"host": host, "http": {"paths": [{"path": path, "pathType": "Prefix"}]}}]},
}

tree(object) := {"cluster": {}, "namespace": {"shop": {"networking.k8s.io/v1": {"Ingress": {object.metadata.name: object}}}}}

found(object, other, parameters) := results if {
	results := policy.deny with input as {"object": object, "parameters": parameters} with data.inventory as tree(other)
}

off := {"hosts": false}

test_the_same_path if {
	some result in found(ingress("a", "x.example.org", "/"), ingress("b", "x.example.org", "/"), off)
	result.msg == "x.example.org/ is claimed by the Ingress shop/b too"
	result.field == "spec.rules[0].host"
}

test_another_path if count(found(ingress("a", "x.example.org", "/"), ingress("b", "x.example.org", "/api"), off)) == 0

test_another_host if count(found(ingress("a", "x.example.org", "/"), ingress("b", "y.example.org", "/"), off)) == 0

test_another_path_where_hosts_are_exclusive if {
	count(found(ingress("a", "x.example.org", "/"), ingress("b", "x.example.org", "/api"), {"hosts": true})) == 1
}

test_another_class if {
	other := json.patch(ingress("b", "x.example.org", "/"), [{"op": "replace", "path": "/spec/ingressClassName", "value": "internal"}])
	count(found(ingress("a", "x.example.org", "/"), other, off)) == 0
}

test_the_class_in_an_annotation if {
	patch := [
		{"op": "remove", "path": "/spec/ingressClassName"},
		{"op": "add", "path": "/metadata/annotations", "value": {"kubernetes.io/ingress.class": "nginx"}},
	]
	count(found(ingress("a", "x.example.org", "/"), json.patch(ingress("b", "x.example.org", "/"), patch), off)) == 1
}

test_itself if count(found(ingress("a", "x.example.org", "/"), ingress("a", "x.example.org", "/"), off)) == 0

test_itself_without_a_namespace if {
	bare := json.remove(ingress("a", "x.example.org", "/"), ["/metadata/namespace"])
	count(found(bare, ingress("a", "x.example.org", "/"), off)) == 0
	inventory := {"cluster": {"networking.k8s.io/v1": {"Ingress": {"a": bare}}}, "namespace": {}}
	count(policy.deny) == 0 with input as {"object": ingress("a", "x.example.org", "/"), "parameters": off} with data.inventory as inventory
}

test_canaries_share if {
	canary := json.patch(ingress("b", "x.example.org", "/"), [{"op": "add", "path": "/metadata/annotations", "value": {"nginx.ingress.kubernetes.io/canary": "true"}}])
	count(found(ingress("a", "x.example.org", "/"), canary, off)) == 0
	count(found(canary, ingress("a", "x.example.org", "/"), off)) == 0
	minion := json.patch(ingress("b", "x.example.org", "/"), [{"op": "add", "path": "/metadata/annotations", "value": {"nginx.org/mergeable-ingress-type": "minion"}}])
	count(found(minion, ingress("a", "x.example.org", "/"), off)) == 0
}

test_quiet_without_host_or_tree if {
	count(found(ingress("a", "", "/"), ingress("b", "", "/"), off)) == 0
	count(found(ingress("a", "{{ .host }}", "/"), ingress("b", "{{ .host }}", "/"), off)) == 0
	count(policy.deny) == 0 with input as {"object": ingress("a", "x.example.org", "/"), "parameters": off}
}
