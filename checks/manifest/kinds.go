package manifest

import (
	"reflect"
	"sync"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	certificatesv1 "k8s.io/api/certificates/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	flowcontrolv1 "k8s.io/api/flowcontrol/v1"
	networkingv1 "k8s.io/api/networking/v1"
	nodev1 "k8s.io/api/node/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
)

type groupVersionKind struct{ apiVersion, kind string }

// typeOf returns the Go type of a built-in kind, or nil.
func typeOf(o Object) reflect.Type {
	return builtinKinds()[groupVersionKind{o.APIVersion, o.Kind}]
}

// builtinKinds are the kinds that the API server serves itself and that people
// keep in configuration.
var builtinKinds = sync.OnceValue(func() map[groupVersionKind]reflect.Type {
	kinds := map[groupVersionKind]reflect.Type{}
	add := func(apiVersion string, objects ...any) {
		for _, o := range objects {
			t := reflect.TypeOf(o)
			kinds[groupVersionKind{apiVersion, t.Name()}] = t
		}
	}
	//lint:ignore SA1019 Endpoints are deprecated and still served, so they still stand in repositories.
	add("v1", corev1.Endpoints{})
	add("v1", corev1.ConfigMap{}, corev1.Event{}, corev1.LimitRange{}, corev1.Namespace{}, corev1.Node{},
		corev1.PersistentVolume{}, corev1.PersistentVolumeClaim{}, corev1.Pod{}, corev1.PodTemplate{},
		corev1.ReplicationController{}, corev1.ResourceQuota{}, corev1.Secret{}, corev1.Service{}, corev1.ServiceAccount{})
	add("apps/v1", appsv1.ControllerRevision{}, appsv1.DaemonSet{}, appsv1.Deployment{}, appsv1.ReplicaSet{}, appsv1.StatefulSet{})
	add("batch/v1", batchv1.CronJob{}, batchv1.Job{})
	add("autoscaling/v1", autoscalingv1.HorizontalPodAutoscaler{})
	add("autoscaling/v2", autoscalingv2.HorizontalPodAutoscaler{})
	add("networking.k8s.io/v1", networkingv1.Ingress{}, networkingv1.IngressClass{}, networkingv1.NetworkPolicy{})
	add("policy/v1", policyv1.PodDisruptionBudget{})
	add("rbac.authorization.k8s.io/v1", rbacv1.ClusterRole{}, rbacv1.ClusterRoleBinding{}, rbacv1.Role{}, rbacv1.RoleBinding{})
	add("storage.k8s.io/v1", storagev1.CSIDriver{}, storagev1.CSINode{}, storagev1.StorageClass{}, storagev1.VolumeAttachment{})
	add("scheduling.k8s.io/v1", schedulingv1.PriorityClass{})
	add("node.k8s.io/v1", nodev1.RuntimeClass{})
	add("coordination.k8s.io/v1", coordinationv1.Lease{})
	add("discovery.k8s.io/v1", discoveryv1.EndpointSlice{})
	add("certificates.k8s.io/v1", certificatesv1.CertificateSigningRequest{})
	add("flowcontrol.apiserver.k8s.io/v1", flowcontrolv1.FlowSchema{}, flowcontrolv1.PriorityLevelConfiguration{})
	add("admissionregistration.k8s.io/v1", admissionv1.MutatingWebhookConfiguration{}, admissionv1.ValidatingAdmissionPolicy{},
		admissionv1.ValidatingAdmissionPolicyBinding{}, admissionv1.ValidatingWebhookConfiguration{})
	return kinds
})

// podSpecPaths say where a built-in kind keeps its pod specification.
var podSpecPaths = map[string][]string{
	"Pod":                   {"spec"},
	"PodTemplate":           {"template", "spec"},
	"ReplicationController": {"spec", "template", "spec"},
	"Deployment":            {"spec", "template", "spec"},
	"StatefulSet":           {"spec", "template", "spec"},
	"DaemonSet":             {"spec", "template", "spec"},
	"ReplicaSet":            {"spec", "template", "spec"},
	"Job":                   {"spec", "template", "spec"},
	"CronJob":               {"spec", "jobTemplate", "spec", "template", "spec"},
}

// podSpecs returns the pod specifications of an object of a built-in kind.
func podSpecs(root *Node) []*Node {
	if spec := root.Lookup(podSpecPaths[root.Get("kind").Str()]...); spec != nil && spec != root && spec.Kind == Map {
		return []*Node{spec}
	}
	return nil
}
