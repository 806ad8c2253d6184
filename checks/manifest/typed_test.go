package manifest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// typedObjects are objects of built-in kinds with every kind of value that a round
// trip through its Go type writes in another way.
var typedObjects = []string{
	`
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: "", labels: {app: x, empty: ""}, annotations: {}, finalizers: [], creationTimestamp: null, unknown: 1}
spec:
  containers:
  - name: c
    image: x
    command: []
    args: ["", a]
    env: [{name: A, value: ""}, {name: B, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: "0"}}}, {name: C, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]
    ports: [{containerPort: 80, hostPort: 0, protocol: TCP}]
    resources: {limits: {cpu: 1000m, memory: 1024Mi, ephemeral-storage: 1.5Gi}, requests: {cpu: 0.5, memory: 1e9, nvidia.com/gpu: 1}}
    securityContext: {runAsUser: 0, privileged: false, runAsNonRoot: true, capabilities: {drop: [ALL], add: []}}
    livenessProbe: {httpGet: {path: /, port: 80, scheme: ""}, initialDelaySeconds: 0, periodSeconds: 5}
    readinessProbe: {tcpSocket: {port: web}}
    lifecycle: {preStop: {sleep: {seconds: 0}}}
    tty: false
    stdin: true
    unknown: {a: b}
  volumes:
  - {name: e, emptyDir: {}}
  - {name: f, emptyDir: {medium: "", sizeLimit: 1024Ki}}
  - {name: s, secret: {secretName: x, optional: false, defaultMode: 0}}
  - {name: p, projected: {sources: [{configMap: {name: z, items: []}}, null]}}
  securityContext: {}
  hostNetwork: false
  automountServiceAccountToken: false
  terminationGracePeriodSeconds: 0
  affinity: {}
  tolerations: [{}]
  nodeSelector: {}
  overhead: {}
`, `
apiVersion: v1
kind: Secret
metadata: {name: a}
type: ""
immutable: false
data: {a: "aGVs\nbG8=", b: "", c: null}
`, `
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
immutable: true
data: {a: "", b: null, c: x}
binaryData: {a: "AAEC\r\n"}
`, `
apiVersion: v1
kind: Service
metadata: {name: a}
spec:
  type: ClusterIP
  clusterIP: ""
  externalIPs: []
  ports: [{port: 80, targetPort: 0}, {port: 81, targetPort: web, nodePort: 0, appProtocol: ""}]
  selector: {}
  publishNotReadyAddresses: false
  allocateLoadBalancerNodePorts: false
`, `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: a}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1024Mi}}, storageClassName: "", volumeMode: Filesystem}
`, `
apiVersion: v1
kind: PersistentVolume
metadata: {name: a}
spec: {capacity: {storage: 0.5Ti}, claimRef: {name: x, resourceVersion: ""}, hostPath: {path: /x}, persistentVolumeReclaimPolicy: ""}
`, `
apiVersion: v1
kind: Namespace
metadata: {name: a, labels: null}
spec: {finalizers: []}
`, `
apiVersion: v1
kind: Node
metadata: {name: a}
spec: {taints: [{key: a, effect: NoSchedule, timeAdded: "2026-01-02T03:04:05+02:00"}], unschedulable: false}
`, `
apiVersion: v1
kind: ServiceAccount
metadata: {name: a}
automountServiceAccountToken: false
secrets: [{name: x}]
imagePullSecrets: []
`, `
apiVersion: v1
kind: ResourceQuota
metadata: {name: a}
spec: {hard: {pods: "10", requests.cpu: 2000m, limits.memory: 0, count/x: null}}
`, `
apiVersion: v1
kind: LimitRange
metadata: {name: a}
spec: {limits: [{type: Container, default: {cpu: 100m}, defaultRequest: {cpu: 0.1}, maxLimitRequestRatio: {cpu: "4"}}]}
`, `
apiVersion: v1
kind: Event
metadata: {name: a}
involvedObject: {}
firstTimestamp: "2026-01-02T03:04:05Z"
eventTime: "2026-01-02T03:04:05.123456Z"
count: 0
`, `
apiVersion: v1
kind: Event
metadata: {name: a}
eventTime: "2026-01-02T03:04:05.+00000Z"
lastTimestamp: "0001-01-01T01:00:00+01:00"
`, `
apiVersion: v1
kind: Endpoints
metadata: {name: a}
subsets: [{addresses: [{ip: 10.0.0.1, hostname: ""}], ports: [{port: 80, name: ""}]}]
`, `
apiVersion: v1
kind: ReplicationController
metadata: {name: a}
spec: {replicas: 0, minReadySeconds: 0, selector: {}, template: {metadata: {creationTimestamp: null}, spec: {containers: []}}}
`, `
apiVersion: v1
kind: PodTemplate
metadata: {name: a}
template: {spec: {containers: [{name: a}]}}
`, `
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  replicas: 0
  paused: false
  revisionHistoryLimit: 0
  selector: {matchLabels: {}, matchExpressions: []}
  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%, maxUnavailable: 0}}
  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, resources: {}, volumeMounts: [{name: x, mountPath: /x, readOnly: false}]}]}}
`, `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: a}
spec:
  serviceName: ""
  ordinals: {start: 0}
  selector: {}
  template: {}
  volumeClaimTemplates: [{metadata: {name: x}, spec: {resources: {requests: {storage: 1Gi}}}}]
  persistentVolumeClaimRetentionPolicy: {}
`, `
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: a}
spec: {updateStrategy: {}, selector: {matchLabels: {a: b}}, template: {spec: {hostPID: true}}}
`, `
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: a}
spec: {minReadySeconds: 5}
`, `
apiVersion: apps/v1
kind: ControllerRevision
metadata: {name: a}
revision: 3
data: {spec: {unknown: null, a: [1.0, ""]}}
`, `
apiVersion: batch/v1
kind: CronJob
metadata: {name: a}
spec:
  schedule: "* * * * *"
  suspend: false
  startingDeadlineSeconds: 0
  jobTemplate: {spec: {backoffLimit: 0, ttlSecondsAfterFinished: 0, podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: x, status: ""}]}]}, template: {spec: {restartPolicy: Never}}}}
`, `
apiVersion: batch/v1
kind: Job
metadata: {name: a}
spec: {manualSelector: false, completionMode: "", template: {spec: {}}}
`, `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: a}
spec:
  maxReplicas: 3
  minReplicas: 0
  scaleTargetRef: {kind: Deployment, name: x}
  metrics: [{type: Resource, resource: {name: cpu, target: {type: AverageValue, averageValue: 0.1, averageUtilization: 0}}}]
  behavior: {scaleDown: {stabilizationWindowSeconds: 0, policies: null, tolerance: "0.10"}}
`, `
apiVersion: autoscaling/v1
kind: HorizontalPodAutoscaler
metadata: {name: a}
spec: {maxReplicas: 0, scaleTargetRef: {}}
`, `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: a}
spec:
  podSelector: {}
  ingress: []
  egress: [{}, {to: [{podSelector: {}}, {namespaceSelector: {matchLabels: {}}}, {ipBlock: {cidr: 0.0.0.0/0, except: []}}], ports: [{port: 53, protocol: UDP}, {port: dns, endPort: 0}]}]
  policyTypes: []
`, `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: a}
spec:
  ingressClassName: ""
  defaultBackend: {service: {name: x, port: {number: 0, name: web}}}
  rules: [{host: "", http: {paths: [{path: "", pathType: Prefix, backend: {resource: {apiGroup: "", kind: A, name: b}}}]}}]
  tls: [{hosts: []}]
`, `
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: a}
spec: {controller: x, parameters: {kind: A, name: b, namespace: ""}}
`, `
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: a}
spec: {minAvailable: 0, maxUnavailable: 50%, selector: {}}
`, `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: a}
aggregationRule: {clusterRoleSelectors: [{}]}
rules: [{verbs: [], apiGroups: [""], resources: null, nonResourceURLs: []}]
`, `
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: a}
roleRef: {apiGroup: "", kind: Role, name: x}
subjects: [{kind: User, name: u, namespace: "", unknown: 1}]
`, `
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: a}
provisioner: ""
parameters: {a: ""}
allowVolumeExpansion: false
reclaimPolicy: ""
allowedTopologies: [{matchLabelExpressions: []}]
`, `
apiVersion: storage.k8s.io/v1
kind: CSIDriver
metadata: {name: a}
spec: {attachRequired: false, tokenRequests: [{audience: "", expirationSeconds: 0}], volumeLifecycleModes: []}
`, `
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: a}
value: 0
globalDefault: false
preemptionPolicy: ""
`, `
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata: {name: a}
handler: x
overhead: {podFixed: {cpu: 250m}}
`, `
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {name: a}
spec: {leaseDurationSeconds: 0, renewTime: "2026-01-02T03:04:05.100000Z", acquireTime: "2026-01-02T03:04:05.123456+01:00"}
`, `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: a}
addressType: IPv4
endpoints: [{addresses: [10.0.0.1], conditions: {ready: false}}]
ports: []
`, `
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: {name: a}
spec: {request: "YWJj\nZGVm", signerName: x, usages: null, extra: {a: [], b: null, c: [d]}}
`, `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: a}
webhooks: [{name: x, clientConfig: {caBundle: "YWJj\n", url: ""}, rules: [{operations: ["*"], apiGroups: [""], scope: ""}], timeoutSeconds: 0, namespaceSelector: {}}]
`, `
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: PriorityLevelConfiguration
metadata: {name: a}
spec: {type: Limited, limited: {nominalConcurrencyShares: 0, lendablePercent: 0, limitResponse: {type: Queue, queuing: {queues: 0}}}}
`,
}

