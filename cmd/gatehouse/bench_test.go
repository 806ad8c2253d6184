package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"
)

// The benchmarks of this file run whole commands, and peers beside them in turn,
// so that a ratio holds on a machine whose speed drifts. GATEHOUSE_BIN is the
// built program; GATEHOUSE_CORPORA a folder with public repositories (else the
// example repositories are used); GATEHOUSE_PEERS a folder with gitleaks and
// conftest.

// cost is what one run of a command took.
type cost struct {
	cpu, wall time.Duration
	peak      int64 // bytes
}

func measure(b *testing.B, dir, program string, args ...string) cost {
	b.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CI=true")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	began := time.Now()
	err := cmd.Run()
	wall := time.Since(began)
	if cmd.ProcessState == nil {
		b.Fatalf("%s: %v\n%s", program, err, stderr.String())
	}
	return cost{cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), wall, peakOf(cmd.ProcessState)}
}

func binary(b *testing.B) string {
	b.Helper()
	path := os.Getenv("GATEHOUSE_BIN")
	if path == "" {
		b.Skip("left out: GATEHOUSE_BIN names no program; make bench sets it")
	}
	return path
}

func benchTree(b *testing.B) string {
	b.Helper()
	if dir := os.Getenv("GATEHOUSE_CORPORA"); dir != "" {
		if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
			return dir
		}
	}
	dir, err := filepath.Abs("../../testdata/repos")
	if err != nil {
		b.Fatal(err)
	}
	return dir
}

func median(values []float64) float64 {
	sort.Float64s(values)
	return values[len(values)/2]
}

// inTurn runs the commands one after the other, b.N times, and reports the median
// of each and the median of the ratio to the first one, run by run. It returns the
// medians of their CPU seconds.
func inTurn(b *testing.B, dir string, names []string, commands [][]string) []float64 {
	b.Helper()
	cpu, ratio, peak := make([][]float64, len(commands)), make([][]float64, len(commands)), make([]int64, len(commands))
	for range b.N {
		var first time.Duration
		for i, c := range commands {
			used := measure(b, dir, c[0], c[1:]...)
			if i == 0 {
				first = used.cpu
			}
			cpu[i] = append(cpu[i], used.cpu.Seconds())
			ratio[i] = append(ratio[i], used.cpu.Seconds()/max(first.Seconds(), 1e-6))
			peak[i] = max(peak[i], used.peak)
		}
	}
	b.ReportMetric(0, "ns/op")
	medians := make([]float64, len(names))
	for i, name := range names {
		medians[i] = median(cpu[i])
		b.ReportMetric(medians[i], name+"-cpu-s")
		b.ReportMetric(float64(peak[i])/(1<<20), name+"-MiB")
		if i > 0 {
			b.ReportMetric(median(ratio[i]), name+"-ratio")
		}
	}
	return medians
}

// BenchmarkProcessCheck judges a tree from nothing, and gitleaks the same tree.
func BenchmarkProcessCheck(b *testing.B) {
	program, dir := binary(b), benchTree(b)
	besideGitleaks(b, dir, "check", program, "check", "--no-cache", "-o", "json", dir)
}

// BenchmarkProcessSecrets searches a tree for secrets and nothing else, as gitleaks
// does.
func BenchmarkProcessSecrets(b *testing.B) {
	program, dir := binary(b), benchTree(b)
	besideGitleaks(b, dir, "secrets", program, "check", "--only", "secrets", "--no-cache", "-o", "json", dir)
}

// besideGitleaks runs a command, and gitleaks in turn over the same tree.
func besideGitleaks(b *testing.B, dir, name string, command ...string) {
	b.Helper()
	names, commands := []string{name}, [][]string{command}
	if peer := filepath.Join(os.Getenv("GATEHOUSE_PEERS"), "gitleaks"); exists(peer) {
		names = append(names, "gitleaks")
		commands = append(commands, []string{peer, "dir", "--no-banner", "--exit-code", "0", "--redact", dir})
	} else {
		b.Log("gitleaks was left out: it is not in GATEHOUSE_PEERS")
	}
	inTurn(b, dir, names, commands)
}

