package gatehouse.host_not_allowed_test

import data.gatehouse.host_not_allowed as policy

allowed := {"staging": ["*.staging.example.org"], "production": ["example.org", "*.example.org"]}

found(object, environment) := results if {
	results := policy.deny with input as {"object": object, "environment": environment, "parameters": {"hosts": allowed}}
}

ingress(host) := {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "spec": {"rules": [{"host": host}]}}

test_a_host_of_another_environment if {
	some result in found(ingress("shop.example.org"), "staging")
	result.msg == "the host shop.example.org is not allowed in the environment staging"
	result.field == "spec.rules[0].host"
}

test_hosts_that_are_allowed if {
	every host in ["shop.staging.example.org", "a.b.staging.example.org", "SHOP.staging.example.org", "*.staging.example.org"] {
		count(found(ingress(host), "staging")) == 0
	}
	count(found(ingress("example.org"), "production")) == 0
}

test_a_host_that_only_ends_alike if {
	count(found(ingress("evilstaging.example.org"), "staging")) == 1
	count(found(ingress("staging.example.org"), "staging")) == 1
	count(found(ingress("shop.staging.example.org.evil.net"), "staging")) == 1
}

test_where_a_host_may_stand if {
	places := {
		"spec.tls[0].hosts[0]": {"kind": "Ingress", "spec": {"tls": [{"hosts": ["x.org"]}]}},
		"spec.hostnames[0]": {"kind": "HTTPRoute", "spec": {"hostnames": ["x.org"]}},
		"spec.listeners[0].hostname": {"kind": "Gateway", "spec": {"listeners": [{"hostname": "x.org"}]}},
		"spec.servers[0].hosts[0]": {"kind": "Gateway", "spec": {"servers": [{"hosts": ["shop/x.org"]}]}},
		"spec.hosts[0]": {"kind": "VirtualService", "spec": {"hosts": ["x.org", "web", "web.shop.svc"]}},
		"spec.host": {"kind": "Route", "spec": {"host": "x.org"}},
		"spec.virtualhost.fqdn": {"kind": "HTTPProxy", "spec": {"virtualhost": {"fqdn": "x.org"}}},
		"spec.dnsNames[0]": {"kind": "Certificate", "spec": {"dnsNames": ["x.org"]}},
		"spec.endpoints[0].dnsName": {"kind": "DNSEndpoint", "spec": {"endpoints": [{"dnsName": "x.org"}]}},
		"spec.routes[0].match": {"kind": "IngressRoute", "spec": {"routes": [{"match": "Host(`a.staging.example.org`) || Host(`x.org`)"}]}},
	}
	every field, object in places { {result.field | some result in found(object, "staging")} == {field} }
}

asked(environment) := {"object": ingress("x.org"), "environment": environment, "parameters": {"hosts": {"*": ["*.example.org"]}}}

test_all_other_environments if {
	count(policy.deny) == 1 with input as asked("dev")
	some result in policy.deny with input as asked("")
	result.msg == "the host x.org is not allowed in this tree"
}

test_off_without_parameters if {
	count(policy.deny) == 0 with input as {"object": ingress("x.org"), "environment": "dev", "parameters": {"hosts": {}}}
	count(found(ingress("x.org"), "dev")) == 0
}

test_what_is_filled_in_later if count(found(ingress("${HOST}"), "staging")) == 0
