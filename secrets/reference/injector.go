package reference

import (
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// The annotations of the Vault Agent Injector: vault-k8s, agent-inject/agent/annotations.go.

const injectorPrefix = "vault.hashicorp.com/"

// injectorKeys are the annotations without a name at their end, less their prefix.
var injectorKeys = [...]string{
	"agent-auto-auth-exit-on-err", "agent-cache-enable", "agent-cache-exit-on-err", "agent-cache-listener-port", "agent-cache-use-auto-auth-token",
	"agent-configmap", "agent-copy-volume-mounts", "agent-disable-idle-connections", "agent-disable-keep-alives", "agent-enable-quit",
	"agent-extra-secret", "agent-image", "agent-init-first", "agent-init-json-patch", "agent-inject", "agent-inject-command", "agent-inject-containers",
	"agent-inject-default-template", "agent-inject-file", "agent-inject-perms", "agent-inject-secret", "agent-inject-status", "agent-inject-template",
	"agent-inject-template-file", "agent-inject-token", "agent-json-patch", "agent-limits-cpu", "agent-limits-ephemeral", "agent-limits-mem",
	"agent-metrics-listener-port", "agent-pre-populate", "agent-pre-populate-only", "agent-request-namespace", "agent-requests-cpu",
	"agent-requests-ephemeral", "agent-requests-mem", "agent-revoke-grace", "agent-revoke-on-shutdown", "agent-run-as-group", "agent-run-as-same-user",
	"agent-run-as-user", "agent-service-account-token-volume-name", "agent-set-security-context", "agent-share-process-namespace", "agent-telemetry",
	"auth-config", "auth-max-backoff", "auth-min-backoff", "auth-path", "auth-type", "ca-cert", "ca-key", "client-cert", "client-key",
	"client-max-retries", "client-timeout", "error-on-missing-key", "go-max-procs", "log-format", "log-level", "namespace", "preserve-secret-case",
	"proxy-address", "role", "secret-volume-path", "service", "template-config-exit-on-retry-failure", "template-max-connections-per-host",
	"template-static-secret-render-interval", "tls-secret", "tls-server-name", "tls-skip-verify",
}

// injectorNamed are the annotations that end in a dash and the name of a secret, or of
// a parameter.
var injectorNamed = [...]string{
	"agent-inject-secret-", "agent-inject-template-file-", "agent-inject-template-", "agent-inject-file-", "agent-inject-perms-", "agent-inject-command-",
	"auth-config-", "agent-telemetry-", "error-on-missing-key-", "preserve-secret-case-", "secret-volume-path-",
}

// injector is what the annotations of one pod say.
type injector struct {
	annotations *manifest.Node
	secrets     []*manifest.Node          // agent-inject-secret-NAME
	templates   map[string]*manifest.Node // agent-inject-template-NAME, by name
	named       []*manifest.Node          // all that end in the name of a secret
	known       map[string]bool           // names that have a path, a template or a file of one
	unknown     []*manifest.Node
}

// readInjector reads the annotations of a pod; nil where it has none of the injector.
func readInjector(annotations *manifest.Node) *injector {
	in := &injector{annotations: annotations, templates: map[string]*manifest.Node{}, known: map[string]bool{}}
	found := false
	for i := range fields(annotations) {
		n := &annotations.Items[i]
		key, ok := strings.CutPrefix(n.Key, injectorPrefix)
		if !ok {
			continue
		}
		found = true
		in.sort(key, n)
	}
	if !found {
		return nil
	}
	return in
}

func (in *injector) sort(key string, n *manifest.Node) {
	if slices.Contains(injectorKeys[:], key) {
		return
	}
	for _, prefix := range injectorNamed {
		name, ok := strings.CutPrefix(key, prefix)
		if !ok || name == "" {
			continue
		}
		switch prefix {
		case "agent-inject-secret-":
			in.secrets = append(in.secrets, n)
			in.known[name] = true
		case "agent-inject-template-":
			in.templates[name] = n
			in.known[name] = true
		case "agent-inject-template-file-":
			in.known[name] = true
		case "agent-inject-file-", "agent-inject-perms-", "agent-inject-command-":
			in.named = append(in.named, n)
		}
		return
	}
	if !isHole(key) {
		in.unknown = append(in.unknown, n)
	}
}

func (in *injector) get(key string) *manifest.Node { return in.annotations.Get(injectorPrefix + key) }

// enabled tells whether the injector is to do anything.
func (in *injector) enabled() bool {
	n := in.get("agent-inject")
	return n != nil && scalar(n) != "false" && scalar(in.get("agent-inject-status")) != "injected"
}

// nameOf returns the name at the end of an annotation of the injector.
func nameOf(n *manifest.Node) string {
	key := strings.TrimPrefix(n.Key, injectorPrefix)
	for _, prefix := range injectorNamed {
		if name, ok := strings.CutPrefix(key, prefix); ok {
			return name
		}
	}
	return ""
}

// injector adds the references in the annotations of a pod, or of what becomes one: the
// values of a chart.
func (c *collector) injector(annotations *manifest.Node, account string) {
	in := readInjector(annotations)
	if in == nil {
		return
	}
	base := Reference{Dialect: AgentInjector, Address: scalar(in.get("service")), VaultNamespace: scalar(in.get("namespace")),
		Auth: Auth{Method: or(scalar(in.get("auth-type")), "kubernetes"), Mount: strings.TrimPrefix(scalar(in.get("auth-path")), "auth/"),
			Role: or(scalar(in.get("role")), scalar(in.get("auth-config-role"))), ServiceAccount: account, Namespace: c.doc.Object.Namespace}}
	read := map[string]bool{}
	add := func(n *manifest.Node, path, key, version string) {
		if path = trimSlashes(path); !strings.Contains(path, "/") || read[withoutData(path)] {
			return // a name for a template that reads from elsewhere, or the same once more
		}
		read[withoutData(path)] = true
		r := base
		r.whole(n)
		r.readAt(path)
		if r.Key, r.Version = key, version; r.Engine == "" {
			r.Request = "" // data/ is put in where the engine is KV version 2
		}
		c.add(r)
	}
	for _, n := range in.secrets {
		key := ""
		if t := in.templates[nameOf(n)]; t != nil {
			key = onlyKey(t.Text, n.Text)
		}
		add(n, n.Text, key, "")
	}
	in.eachTemplate(func(_, n *manifest.Node) {
		for _, call := range parseTemplate(n.Text, "{{", "}}").secrets {
			path, query, _ := strings.Cut(call.path, "?")
			add(n, path, keyOf(call), queryValue(query, "version"))
		}
	})
}

// onlyKey returns the key that a template takes of the secret at a path, where it is
// one.
func onlyKey(template, path string) string {
	for _, call := range parseTemplate(template, "{{", "}}").secrets {
		if p, _, _ := strings.Cut(call.path, "?"); withoutData(p) == withoutData(path) {
			return keyOf(call)
		}
	}
	return ""
}

// keyOf returns the key that is taken of an answer, where it is one.
func keyOf(call secretCall) string {
	key := ""
	for _, chain := range call.fields {
		k := ""
		switch {
		case len(chain) >= 3 && chain[1] == "data":
			k = chain[2]
		case len(chain) == 2 && chain[1] != "data" && chain[1] != "metadata":
			k = chain[1]
		}
		if k == "" || key != "" && key != k {
			return ""
		}
		key = k
	}
	return key
}

// annotated are the maps of a document that are annotations of the injector and do not
// stand on an object or its pods: in values of a chart, say.
func annotated(d *manifest.Document) (found []*manifest.Node) {
	own := []*manifest.Node{d.Root.Lookup("metadata", "annotations")}
	if p := podOf(d); p != nil {
		own = append(own, p.annotations)
	}
	var walk func(n *manifest.Node)
	walk = func(n *manifest.Node) {
		if n.Kind != manifest.Map && n.Kind != manifest.List || slices.Contains(own, n) {
			return
		}
		for i := range n.Items {
			if n.Kind == manifest.Map && strings.HasPrefix(n.Items[i].Key, injectorPrefix+"agent-inject") {
				found = append(found, n)
				return
			}
			walk(&n.Items[i])
		}
	}
	walk(d.Root)
	return found
}

// values judges annotations in the values of a chart. What is left out may be added by
// the chart, and templates may be meant for Helm, too.
func (j *judge) values(annotations *manifest.Node) {
	in := readInjector(annotations)
	if in == nil {
		return
	}
	j.unknown(in)
	in.eachTemplate(func(path, n *manifest.Node) { j.takes(path, n, parseTemplate(n.Text, "{{", "}}")) })
}

// eachTemplate visits the templates in order, each with the path to which it belongs, or
// nil.
func (in *injector) eachTemplate(visit func(path, template *manifest.Node)) {
	paths := map[string]*manifest.Node{}
	for _, n := range in.secrets {
		paths[nameOf(n)] = n
	}
	for i := range fields(in.annotations) {
		n := &in.annotations.Items[i]
		if name := nameOf(n); in.templates[name] == n {
			visit(paths[name], n)
		}
	}
}

// takes judges what a template takes of Vault.
func (j *judge) takes(path, n *manifest.Node, t goTemplate) {
	j.otherPath(path, n, t)
	for _, call := range t.secrets {
		j.dataField(n, call)
	}
}

// unknown judges annotations that there are not.
func (j *judge) unknown(in *injector) {
	for _, n := range in.unknown[:min(len(in.unknown), mostFaults)] {
		key := strings.TrimPrefix(n.Key, injectorPrefix)
		j.report(onAnnotation, n, "the injector has no annotation %s%s%s", injectorPrefix, key, meantAnnotation(key))
	}
}

// injector judges the annotations of a pod.
func (j *judge) injector(p *pod) {
	in := readInjector(p.annotations)
	if in == nil {
		return
	}
	j.unknown(in)
	if !in.enabled() {
		return
	}
	if p.complete && in.get("role") == nil && in.get("auth-config-role") == nil && in.get("agent-configmap") == nil &&
		or(scalar(in.get("auth-type")), "kubernetes") == "kubernetes" {
		j.report(onRole, in.get("agent-inject"), "no role is given to log in to Vault with")
	}
	for _, n := range in.named {
		if p.complete && !in.known[nameOf(n)] {
			j.report(onOrphan, n, "there is no secret %s to which this belongs%s", nameOf(n), meant(nameOf(n), names(in.known)))
		}
	}
	in.eachTemplate(func(path, n *manifest.Node) { j.takes(path, n, j.template(n, "{{", "}}")) })
}

// meantAnnotation returns a clause that names the annotation that was meant, or "".
func meantAnnotation(key string) string {
	for i := len(key) - 1; i > 0; i-- {
		if key[i] != '-' {
			continue
		}
		if near := nearest(key[:i+1], injectorNamed[:]); near != "" {
			return "; is " + near + key[i+1:] + " meant?"
		}
	}
	return meant(key, injectorKeys[:])
}

// names returns the keys of a set in order.
func names(set map[string]bool) []string {
	out := make([]string, 0, len(set))
	for name := range set {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// otherPath judges a template that reads none of the path to which it belongs.
func (j *judge) otherPath(path, template *manifest.Node, t goTemplate) {
	if path == nil || !strings.Contains(path.Text, "/") || isHole(path.Text) || len(t.secrets) == 0 {
		return
	}
	own, _, _ := strings.Cut(path.Text, "?")
	if strings.Contains(template.Text, `secrets "`+trimSlashes(own)) {
		return // it lists what is below
	}
	for _, call := range t.secrets {
		if p, _, _ := strings.Cut(call.path, "?"); withoutData(p) == withoutData(own) || isHole(p) {
			return
		}
	}
	j.report(onOtherPath, template, "the template reads %s, and not %s, which is the path of this secret", t.secrets[0].path, path.Text)
}

// dataField judges what a template takes from the answer of Vault. The other way round
// is no fault: Consul Template puts data/ in by itself where the engine is KV version 2
// (consul-template, dependency/vault_read.go, shimKVv2Path).
func (j *judge) dataField(n *manifest.Node, call secretCall) {
	path, _, _ := strings.Cut(call.path, "?")
	if _, _, v2 := splitData(path); !v2 {
		return
	}
	for _, chain := range call.fields {
		if len(chain) > 1 && chain[1] != "data" && chain[1] != "metadata" {
			j.report(onDataField, n, "the path has a data/ segment, so that the answer is one of KV version 2, and .Data.%s is .Data.data.%s there", chain[1], chain[1])
			return
		}
	}
}

// misplaced judges annotations that stand on a workload and not on its pods.
func (j *judge) misplaced(p *pod) {
	if p.template == nil {
		return
	}
	on := j.doc.Root.Lookup("metadata", "annotations")
	n := on.Get(injectorPrefix + "agent-inject")
	if n == nil || p.annotations.Get(injectorPrefix+"agent-inject") != nil || scalar(n) == "false" {
		return
	}
	j.report(onNotOnPod, n, "the injector looks at pods, and this annotation is one of the %s", j.doc.Object.Kind)
}
