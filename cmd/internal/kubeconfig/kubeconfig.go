// Package kubeconfig reaches the API server that a person's kubeconfig names, for one
// small public answer.
//
// It reads the file as kubectl does, and takes certificates and tokens that stand in it
// or that it names. It runs no program, so that a user who logs in by one is an
// ErrProgram. It refuses to know what is asked for.
package kubeconfig

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// ErrProgram is a user who logs in by a program that kubectl would run.
var ErrProgram = errors.New("the user of the kubeconfig logs in by a program, which is not run")

// timeout is how long the API server may take.
const timeout = 15 * time.Second

// Access is how an API server is reached. It holds credentials and prints nothing of
// them.
type Access struct {
	server string
	token  string
	client http.Client
}

// String names the server alone.
func (a Access) String() string { return a.server }

// GoString is String, so that no verb prints a credential.
func (a Access) GoString() string { return a.server }

// Read gives the access that the current context of a kubeconfig names; another context
// where one is named. Errors hold no credential.
func Read(file, contextName string) (Access, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return Access{}, errors.New("the kubeconfig cannot be read")
	}
	read := manifest.Read("kubeconfig.yaml", text, manifest.DefaultLimits())
	if len(read.Broken) > 0 || len(read.Documents) != 1 {
		return Access{}, errors.New("the kubeconfig is not one YAML document")
	}
	root := read.Documents[0].Root
	if contextName == "" {
		contextName = root.Get("current-context").Str()
	}
	chosen := named(root.Get("contexts"), contextName).Get("context")
	if chosen == nil {
		return Access{}, fmt.Errorf("the kubeconfig has no context %q", contextName)
	}
	r := reader{folder: filepath.Dir(file)}
	return r.access(named(root.Get("clusters"), chosen.Get("cluster").Str()).Get("cluster"), named(root.Get("users"), chosen.Get("user").Str()).Get("user"))
}

// named is the item of a list that has a name.
func named(list *manifest.Node, name string) *manifest.Node {
	if list == nil || name == "" {
		return nil
	}
	for i := range list.Items {
		if list.Items[i].Get("name").Str() == name {
			return &list.Items[i]
		}
	}
	return nil
}

type reader struct{ folder string }

func (r reader) access(cluster, user *manifest.Node) (Access, error) {
	server, err := url.Parse(cluster.Get("server").Str())
	switch {
	case err != nil || server.Host == "" || server.Scheme != "https" || server.User != nil:
		return Access{}, errors.New("the cluster of the kubeconfig has no server that is reached by https")
	case isTrue(cluster.Get("insecure-skip-tls-verify")):
		return Access{}, errors.New("the kubeconfig takes any server for the cluster's (insecure-skip-tls-verify)")
	case user.Get("exec") != nil || user.Get("auth-provider") != nil:
		return Access{}, ErrProgram
	}
	settings := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: cluster.Get("tls-server-name").Str()}
	if settings.RootCAs, err = r.authorities(cluster); err != nil {
		return Access{}, err
	}
	if settings.Certificates, err = r.certificate(user); err != nil {
		return Access{}, err
	}
	token := user.Get("token").Str()
	if file := user.Get("tokenFile").Str(); file != "" {
		text, err := os.ReadFile(r.path(file))
		if err != nil {
			return Access{}, errors.New("the token that the kubeconfig names cannot be read")
		}
		token = strings.TrimSpace(string(text))
	}
	return Access{
		server: strings.TrimSuffix(server.String(), "/"), token: token,
		client: http.Client{
			Timeout: timeout, Transport: &http.Transport{TLSClientConfig: settings, Proxy: http.ProxyFromEnvironment},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

func isTrue(n *manifest.Node) bool { return n != nil && n.Text == "true" }

// authorities are those who sign the server's certificate; nil for the machine's own.
func (r reader) authorities(cluster *manifest.Node) (*x509.CertPool, error) {
	text, err := r.data(cluster, "certificate-authority")
	if err != nil || text == nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, errors.New("the certificate authority of the kubeconfig cannot be read")
	}
	return pool, nil
}

func (r reader) certificate(user *manifest.Node) ([]tls.Certificate, error) {
	certificate, err := r.data(user, "client-certificate")
	if err != nil || certificate == nil {
		return nil, err
	}
	key, err := r.data(user, "client-key")
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return nil, errors.New("the certificate of the user of the kubeconfig does not go with its key")
	}
	return []tls.Certificate{pair}, nil
}

// data is what stands in base64 under NAME-data, or in the file under NAME.
func (r reader) data(n *manifest.Node, name string) ([]byte, error) {
	if text := n.Get(name + "-data").Str(); text != "" {
		data, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, fmt.Errorf("%s-data of the kubeconfig is not base64", name)
		}
		return data, nil
	}
	file := n.Get(name).Str()
	if file == "" {
		return nil, nil
	}
	data, err := os.ReadFile(r.path(file))
	if err != nil {
		return nil, fmt.Errorf("%s of the kubeconfig cannot be read", name)
	}
	return data, nil
}

// path is a path of the kubeconfig, which is relative to its folder.
func (r reader) path(file string) string {
	if filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(r.folder, file)
}

// Get asks the API server for a path. The answer has at most as many bytes as allowed.
func (a Access) Get(ctx context.Context, path string, most int64) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, a.server+path, nil)
	if err != nil {
		return nil, errors.New("the path is none")
	}
	if a.token != "" {
		request.Header.Set("Authorization", "Bearer "+a.token)
	}
	response, err := a.client.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("%s does not answer, or not as the server of the kubeconfig", a.server)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers with %d", a.server, response.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, most+1))
	if err != nil || int64(len(text)) > most {
		return nil, fmt.Errorf("%s did not answer to the end, or with more than %d bytes", a.server, most)
	}
	return text, nil
}
