package main

import (
	"errors"
	"io/fs"
	"slices"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/builtin"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/config"
	"github.com/gatehouse-dev/gatehouse/codeowners"
	"github.com/gatehouse-dev/gatehouse/policies/podsecurity"
)

// builtin are the checks written in Go, with what the configuration of this side
// gives them.
func (s *policySet) builtin() []checks.Check {
	if s == nil {
		return builtin.All()
	}
	list := builtin.With(s.given())
	if levels := s.podLevels(); len(levels) > 0 {
		list = append(list, podsecurity.Check(func(environment string) (podsecurity.Level, bool) {
			level, ok := levels[environment]
			return level, ok
		}))
	}
	return list
}

// podLevels are the levels of the Pod Security Standards that environments ask for.
func (s *policySet) podLevels() map[string]podsecurity.Level {
	levels := map[string]podsecurity.Level{}
	version := "latest"
	if target := s.settings.Config.PolicySettings().TargetVersion; target != "" {
		version = "v" + target
	}
	for _, e := range s.settings.Config.Environments {
		if e.PodSecurity == "" {
			continue
		}
		if level, err := podsecurity.ParseLevel(string(e.PodSecurity), version); err == nil { // the words have been checked
			levels[e.Name] = level
		}
	}
	return levels
}

// noLevel is the check of pods where no environment asks for a level.
func noLevel(string) (podsecurity.Level, bool) { return podsecurity.Level{}, false }

// given is what the configuration of this side gives the checks.
func (s *policySet) given() builtin.Settings {
	c := s.settings.Config
	out := builtin.Settings{Rules: s.place.read, Host: s.host, Owners: givenOwners(c.Owners), References: givenReferences(c.References)}
	if s.vault != nil {
		out.Vault, out.Roles = s.vault.ask, s.vault.askRoles
	}
	for _, e := range c.Environments {
		env := builtin.Environment{Name: e.Name, Certificate: c.SealFor(e.Name).Certificate}
		if e.Owners != nil {
			env.Include, env.Only = e.Owners.Include, e.Owners.Only
		}
		out.Environments = append(out.Environments, env)
		out.Certificates = s.withCertificate(out.Certificates, c.SealFor(e.Name))
	}
	out.Certificates = s.withCertificate(out.Certificates, c.SealFor(""))
	return out
}

// withCertificate adds the certificate of one way to seal, once.
func (s *policySet) withCertificate(list []builtin.Certificate, seal config.Seal) []builtin.Certificate {
	if seal.Certificate == "" || slices.ContainsFunc(list, func(c builtin.Certificate) bool { return c.Path == seal.Certificate }) {
		return list
	}
	pem, err := s.place.read(seal.Certificate)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		pem = nil
	}
	return append(list, builtin.Certificate{Path: seal.Certificate, PEM: pem, Fingerprint: seal.Fingerprint})
}

func givenOwners(o *config.Owners) builtin.Owners {
	if o == nil {
		return builtin.Owners{}
	}
	out := builtin.Owners{Dialect: codeowners.Dialect(o.Host), Fallback: o.Fallback, Gate: o.Gate}
	for _, host := range o.AlsoOn {
		out.AlsoOn = append(out.AlsoOn, codeowners.Dialect(host))
	}
	return out
}

func givenReferences(r *config.References) builtin.References {
	if r == nil {
		return builtin.References{}
	}
	var out builtin.References
	for _, s := range r.Stores {
		out.Stores = append(out.Stores, builtin.Store{Kind: s.Kind, Namespace: s.Namespace, Name: s.Name})
	}
	for _, p := range r.Paths {
		out.Paths = append(out.Paths, builtin.AllowedPath{Namespaces: p.Namespaces, Prefixes: p.Prefixes})
	}
	out.Addresses = r.Addresses
	if r.Vault != nil {
		out.Vault = r.Vault.Address
	}
	return out
}

// givenTo are the needs of checks that a subject can meet.
func givenTo(s subject) []checks.Need {
	var given []checks.Need
	if s.whole {
		given = append(given, checks.NeedTree)
	}
	if len(s.users) > 0 {
		given = append(given, checks.NeedUserInfo)
	}
	if s.policies != nil && s.policies.host != nil {
		given = append(given, checks.NeedHost)
	}
	return given
}
