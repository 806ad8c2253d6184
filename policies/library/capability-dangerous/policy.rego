# METADATA
# title: Container gets a capability that opens the node
# description: A container adds a capability that is as good as being root on the node.
# custom:
#   id: capability-dangerous
#   severity: warning
#   category: policy
#   why: >-
#     With some capabilities a container can leave itself: mount file systems, load modules, read every file,
#     look into other processes. They are root on the node by another name.
#   fix: Drop `ALL` and add only what the process fails without; move what needs such a capability into a node agent of its own.
#   parameters:
#     capabilities: [ALL, BPF, DAC_READ_SEARCH, MAC_ADMIN, MAC_OVERRIDE, PERFMON, SYS_ADMIN, SYS_BOOT, SYS_MODULE, SYS_PTRACE, SYS_RAWIO]
package gatehouse.capability_dangerous

import data.gatehouse.lib.pods

deny contains {"msg": message, "field": pods.field(path, list, i, sprintf(".securityContext.capabilities.add[%d]", [j]))} if {
	pods.bearing
	some path, spec in pods.specs
	some list in pods.lists
	some i, container in spec[list]
	some j, capability in container.securityContext.capabilities.add
	trim_prefix(upper(capability), "CAP_") in input.parameters.capabilities
	not container.securityContext.privileged == true
	message := sprintf("%s adds the capability %s, with which it can leave the container", [pods.called(container), capability])
}
