// Package cluster runs a real kube-apiserver, etcd, Sealed Secrets controller and Vault on loopback for tests. It builds them
// from the modules below servers/ into a cache outside the repository, starts them in a folder of their own, gives
// clients by identity, and ends them with the test binary.
//
// It refuses to know anything of Gatehouse, and imports the standard library alone: the servers are programs, never
// linked. Nothing else of a cluster runs. There is no controller manager: no default service account, no garbage
// collection, a deleted namespace stays Terminating (use a new one per test), and pods stay Pending.
//
// A test binary that needs one cluster for many tests starts it in TestMain:
//
//	c, err := cluster.Up(context.Background(), cluster.Options{})
//	...
//	code := m.Run()
//	err = c.Down()
//
// It works on Unix. On systems other than Linux a test binary that is killed leaves its servers behind.
package cluster

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// startDeadline bounds the wait for the servers after they were built; on an idle machine they need about 4 seconds.
const startDeadline = 2 * time.Minute

// portAttempts bounds how often a start is tried again because another process took the chosen port first.
const portAttempts = 5

// Options of Up. The zero value is a cluster as most tests want it.
type Options struct {
	// Folder takes data, keys and logs. Empty: a temporary folder that Down removes.
	Folder string
	// Logf takes the announcements of builds. Nil: standard error.
	Logf func(format string, args ...any)
	// AuditLevel is None, Metadata, Request or RequestResponse. Empty: Metadata, which holds the annotations of
	// admission but no request body, so a secret found in the audit log came through an annotation.
	AuditLevel string
	// WithoutAdmission names admission plugins to switch off besides ServiceAccount, which would refuse every pod in
	// a namespace without a default service account.
	WithoutAdmission []string
	// ServiceAccountAdmission leaves that plugin on: it fills serviceAccountName and adds the token volume.
	ServiceAccountAdmission bool
	// Flags go to kube-apiserver as they are, after all others.
	Flags []string
}

// Cluster is a running API server.
type Cluster struct {
	URL      string // https://127.0.0.1:PORT
	CA       []byte // PEM; trusts the API server
	AuditLog string // path; one JSON event per line, written before the response is sent
	Folder   string

	binaries  Binaries
	tokens    map[string]string
	transport *http.Transport
	temporary bool
	running   []*process
	resources *resourceIndex
	stopping  sync.Once
}

// Start is Up for the length of one test, which it fails if the servers do not start. It skips under -short.
func Start(t testing.TB, o Options) *Cluster {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: this test starts a real API server")
	}
	c, err := Up(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Down(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// Up builds what is missing, starts etcd and kube-apiserver, and returns once the API server is ready, its namespaces
// default and kube-system exist, and the identities may use it. ctx bounds the start, not the life of the servers.
func Up(ctx context.Context, o Options) (*Cluster, error) {
	logf := o.Logf
	if logf == nil {
		logf = toStandardError
	}
	binaries, err := build(ctx, logf, etcd(), sealedSecrets(), kubeAPIServer())
	if err != nil {
		return nil, err
	}
	for attempt := 1; ; attempt++ {
		c, err := start(ctx, o, binaries)
		if errors.Is(err, errPortTaken) && attempt < portAttempts {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("start cluster: %w", err)
		}
		return c, nil
	}
}

func toStandardError(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "cluster: "+format+"\n", args...)
}

// Down ends all servers and removes the temporary folder. Further calls do nothing.
func (c *Cluster) Down() error {
	var err error
	c.stopping.Do(func() {
		for _, p := range c.running {
			p.stop()
		}
		c.transport.CloseIdleConnections()
		if c.temporary {
			err = os.RemoveAll(c.Folder)
		}
	})
	return err
}

// start is one attempt; it leaves nothing behind when it fails.
func start(ctx context.Context, o Options, binaries Binaries) (_ *Cluster, err error) {
	ctx, cancel := context.WithTimeout(ctx, startDeadline)
	defer cancel()

	c := &Cluster{Folder: o.Folder, binaries: binaries, tokens: map[string]string{}, resources: newResourceIndex(), transport: &http.Transport{}}
	if c.Folder == "" {
		c.temporary = true
		if c.Folder, err = os.MkdirTemp("", "gatehouse-cluster-"); err != nil {
			return nil, err
		}
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Down())
		}
	}()
	etcdURL, err := c.startEtcd(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.startAPIServer(ctx, o, etcdURL); err != nil {
		return nil, err
	}
	return c, c.letIdentitiesIn(ctx)
}

func (c *Cluster) startEtcd(ctx context.Context) (clientURL string, err error) {
	ports, err := freePorts(2)
	if err != nil {
		return "", err
	}
	client, peer := "http://127.0.0.1:"+ports[0], "http://127.0.0.1:"+ports[1]
	p, err := c.run("etcd", c.binaries.Etcd, nil,
		"--name=default", "--data-dir="+filepath.Join(c.Folder, "etcd"), "--unsafe-no-fsync",
		"--listen-client-urls="+client, "--advertise-client-urls="+client,
		"--listen-peer-urls="+peer, "--initial-advertise-peer-urls="+peer, "--initial-cluster=default="+peer)
	if err != nil {
		return "", err
	}
	return client, p.waitReady(ctx, func(ctx context.Context) error {
		_, err := fetch(ctx, client+"/health")
		return err
	})
}

