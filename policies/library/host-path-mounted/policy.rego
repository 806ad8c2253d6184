# METADATA
# title: Folder of the node is mounted
# description: A pod mounts a path of the node on which it runs.
# custom:
#   id: host-path-mounted
#   severity: warning
#   category: policy
#   why: >-
#     A `hostPath` volume ties the pod to what happens to lie on a node, survives the pod, and hands it files of
#     the node: with a few of them, such as `/etc`, `/var/lib/kubelet` or `/`, the node itself.
#   fix: >-
#     Use a PersistentVolumeClaim, an `emptyDir`, a `configMap` or a `projected` volume. List what node agents
#     need in the parameter `allowed`.
#   parameters:
#     # Paths of the node that may be mounted, with all that lies below them.
#     allowed: []
package gatehouse.host_path_mounted

import data.gatehouse.lib.pods

deny contains {"msg": message, "field": pods.field(path, "volumes", i, ".hostPath.path")} if {
	pods.bearing
	some path, spec in pods.specs
	some i, volume in spec.volumes
	at := volume.hostPath.path
	not allowed(at)
	not socket(at)
	message := sprintf("the volume %s is the path %s of the node", [volume.name, at])
}

allowed(at) if {
	some folder in input.parameters.allowed
	inside(trim_right(folder, "/"), trim_right(at, "/"))
	not ".." in split(at, "/")
}

inside(folder, at) if folder == at

inside(folder, at) if startswith(at, concat("", [folder, "/"]))

# The check docker-socket-mounted speaks of these.
socket(at) if regex.match(`(^|/)(docker|dockershim|cri-dockerd|containerd|crio|podman)\.sock/*$`, at)
