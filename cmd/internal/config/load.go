package config

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// The files, from the root of a repository.
const (
	Folder      = ".gatehouse"
	ConfigPath  = Folder + "/config.yaml"
	WaiversPath = Folder + "/waivers.yaml"
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
	// Digest is the local digest, "sha256:…" in hex: of the meaning of both files,
	// without comments, order of keys and layout. A repository that says nothing
	// has one too.
	Digest string
	// Found tells whether there was a file at all.
	Found bool
}

// Load reads both files of one side. read gives a file by its path from the root
// of the repository, from the work tree or from a revision; an error that is
// fs.ErrNotExist means that there is none. version and known are those of the
// running program, as for ReadConfig. Where the files have faults, the error is
// an Errors with those of both.
func Load(read func(name string) ([]byte, error), version string, known []checks.Check) (Settings, error) {
	if err := refuseMisnamed(read); err != nil {
		return Settings{}, err
	}
	var s Settings
	var list Errors
	data, found, err := readFile(read, ConfigPath)
	if err != nil {
		return Settings{}, err
	}
	if found {
		c, faults, wantsOther := readConfig(ConfigPath, data, version, known)
		if wantsOther {
			return Settings{}, faults
		}
		s.Config, s.Found, list = c, true, faults
	}
	var waivers WaiversFile
	data, found, err = readFile(read, WaiversPath)
	if err != nil {
		return Settings{}, err
	}
	if found {
		var faults Errors
		waivers, s.Waivers, faults = readWaivers(WaiversPath, data, known)
		s.Found, list = true, append(list, faults...)
	}
	if len(list) > 0 {
		return Settings{}, list
	}
	s.Digest, err = digest(s.Config, waivers)
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

// digest is the SHA-256 of the normal form of both files.
func digest(c Config, w WaiversFile) (string, error) {
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
	return "sha256:" + hex.EncodeToString(hash.Sum(nil)), nil
}
