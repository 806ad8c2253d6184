package cluster

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// CacheVariable names the environment variable that moves the folder of the built servers. Without it they lie below
// the user's cache folder ($XDG_CACHE_HOME or ~/.cache on Linux).
const CacheVariable = "GATEHOUSE_CLUSTER_CACHE"

// Binaries are the paths of the built servers.
type Binaries struct {
	KubeAPIServer string
	Etcd          string
	SealedSecrets string
	Vault         string
	SOPS          string
}

// Build returns the servers from the cache and builds what is not there yet, which takes minutes the first time. Each
// build is announced through logf with its expected duration; two processes never build the same server at once. The
// module proxy is asked only while building.
func Build(ctx context.Context, logf func(format string, args ...any)) (Binaries, error) {
	return build(ctx, logf, etcd(), sealedSecrets(), vault(), sops(), kubeAPIServer())
}

// build is Build for some of the servers; the others have no path.
func build(ctx context.Context, logf func(format string, args ...any), servers ...server) (Binaries, error) {
	modules, err := serversFolder(ctx)
	if err != nil {
		return Binaries{}, err
	}
	cache, err := cacheFolder()
	if err != nil {
		return Binaries{}, err
	}
	var built Binaries
	for _, s := range servers {
		*s.path(&built), err = s.find(ctx, filepath.Join(modules, s.name), cache, logf)
		if err != nil {
			return Binaries{}, fmt.Errorf("build %s: %w", s.name, err)
		}
	}
	return built, nil
}

// server says how one server is built. The folder of its module is named after it.
type server struct {
	name    string
	module  string // the module whose version in go.mod is the server's version
	program string // the main package
	minutes string // expected on two cores
	path    func(*Binaries) *string
	linker  func(version string) string
	// edit prepares in the scratch folder what is built differently from upstream and returns the go.mod to build with;
	// nil: nothing is.
	edit   func(ctx context.Context, module, scratch string) (modFile string, err error)
	recipe string // changes when edit does
}

func etcd() server {
	return server{
		name: "etcd", module: "go.etcd.io/etcd/server/v3", program: "go.etcd.io/etcd/server/v3", minutes: "1 minute",
		path: func(b *Binaries) *string { return &b.Etcd },
	}
}

// kubeAPIServer stamps the version into the program: without it /version says v0.0.0-master and clients that compare
// versions misbehave.
func kubeAPIServer() server {
	return server{
		name: "kube-apiserver", module: "k8s.io/kubernetes", program: "k8s.io/kubernetes/cmd/kube-apiserver", minutes: "4 minutes",
		path: func(b *Binaries) *string { return &b.KubeAPIServer },
		linker: func(version string) string {
			numbers := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
			const into = " -X k8s.io/component-base/version."
			return into + "gitVersion=" + version + into + "gitMajor=" + numbers[0] + into + "gitMinor=" + numbers[1] + into + "gitTreeState=clean"
		},
	}
}

func sealedSecrets() server {
	return server{
		name: "sealed-secrets", module: "github.com/bitnami-labs/sealed-secrets", program: "github.com/bitnami-labs/sealed-secrets/cmd/controller",
		minutes: "1 minute",
		path:    func(b *Binaries) *string { return &b.SealedSecrets },
		linker:  func(version string) string { return " -X main.VERSION=" + version },
		edit:    serviceAccountFolderFromEnvironment,
		recipe:  "service account folder from the environment",
	}
}

// vault is built from a main of our own: the one of upstream brings every engine and every database along.
func vault() server {
	return server{
		name: "vault", module: "github.com/hashicorp/vault", program: ".", minutes: "4 minutes",
		path: func(b *Binaries) *string { return &b.Vault },
	}
}

// find returns the cached program of s, built first where there is none.
func (s server) find(ctx context.Context, module, cache string, logf func(string, ...any)) (string, error) {
	version, err := s.version(module)
	if err != nil {
		return "", err
	}
	key, err := s.key(module, version)
	if err != nil {
		return "", err
	}
	program := filepath.Join(cache, key, s.name)
	if isFile(program) {
		return program, nil
	}
	if err := os.MkdirAll(filepath.Dir(program), 0o755); err != nil {
		return "", err
	}
	unlock, err := lock(ctx, filepath.Join(cache, key, "lock"), func() {
		logf("waiting for another process that builds %s %s", s.name, version)
	})
	if err != nil {
		return "", err
	}
	defer unlock()
	if isFile(program) {
		return program, nil
	}
	logf("building %s %s once, into %s: about %s on two cores", s.name, version, filepath.Dir(program), s.minutes)
	start := time.Now()
	if err := s.build(ctx, module, version, program); err != nil {
		return "", err
	}
	logf("built %s %s in %s", s.name, version, time.Since(start).Round(time.Second))
	return program, nil
}

