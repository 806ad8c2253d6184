package conftest

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gatehouse-dev/gatehouse/cmd/internal/suggest"
)

// flagKind is what a flag takes.
type flagKind uint8

const (
	boolFlag flagKind = iota
	textFlag
	listFlag // may stand several times, with values between commas
)

// flag is one flag of a command.
type flag struct {
	name, short string
	kind        flagKind
	standard    []string // its value where nobody gives one
	usage       string
}

func common() []flag {
	return []flag{
		{name: "help", short: "h", usage: "show this help"},
		{name: "config-file", short: "c", kind: textFlag, usage: "read settings from this file instead of conftest.toml, .yaml or .json"},
	}
}

// shared are the flags of test and verify.
func shared() []flag {
	return append(common(),
		flag{name: "policy", short: "p", kind: listFlag, standard: []string{"policy"}, usage: "files and folders of policies in Rego"},
		flag{name: "data", short: "d", kind: listFlag, usage: "files and folders of data for policies"},
		flag{name: "output", short: "o", kind: textFlag, standard: []string{"stdout"}, usage: "one of " + strings.Join(outputs, ", ")},
		flag{name: "no-color", usage: "write without colours"},
		flag{name: "quiet", usage: "write nothing where all passed"},
		flag{name: "trace", usage: "write how policies were evaluated to the standard error"},
		flag{name: "strict", usage: "compile policies in strict mode"},
		flag{name: "show-builtin-errors", usage: "end with an error where a built-in function fails"},
		flag{name: "capabilities", kind: textFlag, usage: "a JSON file of what policies may use"},
		flag{name: "rego-version", kind: textFlag, standard: []string{"v1"}, usage: "v0 or v1"},
		flag{name: "junit-hide-message", usage: "leave messages out of the names of tests in junit"},
		flag{name: "github-hide-passed", usage: "leave files that passed out of github"},
		flag{name: "proto-file-dirs", kind: listFlag, usage: "not used: Gatehouse reads no textproto"},
	)
}

// flagsOf are the flags of a command, those of conftest v0.71.1.
func flagsOf(command string) []flag {
	switch command {
	case "test":
		return append(shared(),
			flag{name: "namespace", short: "n", kind: listFlag, standard: []string{"main"}, usage: "packages to test; *, ? and [...] stand for others"},
			flag{name: "all-namespaces", usage: "test all packages"},
			flag{name: "combine", usage: "give all files to policies as one input"},
			flag{name: "fail-on-warn", usage: "exit with 1 for warnings and with 2 for failures"},
			flag{name: "no-fail", usage: "exit with 0 whatever is found"},
			flag{name: "suppress-exceptions", usage: "leave exceptions out of the output"},
			flag{name: "ignore", kind: textFlag, usage: "leave out paths that match this regular expression"},
			flag{name: "parser", kind: textFlag, usage: "read every file in this format"},
			flag{name: "stdin-filename", kind: textFlag, usage: "what the output calls the standard input"},
			flag{name: "update", short: "u", kind: listFlag, usage: "not here: Gatehouse downloads no policies"},
			flag{name: "tls", standard: []string{"true"}, usage: "not used"},
		)
	case "verify":
		return append(shared(),
			flag{name: "namespace", short: "n", kind: listFlag, usage: "packages whose tests are shown; all where none is named"},
			flag{name: "report", kind: textFlag, usage: "write as opa test does: full, notes or fails"},
			flag{name: "var-values", usage: "show variables of expressions that failed"},
		)
	case "parse":
		return append(common(),
			flag{name: "parser", kind: textFlag, usage: "read every file in this format"},
			flag{name: "combine", usage: "write all files as one list"},
		)
	}
	return append(common(),
		flag{name: "output", short: "o", kind: textFlag, standard: []string{"stdout"}, usage: "one of " + strings.Join(outputs, ", ")},
	)
}

// settings are the values of flags, from wherever they come, and the arguments.
type settings struct {
	flags  []flag
	values map[string][]string
	args   []string
}

func (s settings) list(name string) []string {
	if given, ok := s.values[name]; ok {
		return given
	}
	if i := slices.IndexFunc(s.flags, func(f flag) bool { return f.name == name }); i >= 0 {
		return s.flags[i].standard
	}
	return nil
}

func (s settings) text(name string) string {
	list := s.list(name)
	if len(list) == 0 {
		return ""
	}
	return list[len(list)-1]
}

