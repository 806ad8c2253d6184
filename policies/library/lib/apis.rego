# METADATA
# title: API versions that Kubernetes dropped or will drop
# description: |
#   By API version and kind: the minor version of Kubernetes 1.x that deprecated it, the
#   one that no longer serves it, and the API version to use instead, where there is
#   one. The facts are the lifecycle notes of k8s.io/api and, for what is no longer in
#   it, https://kubernetes.io/docs/reference/using-api/deprecation-guide/.
package gatehouse.lib.apis

# listed holds for the API versions in the table that are no more than versions of
# their group; v1 of the core group is not among them. It is read statically.
listed if input.object.apiVersion in {
	"admissionregistration.k8s.io/v1alpha1", "admissionregistration.k8s.io/v1beta1", "apiextensions.k8s.io/v1beta1",
	"apiregistration.k8s.io/v1beta1", "apps/v1beta1", "apps/v1beta2", "authentication.k8s.io/v1alpha1",
	"authentication.k8s.io/v1beta1", "authorization.k8s.io/v1beta1", "autoscaling/v2beta1", "autoscaling/v2beta2",
	"batch/v1beta1", "batch/v2alpha1", "certificates.k8s.io/v1alpha1", "certificates.k8s.io/v1beta1",
	"coordination.k8s.io/v1alpha2", "coordination.k8s.io/v1beta1", "discovery.k8s.io/v1beta1", "events.k8s.io/v1beta1",
	"extensions/v1beta1", "flowcontrol.apiserver.k8s.io/v1beta1", "flowcontrol.apiserver.k8s.io/v1beta2",
	"flowcontrol.apiserver.k8s.io/v1beta3", "networking.k8s.io/v1beta1", "node.k8s.io/v1beta1", "policy/v1beta1",
	"rbac.authorization.k8s.io/v1alpha1", "rbac.authorization.k8s.io/v1beta1", "resource.k8s.io/v1alpha3",
	"resource.k8s.io/v1beta1", "resource.k8s.io/v1beta2", "scheduling.k8s.io/v1alpha1", "scheduling.k8s.io/v1beta1",
	"settings.k8s.io/v1alpha1", "storage.k8s.io/v1alpha1", "storage.k8s.io/v1beta1", "storagemigration.k8s.io/v1beta1",
}

# entry is what is known of the API version of the object.
entry := lifecycle[input.object.apiVersion][input.object.kind]

# target is the minor version of the cluster's Kubernetes. A number is read as well:
# YAML makes 1.3 of an unquoted 1.30.
target(version) := minor if {
	[_, text] := regex.find_all_string_submatch_n(`^v?1\.(\d+)(?:\.\d+)?(?:[-+].*)?$`, version, 1)[0]
	minor := to_number(text)
}

target(version) := round(version * 100) - 100 if is_number(version)

