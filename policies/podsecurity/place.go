package podsecurity

import (
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// where are the fields that a control is about: of the spec of a pod, and of a
// container of it. The names are those of k8s.io/pod-security-admission/policy.
type where struct{ pod, container [][]string }

func fields(pod, container string) where {
	split := func(list string) (out [][]string) {
		for _, field := range strings.Fields(list) {
			out = append(out, strings.Split(field, "."))
		}
		return out
	}
	return where{split(pod), split(container)}
}

func places() map[string]where {
	return map[string]where{
		"privileged":                 fields("", "securityContext.privileged"),
		"allowPrivilegeEscalation":   fields("", "securityContext.allowPrivilegeEscalation"),
		"capabilities_baseline":      fields("", "securityContext.capabilities.add"),
		"capabilities_restricted":    fields("", "securityContext.capabilities"),
		"procMount":                  fields("", "securityContext.procMount"),
		"procMount_restricted":       fields("", "securityContext.procMount"),
		"hostPorts":                  fields("", "ports"),
		"runAsNonRoot":               fields("securityContext.runAsNonRoot", "securityContext.runAsNonRoot"),
		"runAsUser":                  fields("securityContext.runAsUser", "securityContext.runAsUser"),
		"seccompProfile_baseline":    fields("securityContext.seccompProfile.type", "securityContext.seccompProfile.type"),
		"seccompProfile_restricted":  fields("securityContext.seccompProfile.type", "securityContext.seccompProfile.type"),
		"seLinuxOptions":             fields("securityContext.seLinuxOptions", "securityContext.seLinuxOptions"),
		"windowsHostProcess":         fields("securityContext.windowsOptions.hostProcess", "securityContext.windowsOptions.hostProcess"),
		"appArmorProfile":            fields("securityContext.appArmorProfile.type", "securityContext.appArmorProfile.type"),
		"hostNamespaces":             fields("hostNetwork hostPID hostIPC", ""),
		"hostPathVolumes":            fields("volumes", ""),
		"restrictedVolumes":          fields("volumes", ""),
		"sysctls":                    fields("securityContext.sysctls", ""),
		"hostProbesAndHostLifecycle": fields("", "livenessProbe readinessProbe startupProbe lifecycle"),
	}
}

// placeOf finds the field that a violation is about: in the first container that its
// detail names, else in the pod; the deepest ancestor that is written where the field
// is not.
func placeOf(pod Pod, v Violation) (string, *manifest.Node) {
	named := quoted(v.Detail)
	w := places()[v.Check]
	spec := manifest.JoinField(pod.Path, "spec")
	if v.Check == "hostPathVolumes" || v.Check == "restrictedVolumes" {
		return itemOf(spec, pod.Spec, "volumes", named)
	}
	// What the pod sets itself comes first where the detail names it first.
	if strings.HasPrefix(v.Detail, "pod must not") {
		if field, n, full := deepest(spec, pod.Spec, w.pod); full {
			return field, n
		}
	}
	for _, list := range []string{"containers", "initContainers", "ephemeralContainers"} {
		containers := pod.Spec.Get(list)
		if containers == nil || len(w.container) == 0 {
			continue
		}
		for i := range containers.Items {
			c := &containers.Items[i]
			if !slices.Contains(named, c.Get("name").Str()) {
				continue
			}
			field, n, _ := deepest(manifest.JoinItem(manifest.JoinField(spec, list), containers, i), c, w.container)
			return field, n
		}
	}
	field, n, _ := deepest(spec, pod.Spec, w.pod)
	return field, n
}

// itemOf is the first item of a list that is named.
func itemOf(path string, in *manifest.Node, key string, named []string) (string, *manifest.Node) {
	list := in.Get(key)
	path = manifest.JoinField(path, key)
	if list == nil {
		return path, in
	}
	for i := range list.Items {
		if slices.Contains(named, list.Items[i].Get("name").Str()) {
			return manifest.JoinItem(path, list, i), &list.Items[i]
		}
	}
	return path, list
}

// deepest follows each way as far as something is written, and takes the one that
// leads farthest; full tells that it leads to its end.
func deepest(path string, in *manifest.Node, ways [][]string) (field string, n *manifest.Node, full bool) {
	field, n = path, in
	most := 0
	for _, way := range ways {
		at, here, depth := path, in, 0
		for _, key := range way {
			next := here.Get(key)
			if next == nil {
				break
			}
			at, here, depth = manifest.JoinField(at, key), next, depth+1
		}
		if depth > most {
			field, n, most = at, here, depth
		}
		if depth == len(way) {
			return at, here, true
		}
	}
	return field, n, false
}

// quoted are the texts in quotes in a detail: names of containers and volumes, and
// values that are not allowed.
func quoted(detail string) []string {
	var list []string
	parts := strings.Split(detail, `"`)
	for i := 1; i < len(parts); i += 2 {
		list = append(list, parts[i])
	}
	return list
}
