package admission

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"slices"
	"strings"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/yaml"
)

var install = Install{Namespace: "gatehouse", Image: "registry.example.com/gatehouse:1.0.0", Mode: Observe, FailurePolicy: "Ignore"}

// installed gives the documents of the manifests, by kind and name. Each is read
// strictly into want's type where it has one.
func installed(t *testing.T, i Install) map[string][]byte {
	t.Helper()
	text, err := Manifests(i)
	if err != nil {
		t.Fatal(err)
	}
	docs := map[string][]byte{}
	for _, doc := range bytes.Split(text, []byte("\n---\n")) {
		var named struct {
			Kind     string
			Metadata struct{ Name, Namespace string }
		}
		if err := yaml.Unmarshal(doc, &named); err != nil {
			t.Fatalf("%v in\n%s", err, doc)
		}
		docs[named.Kind+" "+named.Metadata.Name] = doc
	}
	return docs
}

func read[T any](t *testing.T, doc []byte) T {
	t.Helper()
	var object T
	if err := yaml.UnmarshalStrict(doc, &object); err != nil {
		t.Fatalf("%v in\n%s", err, doc)
	}
	return object
}

func TestManifestsForCertManager(t *testing.T) {
	docs := installed(t, install)
	var names []string
	for name := range docs {
		names = append(names, name)
	}
	slices.Sort(names)
	want := []string{
		"Certificate gatehouse-webhook", "Certificate gatehouse-webhook-ca", "Deployment gatehouse-webhook", "Issuer gatehouse-webhook-ca",
		"Issuer gatehouse-webhook-root", "Namespace gatehouse", "PodDisruptionBudget gatehouse-webhook", "Service gatehouse-webhook",
		"ServiceAccount gatehouse-webhook", "ValidatingWebhookConfiguration gatehouse",
	}
	if !slices.Equal(names, want) {
		t.Errorf("objects %q, want %q", names, want)
	}
	hooks := read[admissionregistrationv1.ValidatingWebhookConfiguration](t, docs["ValidatingWebhookConfiguration gatehouse"])
	if hooks.Annotations["cert-manager.io/inject-ca-from"] != "gatehouse/gatehouse-webhook" {
		t.Errorf("annotations %v", hooks.Annotations)
	}
	var resources []string
	for _, h := range hooks.Webhooks {
		if *h.FailurePolicy != admissionregistrationv1.Ignore || *h.TimeoutSeconds != 3 || *h.SideEffects != admissionregistrationv1.SideEffectClassNone ||
			*h.MatchPolicy != admissionregistrationv1.Equivalent || !slices.Equal(h.AdmissionReviewVersions, []string{"v1"}) || *h.ClientConfig.Service.Path != Path {
			t.Errorf("webhook %+v", h)
		}
		selector := h.NamespaceSelector.MatchExpressions[0]
		if selector.Key != "kubernetes.io/metadata.name" || selector.Operator != "NotIn" ||
			!slices.Equal(selector.Values, []string{"kube-system", "kube-public", "kube-node-lease", "gatehouse"}) {
			t.Errorf("namespaces %+v", selector)
		}
		for _, r := range h.Rules {
			resources = append(resources, r.Resources...)
		}
	}
	for _, r := range []string{"secrets", "configmaps", "pods", "pods/ephemeralcontainers", "deployments", "statefulsets", "daemonsets", "jobs", "cronjobs"} {
		if !slices.Contains(resources, r) {
			t.Errorf("no webhook is called for %s", r)
		}
	}
}

func TestDeploymentIsRestricted(t *testing.T) {
	d := read[appsv1.Deployment](t, installed(t, install)["Deployment gatehouse-webhook"])
	pod := d.Spec.Template.Spec
	c := pod.Containers[0]
	switch {
	case *d.Spec.Replicas != 2, d.Spec.Strategy.RollingUpdate.MaxUnavailable.IntValue() != 0:
		t.Errorf("replicas %d, strategy %+v", *d.Spec.Replicas, d.Spec.Strategy)
	case !*pod.SecurityContext.RunAsNonRoot, pod.SecurityContext.SeccompProfile.Type != "RuntimeDefault":
		t.Errorf("security context %+v", pod.SecurityContext)
	case *c.SecurityContext.AllowPrivilegeEscalation, !*c.SecurityContext.ReadOnlyRootFilesystem, len(c.SecurityContext.Capabilities.Drop) != 1:
		t.Errorf("security context %+v", c.SecurityContext)
	case *pod.AutomountServiceAccountToken, c.ReadinessProbe == nil, c.LivenessProbe == nil, len(pod.TopologySpreadConstraints) != 1, c.Resources.Requests == nil:
		t.Errorf("pod %+v", pod)
	case c.Image != install.Image || !slices.Contains(c.Args, "--mode=observe"):
		t.Errorf("image %s, arguments %q", c.Image, c.Args)
	}
	for label, value := range d.Spec.Selector.MatchLabels {
		if d.Spec.Template.Labels[label] != value {
			t.Errorf("the selector wants %s=%s", label, value)
		}
	}
	b := read[policyv1.PodDisruptionBudget](t, installed(t, install)["PodDisruptionBudget gatehouse-webhook"])
	if b.Spec.MinAvailable.IntValue() != 1 {
		t.Errorf("budget %+v", b.Spec)
	}
}

