// Command vault serves a real Vault core on loopback, with its storage in memory: the key-value engines, tokens,
// AppRole, JWT and Kubernetes. It refuses to know what tests do with it.
//
// It prints one line of JSON, {"address", "token", "key"}: where it listens, the root token, and the one unseal key in
// base64. It ends when its standard input is closed. The log goes to standard error.
package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/hashicorp/go-hclog"
	jwt "github.com/hashicorp/vault-plugin-auth-jwt"
	kubernetes "github.com/hashicorp/vault-plugin-auth-kubernetes"
	kv "github.com/hashicorp/vault-plugin-secrets-kv"
	"github.com/hashicorp/vault/audit"
	"github.com/hashicorp/vault/builtin/credential/approle"
	"github.com/hashicorp/vault/helper/testhelpers/corehelpers"
	vaulthttp "github.com/hashicorp/vault/http"
	"github.com/hashicorp/vault/internalshared/configutil"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/physical/inmem"
	"github.com/hashicorp/vault/vault"
)

func main() {
	if err := serve(context.Background(), os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serve returns when stdin ends.
func serve(ctx context.Context, stdin io.Reader, stdout io.Writer) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := "http://" + listener.Addr().String()
	core, err := newCore(address)
	if err != nil {
		return fmt.Errorf("new core: %w", err)
	}
	ready, err := unsealed(ctx, core)
	if err != nil {
		return err
	}
	ready.Address = address

	server := &http.Server{
		ReadHeaderTimeout: 10 * time.Second,
		Handler: vaulthttp.Handler.Handler(&vault.HandlerProperties{
			Core:           core,
			ListenerConfig: &configutil.Listener{Address: listener.Addr().String()},
		}),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	if err := json.NewEncoder(stdout).Encode(ready); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, stdin)
		ended <- err
	}()
	select {
	case err := <-served:
		return err
	case err := <-ended:
		return err
	}
}

// newCore makes a sealed core without any storage of its own. The address is where it tells others to go.
func newCore(address string) (*vault.Core, error) {
	logger := hclog.New(&hclog.LoggerOptions{Output: os.Stderr, Level: hclog.Warn})
	storage, err := inmem.NewInmem(nil, logger)
	if err != nil {
		return nil, err
	}
	return vault.NewCore(&vault.CoreConfig{
		Physical:        storage,
		Logger:          logger,
		RedirectAddr:    address,
		DisableMlock:    true,
		BuiltinRegistry: corehelpers.NewMockBuiltinRegistry(),
		LogicalBackends: map[string]logical.Factory{"kv": kv.Factory},
		CredentialBackends: map[string]logical.Factory{
			"approle": approle.Factory, "jwt": jwt.Factory, "kubernetes": kubernetes.Factory,
		},
		AuditBackends: map[string]audit.Factory{audit.TypeFile: audit.NewFileBackend},
	})
}

// ready is what the program prints.
type ready struct {
	Address string `json:"address"`
	Token   string `json:"token"`
	Key     string `json:"key"`
}

// unsealed gives the core one key and opens it with that.
func unsealed(ctx context.Context, core *vault.Core) (ready, error) {
	one := &vault.SealConfig{SecretShares: 1, SecretThreshold: 1}
	made, err := core.Initialize(ctx, &vault.InitParams{BarrierConfig: one, RecoveryConfig: &vault.SealConfig{}})
	if err != nil {
		return ready{}, fmt.Errorf("initialize: %w", err)
	}
	key := made.SecretShares[0]
	said := ready{Token: made.RootToken, Key: base64.StdEncoding.EncodeToString(key)}
	open, err := core.Unseal(key)
	if err != nil {
		return ready{}, fmt.Errorf("unseal: %w", err)
	}
	if !open {
		return ready{}, fmt.Errorf("unseal: it is still sealed")
	}
	return said, nil
}
