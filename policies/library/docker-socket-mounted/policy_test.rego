package gatehouse.docker_socket_mounted_test

import data.gatehouse.docker_socket_mounted as policy

# fields are those that are found in a Pod.
fields(spec, parameters) := {result.field | some result in found(spec, parameters)}

found(spec, parameters) := results if {
	results := policy.deny with input as {
		"object": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": spec},
		"parameters": parameters,
	}
}

mounts(path) := {"volumes": [{"name": "socket", "hostPath": {"path": path}}]}

test_sockets if {
	every path in [
		"/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock", "/run/k3s/containerd/containerd.sock",
		"/var/run/crio/crio.sock", "/run/podman/podman.sock", "/var/run/cri-dockerd.sock", "/var/run/docker.sock/",
	] {
		fields(mounts(path), {}) == {"spec.volumes[0].hostPath.path"}
	}
}

test_other_paths if {
	every path in ["/var/lib/docker", "/run/other.sock", "/srv/docker.socks"] {
		count(fields(mounts(path), {})) == 0
	}
	count(fields({"volumes": [{"name": "cache", "emptyDir": {}}]}, {})) == 0
}
