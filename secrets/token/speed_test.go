package token

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"testing"
)

// manifests writes at least n bytes of Kubernetes YAML as repositories hold it: much
// indentation, names of many parts, images with digests, and some certificates and
// sealed values in long lines of base64. It holds no credential.
func manifests(n int) []byte {
	rng := rand.New(rand.NewPCG(1, 2))
	hexOf := func(n int) string {
		raw := make([]byte, n)
		for i := range raw {
			raw[i] = byte(rng.Uint32())
		}
		return fmt.Sprintf("%x", raw)
	}
	base64Of := func(n int) string {
		raw := make([]byte, n)
		for i := range raw {
			raw[i] = byte(rng.Uint32())
		}
		return base64.StdEncoding.EncodeToString(raw)
	}
	var b bytes.Buffer
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, `---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: service-%d
  namespace: team-%d
  labels:
    app.kubernetes.io/name: service-%d
    app.kubernetes.io/managed-by: Helm
    helm.sh/chart: service-%d.2.1
  annotations:
    checksum/config: %s
spec:
  replicas: %d
  selector:
    matchLabels:
      app.kubernetes.io/name: service-%d
  template:
    spec:
      serviceAccountName: service-%d
      containers:
        - name: main
          image: registry.example.com/team/service-%d:v1.%d.0@sha256:%s
          args: ["--listen=:8080", "--log-level=info", "--leader-elect=true"]
          env:
            - name: DATABASE_HOST
              value: postgres.database.svc.cluster.local
            - name: DATABASE_PASSWORD
              valueFrom:
                secretKeyRef: {name: service-database, key: password}
          resources:
            requests: {cpu: 100m, memory: 128Mi}
            limits: {memory: 256Mi}
          readinessProbe:
            httpGet: {path: /healthz/ready, port: http}
            initialDelaySeconds: 5
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            runAsNonRoot: true
`, i, i%7, i, i%9, hexOf(32), i%5, i, i, i, i%30, hexOf(32))
		if i%10 == 0 {
			fmt.Fprintf(&b, "---\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n  name: s%d\nspec:\n  encryptedData:\n    password: Ag%s\n", i, base64Of(600))
		}
		if i%20 == 0 {
			b.WriteString("---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec:\n")
			for range 40 {
				b.WriteString("                  description: The fields that are compared, and how the controller decides what to do about each of them when they differ.\n                  type: string\n")
			}
		}
	}
	return b.Bytes()
}

func BenchmarkRuns(b *testing.B) {
	text := manifests(8 << 20)
	class := &runs
	b.SetBytes(int64(len(text)))
	runs := 0
	for b.Loop() {
		runs = 0
		for from := 0; ; {
			_, end, _ := nextRun(class, text, from, len(text))
			if end == 0 {
				break
			}
			runs++
			from = end + 1
		}
	}
	b.ReportMetric(float64(runs)/float64(len(text)>>10), "runs/KB")
}

func BenchmarkFind(b *testing.B) {
	text := manifests(8 << 20)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if hits := Find(text); hits != nil {
			b.Fatal(hits)
		}
	}
}

func BenchmarkMayHold(b *testing.B) {
	text := manifests(8 << 20)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		MayHold(text)
	}
}

func BenchmarkMatchShort(b *testing.B) {
	for b.Loop() {
		Match("info")
	}
}
