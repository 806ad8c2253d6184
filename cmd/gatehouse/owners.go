package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/gatehouse-dev/gatehouse/cmd/internal/suggest"
	"github.com/gatehouse-dev/gatehouse/codeowners"
)

func (p program) ownersCommand() *cli.Command {
	return &cli.Command{
		Name:      "owners",
		Usage:     "tell who owns paths, what nobody owns, and who must approve a change",
		ArgsUsage: "PATH... | --coverage | --base REVISION [HEAD]",
		Description: "PATHs are asked as the host asks them: by name, whether they are there or not. They are read from the folder\n" +
			"that one stands in, and from the root of the repository where they begin with a slash; a folder stands for all\n" +
			"that comes to lie in it. PATH - reads a list from standard input: one a line, or, as of git ls-files -z, with\n" +
			"NUL between them. With --codeowners no repository is needed, and PATHs are taken as they are written.\n\n" +
			"The file is the one that the host would read, in the dialect of owners.host in .gatehouse/config.yaml, or of the\n" +
			"host whose files the repository has. With --base, both are those of that revision, as a host has it.\n\n" +
			"Exit codes: 0 answered, whoever owns what; 2 wrong usage or configuration; 3 no answer is certain, since the\n" +
			"CODEOWNERS file cannot be read, is more than the host reads, or commits are missing.",
		Flags: append(liveFlags(),
			&cli.BoolFlag{Name: "coverage", Usage: "count, by environment and folder, which files have owners"},
			&cli.StringFlag{Name: "base", Usage: "tell who must approve what HEAD brings over `REVISION`"},
			&cli.StringFlag{Name: "head", Usage: "with --base, take this `REVISION` instead of HEAD"},
			&cli.StringFlag{Name: "codeowners", Usage: "read this `FILE`, wherever it lies"},
			&cli.StringFlag{Name: "dialect", Usage: "read it as this `HOST` does: " + orList(dialectNames())},
			&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "list everything, however long"},
			outputFlag(textOrJSON()...),
		),
		OnUsageError: onUsageError,
		Action:       p.owners,
	}
}

// ownersCall is what one call of the command asks for.
type ownersCall struct {
	paths      []string // as they are written
	coverage   bool
	base, head string
	file       string             // of --codeowners
	dialect    codeowners.Dialect // "" where the repository tells
	verbose    bool
}

func (p program) owners(c *cli.Context) error {
	call, err := ownersCallOf(c)
	if err != nil {
		return err
	}
	switch {
	case call.base != "":
		return p.ownersOfChange(c, call)
	case call.coverage:
		return p.ownersCoverage(c, call)
	}
	return p.ownersOfPaths(c, call)
}

func ownersCallOf(c *cli.Context) (ownersCall, error) {
	call := ownersCall{
		paths: c.Args().Slice(), coverage: c.Bool("coverage"), base: c.String("base"), head: c.String("head"),
		file: c.String("codeowners"), verbose: c.Bool("verbose"),
	}
	switch {
	case c.IsSet("base") && call.base == "":
		return call, usage("--base needs a revision")
	case c.IsSet("codeowners") && call.file == "":
		return call, usage("--codeowners needs a file")
	case call.coverage && call.base != "":
		return call, usage("--coverage and --base exclude each other")
	case call.head != "" && call.base == "":
		return call, usage("--head goes with --base")
	case c.Bool("live") && call.base == "":
		return call, usage("--live goes with --base: it tells who has approved a change")
	case call.base != "" && call.file != "":
		return call, usage("--base reads the CODEOWNERS file of both revisions: leave out --codeowners")
	case call.coverage && len(call.paths) > 0:
		return call, usage("--coverage counts the whole repository and takes no PATH")
	case call.base != "" && len(call.paths) > 1, call.base != "" && call.head != "" && len(call.paths) > 0:
		return call, usage("--base takes one HEAD, and more was given")
	case call.base == "" && !call.coverage && len(call.paths) == 0:
		return call, usage("owners takes PATHs, --coverage or --base REVISION; see gatehouse owners --help")
	case slices.Contains(call.paths, ""):
		return call, usage("a PATH is empty; the root of the repository is /")
	}
	if call.base != "" && len(call.paths) == 1 {
		call.head, call.paths = call.paths[0], nil
	}
	var err error
	call.dialect, err = dialectOf(c)
	return call, err
}

// dialectOf is the dialect that the command line names, "" for none.
func dialectOf(c *cli.Context) (codeowners.Dialect, error) {
	word := c.String("dialect")
	if word == "" && !c.IsSet("dialect") {
		return "", nil
	}
	for _, d := range codeowners.Dialects() {
		if strings.EqualFold(word, string(d)) {
			return d, nil
		}
	}
	return "", usage("unknown dialect %q%s: must be %s", word, suggest.Sentence(word, dialectNames()), orList(dialectNames()))
}

func dialectNames() []string {
	var names []string
	for _, d := range codeowners.Dialects() {
		names = append(names, string(d))
	}
	return names
}
