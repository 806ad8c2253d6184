# METADATA
# title: Host is not allowed in the environment
# description: A route claims a host that the environment may not serve.
# custom:
#   id: host-not-allowed
#   severity: error
#   category: policy
#   default_on: false
#   parameters:
#     hosts: {}
#   example:
#     environment: staging
#     parameters:
#       hosts:
#         staging: ["*.staging.example.org"]
#         production: [example.org, "*.example.org"]
#   why: |
#     A route for a host of another environment takes over its requests as soon as both share a load
#     balancer or a DNS zone, and the certificate is issued for the wrong place.
#
#     The parameter `hosts` lists the hosts of each environment by its name (`"*"` for all that are
#     not named). `*.example.org` stands for every name below `example.org`.
#   fix: Write a host of this environment, or add the host to the parameter `hosts`.
package gatehouse.host_not_allowed

deny contains {"msg": msg, "field": field} if {
	input.object.kind in {
		"Certificate", "DNSEndpoint", "GRPCRoute", "Gateway", "HTTPProxy", "HTTPRoute", "Ingress", "IngressRoute",
		"ListenerSet", "Route", "TLSRoute", "VirtualService", "XListenerSet",
	}
	count(allowed) > 0
	some field, host in hosts
	host != ""
	not regex.match(`\$[({]|\{\{`, host)
	every pattern in allowed { not covers(pattern, lower(host)) }
	msg := sprintf("the host %s is not allowed in %s", [host, place])
}

environment := object.get(input, "environment", "")

place := sprintf("the environment %s", [environment]) if environment != ""

place := "this tree" if environment == ""

allowed := object.get(input.parameters.hosts, environment, object.get(input.parameters.hosts, "*", []))

hosts[sprintf("spec.rules[%d].host", [i])] := rule.host if {
	input.object.kind == "Ingress"
	some i, rule in input.object.spec.rules
}

hosts[sprintf("spec.tls[%d].hosts[%d]", [i, j])] := host if {
	input.object.kind == "Ingress"
	some i, entry in input.object.spec.tls
	some j, host in entry.hosts
}

hosts[sprintf("spec.hostnames[%d]", [i])] := host if {
	input.object.kind in {"GRPCRoute", "HTTPRoute", "TLSRoute"}
	some i, host in input.object.spec.hostnames
}

hosts[sprintf("spec.listeners[%d].hostname", [i])] := listener.hostname if {
	input.object.kind in {"Gateway", "ListenerSet", "XListenerSet"}
	some i, listener in input.object.spec.listeners
}

# In a Gateway of Istio a namespace may stand before the host.
hosts[sprintf("spec.servers[%d].hosts[%d]", [i, j])] := parts[count(parts) - 1] if {
	input.object.kind == "Gateway"
	some i, server in input.object.spec.servers
	some j, host in server.hosts
	parts := split(host, "/")
}

# A VirtualService may be for names inside the cluster.
hosts[sprintf("spec.hosts[%d]", [i])] := host if {
	input.object.kind == "VirtualService"
	some i, host in input.object.spec.hosts
	contains(host, ".")
	not regex.match(`\.(svc|local)$`, host)
}

hosts["spec.host"] := input.object.spec.host if input.object.kind == "Route"

hosts["spec.virtualhost.fqdn"] := input.object.spec.virtualhost.fqdn if input.object.kind == "HTTPProxy"

hosts[sprintf("spec.dnsNames[%d]", [i])] := host if {
	input.object.kind == "Certificate"
	some i, host in input.object.spec.dnsNames
}

hosts[sprintf("spec.endpoints[%d].dnsName", [i])] := entry.dnsName if {
	input.object.kind == "DNSEndpoint"
	some i, entry in input.object.spec.endpoints
}

# Of several hosts in one rule of Traefik the first that is not allowed is enough.
hosts[sprintf("spec.routes[%d].match", [i])] := host if {
	input.object.kind == "IngressRoute"
	some i, route in input.object.spec.routes
	named := [trim(name, "`\"'") | some name in regex.find_n("[`\"'][^`\"']+\\.[^`\"'/]+[`\"']", route.match, -1)]
	refused := [name | some name in named; every pattern in allowed { not covers(pattern, lower(name)) }]
	host := refused[0]
}

covers(pattern, host) if lower(pattern) == host

covers(pattern, host) if {
	startswith(pattern, "*.")
	endswith(host, lower(trim_prefix(pattern, "*")))
}
