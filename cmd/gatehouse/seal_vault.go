package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/cmd/internal/config"
	"github.com/gatehouse-dev/gatehouse/secrets/seal"
	sealvault "github.com/gatehouse-dev/gatehouse/secrets/seal/vault"
	"github.com/gatehouse-dev/gatehouse/secrets/vault"
)

// deposit is what must be in Vault before a file is written that refers to it.
type deposit struct {
	connection *vault.Connection
	plans      []sealvault.Plan
	values     []map[string]sealvault.Value
	written    []sealvault.Written
}

func (d *deposit) wipe() {
	for _, values := range d.values {
		for _, value := range values {
			clear(value)
		}
	}
}

// refer puts references to Vault in the place of Secrets, and prepares their values.
func (s *sealing) refer(name string, w *way, data []byte) (*made, error) {
	to, err := vaultTarget(w, s.namespace)
	if err != nil {
		return nil, err
	}
	r, err := seal.VaultManifest(name, data, to)
	if err != nil {
		return nil, err
	}
	defer r.Wipe()
	m := &made{text: r.Text, left: r.Left, notes: r.Notes, values: r.Values}
	if len(r.Replaced) == 0 {
		return m, nil
	}
	d := &deposit{}
	m.deposit = d
	server, err := s.vaultServer(w)
	if err != nil {
		return nil, err
	}
	m.whom = "writing to the Vault at " + server.address + " (" + server.from + ")"
	for _, o := range r.Replaced {
		m.changes = append(m.changes, alteration{line: o.Line, end: o.EndLine, what: o.String(), keys: o.Payload.Keys(), how: "written to Vault at " + o.Mount + "/" + o.Path})
		values := map[string]sealvault.Value{}
		o.Payload.Each(func(key string, value []byte) { values[key] = slices.Clone(value) })
		d.values = append(d.values, values)
	}
	for i, o := range r.Replaced {
		if err := s.prepare(server, d, vaultChange{mount: o.Mount, path: o.Path, values: d.values[i], replace: s.replace}); err != nil {
			d.wipe()
			return nil, err
		}
	}
	return m, nil
}

// vaultTarget is what the configuration says of where values go.
func vaultTarget(w *way, namespace string) (seal.VaultTarget, error) {
	v := w.settings.Vault
	if v == nil {
		return seal.VaultTarget{}, exit{code: exitUsage, message: "the method vault needs to know where values go",
			hint: "write seal: {vault: {mount: MOUNT, store: NAME}} into " + config.ConfigPath}
	}
	path := v.Path
	if path == "" {
		path = "{environment}/{namespace}/{name}"
		if w.environment == "" {
			path = "{namespace}/{name}"
		}
	}
	to := seal.VaultTarget{
		Form: seal.ExternalSecret, Mount: v.Mount, Path: strings.ReplaceAll(path, "{environment}", "{env}"), Env: w.environment,
		Namespace: namespace, Store: v.Store, StoreKind: string(v.StoreKind), Auth: v.Auth,
	}
	if to.StoreKind == "" {
		to.StoreKind = "ClusterSecretStore"
	}
	if v.Object == "vault-static-secret" {
		to.Form, to.Store, to.StoreKind = seal.VaultStaticSecret, "", ""
	}
	return to, nil
}

// vaultServer is the Vault that values of a file are written to.
type vaultServer struct {
	address, namespace, from string
	ca                       []byte
}

// vaultServer finds it: on a person's machine that of the usual variables, else, and in
// CI only, that of the configuration. It is one that the default branch agrees to.
func (s *sealing) vaultServer(w *way) (vaultServer, error) {
	if err := s.agreed(w.as(config.MethodVault)); err != nil {
		return vaultServer{}, err
	}
	if address := s.personal("VAULT_ADDR"); address != "" {
		v := vaultServer{address: address, namespace: s.personal("VAULT_NAMESPACE"), from: "VAULT_ADDR"}
		if file := s.personal("VAULT_CACERT"); file != "" {
			var err error
			if v.ca, err = readKeyFile(file); err != nil {
				return v, usage("the certificates in %s (VAULT_CACERT) cannot be read: %s", file, cause(err))
			}
		}
		return v, nil
	}
	references := w.policies.settings.Config.References
	if references == nil || references.Vault == nil {
		hint := "set VAULT_ADDR, or write references: {vault: {address: URL}} into " + config.ConfigPath
		if s.inCI() {
			hint = "write references: {vault: {address: URL}} into " + config.ConfigPath + "; in CI no variable says where values go"
		}
		return vaultServer{}, exit{code: exitUsage, message: "no Vault is named to write the values to", hint: hint}
	}
	known := references.Vault
	v := vaultServer{address: known.Address, namespace: known.Namespace, from: config.ConfigPath}
	if known.CA != "" {
		var err error
		if v.ca, err = readBelow(w.root, known.CA); err != nil {
			return v, usage("the certificates in %s cannot be read: %s", known.CA, cause(err))
		}
	}
	return v, nil
}

