package config

import (
	"bytes"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/gatehouse-dev/gatehouse/secrets/rules"
)

// tree gives a reader of files.
func tree(files map[string]string) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		if text, ok := files[name]; ok {
			return []byte(text), nil
		}
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
}

func load(t *testing.T, files map[string]string) Settings {
	t.Helper()
	s, err := Load(tree(files), running, known())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestLoad(t *testing.T) {
	s := load(t, map[string]string{
		ConfigPath:  string(testdata(t, "config.yaml")),
		WaiversPath: string(testdata(t, "waivers.yaml")),
	})
	if !s.Found || s.Config.Repository != "example/platform" || len(s.Waivers) != 3 || s.Waivers[0].Source != WaiversPath {
		t.Errorf("the settings are %+v", s)
	}
}

func TestLoadNothing(t *testing.T) {
	s, err := Load(func(name string) ([]byte, error) { return fs.ReadFile(fstest.MapFS{}, name) }, running, known())
	if err != nil {
		t.Fatal(err)
	}
	want := Settings{Digest: s.Digest}
	if diff := gocmp.Diff(want, s, cmpopts.IgnoreUnexported(rules.Set{})); diff != "" || !strings.HasPrefix(s.Digest, "sha256:") || len(s.Digest) != len("sha256:")+64 {
		t.Errorf("the settings of no files are %+v", s)
	}
}

// TestDigestIsOfTheMeaning holds what changes the local digest and what does not.
func TestDigestIsOfTheMeaning(t *testing.T) {
	config, waivers := string(testdata(t, "config.yaml")), string(testdata(t, "waivers.yaml"))
	digestOf := func(config, waivers string) string {
		return load(t, map[string]string{ConfigPath: config, WaiversPath: waivers}).Digest
	}
	base := digestOf(config, waivers)
	same := map[string]string{
		"comments":     "# more\n" + config,
		"layout":       strings.ReplaceAll(config, "[clusters/production, ", "[ clusters/production,\n"),
		"order of map": strings.Replace(strings.Replace(config, "  policy: notice\n", "", 1), "  host-path: error\n", "  host-path: error\n  policy: notice\n", 1),
	}
	for name, text := range same {
		if text == config {
			t.Fatalf("%s: the case changes nothing", name)
		}
		if got := digestOf(text, waivers); got != base {
			t.Errorf("%s: the digest changes", name)
		}
	}
	other := map[string][2]string{
		"a severity": {strings.Replace(config, "policy: notice", "policy: error", 1), waivers},
		"a default":  {strings.Replace(config, "requireComplete: true", "", 1), waivers},
		"an owner":   {config, strings.Replace(waivers, "team-platform", "team-other", 1)},
		"a date":     {config, strings.Replace(waivers, "2027-01-31", "2027-02-01", 1)},
	}
	for name, texts := range other {
		if got := digestOf(texts[0], texts[1]); got == base {
			t.Errorf("%s: the digest stays", name)
		}
	}
	nothing := load(t, nil).Digest
	for _, text := range []string{"version: 1\n", "version: 1\nfailOn: error\nrequireComplete: false\nexclude: []\nseverities: {}\n"} {
		if got := digestOf(text, "version: 1\nwaivers:\n"); got != nothing {
			t.Errorf("%q has another digest than no file", text)
		}
	}
}

func TestLoadTellsTheFaultsOfBothFiles(t *testing.T) {
	_, err := Load(tree(map[string]string{ConfigPath: "version: 1\nx: 1\n", WaiversPath: "version: 1\nz: 1\n"}), running, known())
	want := ConfigPath + ":2:1: unknown key \"x\"\n" + WaiversPath + ":2:1: unknown key \"z\""
	if err == nil || err.Error() != want {
		t.Errorf("the error is\n%v\nwant\n%s", err, want)
	}
}

func TestLoadForANewerProgramTellsOnlyThat(t *testing.T) {
	_, err := Load(tree(map[string]string{ConfigPath: "version: 1\nminimumVersion: 2.0.0\nx: 1\n", WaiversPath: "y: 1\n"}), running, known())
	want := ConfigPath + ":2:1: this repository wants Gatehouse >= 2.0.0, this is 1.9.3; install that version or a later one"
	if err == nil || err.Error() != want {
		t.Errorf("the error is\n%v\nwant\n%s", err, want)
	}
}

func TestLoadRefusesMisnamedFiles(t *testing.T) {
	_, err := Load(tree(map[string]string{".gatehouse/config.yml": "version: 1\n", ".gatehouse/waivers.yml": ""}), running, known())
	want := ".gatehouse/config.yml:1:1: a file of this name is not read; call it .gatehouse/config.yaml\n" +
		".gatehouse/waivers.yml:1:1: a file of this name is not read; call it .gatehouse/waivers.yaml"
	if err == nil || err.Error() != want {
		t.Errorf("the error is\n%v\nwant\n%s", err, want)
	}
}

func TestLoadPassesOnWhatCannotBeRead(t *testing.T) {
	for _, broken := range []string{ConfigPath, WaiversPath, ".gatehouse/config.yml"} {
		_, err := Load(func(name string) ([]byte, error) {
			if name == broken {
				return nil, fs.ErrPermission
			}
			return nil, fs.ErrNotExist
		}, running, known())
		if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "read "+broken) {
			t.Errorf("%s: the error is %v", broken, err)
		}
	}
}

func TestSettingsHoldNoCopyOfTheirFiles(t *testing.T) {
	data := testdata(t, "config.yaml")
	first, err := ReadConfig("c", data, running, known())
	if err != nil {
		t.Fatal(err)
	}
	before, _ := first.normal()
	for i := range data {
		data[i] = 'x'
	}
	if after, _ := first.normal(); !bytes.Equal(before, after) {
		t.Error("a configuration changes with the bytes that it was read from")
	}
}
