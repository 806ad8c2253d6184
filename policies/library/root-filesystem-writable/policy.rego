# METADATA
# title: Container may write to its own file system
# description: A container does not set readOnlyRootFilesystem.
# custom:
#   id: root-filesystem-writable
#   severity: notice
#   category: policy
#   default_on: false
#   why: >-
#     Who breaks into a container that may change its own programs can stay there, and what the container writes
#     beside its volumes is lost with it. Pod Security does not ask for this.
#   fix: Set `securityContext.readOnlyRootFilesystem` to true and mount an `emptyDir` where the process must write.
package gatehouse.root_filesystem_writable

import data.gatehouse.lib.pods

deny contains {"msg": message, "field": pods.field(path, list, i, ".securityContext.readOnlyRootFilesystem")} if {
	pods.bearing
	object.get(input.object, ["spec", "template", "spec", "os", "name"], "linux") != "windows"
	some path, spec in pods.specs
	some list in pods.lists
	some i, container in spec[list]
	list != "ephemeralContainers"
	container.image
	not pods.partial
	not container.securityContext.readOnlyRootFilesystem == true
	message := sprintf("%s may write to its root file system", [pods.called(container)])
}
