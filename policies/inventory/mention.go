package inventory

import (
	"encoding/binary"
	"hash/fnv"
	"maps"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// What an operator or a chart makes is called like its object, begins with that name, or
// is named in its settings. So of those objects it is kept which names they mention: as
// short sums, since a setting may be anything, and not at all where it is called like a
// secret.

// mostMentioned bounds how much of one object is looked through.
const mostMentioned = 64 << 10

// installs knows the API groups of objects that bring others from outside of the tree.
func installs(group string) bool {
	switch group {
	case "helm.toolkit.fluxcd.io", "argoproj.io", "helm.cattle.io", "addons.cluster.x-k8s.io", "fleet.cattle.io", "pkg.crossplane.io",
		"operators.coreos.com", "fluxcd.controlplane.io":
		return true
	}
	return false
}

// delivers knows the groups of delivery tools, which make nothing of their own.
func delivers(group string) bool {
	return strings.HasSuffix(group, ".toolkit.fluxcd.io") || installs(group)
}

// isCustom holds for API groups that are no part of Kubernetes.
func isCustom(group string) bool {
	return strings.Contains(group, ".") && !strings.HasSuffix(group, ".k8s.io") || group == "gateway.networking.k8s.io"
}

// mayMake tells whether something may come about because of an object.
func mayMake(o manifest.Object) bool {
	group := o.Group()
	return isCustom(group) && (installs(group) || !delivers(group)) && !plain(o)
}

// plain knows the custom resources that do no more than what is written.
func plain(o manifest.Object) bool {
	switch o.Group() + " " + o.Kind {
	case "argoproj.io Rollout", "argoproj.io AppProject", "monitoring.coreos.com PrometheusRule", "monitoring.coreos.com ServiceMonitor",
		"monitoring.coreos.com PodMonitor", "keda.sh ScaledObject", "kyverno.io ClusterPolicy", "apps.openshift.io DeploymentConfig":
		return true
	}
	return false
}

// mentions collects the names in the settings of an object.
type mentions struct {
	sums     map[uint32]bool
	prefixes []string // names with which others begin
	left     int
}

func mentionsOf(root *manifest.Node) mentions {
	m := mentions{sums: map[uint32]bool{}, left: mostMentioned}
	parts := []*manifest.Node{root.Get("spec"), root.Get("data")}
	if root.Get("kind").Str() == "HelmRelease" {
		parts = []*manifest.Node{root.Lookup("spec", "values"), root.Lookup("spec", "releaseName")} // the others lead to what is there
	}
	for _, n := range parts {
		if n != nil {
			m.walk(n)
		}
	}
	return m
}

func (m *mentions) walk(n *manifest.Node) {
	if isSecretive(n.Key) || m.left <= 0 {
		return
	}
	for i := range n.Items {
		m.walk(&n.Items[i])
	}
	if n.Kind != manifest.String {
		return
	}
	m.left -= len(n.Text)
	if isPrefix(n.Key) && isName(n.Text) {
		m.prefixes = append(m.prefixes, n.Text)
	}
	if isName(n.Text) {
		m.sums[sum(n.Text)] = true
		return
	}
	for line := range strings.Lines(n.Text) {
		if isSecretive(line) {
			continue
		}
		if key, value, _ := strings.Cut(line, ":"); isPrefix(strings.TrimSpace(key)) {
			if value = strings.Trim(value, " \t\r\n\"'"); isName(value) {
				m.prefixes = append(m.prefixes, value)
			}
		}
		for word := range strings.FieldsFuncSeq(line, func(r rune) bool { return !isNameRune(r) }) {
			if isName(word) {
				m.sums[sum(word)] = true
			}
		}
	}
}

// isPrefix knows the settings of charts by which what they make is called.
func isPrefix(key string) bool {
	switch key {
	case "fullnameOverride", "nameOverride", "releaseName", "namePrefix":
		return true
	}
	return false
}

// isSecretive knows the words by which a setting is called a secret.
func isSecretive(text string) bool {
	text = strings.ToLower(text)
	for _, word := range []string{"password", "passwd", "token", "secret", "credential", "apikey", "api_key", "privatekey", "private_key"} {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

func isNameRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '.'
}

// isName tells whether an object may be called so.
func isName(text string) bool {
	if len(text) < 2 || len(text) > 253 || text[0] == '-' || text[0] == '.' {
		return false
	}
	for i := range len(text) {
		if !isNameRune(rune(text[i])) {
			return false
		}
	}
	return true
}

// sum stands for a name. It is short on purpose: no text can be told from it.
func sum(name string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // a hash takes everything
	return h.Sum32()
}

func (m *mentions) packed() string {
	out := make([]byte, 0, 4*len(m.sums))
	for _, s := range slices.Sorted(maps.Keys(m.sums)) {
		out = binary.LittleEndian.AppendUint32(out, s)
	}
	return string(out)
}