func (c *Cluster) startAPIServer(ctx context.Context, o Options, etcdURL string) error {
	ports, err := freePorts(1)
	if err != nil {
		return err
	}
	c.URL = "https://127.0.0.1:" + ports[0]
	flags, err := c.apiServerFiles(o)
	if err != nil {
		return err
	}
	flags = append(flags,
		"--etcd-servers="+etcdURL, "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--secure-port="+ports[0],
		"--cert-dir="+c.Folder, "--service-cluster-ip-range=10.0.0.0/24", "--service-account-issuer="+c.URL+"/",
		"--authorization-mode=RBAC", "--allow-privileged=true", "--endpoint-reconciler-type=none",
		"--enable-priority-and-fairness=false", "--profiling=false", "--shutdown-delay-duration=0s")
	without := o.WithoutAdmission
	if !o.ServiceAccountAdmission {
		without = append([]string{"ServiceAccount"}, without...)
	}
	if len(without) > 0 {
		flags = append(flags, "--disable-admission-plugins="+strings.Join(without, ","))
	}
	p, err := c.run("kube-apiserver", c.binaries.KubeAPIServer, nil, append(flags, o.Flags...)...)
	if err != nil {
		return err
	}
	admin := c.Client(Admin)
	return p.waitReady(ctx, func(ctx context.Context) error {
		for _, path := range []string{"/readyz", "/api/v1/namespaces/default", "/api/v1/namespaces/kube-system"} {
			if err := admin.answersOK(ctx, path); err != nil {
				return err
			}
		}
		return nil
	})
}

// apiServerFiles writes what kube-apiserver reads from files and returns the flags that name them.
func (c *Cluster) apiServerFiles(o Options) ([]string, error) {
	certificate, key, err := ServingCertificate(c.Folder, "kube-apiserver")
	if err != nil {
		return nil, err
	}
	if c.CA, err = os.ReadFile(certificate); err != nil {
		return nil, err
	}
	if c.transport, err = transportTrusting(c.CA); err != nil {
		return nil, err
	}
	signing, verifying, err := c.serviceAccountKeys()
	if err != nil {
		return nil, err
	}
	for _, id := range identities() {
		c.tokens[id.user] = rand.Text()
	}
	tokens := filepath.Join(c.Folder, "tokens.csv")
	if err := os.WriteFile(tokens, []byte(tokensFile(c.tokens)), 0o600); err != nil {
		return nil, err
	}
	policy := filepath.Join(c.Folder, "audit-policy.json")
	if err := os.WriteFile(policy, []byte(auditPolicy(o.AuditLevel)), 0o600); err != nil {
		return nil, err
	}
	c.AuditLog = filepath.Join(c.Folder, "audit.log")
	return []string{
		"--tls-cert-file=" + certificate, "--tls-private-key-file=" + key, "--token-auth-file=" + tokens,
		"--service-account-signing-key-file=" + signing, "--service-account-key-file=" + verifying,
		"--audit-policy-file=" + policy, "--audit-log-path=" + c.AuditLog, "--audit-log-mode=blocking",
	}, nil
}

func (c *Cluster) serviceAccountKeys() (signing, verifying string, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", err
	}
	signing = filepath.Join(c.Folder, "service-accounts.key")
	if err := writeKey(signing, key); err != nil {
		return "", "", err
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return "", "", err
	}
	verifying = filepath.Join(c.Folder, "service-accounts.pub")
	return signing, verifying, writePEM(verifying, "PUBLIC KEY", public)
}

// letIdentitiesIn binds every identity but the controller's to cluster-admin: what these tests ask is what admission
// says, and authorization comes before it.
func (c *Cluster) letIdentitiesIn(ctx context.Context) error {
	var subjects []any
	for _, id := range identities() {
		if id.user != ControllerUser {
			subjects = append(subjects, map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": id.user})
		}
	}
	response, err := c.Client(Admin).Create(ctx, map[string]any{
		"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
		"metadata": map[string]any{"name": "test-identities"},
		"roleRef":  map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
		"subjects": subjects,
	}, Write{})
	if err != nil {
		return err
	}
	return response.Err()
}

// run starts a server that Down ends.
func (c *Cluster) run(name, program string, environment []string, args ...string) (*process, error) {
	p, err := startProcess(name, filepath.Join(c.Folder, name+".log"), program, environment, args...)
	if err != nil {
		return nil, err
	}
	c.running = append(c.running, p)
	return p, nil
}

// freePorts returns ports of 127.0.0.1 that were free a moment ago.
func freePorts(n int) ([]string, error) {
	var ports []string
	for range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer listener.Close()
		_, port, err := net.SplitHostPort(listener.Addr().String())
		if err != nil {
			return nil, err
		}
		ports = append(ports, port)
	}
	return ports, nil
}
