package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
)

const (
	// serviceAccountVariable names the folder with the controller's token and certificate authority.
	serviceAccountVariable = "GATEHOUSE_SERVICE_ACCOUNT"
	controllerNamespace    = "kube-system"
)

// Controller is a running Sealed Secrets controller. It ends with its cluster.
type Controller struct {
	URL         string // http://127.0.0.1:PORT; serves /v1/cert.pem, /v1/verify, /v1/rotate and /healthz
	Certificate []byte // PEM; what it encrypts for is its public key
}

// StartController defines SealedSecret, gives ControllerUser the rights of the release, starts the controller in
// kube-system, and returns once it serves its certificate. It makes a new 4096 bit key, which takes seconds. One per
// cluster.
func (c *Cluster) StartController(ctx context.Context) (*Controller, error) {
	ctx, cancel := context.WithTimeout(ctx, startDeadline)
	defer cancel()
	if err := c.InstallSealedSecrets(ctx); err != nil {
		return nil, fmt.Errorf("define SealedSecret: %w", err)
	}
	if err := c.letControllerIn(ctx); err != nil {
		return nil, fmt.Errorf("controller's role: %w", err)
	}
	environment, err := c.podEnvironment()
	if err != nil {
		return nil, err
	}
	for attempt := 1; ; attempt++ {
		controller, err := c.tryController(ctx, environment)
		if !errors.Is(err, errPortTaken) || attempt == portAttempts {
			return controller, err
		}
	}
}

// tryController is one attempt; it leaves no process behind when it fails.
func (c *Cluster) tryController(ctx context.Context, environment []string) (*Controller, error) {
	ports, err := freePorts(2)
	if err != nil {
		return nil, err
	}
	controller := &Controller{URL: "http://127.0.0.1:" + ports[0]}
	p, err := c.run("sealed-secrets", c.binaries.SealedSecrets, environment,
		"--listen-addr=127.0.0.1:"+ports[0], "--listen-metrics-addr=127.0.0.1:"+ports[1])
	if err != nil {
		return nil, err
	}
	err = p.waitReady(ctx, func(ctx context.Context) error {
		controller.Certificate, err = fetch(ctx, controller.URL+"/v1/cert.pem")
		return err
	})
	if err != nil {
		p.stop()
		return nil, err
	}
	return controller, nil
}

// podEnvironment returns what the controller finds in its pod.
func (c *Cluster) podEnvironment() ([]string, error) {
	folder := filepath.Join(c.Folder, "service-account")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	for name, content := range map[string][]byte{"token": []byte(c.tokens[ControllerUser]), "ca.crt": c.CA} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			return nil, err
		}
	}
	address, err := url.Parse(c.URL)
	if err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(address.Host)
	if err != nil {
		return nil, err
	}
	return []string{
		"KUBERNETES_SERVICE_HOST=" + host, "KUBERNETES_SERVICE_PORT=" + port,
		"POD_NAMESPACE=" + controllerNamespace, serviceAccountVariable + "=" + folder,
	}, nil
}

// letControllerIn grants what the release's manifests grant.
func (c *Cluster) letControllerIn(ctx context.Context) error {
	rule := func(group, resource string, verbs ...string) map[string]any {
		return map[string]any{"apiGroups": []string{group}, "resources": []string{resource}, "verbs": verbs}
	}
	metadata := map[string]any{"name": "secrets-unsealer"}
	const rbac = "rbac.authorization.k8s.io"
	for _, object := range []map[string]any{
		{
			"apiVersion": rbac + "/v1", "kind": "ClusterRole", "metadata": metadata,
			"rules": []any{
				rule("bitnami.com", "sealedsecrets", "get", "list", "watch"),
				rule("bitnami.com", "sealedsecrets/status", "update"),
				rule("", "secrets", "get", "list", "watch", "create", "update", "delete"),
				rule("", "events", "create", "patch"),
				rule("", "namespaces", "get"),
			},
		},
		{
			"apiVersion": rbac + "/v1", "kind": "ClusterRoleBinding", "metadata": metadata,
			"roleRef":  map[string]any{"apiGroup": rbac, "kind": "ClusterRole", "name": "secrets-unsealer"},
			"subjects": []any{map[string]any{"apiGroup": rbac, "kind": "User", "name": ControllerUser}},
		},
	} {
		response, err := c.Client(Admin).Apply(ctx, object, Write{FieldManager: "test"})
		if err != nil {
			return err
		}
		if err := response.Err(); err != nil {
			return err
		}
	}
	return nil
}

func fetch(ctx context.Context, address string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("GET %s: %s", address, response.Status)
	}
	return content, nil
}