// build compiles into a temporary folder beside the program and renames it, so that a half-written program is never
// found. It changes nothing in the module: -mod=readonly.
func (s server) build(ctx context.Context, module, version, program string) error {
	scratch, err := os.MkdirTemp(filepath.Dir(program), "build-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)

	linker := "-s -w"
	if s.linker != nil {
		linker += s.linker(version)
	}
	args := []string{"build", "-mod=readonly", "-buildvcs=false", "-trimpath", "-p", "2", "-ldflags", linker}
	if s.edit != nil {
		modFile, err := s.edit(ctx, module, scratch)
		if err != nil {
			return err
		}
		args = append(args, "-modfile", modFile)
	}
	output := filepath.Join(scratch, s.name)
	if _, err := goTool(ctx, module, append(args, "-o", output, s.program)...); err != nil {
		return err
	}
	return os.Rename(output, program)
}

// version reads the server's version from the go.mod that pins it.
func (s server) version(module string) (string, error) {
	content, err := os.ReadFile(filepath.Join(module, "go.mod"))
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(content)) {
		words := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require "))
		if len(words) >= 2 && words[0] == s.module && strings.HasPrefix(words[1], "v") {
			return words[1], nil
		}
	}
	return "", fmt.Errorf("%s requires no %s", filepath.Join(module, "go.mod"), s.module)
}

// key names the cache folder after everything that decides the program: a main of our own, too, where there is one.
func (s server) key(module, version string) (string, error) {
	files, err := filepath.Glob(filepath.Join(module, "*.go"))
	if err != nil {
		return "", err
	}
	decides := []byte{}
	for _, file := range append([]string{filepath.Join(module, "go.sum")}, files...) {
		content, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		decides = append(decides, content...)
	}
	digest := sha256.Sum256(append(decides, s.recipe...))
	return fmt.Sprintf("%s-%s-%s-%s-%s", s.name, version, runtime.GOOS, runtime.GOARCH, hex.EncodeToString(digest[:8])), nil
}

// serviceAccountFolderFromEnvironment lets the Sealed Secrets controller run outside a pod. It only knows client-go's
// InClusterConfig, which reads the token and the certificate authority at a fixed path of the machine. The edited copy
// of client-go takes that folder from an environment variable; nothing else of the controller changes.
func serviceAccountFolderFromEnvironment(ctx context.Context, module, scratch string) (modFile string, err error) {
	const dependency = "k8s.io/client-go"
	original, err := goTool(ctx, module, "list", "-mod=readonly", "-f", "{{.Module.Dir}}", dependency+"/rest")
	if err != nil {
		return "", err
	}
	edited := filepath.Join(scratch, "client-go")
	if err := os.CopyFS(edited, os.DirFS(original)); err != nil {
		return "", err
	}
	err = edit(filepath.Join(edited, "rest", "config.go"), [][2]string{
		{"const (\n\t\ttokenFile ", "var (\n\t\ttokenFile "},
		{`"/var/run/secrets/kubernetes.io/serviceaccount/token"`, `os.Getenv("` + serviceAccountVariable + `") + "/token"`},
		{`"/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"`, `os.Getenv("` + serviceAccountVariable + `") + "/ca.crt"`},
	})
	if err != nil {
		return "", err
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		content, err := os.ReadFile(filepath.Join(module, name))
		if err != nil {
			return "", err
		}
		if name == "go.mod" {
			content = fmt.Appendf(content, "\nreplace %s => %s\n", dependency, edited)
		}
		if err := os.WriteFile(filepath.Join(scratch, name), content, 0o644); err != nil {
			return "", err
		}
	}
	return filepath.Join(scratch, "go.mod"), nil
}

// edit replaces texts that have to stand in the file exactly once.
func edit(path string, replacements [][2]string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text := string(content)
	for _, replacement := range replacements {
		if strings.Count(text, replacement[0]) != 1 {
			return fmt.Errorf("%s no longer holds %q once", path, replacement[0])
		}
		text = strings.Replace(text, replacement[0], replacement[1], 1)
	}
	return os.WriteFile(path, []byte(text), 0o644)
}

// packageFolder returns where the module cache holds a package of the module in the folder, fetched first if need be.
func packageFolder(ctx context.Context, module, pkg string) (string, error) {
	return goTool(ctx, module, "list", "-mod=readonly", "-f", "{{.Dir}}", pkg)
}

// serversFolder finds the modules of the servers from the main module of the working directory. A folder with its own
// go.mod is no part of this module, so it cannot be embedded.
func serversFolder(ctx context.Context) (string, error) {
	goMod, err := goTool(ctx, "", "env", "GOMOD")
	if err != nil {
		return "", err
	}
	folder := filepath.Join(filepath.Dir(goMod), "testdata", "cluster", "servers")
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return "", fmt.Errorf("no %s: run from inside the repository", folder)
	}
	return folder, nil
}

func cacheFolder() (string, error) {
	if folder := os.Getenv(CacheVariable); folder != "" {
		return filepath.Abs(folder)
	}
	folder, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("%w; set %s", err, CacheVariable)
	}
	return filepath.Join(folder, "gatehouse", "cluster"), nil
}

// goTool runs the go command in the folder and returns its standard output, trimmed. Flags and workspaces of the
// caller's environment do not reach it: they would change what is built.
func goTool(ctx context.Context, folder string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, "go", args...)
	command.Dir = folder
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=")
	var stdout, stderr strings.Builder
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("go %s: %w: %s", args[0], err, lastBytes(stderr.String(), 4<<10))
	}
	return strings.TrimSpace(stdout.String()), nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func lastBytes(s string, n int) string {
	return strings.TrimSpace(s[max(0, len(s)-n):])
}
