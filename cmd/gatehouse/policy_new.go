package main

import (
	"embed"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/gatehouse-dev/gatehouse/cmd/internal/config"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/report"
)

// The files that a new policy begins with. NAME stands for its ID, PACKAGE for the
// last part of its package.
//
//go:embed newpolicy
var newPolicy embed.FS

var newPolicyName = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

func (p program) policyNew(c *cli.Context) error {
	if c.NArg() != 1 {
		return usage("policy new takes one NAME, such as image-without-owner")
	}
	name := c.Args().First()
	if !newPolicyName.MatchString(name) || len(name) > 63 {
		return usage("policy new: the name %q is not of words in lower case with dashes between them", printable(name))
	}
	root, set, err := policiesOf(c.Context, c.String("path"))
	if err != nil {
		return err
	}
	if _, taken := checkNamed(set.known(), name); taken {
		return usage("policy new: there is a check with the ID %s already: gatehouse explain %s", name, name)
	}
	files, err := scaffold(root, name)
	if err != nil {
		return err
	}
	return p.write(c, textOrJSON(), func(format string) (string, error) {
		if format == "json" {
			return asJSON(map[string]any{"version": 1, "policy": name, "files": files})
		}
		return strings.Join(files, "\n") + "\n\nWrite the rule in " + policyFile + ", then run gatehouse policy test.\n", nil
	})
}

// scaffold writes the files of a new policy, none over one that is there.
func scaffold(root, name string) (files []string, err error) {
	folder := path.Join(config.PoliciesPath, name)
	on := filepath.Join(root, filepath.FromSlash(folder))
	if _, err := os.Lstat(on); err == nil {
		return nil, usage("policy new: %s is there already", folder)
	}
	if err := os.MkdirAll(on, 0o755); err != nil {
		return nil, err
	}
	fill := strings.NewReplacer("NAME", name, "PACKAGE", strings.ReplaceAll(name, "-", "_"))
	for _, file := range []string{policyFile, testFile, badFile, goodFile} {
		text, err := newPolicy.ReadFile("newpolicy/" + file)
		if err != nil {
			return nil, fmt.Errorf("the file of a new policy: %w", err)
		}
		if err := report.WriteFile(filepath.Join(on, file), []byte(fill.Replace(string(text)))); err != nil {
			return nil, err
		}
		files = append(files, path.Join(folder, file))
	}
	return files, nil
}
