package scan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// BenchmarkFile measures the walk over manifests that hold nothing, as most do.
func BenchmarkFile(b *testing.B) {
	var text strings.Builder
	for i := range 200 {
		fmt.Fprintf(&text, `---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-%d
  labels: {app.kubernetes.io/name: app, app.kubernetes.io/part-of: shop}
  annotations:
    example.com/owner: platform
spec:
  replicas: 2
  template:
    spec:
      serviceAccountName: app
      containers:
      - name: app
        image: registry.example.org/shop/app:1.2.%d
        args: [--listen=:8080, --log-level=info]
        env:
        - {name: LOG_LEVEL, value: info}
        - name: DB_PASSWORD
          valueFrom: {secretKeyRef: {name: db, key: password}}
        resources: {limits: {cpu: 100m, memory: 128Mi}}
        volumeMounts:
        - {name: config, mountPath: /etc/app}
`, i, i)
	}
	f := manifest.Read("in.yaml", []byte(text.String()), manifest.DefaultLimits())
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if found := File(f, Options{}); len(found) != 0 {
			b.Fatalf("%d findings", len(found))
		}
	}
}