func TestManifestsForABundle(t *testing.T) {
	bundle := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: newAuthority(t).cert.Raw})
	i := install
	i.CABundle, i.Mode, i.FailurePolicy, i.Namespace = bundle, Enforce, "Fail", "policy"
	docs := installed(t, i)
	for name := range docs {
		if strings.HasPrefix(name, "Certificate") || strings.HasPrefix(name, "Issuer") || strings.HasPrefix(name, "Secret ") {
			t.Errorf("%s is there", name)
		}
	}
	hooks := read[admissionregistrationv1.ValidatingWebhookConfiguration](t, docs["ValidatingWebhookConfiguration gatehouse"])
	for _, h := range hooks.Webhooks {
		if !bytes.Equal(h.ClientConfig.CABundle, bundle) || *h.FailurePolicy != admissionregistrationv1.Fail || h.ClientConfig.Service.Namespace != "policy" {
			t.Errorf("webhook %+v", h)
		}
	}
}

func TestManifestsRefuse(t *testing.T) {
	key := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("correct-horse-battery")})
	for name, change := range map[string]func(*Install){
		"namespace":       func(i *Install) { i.Namespace = "a: b" },
		"empty namespace": func(i *Install) { i.Namespace = "" },
		"image":           func(i *Install) { i.Image = "a\"\nb" },
		"mode":            func(i *Install) { i.Mode = "off" },
		"failure policy":  func(i *Install) { i.FailurePolicy = "ignore" },
		"bundle":          func(i *Install) { i.CABundle = []byte("no certificate") },
		"key in bundle":   func(i *Install) { i.CABundle = key },
	} {
		i := install
		change(&i)
		text, err := Manifests(i)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		if strings.Contains(string(text)+err.Error(), base64.StdEncoding.EncodeToString([]byte("correct-horse"))[:12]) {
			t.Errorf("%s: the error shows the key: %v", name, err)
		}
	}
}

// TestManifestsForPolicies puts what policies ask for into a webhook of its own, and
// nothing that would be no value of a field.
func TestManifestsForPolicies(t *testing.T) {
	asking := install
	asking.Asked = []Asked{
		{Groups: []string{"*"}, Resources: []string{"namespaces", "*/scale", "pods/exec"}, Operations: []string{"DELETE"}},
		{Groups: []string{"", "networking.k8s.io"}, Resources: []string{"ingresses"}, Operations: []string{"CREATE", "UPDATE"}},
	}
	asking.Open = []string{"any-kind"}
	docs := installed(t, asking)
	hooks := read[admissionregistrationv1.ValidatingWebhookConfiguration](t, docs["ValidatingWebhookConfiguration gatehouse"])
	if len(hooks.Webhooks) != 3 || hooks.Webhooks[2].Name != "policies.gatehouse.dev" || len(hooks.Webhooks[2].Rules) != 2 {
		t.Fatalf("webhooks %+v", hooks.Webhooks)
	}
	rules := hooks.Webhooks[2].Rules
	if !slices.Equal(rules[0].Resources, []string{"namespaces", "*/scale", "pods/exec"}) || rules[0].Operations[0] != admissionregistrationv1.Delete ||
		!slices.Equal(rules[1].APIGroups, []string{"", "networking.k8s.io"}) || *rules[1].Scope != admissionregistrationv1.AllScopes {
		t.Errorf("rules %+v", rules)
	}
	if text, _ := Manifests(asking); !strings.Contains(string(text), "besides: any-kind.") {
		t.Error("a policy for any kind is not named")
	}
	for _, bad := range []Asked{{Resources: []string{"Pods\n- evil"}}, {Groups: []string{"a b"}}, {Operations: []string{"CONNECT"}}} {
		asking.Asked = []Asked{bad}
		if _, err := Manifests(asking); err == nil {
			t.Errorf("%+v is written", bad)
		}
	}
}
