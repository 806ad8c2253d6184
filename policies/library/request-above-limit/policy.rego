# METADATA
# title: Container requests more than its limit
# description: A request is greater than the limit of the same resource.
# custom:
#   id: request-above-limit
#   severity: error
#   category: policy
#   why: The API server refuses such a container, and what was to be applied with it may stay half applied.
#   fix: Raise the limit to at least the request, or lower the request.
package gatehouse.request_above_limit

import data.gatehouse.lib.pods

# METADATA
# scope: rule
# custom:
#   asked_where: request exceeds limit
deny contains {"msg": message, "field": pods.field(path, list, i, sprintf(`.resources.requests["%s"]`, [resource]))} if {
	pods.bearing
	some path, spec in pods.specs
	some list in pods.lists
	some i, container in spec[list]
	limits := container.resources.limits
	some resource, request in container.resources.requests
	limit := limits[resource]
	request != limit
	quantity(request) > quantity(limit)
	message := sprintf("%s requests %v of %s and is limited to %v", [pods.called(container), request, resource, limit])
}

quantity(value) := units.parse(value) if is_string(value)

quantity(value) := value if is_number(value)
