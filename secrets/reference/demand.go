package reference

import (
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// Demand is one mention of a Secret by an object that reads it.
type Demand struct {
	// Namespace is "" where it is not told: kustomize or the apply sets it, or the
	// consumer is one of the cluster.
	Namespace string `json:"ns,omitempty"`
	Name      string `json:"name"`
	Key       string `json:"key,omitempty"` // "" where the Secret as a whole is meant
	// Optional tells that the object does without.
	Optional bool `json:"optional,omitempty"`
	// Early tells that the Secret is needed before anything of the repository is
	// applied, so that people make it by hand: the key of Flux to the repository itself.
	Early bool `json:"early,omitempty"`
	// KeyOnly tells that the one who reads it may as well make the Secret: only whether
	// it has the key is asked.
	KeyOnly bool `json:"keyOnly,omitempty"`
	// Soft tells that things go on without it, that it mostly comes from elsewhere (what opens
	// a store, what is pushed or merged into), or that it is looked for in a namespace
	// which nobody tells: that it is missing is never certain then.
	Soft bool            `json:"soft,omitempty"`
	Use  string          `json:"use"` // for what, in words: "the variable DB_PASSWORD"
	By   manifest.Object `json:"by"`
	Place
}

// mostDemands is how many demands of one document are told.
const mostDemands = 20_000

// Demands returns the Secrets that a document reads, in its order. Names that are filled
// in later, and documents that are parts of templates, give none.
func Demands(d *manifest.Document) []Demand {
	if !d.IsObject() || d.Templated || isDefinition(d) {
		return nil
	}
	c := &consumer{doc: d, root: d.Root, namespace: d.Object.Namespace}
	if p := podOf(d); p != nil {
		c.pod(p)
	}
	switch d.Object.Group() {
	case "":
		c.core()
	case "networking.k8s.io", "extensions":
		c.ingress()
	case "gateway.networking.k8s.io":
		c.gateway()
	case groupESO, groupGenerators:
		c.externalSecrets()
	case groupVSO:
		c.vaultOperator()
	case "cert-manager.io":
		c.certManager()
	case "monitoring.coreos.com":
		c.monitoring(d.Root.Get("spec"))
	default:
		c.others()
	}
	locate(d.Root, places(c.list, func(d *Demand) *Place { return &d.Place }))
	return c.list
}

// consumer gathers the demands of one document.
type consumer struct {
	doc       *manifest.Document
	root      *manifest.Node
	namespace string
	list      []Demand
}

// want adds a demand for the Secret whose name stands at n.
func (c *consumer) want(n *manifest.Node, d Demand) {
	if n == nil || n.Kind != manifest.String || !isName(n.Text) || isHole(d.Key) || isHole(d.Namespace) || len(c.list) >= mostDemands {
		return
	}
	d.Name, d.By = n.Text, c.doc.Object
	if d.Node == nil {
		d.Place = Place{Node: n, At: n.Place()}
	}
	c.list = append(c.list, d)
}

// own adds a demand for a Secret of the object's own namespace.
func (c *consumer) own(n *manifest.Node, use string) {
	c.want(n, Demand{Namespace: c.namespace, Use: use})
}

// key adds a demand by a selector of name, key and optional; the key is what is shown.
func (c *consumer) key(selector *manifest.Node, d Demand) {
	key := selector.Get("key")
	if key == nil || key.Kind != manifest.String || key.Text == "" {
		return
	}
	d.Key, d.Optional = key.Text, d.Optional || isTrue(selector.Get("optional"))
	d.Place = Place{Node: key, At: key.Place()}
	c.want(selector.Get("name"), d)
}

// selectors adds a demand for every selector of name and key below a node. kinds of
// objects that are none of Secrets are left out.
func (c *consumer) selectors(n *manifest.Node, d Demand) {
	if n == nil || n.Key == "configMap" || n.Key == "configMapKeyRef" || n.Key == "status" || n.Key == "metadata" {
		return
	}
	if n.Kind == manifest.Map && n.Get("name") != nil && n.Get("key") != nil && len(n.Items) <= 5 && or(n.Get("kind").Str(), "Secret") == "Secret" {
		one := d
		if ns := n.Get("namespace").Str(); ns != "" {
			one.Namespace = ns
		}
		c.key(n, one)
		return
	}
	for i := range n.Items {
		c.selectors(&n.Items[i], d)
	}
}

// core adds the demands of the built-in kinds that have no pod.
func (c *consumer) core() {
	switch c.doc.Object.Kind {
	case "ServiceAccount":
		for _, list := range [...]string{"imagePullSecrets", "secrets"} {
			of := c.root.Get(list)
			for i := range items(of) {
				n := of.Items[i].Get("name")
				// The controllers of OpenShift and of older Kubernetes make these.
				if strings.Contains(n.Str(), "-token-") || strings.Contains(n.Str(), "-dockercfg-") {
					continue
				}
				c.want(n, Demand{Namespace: c.namespace, Use: "the service account", Soft: true})
			}
		}
	case "PersistentVolume":
		csi := c.root.Lookup("spec", "csi")
		for _, ref := range [...]string{"controllerPublishSecretRef", "nodeStageSecretRef", "nodePublishSecretRef", "controllerExpandSecretRef", "nodeExpandSecretRef"} {
			c.want(csi.Lookup(ref, "name"), Demand{Namespace: csi.Lookup(ref, "namespace").Str(), Use: "the volume"})
		}
	case "ConfigMap":
		c.argoSettings()
	}
}

// argoSettings adds the values that the settings of Argo CD take of Secrets: $name:key.
func (c *consumer) argoSettings() {
	if c.doc.Object.Name != "argocd-cm" && c.doc.Object.Name != "argocd-notifications-cm" {
		return
	}
	data := c.root.Get("data")
	for _, key := range [...]string{"repositories", "repository.credentials"} {
		c.argoRepositories(data.Get(key))
	}
	for i := range fields(data) {
		n := &data.Items[i]
		for rest := n.Str(); ; {
			_, after, ok := strings.Cut(rest, "$")
			if !ok {
				break
			}
			rest = after
			name := after[:spanOf(after, func(b byte) bool { return isLowerAlnum(b) || b == '-' || b == '.' })]
			key, colon := strings.CutPrefix(after[len(name):], ":")
			key = key[:spanOf(key, func(b byte) bool { return isAlnum(b) || b == '-' || b == '_' || b == '.' })]
			if colon && name != "" && key != "" && strings.Contains(name, "-") {
				c.want(&manifest.Node{Kind: manifest.String, Text: name},
					Demand{Namespace: c.namespace, Key: key, Use: "the settings of Argo CD", Place: Place{Node: n, At: n.Place()}})
			}
		}
	}
}

// argoRepositories adds the Secrets of repositories as Argo CD before 2.0 kept them: a
// list in YAML, with selectors of name and key.
func (c *consumer) argoRepositories(n *manifest.Node) {
	if n.Str() == "" {
		return
	}
	for _, d := range manifest.Read("repositories.yaml", []byte(n.Text), limitsOfText()).Documents {
		before := len(c.list)
		c.selectors(d.Root, Demand{Namespace: c.namespace, Use: "a repository of Argo CD"})
		for i := before; i < len(c.list); i++ {
			c.list[i].Place = Place{Node: n, At: n.Place()}
		}
	}
}

// spanOf is the length of the beginning of a text that is made of such bytes.
func spanOf(text string, is func(byte) bool) int {
	n := 0
	for n < len(text) && is(text[n]) {
		n++
	}
	return n
}

// ingress adds the certificates of an Ingress, less those that cert-manager makes for
// it.
func (c *consumer) ingress() {
	if c.doc.Object.Kind != "Ingress" {
		return
	}
	annotations := c.root.Lookup("metadata", "annotations")
	tls := c.root.Lookup("spec", "tls")
	for i := range items(tls) {
		if n := tls.Items[i].Get("secretName"); !isIssued(annotations) {
			c.want(n, Demand{Namespace: c.namespace, Use: "the certificate", Soft: true})
		}
	}
	for _, key := range [...]string{"nginx.ingress.kubernetes.io/auth-secret", "nginx.ingress.kubernetes.io/auth-tls-secret"} {
		n := annotations.Get(key)
		ns, name, split := strings.Cut(n.Str(), "/")
		if !split {
			ns, name = c.namespace, n.Str()
		}
		if n != nil && isName(name) {
			c.want(&manifest.Node{Kind: manifest.String, Text: name}, Demand{Namespace: ns, Use: "the controller", Place: Place{Node: n, At: n.Place()}})
		}
	}
}

// isIssued tells whether cert-manager, or a controller like it, makes the certificates
// of an Ingress or a Gateway.
func isIssued(annotations *manifest.Node) bool {
	for i := range fields(annotations) {
		key := annotations.Items[i].Key
		if strings.HasPrefix(key, "cert-manager.io/") || strings.HasPrefix(key, "certmanager.k8s.io/") || key == "kubernetes.io/tls-acme" ||
			strings.HasPrefix(key, "cert.gardener.cloud/") || strings.HasPrefix(key, "acme.") {
			return true
		}
	}
	return false
}

// gateway adds the certificates of a Gateway.
func (c *consumer) gateway() {
	if c.doc.Object.Kind != "Gateway" || isIssued(c.root.Lookup("metadata", "annotations")) {
		return
	}
	listeners := c.root.Lookup("spec", "listeners")
	for i := range items(listeners) {
		refs := listeners.Items[i].Lookup("tls", "certificateRefs")
		for k := range items(refs) {
			ref := &refs.Items[k]
			if or(ref.Get("kind").Str(), "Secret") == "Secret" {
				c.want(ref.Get("name"), Demand{Namespace: or(ref.Get("namespace").Str(), c.namespace), Use: "the certificate", Soft: true})
			}
		}
	}
}
