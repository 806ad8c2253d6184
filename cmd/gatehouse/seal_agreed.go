package main

import (
	"cmp"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/config"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/source"
	"github.com/gatehouse-dev/gatehouse/secrets/seal/sops"
	proofs "github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// A branch that somebody proposes can change to whom its readers seal: the certificate,
// the recipients, the Vault. So what is sealed to must be what the default branch says,
// or be accepted by the person who seals.

// acceptTargetFlag is that of every command that seals.
func acceptTargetFlag() cli.Flag {
	return &cli.BoolFlag{Name: "accept-target", Usage: "seal to another certificate, recipient or Vault than that of the default branch"}
}

// aim is to whom a file is sealed, as the files of one side say.
type aim struct {
	method config.Method // "" where nothing says how
	to     []string      // the parts of it, for people
	id     []string      // what identifies them; equal for who is the same reader
}

func (a aim) String() string {
	if a.method == "" {
		return "nothing"
	}
	return string(a.method) + ": " + strings.Join(a.to, ", ")
}

func (a aim) same(b aim) bool { return a.method == b.method && slices.Equal(a.id, b.id) }

// agreed refuses to seal a file to what the default branch does not say. What the
// person who seals has named, with a flag or a variable, is theirs to choose.
func (s *sealing) agreed(w *way) error {
	s.tellOfIgnored()
	if s.acceptTarget || s.ownChoice(w) {
		return nil
	}
	repo, err := s.repoOf(w.root)
	if err != nil || repo == nil {
		return err
	}
	return s.agree(repo, w)
}

// side is what a work tree or a commit says of how files are sealed.
type side struct {
	place
	config config.Config
}

// sideOf is a side that is read once in a run; of a work tree commit is "".
func (s *sealing) sideOf(repo *source.Repo, root, commit string) (*side, error) {
	key := root + "\x00" + commit
	if known := s.sides[key]; known != nil {
		return known, nil
	}
	pl := folderPlace(root)
	if commit != "" {
		pl = revisionPlace(s.ctx, repo, commit)
	}
	pl = remembered(pl)
	set, err := openPolicies(pl, true)
	if err != nil {
		return nil, configExit(err)
	}
	if s.sides == nil {
		s.sides = map[string]*side{}
	}
	s.sides[key] = &side{place: pl, config: set.settings.Config}
	return s.sides[key], nil
}

// remembered is a place of which everything is read once.
func remembered(pl place) place {
	type answer struct {
		text  []byte
		names []string
		err   error
	}
	reads, lists := map[string]answer{}, map[string]answer{}
	return place{
		read: func(name string) ([]byte, error) {
			a, ok := reads[name]
			if !ok {
				a.text, a.err = pl.read(name)
				reads[name] = a
			}
			return a.text, a.err
		},
		list: func(name string) ([]string, error) {
			a, ok := lists[name]
			if !ok {
				a.names, a.err = pl.list(name)
				lists[name] = a
			}
			return a.names, a.err
		},
	}
}

// defaultBranch is that of a repository, asked for once in a run.
func (s *sealing) defaultBranch(repo *source.Repo) (source.Branch, error) {
	if known, ok := s.branches[repo]; ok {
		return known, nil
	}
	branch, err := repo.DefaultBranch(s.ctx)
	if err != nil {
		return branch, sourceExitOf(err)
	}
	if s.branches == nil {
		s.branches = map[*source.Repo]source.Branch{}
	}
	s.branches[repo] = branch
	return branch, nil
}

// tellOfIgnored names, once, the variables that count on a person's machine and not in CI.
func (s *sealing) tellOfIgnored() {
	if !s.inCI() || s.ignored {
		return
	}
	s.ignored = true
	var set []string
	for _, variable := range []string{"SEALED_SECRETS_CERT", "SOPS_AGE_RECIPIENTS", "VAULT_ADDR", "VAULT_NAMESPACE"} {
		if s.env(variable) != "" {
			set = append(set, variable)
		}
	}
	switch len(set) {
	case 0:
	case 1:
		fmt.Fprintf(s.stderr, "gatehouse: %s does not count in CI: to whom is sealed comes from the repository\n", set[0])
	default:
		fmt.Fprintf(s.stderr, "gatehouse: %s do not count in CI: to whom is sealed comes from the repository\n", strings.Join(set, ", "))
	}
}

// ownChoice tells whether the caller says to whom a file is sealed.
func (s *sealing) ownChoice(w *way) bool {
	return w.decided == config.MethodSealedSecrets && (w.choice.certificate != nil || s.personal("SEALED_SECRETS_CERT") != "")
}

// agree compares what the files here say with what the default branch says.
func (s *sealing) agree(repo *source.Repo, w *way) error {
	here, err := s.aimAt(repo, "", w)
	if err != nil {
		return err
	}
	branch, err := s.defaultBranch(repo)
	if err != nil {
		return err
	}
	if branch.Commit == "" {
		return s.agreeWithNobody(repo, w)
	}
	there, err := s.aimAt(repo, branch.Commit, w)
	if err != nil {
		e := exitOf(err)
		e.code, e.message = exitIncomplete, fmt.Sprintf("%s: not sealed: what the branch %s seals to cannot be read: %s", w.name, branch.Name, e.message)
		return e
	}
	switch {
	case here.same(there):
		return nil
	case there.method == "":
		return s.agreeWithFirst(repo, w, here, branch)
	}
	return exit{code: exitUsage,
		message: fmt.Sprintf("%s: not sealed: here it would be sealed to %s; the branch %s says %s", w.name, here, branch.Name, there),
		hint:    "others than before could read it: find out who changed that; --accept-target seals to it all the same"}
}

// agreeWithNobody is for a repository in which no branch is known to be the default one.
func (s *sealing) agreeWithNobody(repo *source.Repo, w *way) error {
	remote, err := repo.HasRemoteBranches(s.ctx)
	if err != nil {
		return sourceExitOf(err)
	}
	if !remote {
		return nil // there is no other branch that has agreed to anything
	}
	return exit{code: exitIncomplete, message: w.name + ": not sealed: which branch is the default one is not known here, so that to whom it seals cannot be compared",
		hint: "git remote set-head origin --auto asks the remote; --accept-target seals without"}
}

// agreeWithFirst is for what the default branch says nothing of yet. On a branch that a
// remote has it may come from somebody else; before that it is the work of the person
// who seals.
func (s *sealing) agreeWithFirst(repo *source.Repo, w *way, here aim, branch source.Branch) error {
	head, err := repo.Head(s.ctx)
	if err != nil {
		return sourceExitOf(err)
	}
	pushed := false
	if head != "" && head != branch.Commit {
		if pushed, err = repo.Pushed(s.ctx, head); err != nil {
			return sourceExitOf(err)
		}
	}
	if pushed {
		committed, err := s.aimAt(repo, head, w)
		if err != nil || committed.same(here) {
			return exit{code: exitUsage, message: fmt.Sprintf("%s: not sealed: here it would be sealed to %s, of which the branch %s says nothing yet", w.name, here, branch.Name),
				hint: "merge that first, or give --accept-target if you know who can read it"}
		}
	}
	if note := fmt.Sprintf("the branch %s does not say yet that it is sealed to %s", branch.Name, here); !s.announced[note] {
		s.announced[note] = true
		fmt.Fprintf(s.stderr, "gatehouse: %s\n", printable(note))
	}
	return nil
}

// aimAt is to whom a file is sealed by what the work tree says, or a commit.
func (s *sealing) aimAt(repo *source.Repo, commit string, w *way) (aim, error) {
	from, err := s.sideOf(repo, w.root, commit)
	if err != nil {
		return aim{}, err
	}
	pl, c := from.place, from.config
	environment := c.Layout().Environment(w.name)
	if w.choice.environment != "" {
		environment = w.choice.environment
	}
	settings := c.SealFor(environment)
	rule, err := sopsRuleAt(pl, w.name)
	if err != nil {
		return aim{}, err
	}
	certificates, err := certificatesAt(pl, settings)
	if err != nil {
		return aim{}, err
	}
	a := aim{method: w.choice.method}
	switch {
	case a.method != "":
	case settings.Method != "":
		a.method = settings.Method
	case rule != nil:
		a.method = config.MethodSOPS
	case len(certificates) > 0:
		a.method = config.MethodSealedSecrets
	}
	switch a.method {
	case config.MethodSealedSecrets:
		err = a.certificates(pl, certificates, settings)
	case config.MethodSOPS:
		a.recipients(rule)
	case config.MethodVault:
		a.vault(c, settings, s.personal("VAULT_ADDR") != "")
	}
	if len(a.to) == 0 {
		a.method = ""
	}
	return a, err
}

// sopsRuleAt is the rule of SOPS for a file; nil where none matches.
func sopsRuleAt(pl place, name string) (*proofs.Rule, error) {
	for folder := path.Dir(name); ; folder = path.Dir(folder) {
		at := path.Join(folder, ".sops.yaml")
		text, err := pl.read(at)
		if err == nil {
			c, _ := proofs.ReadConfig(manifest.Read(at, text, manifest.DefaultLimits()))
			return c.Rule(name), nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s cannot be read: %w", at, cause(err))
		}
		if folder == "." || folder == "/" || strings.HasPrefix(folder, "..") {
			return nil, nil
		}
	}
}

// certificatesAt are the certificates of a place: what the configuration names, else
// what lies at the usual places.
func certificatesAt(pl place, settings config.Seal) ([]string, error) {
	if settings.Certificate != "" {
		return []string{settings.Certificate}, nil
	}
	var found []string
	names, err := pl.list(certificateFolder)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if path.Dir(name) == certificateFolder && path.Ext(name) == ".pem" {
			found = append(found, name)
		}
	}
	if len(found) > 0 {
		slices.Sort(found)
		return found, nil
	}
	for _, name := range committedCertificates() {
		if names, err = pl.list(name); err != nil {
			return nil, err
		}
		if slices.Contains(names, name) {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return found, nil
}

// add adds one part; the same identity stands for the same reader.
func (a *aim) add(id, shown string) { a.id, a.to = append(a.id, id), append(a.to, shown) }

// certificates names certificates by what they are, and not by where they lie.
func (a *aim) certificates(pl place, names []string, settings config.Seal) error {
	for _, name := range names {
		text, err := pl.read(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			a.add("no "+name, "the certificate "+name+", which is not there")
			continue
		case err != nil:
			return fmt.Errorf("%s cannot be read: %w", name, cause(err))
		}
		if c := anyCertificate(text); c != nil {
			fingerprint := proofs.Fingerprint(c)
			a.add(fingerprint, "the certificate "+fingerprint+" of "+name)
		} else {
			a.add("not "+name, name+", which is no certificate")
		}
	}
	if settings.Fingerprint != "" && len(names) > 0 {
		a.add("pinned "+settings.Fingerprint, "pinned to "+settings.Fingerprint)
	}
	return nil
}

// anyCertificate reads the first certificate of a PEM text, usable or not; nil where
// there is none.
func anyCertificate(text []byte) *x509.Certificate {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		if c, err := x509.ParseCertificate(block.Bytes); err == nil {
			return c
		}
	}
	return nil
}

// recipients names the recipients of a rule, group by group.
func (a *aim) recipients(rule *proofs.Rule) {
	if rule == nil {
		return
	}
	for i, group := range rule.Groups {
		list := slices.SortedFunc(slices.Values(group), func(x, y proofs.Recipient) int {
			return cmp.Or(strings.Compare(x.Type, y.Type), strings.Compare(x.ID, y.ID))
		})
		for _, r := range list {
			shown := sops.Recipient{Type: r.Type, ID: r.ID}.String()
			if len(rule.Groups) > 1 {
				shown += fmt.Sprintf(" in group %d", i+1)
			}
			a.add(fmt.Sprintf("%d %s %s", i, r.Type, r.ID), shown)
		}
	}
	if len(rule.Groups) > 1 {
		needed := fmt.Sprintf("of %d groups %d are needed", len(rule.Groups), rule.Threshold)
		a.add(needed, needed)
	}
}

// vault names where values are written, and what reads them from there. An address that
// the person who seals has set is not compared.
func (a *aim) vault(c config.Config, settings config.Seal, ownAddress bool) {
	if settings.Vault == nil {
		return
	}
	if c.References != nil && c.References.Vault != nil && !ownAddress {
		server := c.References.Vault
		a.add("address "+server.Address, "the Vault "+server.Address)
		if server.Namespace != "" {
			a.add("namespace "+server.Namespace, "namespace "+server.Namespace)
		}
		if server.CA != "" {
			a.add("ca "+server.CA, "trusted by "+server.CA)
		}
	}
	v := settings.Vault
	for _, part := range [][2]string{
		{"mount", v.Mount}, {"path", v.Path}, {"object", string(v.Object)}, {"store", v.Store}, {"kind of store", string(v.StoreKind)}, {"login", v.Auth},
	} {
		if part[1] != "" {
			a.add(part[0]+" "+part[1], part[0]+" "+part[1])
		}
	}
}
