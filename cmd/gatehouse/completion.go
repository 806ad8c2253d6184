package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/gatehouse-dev/gatehouse/cmd/internal/suggest"
)

func (p program) completionCommand() *cli.Command {
	return &cli.Command{
		Name:         "completion",
		Usage:        "print the completion script of a shell",
		ArgsUsage:    "bash|zsh|fish",
		Description:  "bash: source <(gatehouse completion bash)\nzsh:  source <(gatehouse completion zsh)\nfish: gatehouse completion fish | source",
		OnUsageError: onUsageError,
		Action: func(c *cli.Context) error {
			shell := c.Args().First()
			if c.NArg() != 1 {
				return usage("completion takes one shell: bash, zsh or fish")
			}
			script, err := completionScript(c.App, shell)
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(p.stdout, script)
			return err
		},
	}
}

// completionScript asks the program itself for the words that fit, by the flag
// --generate-bash-completion that the library understands.
func completionScript(app *cli.App, shell string) (string, error) {
	switch shell {
	case "bash":
		return `_gatehouse() {
  local words
  words=$("${COMP_WORDS[@]:0:$COMP_CWORD}" $([[ "$2" == -* ]] && printf %s "$2") --generate-bash-completion 2>/dev/null)
  COMPREPLY=($(compgen -W "$words" -- "$2"))
}
complete -o default -F _gatehouse gatehouse
`, nil
	case "zsh":
		return `_gatehouse() {
  local -a words_found
  local flag=()
  [[ "${words[-1]}" == -* ]] && flag=("${words[-1]}")
  words_found=("${(@f)$(${words[1,-2]} $flag --generate-bash-completion 2>/dev/null)}")
  if [[ -n "${words_found[1]}" ]]; then compadd -- $words_found; else _files; fi
}
compdef _gatehouse gatehouse
`, nil
	case "fish":
		script, err := app.ToFishCompletion()
		if err != nil {
			return "", fmt.Errorf("write the completion script: %w", err)
		}
		return script, nil
	}
	return "", usage("unknown shell %q%s: must be bash, zsh or fish", shell, suggest.Sentence(shell, []string{"bash", "zsh", "fish"}))
}
