package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/config"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/report"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/source"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/suggest"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/survey"
)

func (p program) initCommand() *cli.Command {
	return &cli.Command{
		Name:      "init",
		Usage:     "look at a repository and propose how to set the gate up",
		ArgsUsage: "[PATH]",
		Description: "Prints what was found, a .gatehouse/config.yaml, and the lines to add for each gate.\n" +
			"With --write the configuration is written, unless there is one.\n" +
			"With --schema, prints the JSON Schema of config, waivers or report, or of all three.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "write", Usage: "write .gatehouse/config.yaml"},
			outputFlag(textOrJSON()...),
			&cli.BoolFlag{Name: "schema", Usage: "print JSON Schemas: init --schema [config|waivers|report]"},
		},
		OnUsageError: onUsageError,
		Action:       p.init,
	}
}

func (p program) init(c *cli.Context) error {
	if c.Bool("schema") {
		return p.printSchemas(c.Args().Slice())
	}
	if c.NArg() > 1 {
		return usage("init takes one PATH, and %d were given", c.NArg())
	}
	path := "."
	if c.NArg() == 1 {
		path = c.Args().First()
	}
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return usage("%s: there is no such folder", path)
	}
	repo, err := source.Open(c.Context, path)
	if err != nil && !errors.Is(err, source.ErrNotRepository) {
		return sourceExit(err)
	}
	s := subject{repo: repo}
	defer s.close()
	if repo != nil {
		if err := s.describe(c.Context); err != nil {
			return err
		}
		path = repo.Root()
	}
	if s.set, err = source.Tree(c.Context, repo, path, source.Options{}); err != nil {
		return sourceExit(err)
	}
	found := lookAt(s)
	if c.Bool("write") {
		return p.writeConfig(s.set.Root, found)
	}
	return p.write(c, textOrJSON(), func(format string) (string, error) {
		if format == "json" {
			return proposalJSON(found)
		}
		return proposal(found), nil
	})
}

// proposalJSON is the proposal, by the file into which each part goes.
func proposalJSON(found survey.Survey) (string, error) {
	files := map[string]string{survey.WorkflowPath: survey.Workflow(), survey.PreCommitPath: found.PreCommitHooks(), found.OwnersPath(): found.Owners()}
	if !found.Configured {
		files[config.ConfigPath] = found.Config()
	}
	return asJSON(map[string]any{"version": 1, "summary": found.Summary(), "silenced": found.Silenced(), "hook": survey.HookCommand, "files": files})
}

func lookAt(s subject) survey.Survey {
	var paths []string
	byPath := map[string]*checks.File{}
	for i := range s.set.Files {
		if f := &s.set.Files[i]; f.Opaque == nil {
			paths = append(paths, f.Path)
			byPath[f.Path] = f
		}
	}
	return survey.Look(s.name, paths, func(path string) ([]byte, error) {
		f, ok := byPath[path]
		if !ok {
			return nil, fs.ErrNotExist
		}
		return f.Load()
	})
}

// proposal tells what was found and what to add, gate by gate.
func proposal(found survey.Survey) string {
	var b strings.Builder
	b.WriteString(found.Summary())
	section := func(title, text string) {
		if text != "" {
			fmt.Fprintf(&b, "\n# %s\n\n%s", title, text)
		}
	}
	if !found.Configured {
		section(config.ConfigPath+" (gatehouse init --write writes it)", found.Config())
	}
	section("What Gitleaks was told to ignore", found.Silenced())
	section("On every commit", survey.HookCommand+"\n")
	section("Or with the pre-commit framework, in "+survey.PreCommitPath, found.PreCommitHooks())
	section("On every pull request, in "+survey.WorkflowPath, survey.Workflow())
	section("Who must approve a change of the gate, in "+found.OwnersPath(), found.Owners())
	return b.String()
}

func (p program) writeConfig(root string, found survey.Survey) error {
	file := filepath.Join(root, filepath.FromSlash(config.ConfigPath))
	if _, err := os.Lstat(file); err == nil {
		return usage("%s is there already and stays as it is", config.ConfigPath)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	if err := report.WriteFile(file, []byte(found.Config())); err != nil {
		return err
	}
	_, err := fmt.Fprintf(p.stdout, "%s written\n", config.ConfigPath)
	return err
}

func (p program) printSchemas(names []string) error {
	schemas := map[string][]byte{"config": config.ConfigSchema(), "waivers": config.WaiversSchema(), "report": report.Schema()}
	if len(names) == 0 {
		all := map[string]json.RawMessage{}
		for name, text := range schemas {
			all[name] = text
		}
		text, err := json.MarshalIndent(all, "", "  ")
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(p.stdout, "%s\n", text)
		return err
	}
	known := []string{"config", "waivers", "report"}
	for _, name := range names {
		text, ok := schemas[name]
		if !ok {
			return usage("unknown schema %q%s: must be config, waivers or report", name, suggest.Sentence(name, known))
		}
		if _, err := p.stdout.Write(text); err != nil {
			return err
		}
	}
	return nil
}
