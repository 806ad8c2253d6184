package library_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	admissionregistrationv1alpha1 "k8s.io/api/admissionregistration/v1alpha1"
	admissionregistrationv1beta1 "k8s.io/api/admissionregistration/v1beta1"
	appsv1beta1 "k8s.io/api/apps/v1beta1"
	appsv1beta2 "k8s.io/api/apps/v1beta2"
	authenticationv1alpha1 "k8s.io/api/authentication/v1alpha1"
	authenticationv1beta1 "k8s.io/api/authentication/v1beta1"
	authorizationv1beta1 "k8s.io/api/authorization/v1beta1"
	batchv1beta1 "k8s.io/api/batch/v1beta1"
	certificatesv1alpha1 "k8s.io/api/certificates/v1alpha1"
	certificatesv1beta1 "k8s.io/api/certificates/v1beta1"
	coordinationv1alpha2 "k8s.io/api/coordination/v1alpha2"
	coordinationv1beta1 "k8s.io/api/coordination/v1beta1"
	discoveryv1beta1 "k8s.io/api/discovery/v1beta1"
	eventsv1beta1 "k8s.io/api/events/v1beta1"
	extensionsv1beta1 "k8s.io/api/extensions/v1beta1"
	flowcontrolv1beta1 "k8s.io/api/flowcontrol/v1beta1"
	flowcontrolv1beta2 "k8s.io/api/flowcontrol/v1beta2"
	flowcontrolv1beta3 "k8s.io/api/flowcontrol/v1beta3"
	networkingv1beta1 "k8s.io/api/networking/v1beta1"
	nodev1beta1 "k8s.io/api/node/v1beta1"
	policyv1beta1 "k8s.io/api/policy/v1beta1"
	rbacv1beta1 "k8s.io/api/rbac/v1beta1"
	resourcev1alpha3 "k8s.io/api/resource/v1alpha3"
	resourcev1beta1 "k8s.io/api/resource/v1beta1"
	resourcev1beta2 "k8s.io/api/resource/v1beta2"
	schedulingv1beta1 "k8s.io/api/scheduling/v1beta1"
	storagev1alpha1 "k8s.io/api/storage/v1alpha1"
	storagev1beta1 "k8s.io/api/storage/v1beta1"
	storagemigrationv1beta1 "k8s.io/api/storagemigration/v1beta1"
	"k8s.io/apimachinery/pkg/runtime"
)

// unlisted are kinds that are requests or parts of others and stand in no repository.
var unlisted = []string{"DeploymentRollback", "Eviction", "Scale"}

// TestLifecycle compares the table of API versions with what the types of Kubernetes
// themselves say of when they are deprecated and removed.
func TestLifecycle(t *testing.T) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		admissionregistrationv1alpha1.AddToScheme,
		admissionregistrationv1beta1.AddToScheme,
		appsv1beta1.AddToScheme,
		appsv1beta2.AddToScheme,
		authenticationv1alpha1.AddToScheme,
		authenticationv1beta1.AddToScheme,
		authorizationv1beta1.AddToScheme,
		batchv1beta1.AddToScheme,
		certificatesv1alpha1.AddToScheme,
		certificatesv1beta1.AddToScheme,
		coordinationv1alpha2.AddToScheme,
		coordinationv1beta1.AddToScheme,
		discoveryv1beta1.AddToScheme,
		eventsv1beta1.AddToScheme,
		extensionsv1beta1.AddToScheme,
		flowcontrolv1beta1.AddToScheme,
		flowcontrolv1beta2.AddToScheme,
		flowcontrolv1beta3.AddToScheme,
		networkingv1beta1.AddToScheme,
		nodev1beta1.AddToScheme,
		policyv1beta1.AddToScheme,
		rbacv1beta1.AddToScheme,
		resourcev1alpha3.AddToScheme,
		resourcev1beta1.AddToScheme,
		resourcev1beta2.AddToScheme,
		schedulingv1beta1.AddToScheme,
		storagev1alpha1.AddToScheme,
		storagev1beta1.AddToScheme,
		storagemigrationv1beta1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	table := lifecycle(t)
	compared := 0
	for gvk := range scheme.AllKnownTypes() {
		object, err := scheme.New(gvk)
		if err != nil {
			t.Fatal(err)
		}
		removed, ok := object.(interface{ APILifecycleRemoved() (int, int) })
		deprecated, both := object.(interface{ APILifecycleDeprecated() (int, int) })
		if !ok || !both || strings.HasSuffix(gvk.Kind, "List") || strings.HasSuffix(gvk.Kind, "Options") || slices.Contains(unlisted, gvk.Kind) {
			continue
		}
		_, end := removed.APILifecycleRemoved()
		_, start := deprecated.APILifecycleDeprecated()
		got, ok := table[gvk.GroupVersion().String()+" "+gvk.Kind]
		if !ok || got != [2]int{start, end} {
			t.Errorf("%s %s: the table says %v, the type [%d %d]", gvk.GroupVersion(), gvk.Kind, got, start, end)
		}
		compared++
	}
	if compared < 70 {
		t.Errorf("only %d kinds were compared", compared)
	}
}

// lifecycle reads the table of lib/apis.rego: when a kind is deprecated and removed.
func lifecycle(t *testing.T) map[string][2]int {
	t.Helper()
	m, err := ast.ParseModule("lib/apis.rego", regoFiles(t)["lib/apis.rego"])
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(m.Rules, func(r *ast.Rule) bool { return r.Head.Name == "lifecycle" })
	plain, err := ast.JSON(m.Rules[i].Head.Value.Value)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][2]int{}
	versions, _ := plain.(map[string]any)
	for version, kinds := range versions {
		byKind, _ := kinds.(map[string]any)
		for kind, entry := range byKind {
			e, _ := entry.(map[string]any)
			out[version+" "+kind] = [2]int{number(e["deprecated"]), number(e["removed"])}
		}
	}
	return out
}

func number(v any) int {
	n, ok := v.(json.Number)
	if !ok {
		return 0
	}
	i, err := n.Int64()
	if err != nil {
		return 0
	}
	return int(i)
}
