package reference

import (
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// pod adds the Secrets that a pod reads: k8s.io/api core/v1 (PodSpec).
func (c *consumer) pod(p *pod) {
	volumes := c.volumes(p.spec.Get("volumes"))
	p.containers(func(n *manifest.Node) { c.container(n, volumes) })
	pull := p.spec.Get("imagePullSecrets")
	for i := range items(pull) {
		c.want(pull.Items[i].Get("name"), Demand{Namespace: c.namespace, Use: "pulling images", Soft: true})
	}
	c.agent(p.annotations)
}

// agent adds the Secrets that annotations of the Vault Agent Injector name.
func (c *consumer) agent(annotations *manifest.Node) {
	for _, key := range [...]string{"tls-secret", "agent-extra-secret"} {
		c.own(annotations.Get(injectorPrefix+key), "the agent of Vault")
	}
}

// container adds the variables of a container, and the keys that it mounts one by one.
// volumes are those of Secrets, by name.
func (c *consumer) container(n *manifest.Node, volumes map[string]*manifest.Node) {
	env := n.Get("env")
	for i := range items(env) {
		v := &env.Items[i]
		c.key(v.Lookup("valueFrom", "secretKeyRef"), Demand{Namespace: c.namespace, Use: "the variable " + v.Get("name").Str()})
	}
	from := n.Get("envFrom")
	for i := range items(from) {
		ref := from.Items[i].Get("secretRef")
		c.want(ref.Get("name"), Demand{Namespace: c.namespace, Optional: isTrue(ref.Get("optional")), Use: "environment variables"})
	}
	mounts := n.Get("volumeMounts")
	for i := range items(mounts) {
		m := &mounts.Items[i]
		sub, secret := m.Get("subPath"), volumes[m.Get("name").Str()]
		if secret == nil || sub.Str() == "" || !isDataKey(sub.Text) || isHole(sub.Text) || len(items(secret.Get("items"))) > 0 {
			continue
		}
		c.want(secret.Get("secretName"), Demand{Namespace: c.namespace, Key: sub.Text, Optional: isTrue(secret.Get("optional")),
			Use: "a file of the volume " + m.Get("name").Str(), Place: Place{Node: sub, At: sub.Place()}})
	}
}

// volumes adds the volumes of a pod and returns those that are Secrets.
func (c *consumer) volumes(list *manifest.Node) map[string]*manifest.Node {
	found := map[string]*manifest.Node{}
	for i := range items(list) {
		v := &list.Items[i]
		use := "the volume " + v.Get("name").Str()
		if secret := v.Get("secret"); secret != nil {
			found[v.Get("name").Str()] = secret
			c.mounted(secret, secret.Get("secretName"), use)
		}
		sources := v.Lookup("projected", "sources")
		for k := range items(sources) {
			if secret := sources.Items[k].Get("secret"); secret != nil {
				c.mounted(secret, secret.Get("name"), use)
			}
		}
		c.own(v.Lookup("csi", "nodePublishSecretRef", "name"), use)
		c.want(v.Lookup("azureFile", "secretName"), Demand{Namespace: c.namespace, Use: use})
		for _, kind := range [...]string{"cephfs", "rbd", "iscsi", "flexVolume", "scaleIO", "storageos", "cinder"} {
			c.own(v.Lookup(kind, "secretRef", "name"), use)
		}
	}
	return found
}

// mounted adds a Secret as a volume, with each of its items.
func (c *consumer) mounted(secret, name *manifest.Node, use string) {
	optional := isTrue(secret.Get("optional"))
	list := secret.Get("items")
	if len(items(list)) == 0 {
		c.want(name, Demand{Namespace: c.namespace, Optional: optional, Use: use})
		return
	}
	for i := range items(list) {
		if key := list.Items[i].Get("key"); key.Str() != "" {
			c.want(name, Demand{Namespace: c.namespace, Key: key.Text, Optional: optional, Use: use, Place: Place{Node: key, At: key.Place()}})
		}
	}
}

// others adds the demands of custom resources, by their groups.
func (c *consumer) others() {
	spec := c.root.Get("spec")
	group := c.doc.Object.Group()
	switch {
	case strings.HasSuffix(group, ".toolkit.fluxcd.io"):
		c.flux(spec)
	case group == "traefik.io" || group == "traefik.containo.us":
		c.traefik(spec)
	case group == "keda.sh":
		c.keda(spec)
	case group == "postgresql.cnpg.io":
		c.cloudNativePG(spec)
	case group == "volsync.backube":
		for _, mover := range [...]string{"restic", "rsync", "rsyncTLS", "syncthing"} {
			c.own(spec.Lookup(mover, "repository"), "the repository of backups")
		}
		c.own(spec.Lookup("rclone", "rcloneConfig"), "the settings of rclone")
	case group == "velero.io":
		c.key(spec.Get("credential"), Demand{Namespace: c.namespace, Use: "the storage of backups"})
	case group == "build.openshift.io":
		c.own(spec.Lookup("source", "sourceSecret", "name"), "the source")
		c.own(spec.Lookup("output", "pushSecret", "name"), "pushing images")
	case podOf(c.doc) == nil:
		if group == "argoproj.io" {
			c.namespace = spec.Lookup("destination", "namespace").Str()
		}
		c.keyRefs(spec)
	}
}

// keyRefs adds the demands that have the form which Kubernetes gives them, in a kind
// that is not known. What makes the Secret is not known, either, so that only keys are
// asked for.
func (c *consumer) keyRefs(n *manifest.Node) {
	if n == nil {
		return
	}
	if n.Key == "secretKeyRef" && n.Kind == manifest.Map {
		c.key(n, Demand{Namespace: or(n.Get("namespace").Str(), c.namespace), KeyOnly: true, Use: "the field " + n.Key})
		return
	}
	for i := range n.Items {
		c.keyRefs(&n.Items[i])
	}
}

// flux adds the Secrets of the objects of Flux.
func (c *consumer) flux(spec *manifest.Node) {
	kind := c.doc.Object.Kind
	for _, ref := range [...]string{"secretRef", "certSecretRef", "proxySecretRef"} {
		early := strings.HasSuffix(kind, "Repository") || kind == "Bucket"
		c.want(spec.Lookup(ref, "name"), Demand{Namespace: c.namespace, Early: early, Use: "the " + kind})
	}
	for _, path := range [...][]string{{"verify", "secretRef", "name"}, {"decryption", "secretRef", "name"}, {"kubeConfig", "secretRef", "name"}} {
		c.want(spec.Lookup(path...), Demand{Namespace: c.namespace, Early: true, Use: "the " + kind})
	}
	from := spec.Lookup("postBuild", "substituteFrom")
	for i := range items(from) {
		s := &from.Items[i]
		if s.Get("kind").Str() == "Secret" {
			c.want(s.Get("name"), Demand{Namespace: c.namespace, Optional: isTrue(s.Get("optional")), Use: "variables of the Kustomization"})
		}
	}
	if kind != "HelmRelease" {
		return
	}
	from = spec.Get("valuesFrom")
	for i := range items(from) {
		s := &from.Items[i]
		if s.Get("kind").Str() != "Secret" {
			continue
		}
		key := s.Get("valuesKey")
		d := Demand{Namespace: c.namespace, Key: or(key.Str(), "values.yaml"), Optional: isTrue(s.Get("optional")), Use: "values of the chart"}
		if key != nil {
			d.Place = Place{Node: key, At: key.Place()}
		}
		c.want(s.Get("name"), d)
	}
	c.namespace = or(spec.Get("targetNamespace").Str(), c.namespace)
	c.keyRefs(spec.Get("values"))
}

// traefik adds the Secrets of the objects of Traefik.
func (c *consumer) traefik(spec *manifest.Node) {
	for _, path := range [...][]string{{"tls", "secretName"}, {"defaultCertificate", "secretName"}} {
		c.want(spec.Lookup(path...), Demand{Namespace: c.namespace, Use: "the certificate", Soft: true})
	}
	c.own(spec.Lookup("basicAuth", "secret"), "the users")
	c.own(spec.Lookup("digestAuth", "secret"), "the users")
	c.own(spec.Lookup("forwardAuth", "tls", "caSecret"), "the authority")
	c.own(spec.Lookup("forwardAuth", "tls", "certSecret"), "the certificate")
}

// keda adds the Secrets of a TriggerAuthentication.
func (c *consumer) keda(spec *manifest.Node) {
	d := Demand{Namespace: c.namespace, Use: "the trigger"}
	if c.doc.Object.Kind == "ClusterTriggerAuthentication" {
		d.Namespace, d.Soft = "", true
	}
	refs := spec.Get("secretTargetRef")
	for i := range items(refs) {
		c.key(&refs.Items[i], d)
	}
}

// cloudNativePG adds the Secrets of a Cluster that it does not make itself.
func (c *consumer) cloudNativePG(spec *manifest.Node) {
	for _, path := range [...][]string{{"bootstrap", "initdb", "secret", "name"}, {"bootstrap", "recovery", "secret", "name"}, {"superuserSecret", "name"}} {
		c.own(spec.Lookup(path...), "the database")
	}
	c.selectors(spec.Get("backup"), Demand{Namespace: c.namespace, Use: "backups"})
	c.selectors(spec.Get("externalClusters"), Demand{Namespace: c.namespace, Use: "another cluster"})
}

// certManager adds the Secrets of issuers, and the passwords of key stores. An issuer of
// the cluster looks in the namespace of cert-manager itself.
func (c *consumer) certManager() {
	spec := c.root.Get("spec")
	switch c.doc.Object.Kind {
	case "Issuer", "ClusterIssuer":
		d := Demand{Namespace: c.namespace, Use: "the issuer"}
		if c.doc.Object.Kind == "ClusterIssuer" {
			d.Namespace, d.Soft = "", true
		}
		c.want(spec.Lookup("ca", "secretName"), d)
		for _, of := range [...]*manifest.Node{spec.Lookup("acme", "solvers"), spec.Lookup("acme", "externalAccountBinding"), spec.Get("vault"), spec.Get("venafi")} {
			c.selectors(of, d)
		}
	case "Certificate":
		c.selectors(spec.Get("keystores"), Demand{Namespace: c.namespace, Use: "the key store"})
	}
}

// monitoring adds the Secrets of the objects of the Prometheus operator, whose selectors
// have a name and a key.
func (c *consumer) monitoring(spec *manifest.Node) {
	if podOf(c.doc) != nil {
		return
	}
	switch c.doc.Object.Kind {
	case "ServiceMonitor", "PodMonitor", "Probe", "ScrapeConfig", "AlertmanagerConfig":
		c.selectors(spec, Demand{Namespace: c.namespace, Use: "the " + c.doc.Object.Kind})
	case "Prometheus", "PrometheusAgent", "Alertmanager", "ThanosRuler":
		for _, name := range [...]string{"remoteWrite", "remoteRead", "objectStorageConfig", "additionalScrapeConfigs", "additionalAlertManagerConfigs",
			"additionalAlertRelabelConfigs", "apiserverConfig", "alertmanagersConfig"} {
			c.selectors(spec.Get(name), Demand{Namespace: c.namespace, Use: "the " + c.doc.Object.Kind})
		}
		c.own(spec.Get("configSecret"), "the configuration of Alertmanager")
		list := spec.Get("secrets")
		for i := range items(list) {
			c.own(&list.Items[i], "a volume")
		}
		c.volumes(spec.Get("volumes"))
		for _, name := range [...]string{"containers", "initContainers"} {
			of := spec.Get(name)
			for i := range items(of) {
				c.container(&of.Items[i], nil)
			}
		}
	}
}

// externalSecrets adds the Secrets of the objects of External Secrets.
func (c *consumer) externalSecrets() {
	spec := c.root.Get("spec")
	switch c.doc.Object.Kind {
	case kindClusterStore, kindClusterGenerator:
		c.selectors(spec, Demand{Use: "logging in to the store", Soft: true})
	case kindSecretStore:
		// What opens the store comes from elsewhere, or is made by hand.
		c.selectors(spec.Get("provider"), Demand{Namespace: c.namespace, Use: "logging in to the store", Soft: true})
	}
	if c.doc.Object.Group() == groupGenerators && c.doc.Object.Kind != kindClusterGenerator {
		c.selectors(spec, Demand{Namespace: c.namespace, Use: "the generator"})
	}
	if e := externalSecretOf(c.doc); e != nil {
		target := e.spec.Get("target")
		if target.Get("creationPolicy").Str() == "Merge" {
			c.want(firstNode(target.Get("name"), c.root.Lookup("metadata", "name")), Demand{Namespace: e.namespace, Use: "merging", Soft: true})
		}
		c.templateFrom(target.Get("template"), e.namespace)
	}
	if p := pushSecretOf(c.doc); p != nil {
		name := p.spec.Lookup("selector", "secret", "name")
		// What is pushed is mostly made by something that runs, not kept here.
		c.want(name, Demand{Namespace: p.namespace, Use: "pushing", Soft: true})
		if p.spec.Get("template") != nil {
			return // the keys are those of the template
		}
		data := p.spec.Get("data")
		for i := range items(data) {
			if key := data.Items[i].Lookup("match", "secretKey"); key.Str() != "" {
				c.want(name, Demand{Namespace: p.namespace, Key: key.Text, Use: "pushing", Soft: true, Place: Place{Node: key, At: key.Place()}})
			}
		}
	}
}

// templateFrom adds the Secrets that hold templates.
func (c *consumer) templateFrom(template *manifest.Node, namespace string) {
	from := template.Get("templateFrom")
	for i := range items(from) {
		secret := from.Items[i].Get("secret")
		list := secret.Get("items")
		for k := range items(list) {
			if key := list.Items[k].Get("key"); key.Str() != "" {
				c.want(secret.Get("name"), Demand{Namespace: namespace, Key: key.Text, Use: "a template", Place: Place{Node: key, At: key.Place()}})
			}
		}
	}
}

// firstNode returns the first of two nodes that is there.
func firstNode(n, other *manifest.Node) *manifest.Node {
	if n != nil {
		return n
	}
	return other
}

// vaultOperator adds the Secrets of the objects of the Vault Secrets Operator. Those by
// which it logs in stand in the namespace of the one who uses a VaultAuth.
func (c *consumer) vaultOperator() {
	spec := c.root.Get("spec")
	switch c.doc.Object.Kind {
	case kindVaultAuth:
		for _, of := range [...][2]string{{"jwt", "jwt"}, {"appRole", "id"}, {"aws", ""}} {
			c.want(spec.Lookup(of[0], "secretRef"), Demand{Key: of[1], Use: "logging in to Vault", Soft: true})
		}
	case kindVaultConnection:
		c.want(spec.Get("caCertSecretRef"), Demand{Namespace: c.namespace, Key: "ca.crt", Use: "the connection to Vault"})
	default:
		destination := spec.Get("destination")
		if destination.Get("name") != nil && !isTrue(destination.Get("create")) {
			c.want(destination.Get("name"), Demand{Namespace: c.namespace, Use: "writing into, since create is not true"})
		}
	}
}
