package reference

import (
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// certManager adds the Secret of a Certificate (cert-manager, docs/usage/certificate),
// and the account keys of issuers, which are made where there are none.
func (m *maker) certManager(spec *manifest.Node) {
	switch m.doc.Object.Kind {
	case "Certificate":
		p := Product{Namespace: m.namespace, Name: spec.Get("secretName").Str(), Keys: []string{"tls.crt", "tls.key", "ca.crt"}}
		if spec.Get("additionalOutputFormats") != nil {
			p.Keys = append(p.Keys, "tls-combined.pem", "key.der")
		}
		for _, store := range [...][3]string{{"jks", "keystore.jks", "truststore.jks"}, {"pkcs12", "keystore.p12", "truststore.p12"}} {
			if spec.Lookup("keystores", store[0]) != nil {
				p.Keys = append(p.Keys, store[1], store[2])
			}
		}
		m.add(spec.Get("secretName"), p)
	case "Issuer", "ClusterIssuer":
		n := spec.Lookup("acme", "privateKeySecretRef", "name")
		ns := m.namespace
		if m.doc.Object.Kind == "ClusterIssuer" {
			ns = ""
		}
		m.add(n, Product{Namespace: ns, Name: n.Str(), Keys: []string{"tls.key"}})
	}
}

// issued adds the certificates that are made for an Ingress.
func (m *maker) issued(path ...string) {
	if !isIssued(m.root.Lookup("metadata", "annotations")) {
		return
	}
	tls := m.root.Lookup(path...)
	for i := range items(tls) {
		n := tls.Items[i].Get("secretName")
		m.add(n, Product{Namespace: m.namespace, Name: n.Str(), Keys: []string{"tls.crt", "tls.key", "ca.crt"}})
	}
}

// issuedGateway adds those that are made for a Gateway.
func (m *maker) issuedGateway() {
	if !isIssued(m.root.Lookup("metadata", "annotations")) {
		return
	}
	listeners := m.root.Lookup("spec", "listeners")
	for i := range items(listeners) {
		refs := listeners.Items[i].Lookup("tls", "certificateRefs")
		for k := range items(refs) {
			n := refs.Items[k].Get("name")
			m.add(n, Product{Namespace: or(refs.Items[k].Get("namespace").Str(), m.namespace), Name: n.Str(), Keys: []string{"tls.crt", "tls.key", "ca.crt"}})
		}
	}
}

// isPackage tells the kinds that install what is not seen in the tree.
func isPackage(group, kind string) bool {
	switch group {
	case "helm.toolkit.fluxcd.io", "helm.cattle.io", "argoproj.io", "operators.coreos.com", "pkg.crossplane.io", "source.toolkit.fluxcd.io", "kustomize.toolkit.fluxcd.io",
		"fleet.cattle.io", "tf.contrib.fluxcd.io", "infra.contrib.fluxcd.io", "viaduct.ai", "generators.kluctl.io":
		return kind != "AppProject" && kind != "OperatorGroup" && kind != "Workflow" && kind != "WorkflowTemplate" && kind != "CronWorkflow" && kind != "Rollout"
	}
	return false
}

// packages adds what an installation may make: any Secret of its namespace, and for
// certain those whose names are related to its own.
func (m *maker) packages(group, kind string, spec *manifest.Node) {
	switch {
	case group == "source.toolkit.fluxcd.io":
		return
	case group == "kustomize.toolkit.fluxcd.io":
		m.fluxKustomization(spec)
		return
	}
	ns := m.namespace
	for _, path := range [...][]string{{"targetNamespace"}, {"destination", "namespace"}, {"template", "spec", "destination", "namespace"}} {
		ns = or(spec.Lookup(path...).Str(), ns)
	}
	if group == "argoproj.io" && spec.Lookup("destination", "namespace") == nil || group == "operators.coreos.com" {
		ns = "" // a namespace of its own for every object
	}
	m.add(nil, Product{Namespace: ns, Reach: Any})
	for _, name := range [...]string{m.doc.Object.Name, spec.Get("releaseName").Str(), spec.Lookup("chart", "spec", "chart").Str(), spec.Get("chart").Str()} {
		m.relatives(nil, ns, name)
	}
	m.patches(spec.Lookup("source", "kustomize", "patches"))
	m.namespace = ns
	m.mentions(spec)
}

// fluxKustomization adds what a Kustomization of Flux does to the objects that it
// applies. One whose source is another repository may make anything.
func (m *maker) fluxKustomization(spec *manifest.Node) {
	m.patches(spec.Get("patches"))
	if ns := spec.Get("targetNamespace").Str(); ns != "" {
		m.add(nil, Product{Reach: Renamed, Name: "*", Namespace: ns})
	}
	// "flux-system" is what flux bootstrap calls the repository itself.
	if source := spec.Get("sourceRef"); source.Get("kind").Str() != "GitRepository" || source.Get("name").Str() != "flux-system" {
		m.add(nil, Product{Namespace: spec.Get("targetNamespace").Str(), Reach: Any})
	}
}

// shortestRelated is the length from which a name says something in another one.
const shortestRelated = 3

// rights adds what a role allows: it names the Secrets that something makes as it runs.
func (m *maker) rights() {
	if kind := m.doc.Object.Kind; kind != "Role" && kind != "ClusterRole" {
		return
	}
	rules := m.root.Get("rules")
	for i := range items(rules) {
		rule := &rules.Items[i]
		if !slices.ContainsFunc(texts(rule.Get("resources")), func(r string) bool { return r == "secrets" || r == "*" }) {
			continue
		}
		verbs := texts(rule.Get("verbs"))
		for _, name := range texts(rule.Get("resourceNames")) {
			m.add(rule.Get("resourceNames"), Product{Namespace: m.namespace, Name: name, Reach: Mentioned, Open: true})
		}
		if rule.Get("resourceNames") == nil && slices.ContainsFunc(verbs, func(v string) bool { return v == "create" || v == "*" }) {
			m.add(rule, Product{Namespace: m.namespace, Reach: Any})
		}
	}
}

// isInert knows the groups of which no object makes a Secret. What is built in counts
// among them.
func isInert(group string) bool {
	switch group {
	case "", "apps", "batch", "autoscaling", "policy", "extensions", "monitoring.coreos.com", "cilium.io", "traefik.io", "traefik.containo.us", "networking.istio.io",
		"security.istio.io", "gateway.networking.k8s.io", "k8s.cni.cncf.io", "metallb.io", "projectcontour.io", "keda.sh", "kustomize.config.k8s.io", "route.openshift.io",
		"image.openshift.io", "project.openshift.io", "user.openshift.io", "security.openshift.io", "console.openshift.io", "velero.io", "snapshot.storage.k8s.io":
		return true
	}
	return strings.HasSuffix(group, ".k8s.io") && !strings.HasSuffix(group, ".x-k8s.io") || strings.HasSuffix(group, ".toolkit.fluxcd.io") ||
		strings.HasSuffix(group, ".gatekeeper.sh")
}

// operated adds what the operator of a custom resource may make of it.
func (m *maker) operated(spec *manifest.Node) {
	m.relatives(m.root.Lookup("metadata", "name"), m.spread(), m.doc.Object.Name)
	m.mentions(spec)
}

// relatives adds what may be called after an object. A name that is too short to say
// anything inside another counts where a dash or a dot parts it: pg-app.
func (m *maker) relatives(n *manifest.Node, ns, name string) {
	switch {
	case name == "":
	case len(name) >= shortestRelated:
		m.add(n, Product{Namespace: ns, Name: name, Reach: Related, Open: true})
	default:
		for _, like := range [...]string{name, name + "-*", "*-" + name, "*-" + name + "-*", "*." + name + ".*"} {
			m.add(n, Product{Namespace: ns, Name: like, Reach: Mentioned, Open: true})
		}
	}
}

// spread is the namespace in which an operator works for an object: that of the object,
// or any for one of the cluster.
func (m *maker) spread() string { return m.namespace }

// mentions adds the names in an object that may be those of Secrets. Most are of Secrets
// that it reads, so that they say nothing of keys.
func (m *maker) mentions(n *manifest.Node) {
	seen := map[string]bool{}
	eachString(n, func(s *manifest.Node) {
		for _, name := range namesIn(s.Text) {
			if !seen[name] {
				seen[name] = true
				m.add(s, Product{Namespace: "", Name: name, Reach: Mentioned})
			}
		}
	})
}

// longestMention is the length up to which a text is searched for names.
const longestMention = 512

// namesIn returns the words of a text that can be names of Secrets, and are no plain
// words.
func namesIn(text string) (found []string) {
	if len(text) > longestMention {
		return nil
	}
	words := strings.FieldsFunc(text, func(r rune) bool {
		return r == ' ' || r == '/' || r == '=' || r == ',' || r == ':' || r == '\n' || r == '"' || r == '\''
	})
	for _, word := range words {
		word = pattern(word)
		if len(word) >= shortestRelated && isName(strings.ReplaceAll(word, "*", "x")) && !isDigits(word) {
			found = append(found, word)
		}
	}
	return found
}

// commands adds the names in the commands of a pod that speak of Secrets: a job that
// makes one, an option that says into which.
func (m *maker) commands(p *pod) {
	p.containers(func(c *manifest.Node) {
		for _, list := range [...]*manifest.Node{c.Get("command"), c.Get("args")} {
			speaks := false
			eachString(list, func(s *manifest.Node) { speaks = speaks || strings.Contains(s.Text, "ecret") })
			if !speaks {
				continue
			}
			eachString(list, func(s *manifest.Node) { m.commandWords(s) })
		}
	})
}

// commandWords adds the words of one argument, which may be a script.
func (m *maker) commandWords(s *manifest.Node) {
	seen := map[string]bool{}
	for line := range strings.Lines(s.Text) {
		for _, name := range namesIn(line) {
			if !seen[name] {
				seen[name] = true
				m.add(s, Product{Namespace: "", Name: name, Reach: Mentioned, Open: true})
			}
		}
	}
}