// TestNormalizeIsARoundTrip holds normalize against decoding into the Go type and
// encoding again, on all that is not a zero value.
func TestNormalizeIsARoundTrip(t *testing.T) {
	for _, text := range typedObjects {
		root := readRoot(t, text)
		checkRoundTrip(t, root)
		if _, ok := roundTrip(t, root.Value(), typeOf(objectOf(root))); !ok {
			t.Errorf("no round trip of%s", text)
		}
	}
}

func checkRoundTrip(t *testing.T, root *Node) {
	t.Helper()
	typ := typeOf(objectOf(root))
	if typ == nil {
		return
	}
	want, ok := roundTrip(t, root.Value(), typ)
	if !ok {
		return
	}
	n := normalize(root, typ)
	mustEqual(t, objectOf(root).String()+": normalize is not a round trip", dropZero(want), dropZero(n.Value()))
}

func readRoot(t *testing.T, text string) *Node {
	t.Helper()
	f := Read("a.yaml", []byte(text), DefaultLimits())
	if len(f.Documents) == 0 || len(f.Broken) > 0 {
		t.Fatalf("cannot read %s: %v", text, f.Broken)
	}
	return f.Documents[0].Root
}

// TestNormalizeKeepsWhatAPointerHolds: a zero value behind a pointer says
// something, and one that is not behind a pointer is the same as none.
func TestNormalizeKeepsWhatAPointerHolds(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"pointers", "spec: {replicas: 0, revisionHistoryLimit: 0, template: {spec: {automountServiceAccountToken: false, securityContext: {}, terminationGracePeriodSeconds: 0}}}", ""},
		{"values", "spec: {paused: false, minReadySeconds: 0, strategy: {}, template: {spec: {hostNetwork: false, nodeSelector: {}, volumes: [], serviceAccountName: \"\"}}}", "spec:"},
		{"volumes", "spec: {template: {spec: {volumes: [{name: x, emptyDir: {}}, {name: y, emptyDir: null}]}}}", "spec: {template: {spec: {volumes: [{name: x, emptyDir: {}}, {name: y}]}}}"},
		{"null entries", "metadata: {labels: {a: null}}", "metadata: {labels: {a: \"\"}}"},
		{"null quantity", "spec: {template: {spec: {containers: [{resources: {limits: {cpu: null}}}]}}}", "spec: {template: {spec: {containers: [{resources: {limits: {cpu: \"0\"}}}]}}}"},
		{"other types", "spec: {replicas: x, template: [1, 2], selector: {matchLabels: 5}, strategy: true}", ""},
		{"null items", "spec: {template: {spec: {containers: [null, {name: a}]}}}", "spec: {template: {spec: {containers: [{}, {name: a}]}}}"},
	} {
		t.Run(test.name, func(t *testing.T) {
			const head = "apiVersion: apps/v1\nkind: Deployment\n"
			if test.want == "" {
				test.want = test.in
			}
			root, wanted := readRoot(t, head+test.in), readRoot(t, head+test.want)
			got := normalize(root, typeOf(objectOf(root)))
			want := wanted.Value().(map[string]any)
			for key, value := range want {
				if value == nil {
					delete(want, key)
				}
			}
			if diff := cmp.Diff(any(want), got.Value()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestQuantities(t *testing.T) {
	for in, want := range map[string]string{
		"1000m": "1", "0.5": "500m", "1Gi": "1Gi", "1024Mi": "1Gi", "1.5Gi": "1536Mi", "1e3": "1k", "'1e3'": "1e3", "100000000": "100M", "' 1 '": "1", "+1": "1", "0": "0", "-0.0001": "-100u",
		"x": "x", "1 Gi": "1 Gi", "1e-999999999": "0", "'1e-999999999'": "1e-999999999", "'1e999999999'": "1e999999999", "[1]": "", "true": "true",
		"'" + strings.Repeat("9", 100_000) + "'": strings.Repeat("9", 100_000),
	} {
		root := readRoot(t, "apiVersion: v1\nkind: ResourceQuota\nspec: {hard: {pods: "+in+"}}\n")
		got := normalize(root, typeOf(objectOf(root)))
		if text := got.Lookup("spec", "hard", "pods").Text; text != want {
			t.Errorf("%.40s: %.40s, want %.40s", in, text, want)
		}
	}
}

func TestTimesAndBytes(t *testing.T) {
	root := readRoot(t, `
apiVersion: v1
kind: Secret
metadata:
  name: a
  deletionTimestamp: "2026-01-02T03:04:05+02:00"
  managedFields: [{time: "2026-01-02T03:04:05.9Z"}, {time: "no time"}, {time: 5}]
data: {a: "aGVs\r\nbG8=\n", b: "no base64!", c: 5, d: [104, 105, null], e: [256], f: [-1], g: [a], h: []}
`)
	got := normalize(root, typeOf(objectOf(root)))
	for path, want := range map[string]string{
		"metadata.deletionTimestamp": "2026-01-02T01:04:05Z", "metadata.managedFields[0].time": "2026-01-02T03:04:05Z",
		"metadata.managedFields[1].time": "no time", "metadata.managedFields[2].time": "5", "data.a": "aGVsbG8=", "data.b": "no base64!", "data.c": "5",
		"data.d": "aGkA", "data.e[0]": "256", "data.f[0]": "-1", "data.g[0]": "a", "data.h": "",
	} {
		if n := at(&got, path); n == nil || n.Text != want {
			t.Errorf("%s: %v, want %s", path, n, want)
		}
	}
}

// at returns the node at a path in the notation of Walk, or nil.
func at(root *Node, want string) *Node {
	var found *Node
	root.Walk(func(path func() string, n *Node) bool {
		if found == nil && path() == want {
			found = n
		}
		return true
	})
	return found
}
