package conftest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/formats"
)

// configKeys are the settings that may come from the environment and from the
// configuration file.
func configKeys(command string) []string {
	if command != "test" && command != "verify" {
		return nil
	}
	var keys []string
	for _, f := range flagsOf(command) {
		if f.name != "help" && f.name != "config-file" {
			keys = append(keys, f.name)
		}
	}
	return keys
}

// complete fills in what no flag gives: from CONFTEST_… variables, then from the
// configuration file.
func (s *settings) complete(env func(string) string, keys []string) error {
	file := s.text("config-file")
	if file == "" {
		file = env(variable("config-file"))
	}
	given, err := readConfig(file)
	if err != nil {
		return fmt.Errorf("read the configuration: %w", err)
	}
	for _, key := range keys {
		if _, ok := s.values[key]; ok {
			continue
		}
		values := given[key]
		if text := env(variable(key)); text != "" {
			values = []string{text}
		}
		if values == nil {
			continue
		}
		if err := s.take(key, values); err != nil {
			return err
		}
	}
	return nil
}

// take sets a value that no flag gave.
func (s *settings) take(key string, values []string) error {
	f := s.flags[slices.IndexFunc(s.flags, func(f flag) bool { return f.name == key })]
	if f.kind != listFlag {
		_, err := s.value(f, strings.Join(values, ","), true, nil)
		return err
	}
	list := []string{}
	for _, v := range values {
		list = append(list, strings.Split(v, ",")...)
	}
	s.values[key] = list
	return nil
}

func variable(key string) string {
	return "CONFTEST_" + strings.ToUpper(strings.ReplaceAll(key, "-", "_"))
}

// The configuration files that are looked for where none is named, in this order, and
// those that only conftest would read.
var (
	configNames    = []string{"conftest.json", "conftest.toml", "conftest.yaml", "conftest.yml"}
	foreignConfigs = []string{"conftest.properties", "conftest.props", "conftest.prop", "conftest.hcl", "conftest.tfvars", "conftest.dotenv", "conftest.env", "conftest.ini"}
)

// readConfig reads the values of a configuration file by their keys.
func readConfig(name string) (map[string][]string, error) {
	if name == "" {
		for _, candidate := range configNames {
			if _, err := os.Stat(candidate); err == nil {
				name = candidate
				break
			}
		}
	}
	if name == "" {
		for _, candidate := range foreignConfigs {
			if _, err := os.Stat(candidate); err == nil {
				return nil, fmt.Errorf("%s is in a format that Gatehouse reads no settings from: write %s", candidate, strings.Join(configNames, " or "))
			}
		}
		return nil, nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	format := formats.Of(filepath.ToSlash(name))
	if !slices.Contains([]string{"json", "toml", "yaml"}, format) {
		return nil, fmt.Errorf("%s: a configuration file is JSON, TOML or YAML", name)
	}
	text, err := formats.Read(format, name, data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	values := map[string][]string{}
	for i := range text.Value.Items {
		item := &text.Value.Items[i]
		values[strings.ToLower(item.Key)] = texts(item)
	}
	return values, nil
}

// texts are the values of a setting: one, or those of a list.
func texts(n *manifest.Node) []string {
	switch n.Kind {
	case manifest.List:
		list := []string{}
		for i := range n.Items {
			list = append(list, texts(&n.Items[i])...)
		}
		return list
	case manifest.Map, manifest.Null:
		return nil
	}
	return []string{n.Text}
}
