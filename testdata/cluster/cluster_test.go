package cluster

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/bitnami-labs/sealed-secrets/pkg/crypto"
	"github.com/google/go-cmp/cmp"
)

type object = map[string]any

// TestCluster starts the servers once; each story has a namespace of its own.
func TestCluster(t *testing.T) {
	c := Start(t, Options{})
	for _, story := range []struct {
		name string
		run  func(*testing.T, *Cluster)
	}{
		{"a secret is stored with stringData merged", secretIsStored},
		{"a dry run stores nothing", dryRunStoresNothing},
		{"apply creates and updates", applyCreatesAndUpdates},
		{"a webhook denies, warns and annotates the audit log", webhookDenies},
		{"identities reach admission", identitiesReachAdmission},
		{"any object of a custom kind is kept whole", customKindIsKept},
		{"refusals say what is wrong", refusalsAreSaid},
		{"the controller unseals what its certificate sealed", controllerUnseals},
	} {
		t.Run(story.name, func(t *testing.T) { story.run(t, c) })
	}
}

func secretIsStored(t *testing.T, c *Cluster) {
	namespace := newNamespace(t, c, "stored")
	developer := c.Client(Developer)
	created := answer(t)(developer.Create(t.Context(), object{
		"apiVersion": "v1", "kind": "Secret", "metadata": object{"name": "database", "namespace": namespace},
		"data": object{"user": "YXBw", "password": "b2xk"}, "stringData": object{"password": "new", "host": "db"},
	}, Write{}))
	stored := answer(t)(developer.Get(t.Context(), created, Write{}))
	want := object{"user": "YXBw", "password": "bmV3", "host": "ZGI="}
	if diff := cmp.Diff(want, stored["data"]); diff != "" {
		t.Errorf("data of the stored secret (-want +got):\n%s", diff)
	}
	if _, kept := stored["stringData"]; kept {
		t.Error("the stored secret still has stringData")
	}
	if stored["type"] != "Opaque" {
		t.Errorf("type is %v, want Opaque", stored["type"])
	}
}

func dryRunStoresNothing(t *testing.T, c *Cluster) {
	namespace := newNamespace(t, c, "dry")
	admin := c.Client(Admin)
	settings := object{"apiVersion": "v1", "kind": "ConfigMap", "metadata": object{"name": "settings"}}
	created := answer(t)(admin.Create(t.Context(), settings, Write{Namespace: namespace, DryRun: true}))
	if got := mapping(created["metadata"])["namespace"]; got != namespace {
		t.Errorf("namespace is %v, want %s", got, namespace)
	}
	refused(t, http.StatusNotFound, "not found")(admin.Get(t.Context(), settings, Write{Namespace: namespace}))
}

func applyCreatesAndUpdates(t *testing.T, c *Cluster) {
	namespace := newNamespace(t, c, "apply")
	admin := c.Client(Admin)
	settings := func(value string) object {
		return object{
			"apiVersion": "v1", "kind": "ConfigMap", "metadata": object{"name": "settings", "namespace": namespace},
			"data": object{"mode": value},
		}
	}
	answer(t)(admin.Apply(t.Context(), settings("first"), Write{}))
	updated := answer(t)(admin.Apply(t.Context(), settings("second"), Write{}))
	if diff := cmp.Diff(any(object{"mode": "second"}), updated["data"]); diff != "" {
		t.Errorf("data after the second apply (-want +got):\n%s", diff)
	}
	refused(t, http.StatusConflict, "conflict")(admin.Apply(t.Context(), settings("third"), Write{FieldManager: "other"}))
	answer(t)(admin.Apply(t.Context(), settings("third"), Write{FieldManager: "other", Force: true}))
	answer(t)(admin.Replace(t.Context(), settings("fourth"), Write{}))

	clientSide, err := WithLastApplied(object{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": object{"name": "client-side", "namespace": namespace}, "data": object{"a": "b"},
	})
	if err != nil {
		t.Fatal(err)
	}
	stored := answer(t)(admin.Create(t.Context(), clientSide, Write{FieldManager: "kubectl-client-side-apply"}))
	annotation := mapping(mapping(stored["metadata"])["annotations"])[lastAppliedAnnotation]
	want := `{"apiVersion":"v1","data":{"a":"b"},"kind":"ConfigMap","metadata":{"annotations":{},"name":"client-side","namespace":"` + namespace + `"}}` + "\n"
	if diff := cmp.Diff(any(want), annotation); diff != "" {
		t.Errorf("last applied (-want +got):\n%s", diff)
	}
}

