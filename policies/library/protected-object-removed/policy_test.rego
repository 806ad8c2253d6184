package gatehouse.protected_object_removed_test

import data.gatehouse.protected_object_removed as policy

parameters := {"environments": ["production"], "kinds": ["CustomResourceDefinition", "Namespace", "PersistentVolumeClaim"]}

removed(kind, environment) := {"operation": "DELETE", "object": o, "oldObject": o, "environment": environment, "parameters": parameters} if {
	o := {"kind": kind, "metadata": {"name": "shop"}}
}

test_each_kind if {
	every kind in parameters.kinds { count(policy.deny) == 1 with input as removed(kind, "production") }
	some result in policy.deny with input as removed("Namespace", "production")
	result.msg == "the Namespace shop is removed, and with it everything in it"
	result.field == "metadata.name"
}

test_other_environments if count(policy.deny) == 0 with input as removed("Namespace", "dev")

test_where_no_environment_is_known if {
	count(policy.deny) == 1 with input as removed("Namespace", "")
	count(policy.deny) == 1 with input as json.remove(removed("Namespace", ""), ["/environment"])
}

test_other_kinds if {
	count(policy.deny) == 0 with input as removed("ConfigMap", "production")
	count(policy.deny) == 0 with input as removed("StatefulSet", "production")
	asked := object.union(removed("StatefulSet", "production"), {"parameters": {"environments": ["production"], "kinds": ["StatefulSet"]}})
	count(policy.deny) == 1 with input as asked
}

test_other_operations if {
	every operation in ["CREATE", "UPDATE"] {
		count(policy.deny) == 0 with input as object.union(removed("Namespace", "production"), {"operation": operation})
	}
}