func (s settings) bool(name string) bool {
	on, err := strconv.ParseBool(s.text(name))
	return err == nil && on
}

// parseFlags reads words as the flags library of conftest does: flags and arguments
// in any order, --name value, --name=value, -nvalue, several short ones in one word.
func parseFlags(flags []flag, words []string) (settings, error) {
	s := settings{flags: flags, values: map[string][]string{}}
	for i := 0; i < len(words); i++ {
		word := words[i]
		if word == "--" {
			s.args = append(s.args, words[i+1:]...)
			break
		}
		if len(word) < 2 || word[0] != '-' {
			s.args = append(s.args, word)
			continue
		}
		rest := words[i+1:]
		used, err := s.flag(word, rest)
		if err != nil {
			return s, err
		}
		i += used
	}
	return s, nil
}

// flag reads one word of flags and tells how many words behind it are its value.
func (s *settings) flag(word string, rest []string) (used int, err error) {
	if name, ok := strings.CutPrefix(word, "--"); ok {
		name, value, given := strings.Cut(name, "=")
		i := slices.IndexFunc(s.flags, func(f flag) bool { return f.name == name })
		if i < 0 {
			return 0, fmt.Errorf("unknown flag: --%s%s", name, suggest.Sentence(name, s.names()))
		}
		return s.value(s.flags[i], value, given, rest)
	}
	for at := 1; at < len(word); at++ {
		i := slices.IndexFunc(s.flags, func(f flag) bool { return f.short == word[at:at+1] })
		if i < 0 {
			return 0, fmt.Errorf("unknown shorthand flag: %q in %s", word[at:at+1], word)
		}
		behind := word[at+1:]
		if s.flags[i].kind == boolFlag && !strings.HasPrefix(behind, "=") {
			if _, err := s.value(s.flags[i], "", false, nil); err != nil {
				return 0, err
			}
			continue
		}
		return s.value(s.flags[i], strings.TrimPrefix(behind, "="), behind != "", rest)
	}
	return 0, nil
}

func (s *settings) value(f flag, value string, given bool, rest []string) (used int, err error) {
	if !given && f.kind == boolFlag {
		value, given = "true", true
	}
	if !given {
		if len(rest) == 0 {
			return 0, fmt.Errorf("flag needs an argument: --%s", f.name)
		}
		value, used = rest[0], 1
	}
	switch f.kind {
	case boolFlag:
		if _, err := strconv.ParseBool(value); err != nil {
			return 0, fmt.Errorf("invalid argument %q for --%s: it takes true or false", value, f.name)
		}
		s.values[f.name] = []string{value}
	case textFlag:
		s.values[f.name] = []string{value}
	case listFlag:
		list, err := split(value)
		if err != nil {
			return 0, fmt.Errorf("invalid argument %q for --%s", value, f.name)
		}
		s.values[f.name] = append(s.values[f.name], list...)
	}
	return used, nil
}

func split(value string) ([]string, error) {
	if value == "" {
		return nil, nil
	}
	return csv.NewReader(strings.NewReader(value)).Read()
}

func (s *settings) names() []string {
	var names []string
	for _, f := range s.flags {
		names = append(names, f.name)
	}
	return names
}

// help describes a command, or all of them.
func help(command string) string {
	var b strings.Builder
	if command == "" {
		b.WriteString("conftest's command line, answered by Gatehouse\n\nUsage:\n  conftest COMMAND [flags] [path...]\n\nCommands:\n" +
			"  test      run policies on files\n  verify    run the unit tests of policies\n  parse     show files as policies see them\n  reformat  write JSON results in another format\n\n" +
			"`conftest COMMAND --help` lists the flags of a command.\n")
		return b.String()
	}
	fmt.Fprintf(&b, "Usage:\n  conftest %s [flags] [path...]\n\nFlags:\n", command)
	flags := slices.SortedFunc(slices.Values(flagsOf(command)), func(a, b flag) int { return strings.Compare(a.name, b.name) })
	for _, f := range flags {
		short := "    "
		if f.short != "" {
			short = "-" + f.short + ", "
		}
		fmt.Fprintf(&b, "  %s--%-22s %s", short, f.name, f.usage)
		if len(f.standard) > 0 {
			fmt.Fprintf(&b, " (default %s)", strings.Join(f.standard, ","))
		}
		b.WriteString("\n")
	}
	return b.String()
}
