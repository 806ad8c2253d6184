# METADATA
# title: Socket of the container runtime is mounted
# description: A pod mounts the socket of Docker, containerd or CRI-O.
# custom:
#   id: docker-socket-mounted
#   severity: warning
#   category: policy
#   why: >-
#     Whoever can write to the socket of the container runtime can start a privileged container on the node:
#     it is root there, without a trace in the API server. A read-only mount changes nothing, since a socket is
#     not written as a file is.
#   fix: >-
#     Build images with a builder that needs no daemon (BuildKit rootless, buildah), and read metrics and logs
#     from the kubelet.
package gatehouse.docker_socket_mounted

import data.gatehouse.lib.pods

deny contains {"msg": message, "field": pods.field(path, "volumes", i, ".hostPath.path")} if {
	pods.bearing
	some path, spec in pods.specs
	some i, volume in spec.volumes
	at := volume.hostPath.path
	contains(at, ".sock")
	regex.match(`(^|/)(docker|dockershim|cri-dockerd|containerd|crio|podman)\.sock/*$`, at)
	message := sprintf("the volume %s is the socket of the container runtime, %s: who can use it is root on the node", [volume.name, at])
}
