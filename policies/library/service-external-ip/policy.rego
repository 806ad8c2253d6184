# METADATA
# title: Service takes addresses that are not its own
# description: A Service lists externalIPs.
# custom:
#   id: service-external-ip
#   severity: warning
#   category: policy
#   why: >-
#     Every node sends what is meant for an address in `externalIPs` to the Service. Whoever may write a Service
#     can so take the traffic of any other address (CVE-2020-8554), and the field has no owner check.
#   fix: Use a Service of the type `LoadBalancer`, an Ingress or a Gateway.
#   parameters:
#     # Addresses that may be used.
#     allowed: []
package gatehouse.service_external_ip

deny contains {"msg": message, "field": sprintf("spec.externalIPs[%d]", [i])} if {
	input.object.kind == "Service"
	input.object.apiVersion == "v1"
	some i, address in input.object.spec.externalIPs
	not address in input.parameters.allowed
	message := sprintf("the Service takes all traffic to %s", [address])
}
