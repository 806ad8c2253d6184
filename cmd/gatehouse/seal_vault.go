package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/config"
	"github.com/gatehouse-dev/gatehouse/secrets/seal"
	sealvault "github.com/gatehouse-dev/gatehouse/secrets/seal/vault"
	"github.com/gatehouse-dev/gatehouse/secrets/vault"
)

// deposit is what must be in Vault before a file is written that refers to it.
type deposit struct {
	server     vaultServer
	connection *vault.Connection
	plans      []sealvault.Plan
	values     []map[string]sealvault.Value
	written    []sealvault.Written
	again      string // what to do where the file could not be written afterwards
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
	if to.Form == seal.ExternalSecret && plainSecrets(manifest.Read(w.name, data, manifest.DefaultLimits())) {
		if err := s.fitStore(w, &to); err != nil {
			return nil, err
		}
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
	d := &deposit{again: "run it again with --replace"}
	m.deposit, m.placeholders = d, to.Form == seal.AnnotatedPlaceholder
	server, err := s.vaultServer(w)
	if err != nil {
		return nil, err
	}
	m.whom = server.whom()
	for _, o := range r.Replaced {
		m.changes = append(m.changes, alteration{line: o.Line, end: o.EndLine, what: o.String(), keys: o.Payload.Keys(), how: "written to Vault at " + o.Mount + "/" + o.Path})
		values := map[string]sealvault.Value{}
		o.Payload.Each(func(key string, value []byte) { values[key] = slices.Clone(value) })
		d.values = append(d.values, values)
	}
	for i, o := range r.Replaced {
		if err := s.prepare(server, d, vaultChange{mount: o.Mount, path: o.Path, values: d.values[i], replace: s.replace}); err != nil {
			d.wipe()
			return nil, server.refusal(err, o.Mount)
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
	if form := formOf(v.Object); form != seal.ExternalSecret {
		to.Form, to.Store, to.StoreKind = form, "", ""
	}
	return to, nil
}

// formOf is what an object of the configuration is called by those who write it.
func formOf(object config.VaultObject) seal.VaultForm {
	switch object {
	case config.ObjectVaultStaticSecret:
		return seal.VaultStaticSecret
	case config.ObjectAnnotation:
		return seal.AnnotatedPlaceholder
	case config.ObjectPlaceholder:
		return seal.PathPlaceholder
	}
	return seal.ExternalSecret
}

// vaultServer is the Vault that values of a file are written to.
type vaultServer struct {
	address, namespace, from string
	ca                       []byte
}

// shown is its address for people, without the password that one may hold.
func (v vaultServer) shown() string {
	if !strings.Contains(v.address, "@") {
		return v.address
	}
	u, err := url.Parse(v.address)
	if err != nil {
		return "an address that is no URL"
	}
	return u.Redacted()
}

func (v vaultServer) whom() string {
	return "writing to the Vault at " + v.shown() + " (" + v.from + ")"
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
		return nil, exit{code: exitUsage, message: "there is no token for the Vault at " + v.shown(), hint: newToken}
	}
	c, err := vault.Connect(s.ctx, vault.Target{Address: v.address, Namespace: v.namespace, CA: v.ca, Writes: true}, vault.Token{Value: vault.NewCredential(token)})
	if err == nil {
		s.vaults[key] = c
	}
	return c, err
}

// refusal words an error of a Vault that is written to.
func (v vaultServer) refusal(err error, mount string) error {
	var of *vault.Error
	if !errors.As(err, &of) {
		return err
	}
	what, next := of.Words()
	e := exit{code: exitIncomplete, message: fmt.Sprintf("the Vault at %s: %s: %s", v.shown(), of.Doing, what), hint: next}
	if slices.Contains(refusedByVault(), of.Reason) {
		e.code = exitUsage
	}
	switch {
	case of.Reason == vault.BadToken:
		e.hint = newToken
	case of.Reason == vault.Forbidden && of.Next == "":
		e.hint = fmt.Sprintf("give the token create, update and patch on %s/data/*, and read on %s/subkeys/*", mount, mount)
	case of.Reason == vault.Refused && of.Next == sealvault.SayReplace:
		e.message, e.hint = fmt.Sprintf("%s: %s", strings.TrimPrefix(of.Doing, "write "), what), "--replace overwrites it"
	case e.hint == "":
		e.hint = "nothing was written; ask those who run that Vault"
	}
	return e
}

// newToken is how a person gets a token.
const newToken = `vault login, and export VAULT_TOKEN="$(vault print token)"`

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

// prepare plans a change in Vault. A dry run without a token plans nothing. The error is
// one of Vault, for refusal to word.
func (s *sealing) prepare(server vaultServer, d *deposit, change vaultChange) error {
	if s.dry && s.env("VAULT_TOKEN") == "" {
		return nil
	}
	var err error
	if d.connection, err = s.connect(server); err != nil {
		return err
	}
	d.server = server
	mount, err := d.connection.FindMount(s.ctx, server.namespace, change.mount+"/"+change.path)
	if err != nil {
		return err
	}
	plan, err := sealvault.Prepare(s.ctx, d.connection, sealvault.Change{
		Place:  vault.Place{Namespace: server.namespace, Mount: mount, Path: strings.TrimPrefix(change.mount+"/"+change.path, mount.Path+"/")},
		Values: change.values, Remove: change.remove, Replace: change.replace,
	})
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
			e := exitOf(m.deposit.server.refusal(err, plan.Place.Mount.Path))
			if len(m.deposit.written) > 0 {
				e.hint += "; the file is as it was, and what was written before stays in Vault: --replace writes it again"
			}
			return e
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
	return exit{code: exitUsage, message: fmt.Sprintf("Vault is changed, and %s could not be written, and is as it was: %s", path, err), hint: m.deposit.again}
}

// refusedByVault are the reasons for which somebody has to call otherwise; for others
// Vault could not be asked.
func refusedByVault() []vault.Reason {
	return []vault.Reason{vault.NoToken, vault.BadTarget, vault.NotKV, vault.KVVersion1, vault.BadQuestion, vault.Refused, vault.Conflict, vault.MountMissing, vault.SecretMissing, vault.WriteNotAsked}
}
