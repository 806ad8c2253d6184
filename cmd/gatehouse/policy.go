package main

import (
	"github.com/urfave/cli/v2"

	"github.com/gatehouse-dev/gatehouse/cmd/internal/suggest"
)

func (p program) policyCommand() *cli.Command {
	return &cli.Command{
		Name:  "policy",
		Usage: "test, begin and compare policies in Rego",
		Description: "The policies in .gatehouse/policies run with every check: those written for conftest, templates and\n" +
			"constraints of Gatekeeper, and policies of Gatehouse. `gatehouse explain` lists them with all others.",
		OnUsageError: onUsageError,
		Action: func(c *cli.Context) error {
			if word := c.Args().First(); word != "" {
				return usage("unknown command %q of policy%s; its commands are test, new and diff", word, suggest.Sentence(word, []string{"test", "new", "diff"}))
			}
			return cli.ShowSubcommandHelp(c)
		},
		Subcommands: []*cli.Command{p.policyTestCommand(), p.policyNewCommand(), p.policyDiffCommand()},
	}
}

func (p program) policyTestCommand() *cli.Command {
	return &cli.Command{
		Name:      "test",
		Usage:     "run the tests of policies",
		ArgsUsage: "[FOLDER...]",
		Description: "It runs the unit tests of Rego (rules named test_…), the Suite files of Gatekeeper, and the examples of\n" +
			"Gatehouse policies: bad.yaml must be found, good.yaml must not. Without a FOLDER, those of the repository\n" +
			"are tested. They run in a process of their own, with limits of memory and time.\n\n" +
			"Exit codes: 0 all passed, 1 something failed, 2 wrong usage, or a policy that cannot be used, 3 stopped\n" +
			"at a limit.",
		Flags: []cli.Flag{
			outputFlag(testFormats()...),
			&cli.StringSliceFlag{Name: "data", Aliases: []string{"d"}, Usage: "let policies read the JSON and YAML files of this `PATH` under data; may be given several times"},
			&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "list what passed, too"},
		},
		OnUsageError: onUsageError,
		Action:       p.confined(p.policyTest, "policy", "test"),
	}
}

func (p program) policyNewCommand() *cli.Command {
	return &cli.Command{
		Name:      "new",
		Usage:     "begin a policy, with its test and its examples",
		ArgsUsage: "NAME",
		Description: "NAME names the fault that the policy finds, in words with dashes between them: image-without-owner.\n" +
			"The files are written to .gatehouse/policies/NAME and pass `gatehouse policy test`.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "path", Value: ".", Usage: "write into this `FOLDER` or repository"},
			outputFlag(textOrJSON()...),
		},
		OnUsageError: onUsageError,
		Action:       p.policyNew,
	}
}

func (p program) policyDiffCommand() *cli.Command {
	return &cli.Command{
		Name:      "diff",
		Usage:     "tell which objects change verdict when policies change",
		ArgsUsage: "[PATH]",
		Description: "The files as they lie in PATH are judged twice: by the policies and the configuration of --base, and by\n" +
			"those that lie there now. Waivers do not count. Policies that look at changes are not compared.\n" +
			"The policies that lie there may be somebody's proposal: they run in a process of their own, with limits.\n\n" +
			"Exit codes: 0 compared, 2 wrong usage, or a policy that cannot be used, 3 something could not be judged.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "base", Usage: "compare with the policies of this `REVISION`"},
			&cli.IntFlag{Name: "jobs", Aliases: []string{"j"}, Usage: "work on `N` files at a time", DefaultText: "one for each processor"},
			outputFlag(textOrJSON()...),
		},
		OnUsageError: onUsageError,
		Action:       p.policyDiff,
	}
}