// connect logs in, once for each Vault.
func (s *sealing) connect(v vaultServer) (*vault.Connection, error) {
	key := v.address + "\x00" + v.namespace
	if c := s.vaults[key]; c != nil {
		return c, nil
	}
	token := s.env("VAULT_TOKEN")
	if token == "" {
		return nil, exit{code: exitUsage, message: "there is no token for the Vault at " + v.address, hint: "vault login, and export VAULT_TOKEN=\"$(vault print token)\""}
	}
	c, err := vault.Connect(s.ctx, vault.Target{Address: v.address, Namespace: v.namespace, CA: v.ca, Writes: true}, vault.Token{Value: vault.NewCredential(token)})
	if err == nil {
		s.vaults[key] = c
	}
	return c, err
}

func (s *sealing) closeVaults() {
	for _, c := range s.vaults {
		_ = c.Close(context.WithoutCancel(s.ctx)) // a token that was given is not revoked
	}
}

// vaultChange is what is to become of one secret in Vault.
type vaultChange struct {
	mount, path string
	values      map[string]sealvault.Value
	remove      []string
	replace     bool
}

// prepare plans a change in Vault. A dry run without a token plans nothing.
func (s *sealing) prepare(server vaultServer, d *deposit, change vaultChange) error {
	if s.dry && s.env("VAULT_TOKEN") == "" {
		return nil
	}
	var err error
	if d.connection, err = s.connect(server); err != nil {
		return err
	}
	mount, err := d.connection.FindMount(s.ctx, server.namespace, change.mount+"/"+change.path)
	if err != nil {
		return err
	}
	plan, err := sealvault.Prepare(s.ctx, d.connection, sealvault.Change{
		Place:  vault.Place{Namespace: server.namespace, Mount: mount, Path: strings.TrimPrefix(change.mount+"/"+change.path, mount.Path+"/")},
		Values: change.values, Remove: change.remove, Replace: change.replace,
	})
	var refused *vault.Error
	if errors.As(err, &refused) && refused.Reason == vault.Refused && !change.replace {
		what, _ := refused.Words()
		return exit{code: exitUsage, message: fmt.Sprintf("%s/%s: %s", change.mount, change.path, what), hint: "--replace overwrites it"}
	}
	if err == nil {
		d.plans = append(d.plans, plan)
	}
	return err
}

// publish writes to Vault what a text refers to, with check-and-set on what was looked
// at. What was written is told at once: it stays so whatever comes next.
func (s *sealing) publish(m *made) error {
	if m.deposit == nil || s.dry {
		return nil
	}
	s.announce(m)
	for _, plan := range m.deposit.plans {
		w, err := plan.Write(s.ctx, m.deposit.connection)
		if w.Version > 0 {
			m.deposit.written = append(m.deposit.written, w)
			fmt.Fprintln(s.told, printable(w.String()))
			for _, note := range w.Notes {
				fmt.Fprintln(s.told, printable(note))
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// unwritten is the error of a file that could not be written after what belongs into
// Vault was.
func (m *made) unwritten(path string, err error) error {
	if m.deposit == nil || len(m.deposit.written) == 0 {
		return err
	}
	return exit{code: exitUsage, message: fmt.Sprintf("the values are in Vault, and %s still holds them: %s", path, err), hint: "run it again with --replace"}
}

// refusedByVault are the reasons for which somebody has to call otherwise; for others
// Vault could not be asked.
func refusedByVault() []vault.Reason {
	return []vault.Reason{vault.NoToken, vault.BadTarget, vault.NotKV, vault.KVVersion1, vault.BadQuestion, vault.Refused, vault.Conflict, vault.MountMissing, vault.SecretMissing, vault.WriteNotAsked}
}
