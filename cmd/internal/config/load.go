package config

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/rules"
)

// The files, from the root of a repository.
const (
	Folder      = ".gatehouse"
	ConfigPath  = Folder + "/config.yaml"
	WaiversPath = Folder + "/waivers.yaml"
	// GitleaksPath is the configuration of Gitleaks, whose rules are read as they are.
	GitleaksPath = ".gitleaks.toml"
)

// misnamed are the names that people give to the files by mistake. A rule that is
// not read because of its file's name would be ignored in silence.
func misnamed() [][2]string {
	return [][2]string{
		{Folder + "/config.yml", ConfigPath},
		{Folder + "/waivers.yml", WaiversPath},
	}
}

// Settings are what a repository says to Gatehouse.
type Settings struct {
	Config  Config
	Waivers []checks.Waiver
	// SecretRules are the rules for secrets, of Config and of a .gitleaks.toml.
	SecretRules rules.Set
	// Parameters are those of policies, by policy ID, as they are written.
	Parameters map[string]*manifest.Node
	// Digest is the local digest, "sha256:…" in hex: of the meaning of both files,
	// without comments, order of keys and layout, and of the bytes of a
	// .gitleaks.toml. A repository that says nothing has one too.
	Digest string
	// Found tells whether one of both files was there at all.
	Found bool
}

// Load reads both files of one side, and its .gitleaks.toml. read gives a file by
// its path from the root of the repository, from the work tree or from a revision;
// an error that is fs.ErrNotExist means that there is none. version and known are
// those of the running program, as for ReadConfig. Where the files have faults,
// the error is an Errors with those of all.
func Load(read func(name string) ([]byte, error), version string, known []checks.Check) (Settings, error) {
	return LoadWithPolicies(read, version, known, nil)
}

// LoadWithPolicies is Load where both files may also name policies.
func LoadWithPolicies(read func(name string) ([]byte, error), version string, known []checks.Check, policies Catalogue) (Settings, error) {
	if err := refuseMisnamed(read); err != nil {
		return Settings{}, err
	}
	var s Settings
	var list Errors
	all := &names{known: known, catalogue: policies}
	data, found, err := readFile(read, ConfigPath)
	if err != nil {
		return Settings{}, err
	}
	if found {
		c := readConfig(ConfigPath, data, version, all)
		if c.wantsOther {
			return Settings{}, c.faults
		}
		s.Config, s.Parameters, s.Found, list = c.config, c.parameters, true, c.faults
	}
	var waivers WaiversFile
	data, found, err = readFile(read, WaiversPath)
	if err != nil {
		return Settings{}, err
	}
	if found {
		var faults Errors
		waivers, s.Waivers, faults = readWaivers(WaiversPath, data, all)
		s.Found, list = true, append(list, faults...)
	}
	g, err := readGitleaks(read)
	if err != nil {
		return Settings{}, err
	}
	if list = append(list, g.faults...); len(list) > 0 {
		return Settings{}, list
	}
	s.SecretRules = rules.Join(s.Config.secretRules(), g.set)
	s.Digest, err = digest(s.Config, waivers, g.files)
	return s, err
}

func readFile(read func(string) ([]byte, error), name string) (data []byte, found bool, err error) {
	data, err = read(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, false, nil
	case err != nil:
		return nil, false, fmt.Errorf("read %s: %w", name, err)
	}
	return data, true, nil
}

func refuseMisnamed(read func(string) ([]byte, error)) error {
	f := &faults{}
	for _, names := range misnamed() {
		_, found, err := readFile(read, names[0])
		if err != nil {
			return err
		}
		if found {
			f.file = names[0]
			f.add("", manifest.Pos{}, "a file of this name is not read", "call it "+names[1])
		}
	}
	return f.list.asError()
}

// digest is the SHA-256 of the normal form of both files, and of the digests of
// what else was read.
func digest(c Config, w WaiversFile, others [][]byte) (string, error) {
	config, err := c.normal()
	if err != nil {
		return "", fmt.Errorf("digest the configuration: %w", err)
	}
	waivers, err := w.normal()
	if err != nil {
		return "", fmt.Errorf("digest the waivers: %w", err)
	}
	hash := sha256.New()
	hash.Write(config)
	hash.Write([]byte{'\n'})
	hash.Write(waivers)
	for _, other := range others {
		sum := sha256.Sum256(other)
		hash.Write(sum[:])
	}
	return "sha256:" + hex.EncodeToString(hash.Sum(nil)), nil
}