lifecycle := {
	"admissionregistration.k8s.io/v1alpha1": {
		"MutatingAdmissionPolicy": {"deprecated": 35, "removed": 38, "use": "admissionregistration.k8s.io/v1"},
		"MutatingAdmissionPolicyBinding": {"deprecated": 35, "removed": 38, "use": "admissionregistration.k8s.io/v1"},
		"ValidatingAdmissionPolicy": {"deprecated": 29, "removed": 32, "use": "admissionregistration.k8s.io/v1"},
		"ValidatingAdmissionPolicyBinding": {"deprecated": 29, "removed": 32, "use": "admissionregistration.k8s.io/v1"},
	},
	"admissionregistration.k8s.io/v1beta1": {
		"MutatingAdmissionPolicy": {"deprecated": 37, "removed": 40, "use": "admissionregistration.k8s.io/v1"},
		"MutatingAdmissionPolicyBinding": {"deprecated": 37, "removed": 40, "use": "admissionregistration.k8s.io/v1"},
		"MutatingWebhookConfiguration": {"deprecated": 16, "removed": 22, "use": "admissionregistration.k8s.io/v1"},
		"ValidatingAdmissionPolicy": {"deprecated": 31, "removed": 34, "use": "admissionregistration.k8s.io/v1"},
		"ValidatingAdmissionPolicyBinding": {"deprecated": 31, "removed": 34, "use": "admissionregistration.k8s.io/v1"},
		"ValidatingWebhookConfiguration": {"deprecated": 16, "removed": 22, "use": "admissionregistration.k8s.io/v1"},
	},
	"apiextensions.k8s.io/v1beta1": {
		"CustomResourceDefinition": {"deprecated": 16, "removed": 22, "use": "apiextensions.k8s.io/v1"},
	},
	"apiregistration.k8s.io/v1beta1": {
		"APIService": {"deprecated": 19, "removed": 22, "use": "apiregistration.k8s.io/v1"},
	},
	"apps/v1beta1": {
		"ControllerRevision": {"deprecated": 8, "removed": 16, "use": "apps/v1"},
		"Deployment": {"deprecated": 8, "removed": 16, "use": "apps/v1"},
		"StatefulSet": {"deprecated": 8, "removed": 16, "use": "apps/v1"},
	},
	"apps/v1beta2": {
		"ControllerRevision": {"deprecated": 9, "removed": 16, "use": "apps/v1"},
		"DaemonSet": {"deprecated": 9, "removed": 16, "use": "apps/v1"},
		"Deployment": {"deprecated": 9, "removed": 16, "use": "apps/v1"},
		"ReplicaSet": {"deprecated": 9, "removed": 16, "use": "apps/v1"},
		"StatefulSet": {"deprecated": 9, "removed": 16, "use": "apps/v1"},
	},
	"authentication.k8s.io/v1alpha1": {
		"SelfSubjectReview": {"deprecated": 29, "removed": 32, "use": "authentication.k8s.io/v1"},
	},
	"authentication.k8s.io/v1beta1": {
		"SelfSubjectReview": {"deprecated": 30, "removed": 33, "use": "authentication.k8s.io/v1"},
		"TokenReview": {"deprecated": 19, "removed": 22, "use": "authentication.k8s.io/v1"},
	},
	"authorization.k8s.io/v1beta1": {
		"LocalSubjectAccessReview": {"deprecated": 19, "removed": 22, "use": "authorization.k8s.io/v1"},
		"SelfSubjectAccessReview": {"deprecated": 19, "removed": 22, "use": "authorization.k8s.io/v1"},
		"SelfSubjectRulesReview": {"deprecated": 19, "removed": 22, "use": "authorization.k8s.io/v1"},
		"SubjectAccessReview": {"deprecated": 19, "removed": 22, "use": "authorization.k8s.io/v1"},
	},
	"autoscaling/v2beta1": {
		"HorizontalPodAutoscaler": {"deprecated": 22, "removed": 25, "use": "autoscaling/v2"},
	},
	"autoscaling/v2beta2": {
		"HorizontalPodAutoscaler": {"deprecated": 23, "removed": 26, "use": "autoscaling/v2"},
	},
	"batch/v1beta1": {
		"CronJob": {"deprecated": 21, "removed": 25, "use": "batch/v1"},
	},
	"batch/v2alpha1": {
		"CronJob": {"deprecated": 8, "removed": 21, "use": "batch/v1"},
	},
	"certificates.k8s.io/v1alpha1": {
		"ClusterTrustBundle": {"deprecated": 34, "removed": 37},
	},
	"certificates.k8s.io/v1beta1": {
		"CertificateSigningRequest": {"deprecated": 19, "removed": 22, "use": "certificates.k8s.io/v1"},
		"ClusterTrustBundle": {"deprecated": 37, "removed": 40},
		"PodCertificateRequest": {"deprecated": 38, "removed": 41},
	},
	"coordination.k8s.io/v1alpha2": {
		"LeaseCandidate": {"deprecated": 35, "removed": 38},
	},
	"coordination.k8s.io/v1beta1": {
		"Lease": {"deprecated": 19, "removed": 22, "use": "coordination.k8s.io/v1"},
		"LeaseCandidate": {"deprecated": 36, "removed": 39},
	},
	"discovery.k8s.io/v1beta1": {
		"EndpointSlice": {"deprecated": 21, "removed": 25, "use": "discovery.k8s.io/v1"},
	},
	"events.k8s.io/v1beta1": {
		"Event": {"deprecated": 22, "removed": 25, "use": "events.k8s.io/v1"},
	},
	"extensions/v1beta1": {
		"DaemonSet": {"deprecated": 8, "removed": 16, "use": "apps/v1"},
		"Deployment": {"deprecated": 8, "removed": 16, "use": "apps/v1"},
		"Ingress": {"deprecated": 14, "removed": 22, "use": "networking.k8s.io/v1"},
		"NetworkPolicy": {"deprecated": 9, "removed": 16, "use": "networking.k8s.io/v1"},
		"PodSecurityPolicy": {"deprecated": 11, "removed": 16},
		"ReplicaSet": {"deprecated": 8, "removed": 16, "use": "apps/v1"},
	},
	"flowcontrol.apiserver.k8s.io/v1beta1": {
		"FlowSchema": {"deprecated": 23, "removed": 26, "use": "flowcontrol.apiserver.k8s.io/v1"},
		"PriorityLevelConfiguration": {"deprecated": 23, "removed": 26, "use": "flowcontrol.apiserver.k8s.io/v1"},
	},
	"flowcontrol.apiserver.k8s.io/v1beta2": {
		"FlowSchema": {"deprecated": 26, "removed": 29, "use": "flowcontrol.apiserver.k8s.io/v1"},
		"PriorityLevelConfiguration": {"deprecated": 26, "removed": 29, "use": "flowcontrol.apiserver.k8s.io/v1"},
	},
	"flowcontrol.apiserver.k8s.io/v1beta3": {
		"FlowSchema": {"deprecated": 29, "removed": 32, "use": "flowcontrol.apiserver.k8s.io/v1"},
		"PriorityLevelConfiguration": {"deprecated": 29, "removed": 32, "use": "flowcontrol.apiserver.k8s.io/v1"},
	},
	"networking.k8s.io/v1beta1": {
		"IPAddress": {"deprecated": 34, "removed": 37, "use": "networking.k8s.io/v1"},
		"Ingress": {"deprecated": 19, "removed": 22, "use": "networking.k8s.io/v1"},
		"IngressClass": {"deprecated": 19, "removed": 22, "use": "networking.k8s.io/v1"},
		"ServiceCIDR": {"deprecated": 34, "removed": 37, "use": "networking.k8s.io/v1"},
	},
	"node.k8s.io/v1beta1": {
		"RuntimeClass": {"deprecated": 22, "removed": 25, "use": "node.k8s.io/v1"},
	},
	"policy/v1beta1": {
		"PodDisruptionBudget": {"deprecated": 21, "removed": 25, "use": "policy/v1"},
		"PodSecurityPolicy": {"deprecated": 21, "removed": 25},
	},
	"rbac.authorization.k8s.io/v1alpha1": {
		"ClusterRole": {"deprecated": 17, "removed": 22, "use": "rbac.authorization.k8s.io/v1"},
		"ClusterRoleBinding": {"deprecated": 17, "removed": 22, "use": "rbac.authorization.k8s.io/v1"},
		"Role": {"deprecated": 17, "removed": 22, "use": "rbac.authorization.k8s.io/v1"},
		"RoleBinding": {"deprecated": 17, "removed": 22, "use": "rbac.authorization.k8s.io/v1"},
	},
	"rbac.authorization.k8s.io/v1beta1": {
		"ClusterRole": {"deprecated": 17, "removed": 22, "use": "rbac.authorization.k8s.io/v1"},
		"ClusterRoleBinding": {"deprecated": 17, "removed": 22, "use": "rbac.authorization.k8s.io/v1"},
		"Role": {"deprecated": 17, "removed": 22, "use": "rbac.authorization.k8s.io/v1"},
		"RoleBinding": {"deprecated": 17, "removed": 22, "use": "rbac.authorization.k8s.io/v1"},
	},
	"resource.k8s.io/v1alpha3": {
		"DeviceTaintRule": {"deprecated": 36, "removed": 39},
		"ResourcePoolStatusRequest": {"deprecated": 39, "removed": 42},
	},
	"resource.k8s.io/v1beta1": {
		"DeviceClass": {"deprecated": 35, "removed": 38, "use": "resource.k8s.io/v1"},
		"ResourceClaim": {"deprecated": 35, "removed": 38, "use": "resource.k8s.io/v1"},
		"ResourceClaimTemplate": {"deprecated": 35, "removed": 38, "use": "resource.k8s.io/v1"},
		"ResourceSlice": {"deprecated": 35, "removed": 38, "use": "resource.k8s.io/v1"},
	},
	"resource.k8s.io/v1beta2": {
		"DeviceClass": {"deprecated": 36, "removed": 39, "use": "resource.k8s.io/v1"},
		"DeviceTaintRule": {"deprecated": 39, "removed": 42},
		"ResourceClaim": {"deprecated": 36, "removed": 39, "use": "resource.k8s.io/v1"},
		"ResourceClaimTemplate": {"deprecated": 36, "removed": 39, "use": "resource.k8s.io/v1"},
		"ResourceSlice": {"deprecated": 36, "removed": 39, "use": "resource.k8s.io/v1"},
	},
	"scheduling.k8s.io/v1alpha1": {
		"PriorityClass": {"deprecated": 14, "removed": 22, "use": "scheduling.k8s.io/v1"},
	},
	"scheduling.k8s.io/v1beta1": {
		"PriorityClass": {"deprecated": 14, "removed": 22, "use": "scheduling.k8s.io/v1"},
	},
	"settings.k8s.io/v1alpha1": {
		"PodPreset": {"deprecated": 19, "removed": 20},
	},
	"storage.k8s.io/v1alpha1": {
		"CSIStorageCapacity": {"deprecated": 21, "removed": 24, "use": "storage.k8s.io/v1"},
		"VolumeAttachment": {"deprecated": 21, "removed": 24, "use": "storage.k8s.io/v1"},
		"VolumeAttributesClass": {"deprecated": 32, "removed": 35, "use": "storage.k8s.io/v1"},
	},
	"storage.k8s.io/v1beta1": {
		"CSIDriver": {"deprecated": 19, "removed": 22, "use": "storage.k8s.io/v1"},
		"CSINode": {"deprecated": 17, "removed": 22, "use": "storage.k8s.io/v1"},
		"CSIStorageCapacity": {"deprecated": 24, "removed": 27, "use": "storage.k8s.io/v1"},
		"StorageClass": {"deprecated": 19, "removed": 22, "use": "storage.k8s.io/v1"},
		"VolumeAttachment": {"deprecated": 19, "removed": 22, "use": "storage.k8s.io/v1"},
		"VolumeAttributesClass": {"deprecated": 34, "removed": 37, "use": "storage.k8s.io/v1"},
	},
	"storagemigration.k8s.io/v1beta1": {
		"StorageVersionMigration": {"deprecated": 38, "removed": 41},
	},
	"v1": {
		"Endpoints": {"deprecated": 33, "use": "discovery.k8s.io/v1 EndpointSlice"},
	},
}
