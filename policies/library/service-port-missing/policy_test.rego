package gatehouse.service_port_missing_test

import data.gatehouse.service_port_missing as policy

service(ports) := {
	"apiVersion": "v1",
	"kind": "Service",
	"metadata": {"name": "web", "namespace": "shop"},
	"spec": {"selector": {"app": "web"}, "ports": ports},
}

workload(spec) := {"cluster": {}, "namespace": {"shop": {"apps/v1": {"Deployment": {"web": {
	"kind": "Deployment",
	"spec": {"template": {"metadata": {"labels": {"app": "web"}}, "spec": spec}},
}}}}}}

http := workload({"containers": [{"name": "web", "image": "a:1", "ports": [{"name": "http", "containerPort": 8080}]}]})

silent := workload({"containers": [{"name": "web", "image": "a:1"}]})

found(ports, inventory) := results if {
	results := policy.deny with input as {"object": service(ports), "parameters": {"numbers": true}} with data.inventory as inventory
}

test_a_name_that_no_pod_has if {
	some result in found([{"port": 80, "targetPort": "web"}], http)
	result.field == "spec.ports[0].targetPort"
	result.msg == "the Service web leads to the port web, and no pod that it selects has it"
}

test_a_name_is_found_where_pods_list_no_ports if count(found([{"port": 80, "targetPort": "web"}], silent)) == 1

test_a_number_that_no_pod_lists if {
	some result in found([{"port": 80, "targetPort": "http"}, {"port": 9090}], http)
	result.field == "spec.ports[1].port"
	count(found([{"port": 80, "targetPort": 9090}], http)) == 1
}

test_names_and_numbers_that_stand_there if {
	count(found([{"port": 80, "targetPort": "http"}, {"port": 81, "targetPort": 8080}, {"port": 8080}], http)) == 0
}

test_the_protocol_must_fit if {
	count(found([{"port": 80, "targetPort": "http", "protocol": "UDP"}], http)) == 1
}

test_a_number_is_quiet_by_default if {
	count(policy.deny) == 0 with input as {"object": service([{"port": 9090}]), "parameters": {"numbers": false}} with data.inventory as http
}

test_a_number_is_quiet_where_pods_list_no_ports if count(found([{"port": 80, "targetPort": 9090}], silent)) == 0

test_a_number_is_quiet_for_headless_services if {
	object := json.patch(service([{"port": 9090}]), [{"op": "add", "path": "/spec/clusterIP", "value": "None"}])
	count(policy.deny) == 0 with input as {"object": object, "parameters": {"numbers": true}} with data.inventory as http
	plain := json.patch(service([{"port": 9090}]), [{"op": "add", "path": "/spec/clusterIP", "value": "10.0.0.7"}])
	count(policy.deny) == 1 with input as {"object": plain, "parameters": {"numbers": true}} with data.inventory as http
}

test_a_number_is_quiet_on_the_network_of_the_node if {
	spec := {"hostNetwork": true, "containers": [{"name": "web", "image": "a:1", "ports": [{"containerPort": 8080}]}]}
	count(found([{"port": 9090}], workload(spec))) == 0
}

test_ports_of_sidecars_count if {
	spec := {
		"containers": [{"name": "web", "image": "a:1", "ports": [{"name": "http", "containerPort": 8080}]}],
		"initContainers": [{"name": "proxy", "image": "b:1", "restartPolicy": "Always", "ports": [{"name": "proxy", "containerPort": 9090}]}],
	}
	count(found([{"port": 80, "targetPort": "proxy"}], workload(spec))) == 0
}

test_quiet_for_patches_variables_and_other_services if {
	count(found([{"port": 80, "targetPort": "web"}], workload({"containers": [{"name": "web"}]}))) == 0
	count(found([{"port": 80, "targetPort": "${PORT}"}], http)) == 0
	count(found([{"port": 80, "targetPort": "web"}], {"cluster": {}, "namespace": {}})) == 0
	count(policy.deny) == 0 with input as {"object": service([{"port": 80, "targetPort": "web"}])}
	external := json.patch(service([{"port": 80, "targetPort": "web"}]), [{"op": "add", "path": "/spec/type", "value": "ExternalName"}])
	count(policy.deny) == 0 with input as {"object": external} with data.inventory as http
}