// BenchmarkProcessManifests judges manifests only, and conftest the same with one
// rule.
func BenchmarkProcessManifests(b *testing.B) {
	program := binary(b)
	dir := generatedManifests(b, 2000, manifestText)
	names := []string{"check"}
	commands := [][]string{{program, "check", "--no-cache", "-o", "json", dir}}
	if peer := filepath.Join(os.Getenv("GATEHOUSE_PEERS"), "conftest"); exists(peer) {
		policy := b.TempDir()
		rule := "package main\n\nimport rego.v1\n\ndeny contains msg if {\n\tinput.kind == \"Secret\"\n\tsome key, _ in input.stringData\n\tmsg := sprintf(\"%s carries %s\", [input.metadata.name, key])\n}\n"
		if err := os.WriteFile(filepath.Join(policy, "secret.rego"), []byte(rule), 0o600); err != nil {
			b.Fatal(err)
		}
		names = append(names, "conftest")
		commands = append(commands, []string{peer, "test", "--policy", policy, "--no-color", "-o", "json", dir})
	} else {
		b.Log("conftest was left out: it is not in GATEHOUSE_PEERS")
	}
	inTurn(b, dir, names, commands)
}

// BenchmarkProcessRules judges manifests by 25 rules that were written for conftest,
// without and with the policies that come with Gatehouse, and conftest a part of them by
// the rules: it takes some 4 ms for each.
func BenchmarkProcessRules(b *testing.B) {
	const objects, ofPeer = 10_000, 2000
	program := binary(b)
	rules := benchFile(b, "rules.rego")
	judged := func(config string) measured {
		dir := ruledManifests(b, objects)
		write(b, filepath.Join(dir, ".gatehouse/config.yaml"), config)
		write(b, filepath.Join(dir, ".gatehouse/policies/rules.rego"), rules)
		return measured{objects: objects, command: []string{program, "check", "--no-cache", "-o", "json", dir}}
	}
	names := []string{"rules", "rules+library"}
	sides := []measured{judged(withoutLibrary), judged("version: 1\n")}
	if peer := filepath.Join(os.Getenv("GATEHOUSE_PEERS"), "conftest"); exists(peer) {
		policy := b.TempDir()
		write(b, filepath.Join(policy, "rules.rego"), rules)
		names = append(names, "conftest")
		sides = append(sides, measured{objects: ofPeer, command: []string{peer, "test", "--policy", policy, "--no-color", "-o", "json", ruledManifests(b, ofPeer)}})
	} else {
		b.Log("conftest was left out: it is not in GATEHOUSE_PEERS")
	}
	rates := make([][]float64, len(sides))
	var times []float64
	for range b.N {
		for i, s := range sides {
			rates[i] = append(rates[i], float64(s.objects)/measure(b, ".", s.command[0], s.command[1:]...).cpu.Seconds())
		}
		times = append(times, last(rates[0])/last(rates[len(rates)-1]))
	}
	b.ReportMetric(0, "ns/op")
	for i, name := range names {
		b.ReportMetric(median(rates[i]), name+"-objects/cpu-s")
	}
	if len(names) == 3 {
		b.ReportMetric(median(times), "times-conftest")
	}
}

const withoutLibrary = "version: 1\npolicies: {library: false}\n"

// measured is a command that judges objects.
type measured struct {
	objects int
	command []string
}

func last(list []float64) float64 { return list[len(list)-1] }

// BenchmarkProcessLibrary tells what the policies that come with Gatehouse add for each
// object: in a tree of public repositories, and in manifests in which hardly anything is
// wrong.
func BenchmarkProcessLibrary(b *testing.B) {
	program := binary(b)
	for name, dir := range map[string]string{"corpora": benchTree(b), "manifests": ruledManifests(b, 10_000)} {
		b.Run(name, func(b *testing.B) {
			without := filepath.Join(b.TempDir(), "tree")
			if err := os.CopyFS(without, os.DirFS(dir)); err != nil {
				b.Fatal(err)
			}
			write(b, filepath.Join(without, ".gatehouse/config.yaml"), withoutLibrary)
			objects := objectsIn(b, program, dir)
			var added []float64
			for range b.N {
				with, bare := measure(b, ".", program, "check", "--no-cache", "-o", "json", dir), measure(b, ".", program, "check", "--no-cache", "-o", "json", without)
				added = append(added, float64((with.cpu-bare.cpu).Microseconds())/float64(objects))
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(objects), "objects")
			b.ReportMetric(median(added), "cpu-us/object")
		})
	}
}

// objectsIn counts the objects of a tree.
func objectsIn(b *testing.B, program, dir string) int {
	b.Helper()
	cmd := exec.Command(program, "check", "--no-cache", "-o", "json", dir)
	out, err := cmd.Output()
	var report struct {
		Counts struct {
			Objects int `json:"objects"`
		} `json:"counts"`
	}
	if jsonErr := json.Unmarshal(out, &report); jsonErr != nil || report.Counts.Objects == 0 {
		b.Fatalf("%v, %v: no objects were counted", err, jsonErr)
	}
	return report.Counts.Objects
}