func webhookDenies(t *testing.T, c *Cluster) {
	namespace := newNamespace(t, c, "webhook")
	installWebhook(t, c, namespace, func(request object) object {
		return object{
			"allowed": false, "status": object{"code": 403, "message": `not this one: "quoted"`},
			"warnings": []string{`first "warning"`, "second"}, "auditAnnotations": object{"verdict": "fail"},
		}
	})
	denied := object{"apiVersion": "v1", "kind": "ConfigMap", "metadata": object{"name": "denied", "namespace": namespace}}
	var response *Response
	eventually(t, func() error {
		var err error
		if response, err = c.Client(Developer).Create(t.Context(), denied, Write{DryRun: true}); err != nil {
			return err
		}
		if response.Err() == nil {
			return errors.New("still allowed")
		}
		return nil
	})
	refused(t, http.StatusForbidden, `not this one: "quoted"`)(response, nil)
	if diff := cmp.Diff([]string{`first "warning"`, "second"}, response.Warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	events, err := c.AuditEvents()
	if err != nil {
		t.Fatal(err)
	}
	noted := slices.ContainsFunc(events, func(e AuditEvent) bool {
		return e.Object.Namespace == namespace && e.User.Name == Developer && e.Status.Code == http.StatusForbidden &&
			e.Annotations["webhook.example.com/verdict"] == "fail"
	})
	if !noted {
		t.Error("no event of the audit log has the webhook's annotation")
	}
}

func identitiesReachAdmission(t *testing.T, c *Cluster) {
	namespace := newNamespace(t, c, "identities")
	installWebhook(t, c, namespace, func(request object) object {
		who := mapping(request["userInfo"])
		groups, err := json.Marshal(who["groups"])
		if err != nil {
			return object{"allowed": false}
		}
		return object{"allowed": true, "warnings": []string{who["username"].(string) + " " + string(groups)}}
	})
	stranger := c.Client("jane", "team-a", "team-b")
	stranger.Header.Set("Impersonate-Extra-Reason", "test")
	for name, test := range map[string]struct {
		client *Client
		want   string
	}{
		"by token":         {c.Client(FluxUser), FluxUser + ` ["system:serviceaccounts","system:serviceaccounts:flux-system","system:authenticated"]`},
		"admin":            {c.Client(Admin), Admin + ` ["system:masters","system:authenticated"]`},
		"by impersonation": {c.Client(Developer, "system:masters", "team-a"), Developer + ` ["system:masters","team-a","system:authenticated"]`},
	} {
		t.Run(name, func(t *testing.T) {
			settings := object{"apiVersion": "v1", "kind": "ConfigMap", "metadata": object{"generateName": "settings-", "namespace": namespace}}
			eventually(t, func() error {
				response, err := test.client.Create(t.Context(), settings, Write{DryRun: true})
				if err != nil {
					return err
				}
				if !slices.Contains(response.Warnings, test.want) {
					return errors.New("warnings: " + strings.Join(response.Warnings, "; "))
				}
				return response.Err()
			})
		})
	}
	refused(t, http.StatusForbidden, `User "jane" cannot create resource "configmaps"`)(stranger.Create(t.Context(), object{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": object{"name": "settings", "namespace": namespace},
	}, Write{}))
}

func customKindIsKept(t *testing.T, c *Cluster) {
	namespace := newNamespace(t, c, "custom")
	err := c.InstallKinds(t.Context(),
		CustomKind{Group: "kustomize.toolkit.fluxcd.io", Versions: []string{"v1", "v1beta2"}, Kind: "Kustomization", Namespaced: true},
		CustomKind{Group: "policy.networking.k8s.io", Versions: []string{"v1alpha1"}, Kind: "AdminNetworkPolicy"})
	if err != nil {
		t.Fatal(err)
	}
	spec := object{"path": "./apps", "list": []any{object{"deep": object{"n": 1.5}}, nil}}
	for _, custom := range []object{
		{"apiVersion": "kustomize.toolkit.fluxcd.io/v1beta2", "kind": "Kustomization", "metadata": object{"name": "apps", "namespace": namespace}, "spec": spec},
		{"apiVersion": "policy.networking.k8s.io/v1alpha1", "kind": "AdminNetworkPolicy", "metadata": object{"name": "all"}, "spec": spec, "odd": true},
	} {
		answer(t)(c.Client(ArgoUser).Apply(t.Context(), custom, Write{}))
		stored := answer(t)(c.Client(Admin).Get(t.Context(), custom, Write{}))
		if diff := cmp.Diff(any(spec), stored["spec"]); diff != "" {
			t.Errorf("spec of %s (-want +got):\n%s", custom["kind"], diff)
		}
	}
}

func refusalsAreSaid(t *testing.T, c *Cluster) {
	_, err := c.Client(Admin).Create(t.Context(), object{"apiVersion": "apps/v1", "kind": "Deploymint"}, Write{})
	if err == nil || !strings.Contains(err.Error(), `no kind "Deploymint" in apiVersion "apps/v1"`) {
		t.Errorf("unknown kind: %v", err)
	}
	refused(t, http.StatusUnprocessableEntity, "spec.selector")(c.Client(Admin).Create(t.Context(), object{
		"apiVersion": "apps/v1", "kind": "Deployment", "metadata": object{"name": "broken"}, "spec": object{},
	}, Write{}))
}

func controllerUnseals(t *testing.T, c *Cluster) {
	controller, err := c.StartController(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	namespace := newNamespace(t, c, "sealed")
	block, _ := pem.Decode(controller.Certificate)
	if block == nil {
		t.Fatal("the certificate is not PEM")
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := crypto.HybridEncrypt(rand.Reader, certificate.PublicKey.(*rsa.PublicKey), []byte("opened"), []byte(namespace+"/database"))
	if err != nil {
		t.Fatal(err)
	}
	metadata := object{"name": "database", "namespace": namespace}
	answer(t)(c.Client(FluxUser).Apply(t.Context(), object{
		"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "metadata": metadata,
		"spec": object{"encryptedData": object{"password": base64.StdEncoding.EncodeToString(sealed)}},
	}, Write{}))

	var unsealed object
	eventually(t, func() error {
		response, err := c.Client(Admin).Get(t.Context(), object{"apiVersion": "v1", "kind": "Secret", "metadata": metadata}, Write{})
		if err != nil {
			return err
		}
		unsealed, err = response.Object()
		return err
	})
	want := object{"password": base64.StdEncoding.EncodeToString([]byte("opened"))}
	if diff := cmp.Diff(any(want), unsealed["data"]); diff != "" {
		t.Errorf("data of the unsealed secret (-want +got):\n%s", diff)
	}
}
