package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/config"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/suggest"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// choice is what the caller says of how to seal, over what a repository says.
type choice struct {
	method      config.Method // "" leaves it to the repository
	environment string        // likewise
	certificate *target       // of --cert
	scope       string
}

// way is how one file is sealed, and for whom.
type way struct {
	choice
	decided     config.Method // "" where nothing says how; see undecided
	because     string        // what says so, for people
	root        string        // of the repository, or the folder of a file outside of one
	name        string        // of the file from there, with slashes
	environment string        // to which it belongs, or ""
	settings    config.Seal   // what the configuration says of it
	policies    *policySet    // the configuration itself
	rules       *sopsRules    // the .sops.yaml that counts for the file, where it may; nil for none
	fault       error         // why it is not known how, where that only matters if there is something to seal
}

// sopsRules are a .sops.yaml, and the rule in it that a file matches.
type sopsRules struct {
	file   *manifest.File
	config sealed.Config
	rule   *sealed.Rule // nil where none matches
}

// sealMethods are the names of the methods.
func sealMethods() []string {
	return []string{string(config.MethodSealedSecrets), string(config.MethodSOPS), string(config.MethodVault)}
}

// choiceOf reads the flags that say how to seal, where a command has them.
func (s *sealing) choiceOf(method, environment, certificate, scope string) (ch choice, err error) {
	ch = choice{method: config.Method(method), environment: environment, scope: scope}
	if method != "" && !slices.Contains(sealMethods(), method) {
		return ch, usage("unknown method %q%s; the methods are: %s", method, suggest.Sentence(method, sealMethods()), strings.Join(sealMethods(), ", "))
	}
	if ch.certificate, err = s.namedTarget(certificate); err != nil {
		return ch, err
	}
	if ch.certificate != nil && ch.method != "" && ch.method != config.MethodSealedSecrets {
		return ch, usage("--cert goes with the method sealed-secrets, and --method says %s", ch.method)
	}
	return ch, nil
}

// wayOf tells how a file is sealed. The file need not be there, its folder must.
// Where nothing says how, it is no error yet: there may be nothing to seal.
func (s *sealing) wayOf(file string) (*way, error) {
	root, err := s.rootOf(filepath.Dir(file))
	if err != nil {
		return nil, err
	}
	name, err := nameBelow(root, file)
	if err != nil {
		return nil, usage("%s: %s", file, err)
	}
	return s.wayIn(root, name)
}

// wayIn tells how a file is sealed that has a name from a root.
func (s *sealing) wayIn(root, name string) (*way, error) {
	set, err := s.configuration(root)
	if err != nil {
		return nil, err
	}
	w := &way{choice: s.choice, root: root, name: name, policies: set, environment: set.settings.Config.Layout().Environment(name)}
	if s.choice.environment != "" {
		if err := environmentNamed(set.settings.Config, s.choice.environment); err != nil {
			return nil, err
		}
		w.environment = s.choice.environment
	}
	w.settings = set.settings.Config.SealFor(w.environment)
	s.decide(w)
	return w, nil
}

// decide chooses the method: what the caller says, else the configuration, else a rule
// of SOPS for the file, else that there is a certificate.
func (s *sealing) decide(w *way) {
	switch {
	case w.choice.method != "":
		w.decided, w.because = w.choice.method, "--method"
	case w.choice.certificate != nil:
		w.decided, w.because = config.MethodSealedSecrets, "--cert"
	case w.settings.Method != "":
		w.decided, w.because = w.settings.Method, config.ConfigPath
	}
	if w.decided != "" && w.decided != config.MethodSOPS {
		return
	}
	if w.rules, w.fault = sopsRulesFor(w.root, w.name); w.fault != nil || w.decided != "" {
		return
	}
	if w.rules != nil && w.rules.rule != nil {
		w.decided, w.because = config.MethodSOPS, w.rules.config.Path
		return
	}
	found, err := s.certificatePaths(w)
	if w.fault = err; err == nil && len(found) > 0 {
		w.decided, w.because = config.MethodSealedSecrets, found[0]
	}
}

// undecided is the exit for a file with something to seal where nothing says how.
func (w *way) undecided() error {
	switch {
	case w.fault != nil:
		return w.fault
	case w.rules != nil:
		return w.unmatched()
	}
	return exit{code: exitUsage, message: "there is no certificate to seal with, no rule of SOPS for the file, and no method in " + config.ConfigPath, hint: howToChoose}
}

// howToChoose is the question where nothing says how Secrets are sealed.
const howToChoose = `how shall Secrets be sealed here?
      with Sealed Secrets: ` + howToGetOne + `
      with SOPS: write creation_rules into .sops.yaml, with a path_regex and the age keys of who may read
      with Vault: write seal: {method: vault, vault: {mount: secret, store: NAME}} into .gatehouse/config.yaml`

// configuration is that of a root, read once.
func (s *sealing) configuration(root string) (*policySet, error) {
	if set := s.configurations[root]; set != nil {
		return set, nil
	}
	set, err := openPolicies(folderPlace(root), false)
	if err != nil {
		return nil, configExit(err)
	}
	s.configurations[root] = set
	return set, nil
}

