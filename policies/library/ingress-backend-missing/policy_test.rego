package gatehouse.ingress_backend_missing_test

import data.gatehouse.ingress_backend_missing as policy

ingress(backend) := {
	"apiVersion": "networking.k8s.io/v1",
	"kind": "Ingress",
	"metadata": {"name": "web", "namespace": "shop"},
	"spec": {"rules": [{"http": {"paths": [{"path": "/", "backend": {"service": backend}}]}}]},
}

tree(spec) := {"cluster": {}, "namespace": {"shop": {"v1": {"Service": {"web": {"metadata": {"name": "web"}, "spec": spec}}}}}}

ports := tree({"ports": [{"name": "http", "port": 80}, {"port": 443}]})

found(object, inventory) := results if {
	results := policy.deny with input as {"object": object} with data.inventory as inventory
}

test_a_service_that_is_not_there if {
	some result in found(ingress({"name": "api", "port": {"number": 80}}), ports)
	result.msg == "the Ingress leads to the Service api, which is not in the tree"
	result.field == "spec.rules[0].http.paths[0].backend.service.name"
}

test_a_port_that_is_not_there if {
	some result in found(ingress({"name": "web", "port": {"number": 8080}}), ports)
	result.msg == "the Ingress leads to the port 8080 of the Service web, which has no such port"
	result.field == "spec.rules[0].http.paths[0].backend.service.port.number"
	count(found(ingress({"name": "web", "port": {"name": "https"}}), ports)) == 1
}

test_the_default_backend if {
	object := {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "x", "namespace": "shop"}, "spec": {"defaultBackend": {"service": {"name": "api"}}}}
	some result in found(object, ports)
	result.field == "spec.defaultBackend.service.name"
}

test_what_is_there if {
	count(found(ingress({"name": "web", "port": {"number": 443}}), ports)) == 0
	count(found(ingress({"name": "web", "port": {"name": "http"}}), ports)) == 0
}

test_a_service_without_a_written_namespace if {
	inventory := {"cluster": {"v1": {"Service": {"web": {"spec": {"ports": [{"port": 80}]}}}}}, "namespace": {}}
	count(found(ingress({"name": "web", "port": {"number": 80}}), inventory)) == 0
}

test_a_patch_of_a_service_lists_no_ports if count(found(ingress({"name": "web", "port": {"number": 80}}), tree({"type": "NodePort"}))) == 0

test_quiet_where_a_chart_brings_it if {
	object := ingress({"name": "grafana", "port": {"number": 80}})
	count(policy.deny) == 0 with input as {"object": object, "tree": {"claimed": ["grafana"]}} with data.inventory as ports
	count(policy.deny) == 1 with input as {"object": object, "tree": {"claimed": ["other"]}} with data.inventory as ports
}

test_quiet_for_actions_variables_and_without_a_tree if {
	annotated := json.patch(ingress({"name": "redirect", "port": {"name": "use-annotation"}}), [{"op": "add", "path": "/metadata/annotations", "value": {"alb.ingress.kubernetes.io/actions.redirect": "{}"}}])
	count(found(annotated, ports)) == 0
	count(found(ingress({"name": "${NAME}", "port": {"number": 80}}), ports)) == 0
	count(found(ingress({"name": "web", "port": {"name": "${PORT}"}}), ports)) == 0
	count(policy.deny) == 0 with input as {"object": ingress({"name": "api"})}
}

test_quiet_where_a_remote_base_may_hold_it if {
	count(found(ingress({"name": "api", "port": {"number": 80}}), object.union(ports, {"open": {"shop": true}}))) == 0
}