// benchFile is a file with which package policies is measured, too.
func benchFile(b *testing.B, name string) string {
	b.Helper()
	text, err := os.ReadFile("../../policies/testdata/bench/" + name)
	if err != nil {
		b.Fatal(err)
	}
	return string(text)
}

// ruledManifests writes n files of one object each, half Deployments and half Services;
// one in fifty violates a rule.
func ruledManifests(b *testing.B, n int) string {
	b.Helper()
	dir, deployment, service := b.TempDir(), benchFile(b, "deployment.yaml"), benchFile(b, "service.yaml")
	for i := range n {
		bad := i%50 < 2
		text, last := deployment, "256Mi"
		switch {
		case i%2 == 0 && bad:
			text = strings.Replace(text, "privileged: false", "privileged: true", 1)
		case i%2 != 0 && bad:
			text, last = service, "LoadBalancer"
		case i%2 != 0:
			text, last = service, "ClusterIP"
		}
		write(b, filepath.Join(dir, fmt.Sprintf("team-%03d/app-%05d.yaml", i%100, i)), fmt.Sprintf(text, i, i%20, last))
	}
	return dir
}

func write(b *testing.B, file, text string) {
	b.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkProcessStart is the program that does nothing.
func BenchmarkProcessStart(b *testing.B) {
	program := binary(b)
	var walls []float64
	for range b.N {
		walls = append(walls, float64(measure(b, ".", program, "version").wall.Microseconds())/1000)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(walls), "start-ms")
}

// BenchmarkProcessStaged judges 5 staged files in a repository of 20,000, with
// what an earlier commit has left in the cache.
func BenchmarkProcessStaged(b *testing.B) { staged(b, manifestText) }

// BenchmarkProcessStagedDebt does so where every one of the files has two warnings.
func BenchmarkProcessStagedDebt(b *testing.B) { staged(b, indebtedText) }

func staged(b *testing.B, text func(int) string) {
	program := binary(b)
	dir := generatedManifests(b, 20000, text)
	git := func(args ...string) {
		b.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=b", "GIT_AUTHOR_EMAIL=b@example.org", "GIT_COMMITTER_NAME=b", "GIT_COMMITTER_EMAIL=b@example.org")
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	git("init", "-q")
	git("add", ".")
	git("commit", "-q", "-m", "all")
	for i := range 5 {
		write(b, filepath.Join(dir, fmt.Sprintf("team-%03d/app-%05d.yaml", i%100, i)), text(i)+"    more: \"yes\"\n")
	}
	git("add", ".")
	b.Setenv("XDG_CACHE_HOME", b.TempDir())
	b.Setenv("CI", "")
	run := func() time.Duration {
		cmd := exec.Command(program, "check", "--staged")
		cmd.Dir = dir
		began := time.Now()
		_ = cmd.Run()
		return time.Since(began)
	}
	cold := run()
	var walls []float64
	for range b.N {
		walls = append(walls, float64(run().Microseconds())/1000)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(cold.Milliseconds()), "first-ms")
	b.ReportMetric(median(walls), "staged-ms")
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// generatedManifests writes n small files of one Deployment and one ConfigMap.
func generatedManifests(b *testing.B, n int, text func(int) string) string {
	b.Helper()
	dir := b.TempDir()
	for i := range n {
		write(b, filepath.Join(dir, fmt.Sprintf("team-%03d/app-%05d.yaml", i%100, i)), text(i))
	}
	return dir
}

// indebtedText is a manifest without a limit and without a probe.
func indebtedText(i int) string {
	text := strings.Replace(manifestText(i), "          limits: {memory: 128Mi}\n", "", 1)
	return strings.Replace(text, "        readinessProbe: {httpGet: {path: /ready, port: 8080}}\n", "", 1)
}

func manifestText(i int) string {
	return strings.ReplaceAll(`apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-N
  namespace: team
  labels: {app.kubernetes.io/name: app-N}
spec:
  replicas: 2
  selector:
    matchLabels: {app.kubernetes.io/name: app-N}
  template:
    metadata:
      labels: {app.kubernetes.io/name: app-N}
    spec:
      containers:
      - name: app
        image: registry.example.org/app:1.N
        ports:
        - containerPort: 8080
        env:
        - name: MODE
          value: "safe"
        resources:
          requests: {cpu: 100m, memory: 64Mi}
          limits: {memory: 128Mi}
        readinessProbe: {httpGet: {path: /ready, port: 8080}}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: app-N
  namespace: team
data:
  settings.yaml: |
    number: N
`, "N", fmt.Sprint(i))
}
