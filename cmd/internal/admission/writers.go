package admission

// Who may write the value of a Secret. Every Secret that is admitted is plaintext,
// so what is judged is who writes it: a controller that fills Secrets from a store
// writes what belongs there, and only in the shape that it always has. Labels and
// owners never grant anything, since anyone who may write a Secret may write them;
// they narrow what a known identity may do.

import (
	"fmt"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// profile is a known writer of Secrets.
type profile struct {
	name     string
	accounts []account // its service accounts, as their projects install them
	users    []string
	groups   []string // of people; what they write besides is no misuse
	podBound bool     // its token is bound to a pod, as a running controller's is
	writes   string   // what it writes, for people
	shapes   []shape  // one of which the Secret must have
}

// account is a service account.
type account struct{ namespace, name string }

func (a account) user() string { return "system:serviceaccount:" + a.namespace + ":" + a.name }

// shape is what a Secret of a writer looks like. An empty field demands nothing.
type shape struct {
	namespaces   []string
	ownNamespace bool // the namespace of the account
	types        []corev1.SecretType
	labels       map[string]string // "*" for any value
	annotations  []string
	keys         []string // of the data; no others
	owner        *owner
}

// owner is the one owner reference of a Secret.
type owner struct {
	group      string
	kinds      []string // none for every kind of the group
	controller bool     // it is marked as the controller
	sameName   bool     // it has the name of the Secret
	optional   bool     // there may be none
}

// profiles are the built-in writers.
func profiles() []profile {
	return []profile{
		{
			// bitnami-labs/sealed-secrets: pkg/apis/sealedsecrets/v1alpha1, Unseal; pkg/controller/keys.go, writeKey.
			name: "sealed-secrets", accounts: []account{{"kube-system", "sealed-secrets-controller"}}, podBound: true,
			writes: "a Secret that is controlled by the SealedSecret of its name, and its own sealing keys",
			shapes: []shape{
				{owner: &owner{group: "bitnami.com", kinds: []string{"SealedSecret"}, controller: true, sameName: true}},
				{ownNamespace: true, types: []corev1.SecretType{corev1.SecretTypeTLS}, labels: map[string]string{"sealedsecrets.bitnami.com/sealed-secrets-key": "*"}},
			},
		},
		{
			// The tokens controller always uses the identity of its process (kubernetes, cmd/kube-controller-manager).
			name: "service-account-tokens", users: []string{"system:kube-controller-manager"},
			writes: "the token of a service account",
			shapes: []shape{{types: []corev1.SecretType{corev1.SecretTypeServiceAccountToken},
				keys: []string{corev1.ServiceAccountTokenKey, corev1.ServiceAccountRootCAKey, corev1.ServiceAccountNamespaceKey}}},
		},
		{
			name: "bootstrap-tokens", groups: []string{"kubeadm:cluster-admins"},
			writes: "bootstrap tokens in kube-system",
			shapes: []shape{{namespaces: []string{"kube-system"}, types: []corev1.SecretType{corev1.SecretTypeBootstrapToken}}},
		},
		{
			// external-secrets/external-secrets: apis/externalsecrets/v1, LabelManaged. With the creation policies Orphan
			// and Merge there is no owner, and the name of the Secret is free.
			name: "external-secrets", accounts: []account{{"external-secrets", "external-secrets"}}, podBound: true,
			writes: "a Secret with the label reconcile.external-secrets.io/managed and no owner but an ExternalSecret",
			shapes: []shape{{labels: map[string]string{"reconcile.external-secrets.io/managed": "true"},
				owner: &owner{group: "external-secrets.io", kinds: []string{"ExternalSecret"}, controller: true, optional: true}}},
		},
		{
			// cert-manager/cert-manager: pkg/controller/certificates/issuing and keymanager, pkg/issuer/acme.
			name: "cert-manager", accounts: []account{{"cert-manager", "cert-manager"}}, podBound: true,
			writes: "the certificate of a Certificate, its next private key, and the key of an ACME account",
			shapes: []shape{
				{types: []corev1.SecretType{corev1.SecretTypeTLS}, annotations: []string{"cert-manager.io/certificate-name"},
					owner: &owner{group: "cert-manager.io", kinds: []string{"Certificate"}, controller: true, optional: true}},
				{types: []corev1.SecretType{corev1.SecretTypeOpaque}, labels: map[string]string{"cert-manager.io/next-private-key": "true"},
					keys: []string{corev1.TLSPrivateKeyKey}, owner: &owner{group: "cert-manager.io", kinds: []string{"Certificate"}, controller: true}},
				{types: []corev1.SecretType{corev1.SecretTypeOpaque}, keys: []string{corev1.TLSPrivateKeyKey}, owner: &owner{optional: true}},
			},
		},
		{
			// cert-manager/cert-manager: pkg/server/tls/authority.
			name: "cert-manager-webhook", accounts: []account{{"cert-manager", "cert-manager-webhook"}}, podBound: true,
			writes: "the authority of its own certificate",
			shapes: []shape{{ownNamespace: true, types: []corev1.SecretType{corev1.SecretTypeOpaque},
				annotations: []string{"cert-manager.io/allow-direct-injection"},
				keys:        []string{corev1.TLSCertKey, corev1.TLSPrivateKeyKey, "ca.crt"}}},
		},
		{
			// hashicorp/vault-secrets-operator: helpers/secrets.go, OwnerLabels and SyncSecret; helpers/hmac.go.
			name: "vault-secrets-operator", accounts: []account{{"vault-secrets-operator-system", "vault-secrets-operator-controller-manager"}}, podBound: true,
			writes: "a Secret with its labels that is owned by one of its own objects, and what it keeps in its own namespace",
			shapes: []shape{
				{labels: map[string]string{"app.kubernetes.io/managed-by": "hashicorp-vso", "app.kubernetes.io/component": "secret-sync"},
					owner: &owner{group: "secrets.hashicorp.com"}},
				{ownNamespace: true, types: []corev1.SecretType{corev1.SecretTypeOpaque},
					labels: map[string]string{"app.kubernetes.io/managed-by": "hashicorp-vso", "app.kubernetes.io/component": "client-cache-storage-verification"}},
			},
		},
		{
			// kubernetes-sigs/secrets-store-csi-driver: controllers, secretManagedLabel. Owners are added later, one for
			// each pod that mounts the Secret.
			name: "secrets-store-csi-driver", accounts: []account{{"kube-system", "secrets-store-csi-driver"}}, podBound: true,
			writes: "a Secret with the label secrets-store.csi.k8s.io/managed",
			shapes: []shape{{types: storeTypes(), labels: map[string]string{"secrets-store.csi.k8s.io/managed": "true"}}},
		},
		{
			// kubernetes-sigs/secrets-store-sync-controller: config/validatingadmissionpolicies/create_update_secrets_types.yaml.
			name: "secrets-store-sync-controller", podBound: true,
			accounts: []account{
				{"secrets-store-sync-controller-system", "secrets-store-sync-controller"},
				{"secrets-store-sync-controller-system", "secrets-store-sync-controller-manager"},
			},
			writes: "a Secret that is owned by the SecretSync of its name",
			shapes: []shape{{types: storeTypes(), owner: &owner{group: "secret-sync.x-k8s.io", kinds: []string{"SecretSync"}, sameName: true}}},
		},
	}
}

// storeTypes are the types that the Secrets Store projects synchronise. They leave
// service account tokens out, and so does this table bootstrap tokens.
func storeTypes() []corev1.SecretType {
	return []corev1.SecretType{corev1.SecretTypeOpaque, corev1.SecretTypeBasicAuth, corev1.SecretTypeSSHAuth, corev1.SecretTypeTLS,
		corev1.SecretTypeDockerConfigJson, corev1.SecretTypeDockercfg}
}

// Writer says under which service account a built-in writer runs, in place of the
// one that its project installs.
type Writer struct {
	Name           string // of the built-in writer, one of Writers
	Namespace      string
	ServiceAccount string
}

// Writers lists the names of the built-in writers that run under a service account.
func Writers() []string {
	var names []string
	for _, p := range profiles() {
		if len(p.accounts) > 0 {
			names = append(names, p.name)
		}
	}
	return names
}

// ParseWriter reads a Writer in the form NAME=namespace:serviceaccount.
func ParseWriter(s string) (Writer, error) {
	name, rest, _ := strings.Cut(s, "=")
	namespace, serviceAccount, ok := strings.Cut(rest, ":")
	switch {
	case !ok || namespace == "" || serviceAccount == "" || strings.Contains(serviceAccount, ":"):
		return Writer{}, fmt.Errorf("writer %q: must have the form NAME=namespace:serviceaccount", s)
	case !slices.Contains(Writers(), name):
		return Writer{}, fmt.Errorf("writer %q: must be one of %s", name, strings.Join(Writers(), ", "))
	}
	return Writer{name, namespace, serviceAccount}, nil
}

// profilesWith are the built-in writers under the accounts that are given.
func profilesWith(writers []Writer) []profile {
	list := profiles()
	for i := range list {
		var renamed []account
		for _, w := range writers {
			if w.Name == list[i].name {
				renamed = append(renamed, account{w.Namespace, w.ServiceAccount})
			}
		}
		if len(renamed) > 0 {
			list[i].accounts = renamed
		}
	}
	return list
}

// writing is what is known of who writes a Secret.
type writing struct {
	profile string // whose contract the write keeps, or ""
	misuse  string // how the identity of a known writer is used otherwise, or ""
}

// writingOf matches the user of a request with the writers. trustUnbound takes the
// identity of a writer also where its token is bound to no pod.
func writingOf(req *admissionv1.AdmissionRequest, secret *manifest.Node, writers []profile, trustUnbound bool) writing {
	var w writing
	for _, p := range writers {
		account, ok := p.matches(req.UserInfo)
		switch {
		case !ok:
		case p.podBound && !trustUnbound && !isPodBound(req.UserInfo):
			w.misuse = "This is the identity of the controller " + p.name + ", used without the pod that it belongs to"
		case slices.ContainsFunc(p.shapes, func(s shape) bool { return s.fits(req, secret, account) }):
			return writing{profile: p.name}
		case len(p.groups) == 0:
			w.misuse = "This is a controller identity used outside its contract: " + p.name + " writes " + p.writes
		}
	}
	return w
}

func (p profile) matches(user authenticationv1.UserInfo) (account, bool) {
	for _, a := range p.accounts {
		if user.Username == a.user() {
			return a, true
		}
	}
	ok := slices.Contains(p.users, user.Username) ||
		slices.ContainsFunc(p.groups, func(group string) bool { return slices.Contains(user.Groups, group) })
	return account{}, ok
}

// podNameKey is what the API server adds to the identity of a token that is bound
// to a pod (k8s.io/apiserver/pkg/authentication/serviceaccount, PodNameKey). One
// that was minted or impersonated is without it.
const podNameKey = "authentication.kubernetes.io/pod-name"

func isPodBound(user authenticationv1.UserInfo) bool {
	names := user.Extra[podNameKey]
	return len(names) == 1 && names[0] != ""
}

func (s shape) fits(req *admissionv1.AdmissionRequest, secret *manifest.Node, a account) bool {
	meta := secret.Get("metadata")
	switch {
	case len(s.namespaces) > 0 && !slices.Contains(s.namespaces, req.Namespace),
		s.ownNamespace && (a == account{} || req.Namespace != a.namespace),
		len(s.types) > 0 && !slices.Contains(s.types, typeOf(secret)),
		s.owner != nil && !s.owner.fits(meta.Get("ownerReferences"), meta.Get("name").Str()):
		return false
	}
	for key, value := range s.labels {
		label := meta.Lookup("labels", key)
		if label == nil || value != "*" && label.Str() != value {
			return false
		}
	}
	for _, key := range s.annotations {
		if meta.Lookup("annotations", key) == nil {
			return false
		}
	}
	return len(s.keys) == 0 || onlyKeys(secret.Get("data"), s.keys)
}

func typeOf(secret *manifest.Node) corev1.SecretType {
	if t := secret.Get("type").Str(); t != "" {
		return corev1.SecretType(t)
	}
	return corev1.SecretTypeOpaque
}

func onlyKeys(data *manifest.Node, keys []string) bool {
	if data == nil {
		return true
	}
	for i := range data.Items {
		if !slices.Contains(keys, data.Items[i].Key) {
			return false
		}
	}
	return true
}

// fits tells whether the owner references of a Secret are exactly the one that is
// demanded. An owner without a group stands for none at all.
func (o owner) fits(references *manifest.Node, name string) bool {
	if references == nil || len(references.Items) == 0 {
		return o.optional
	}
	if len(references.Items) != 1 || o.group == "" {
		return false
	}
	r := &references.Items[0]
	group, _, _ := strings.Cut(r.Get("apiVersion").Str(), "/")
	controller := r.Get("controller")
	return group == o.group &&
		(len(o.kinds) == 0 || slices.Contains(o.kinds, r.Get("kind").Str())) &&
		(!o.controller || controller != nil && controller.Kind == manifest.Bool && controller.Text == "true") &&
		(!o.sameName || r.Get("name").Str() == name)
}
