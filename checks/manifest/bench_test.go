package manifest

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"sync"
	"testing"

	yaml3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"
)

// benchmarkFiles are about 5 MB of manifests as people write them: each file
// holds a Deployment, a Service, a ConfigMap and a Secret. They are the same in
// every run.
var benchmarkFiles = sync.OnceValue(func() [][]byte {
	random := rand.New(rand.NewSource(1))
	var files [][]byte
	for total := 0; total < 5<<20; {
		text := manifestFile(random, len(files))
		files = append(files, text)
		total += len(text)
	}
	return files
})

func manifestFile(random *rand.Rand, n int) []byte {
	var b bytes.Buffer
	name := fmt.Sprintf("service-%d", n)
	fmt.Fprintf(&b, "# %s and what belongs to it\n", name)
	writeDeployment(&b, random, name)
	fmt.Fprintf(&b, "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: %s\n  namespace: team-%d\nspec:\n", name, n%7)
	fmt.Fprintf(&b, "  selector: {app: %s}\n  ports:\n    - name: http\n      port: 80\n      targetPort: http\n      protocol: TCP\n", name)
	writeConfigMap(&b, random, name)
	writeSecret(&b, random, name)
	return b.Bytes()
}

func writeDeployment(b *bytes.Buffer, random *rand.Rand, name string) {
	fmt.Fprintf(b, "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: %s\n  labels:\n    app.kubernetes.io/name: %s\n    app.kubernetes.io/part-of: \"shop\"\n", name, name)
	fmt.Fprintf(b, "spec:\n  replicas: %d\n  selector:\n    matchLabels:\n      app: %s\n  template:\n    metadata:\n      labels:\n        app: %s\n    spec:\n", 1+random.Intn(5), name, name)
	b.WriteString("      securityContext:\n        runAsNonRoot: true # the platform asks for it\n      containers:\n")
	for c := range 1 + random.Intn(3) {
		fmt.Fprintf(b, "        - name: container-%d\n          image: registry.example.com/shop/%s:v1.%d.%d\n          ports:\n            - {name: http, containerPort: 8080}\n          env:\n", c, name, random.Intn(20), random.Intn(20))
		for e := range 3 + random.Intn(10) {
			if e%4 == 3 {
				fmt.Fprintf(b, "            - name: FROM_SECRET_%d\n              valueFrom:\n                secretKeyRef:\n                  name: %s\n                  key: key-%d\n", e, name, e)
				continue
			}
			fmt.Fprintf(b, "            - name: SETTING_%d\n              value: \"%d\"\n", e, random.Intn(1e6))
		}
		b.WriteString("          resources:\n            requests:\n              cpu: 100m\n              memory: 128Mi\n            limits:\n              memory: 256Mi\n")
		b.WriteString("          # slow to start on a cold cache\n          readinessProbe:\n            httpGet:\n              path: /healthz\n              port: http\n            initialDelaySeconds: 5\n")
	}
}

func writeConfigMap(b *bytes.Buffer, random *rand.Rand, name string) {
	fmt.Fprintf(b, "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: %s-config\ndata:\n  LOG_LEVEL: info\n  application.properties: |\n", name)
	for l := range 5 + random.Intn(20) {
		fmt.Fprintf(b, "    setting.number.%d=%d\n", l, random.Intn(1e9))
	}
}

func writeSecret(b *bytes.Buffer, random *rand.Rand, name string) {
	fmt.Fprintf(b, "---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: %s\ntype: Opaque\ndata:\n", name)
	for k := range 2 + random.Intn(4) {
		value := make([]byte, 24)
		random.Read(value)
		fmt.Fprintf(b, "  key-%d: %s\n", k, base64.StdEncoding.EncodeToString(value))
	}
}

func benchmark(b *testing.B, read func([]byte)) {
	files, total := benchmarkFiles(), int64(0)
	for _, text := range files {
		total += int64(len(text))
	}
	b.SetBytes(total)
	b.ReportAllocs()
	for b.Loop() {
		for _, text := range files {
			read(text)
		}
	}
}

// BenchmarkRead reads files as Gatehouse does: values and positions.
func BenchmarkRead(b *testing.B) {
	lim := DefaultLimits()
	benchmark(b, func(text []byte) {
		if f := Read("manifest.yaml", text, lim); len(f.Documents) != 4 || len(f.Broken) > 0 {
			b.Fatalf("%d documents, %d broken", len(f.Documents), len(f.Broken))
		}
	})
}

// BenchmarkCanonical brings the same objects to their canonical form.
func BenchmarkCanonical(b *testing.B) {
	lim := DefaultLimits()
	files := map[*byte][]*Document{}
	for _, text := range benchmarkFiles() {
		files[&text[0]] = Read("manifest.yaml", text, lim).Documents
	}
	benchmark(b, func(text []byte) {
		for _, d := range files[&text[0]] {
			Canonical(d.Root)
		}
	})
}

// BenchmarkNodeTree is the library under Read alone: positions, no values.
func BenchmarkNodeTree(b *testing.B) {
	benchmark(b, func(text []byte) {
		dec := yaml3.NewDecoder(bytes.NewReader(text))
		for {
			var root yaml3.Node
			if err := dec.Decode(&root); errors.Is(err, io.EOF) {
				return
			} else if err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkKubernetesDecoder is the decoder of Kubernetes: values, no positions.
func BenchmarkKubernetesDecoder(b *testing.B) {
	benchmark(b, func(text []byte) {
		for document := range bytes.SplitSeq(text, []byte("\n---\n")) {
			if _, err := yaml.YAMLToJSON(document); err != nil {
				b.Fatal(err)
			}
		}
	})
}