func environmentNamed(c config.Config, name string) error {
	var known []string
	for _, e := range c.Environments {
		known = append(known, e.Name)
	}
	switch {
	case slices.Contains(known, name):
		return nil
	case len(known) == 0:
		return usage("--env %s: there are no environments in %s", name, config.ConfigPath)
	}
	return usage("unknown environment %q%s; %s has: %s", name, suggest.Sentence(name, known), config.ConfigPath, strings.Join(known, ", "))
}

// nameBelow is the path of a file from a root, which need not be there.
func nameBelow(root, file string) (string, error) {
	absolute, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	folder, err := filepath.EvalSymlinks(filepath.Dir(absolute))
	if err != nil {
		return "", cause(err)
	}
	if root, err = filepath.Abs(root); err == nil {
		root, err = filepath.EvalSymlinks(root)
	}
	if err != nil {
		return "", cause(err)
	}
	name, err := filepath.Rel(root, filepath.Join(folder, filepath.Base(absolute)))
	return filepath.ToSlash(name), err
}

// sopsRulesFor finds the .sops.yaml that counts for a file: the nearest above it. One
// that cannot be used as it stands is an error, since SOPS would skip what is wrong.
func sopsRulesFor(root, name string) (*sopsRules, error) {
	for folder := path.Dir(name); ; folder = path.Dir(folder) {
		at := path.Join(folder, ".sops.yaml")
		text, err := readBelow(root, at)
		if err == nil {
			return readSOPSRules(at, text, name)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, exit{code: exitIncomplete, message: fmt.Sprintf("%s cannot be read: %s", at, cause(err))}
		}
		if folder == "." || folder == "/" || strings.HasPrefix(folder, "..") {
			return nil, nil
		}
	}
}

func readSOPSRules(at string, text []byte, name string) (*sopsRules, error) {
	r := &sopsRules{file: manifest.Read(at, text, manifest.DefaultLimits())}
	var faults []sealed.Fault
	r.config, faults = sealed.ReadConfig(r.file)
	for _, f := range faults {
		if f.Certain {
			return nil, exit{code: exitUsage, message: fmt.Sprintf("%s:%d: %s", at, max(f.At.Line, 1), f.Reason), hint: "correct the rule: SOPS would go on without it"}
		}
	}
	r.rule = r.config.Rule(name)
	return r, nil
}

// certificatePaths are where the certificate for a file is, as far as nobody names it on
// the command line: what a variable of a person's machine says, the configuration, or
// what the repository holds. More than one is a question.
func (s *sealing) certificatePaths(w *way) ([]string, error) {
	if named := s.personal("SEALED_SECRETS_CERT"); named != "" {
		return []string{named}, nil
	}
	if w.settings.Certificate != "" {
		return []string{w.settings.Certificate}, nil
	}
	found, err := certificatesIn(w.root)
	if err != nil {
		return nil, usage("look for a certificate in %s: %s", certificateFolder, err)
	}
	return found, nil
}

// certificateFor gives the certificate that a file is sealed with.
func (s *sealing) certificateFor(w *way) (*target, error) {
	if w.choice.certificate != nil {
		return w.choice.certificate, nil
	}
	found, err := s.certificatePaths(w)
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, exit{code: exitUsage, message: "there is no certificate to seal with", hint: howToGetOne}
	case len(found) > 1:
		return nil, exit{code: exitUsage, message: "there are several certificates to seal with: " + strings.Join(found, ", "), hint: "name one of them with --cert"}
	}
	key := w.root + "\x00" + found[0]
	t := s.targets[key]
	if t == nil {
		if t, err = s.openTarget(w.root, found[0]); err != nil {
			return nil, err
		}
		s.targets[key] = t
	}
	if want := w.settings.Fingerprint; want != "" && found[0] == w.settings.Certificate && t.certificate.Fingerprint != want {
		return nil, exit{code: exitUsage, message: fmt.Sprintf("the certificate %s is not the one that %s names: its fingerprint is %s", t.from, config.ConfigPath, t.certificate.Fingerprint),
			hint: "find out which one is the cluster's, and correct the other"}
	}
	return t, nil
}

// openTarget reads the certificate that a variable, the configuration or the content of
// a repository names.
func (s *sealing) openTarget(root, found string) (*target, error) {
	const variable = "SEALED_SECRETS_CERT"
	if found == s.personal(variable) {
		return s.readTarget(found, found+" ("+variable+")")
	}
	text, err := readBelow(root, found)
	if err != nil {
		return nil, usage("read the certificate %s: %s", found, cause(err))
	}
	return s.targetOf(text, found)
}

// inCI tells whether a machine runs this, and no person.
func (p program) inCI() bool {
	ci := p.env("CI")
	return ci != "" && ci != "false" && ci != "0"
}

// personal is a variable that counts on a person's machine. In CI, where whoever
// proposes a change may set some, what is sealed for whom comes from the configuration.
func (p program) personal(variable string) string {
	if p.inCI() {
		return ""
	}
	return p.env(variable)
}

// rootOf is the root of the repository that holds a folder, or the folder itself
// outside of one.
func (s *sealing) rootOf(folder string) (string, error) {
	if _, err := os.Stat(folder); err != nil {
		return "", usage("%s: there is no such folder", folder)
	}
	repo, err := s.repoOf(folder)
	if err != nil || repo == nil {
		return folder, err
	}
	if repo.Root() == "" {
		return "", usage("%s is in a bare repository, which has no files", folder)
	}
	return repo.Root(), nil
}
