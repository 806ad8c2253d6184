package builtin

import (
	"path"
	"slices"
	"strings"
)

// clusterChanges lists the commands of a shell script that change a cluster, each as the
// program and what it is to do: "kubectl apply".
func clusterChanges(script string) (list []string) {
	for _, words := range shellCommands(script) {
		if what := clusterChangeOf(words); what != "" {
			list = append(list, what)
		}
	}
	return list
}

// before is what may stand before the name of a program without being it.
var before = []string{"sudo", "time", "exec", "env", "nohup", "command", "if", "then", "else", "do", "while", "until", "!", "{", "(", "retry", "eval"}

// clusterChangeOf tells what a command changes in a cluster, or "".
func clusterChangeOf(words []string) string {
	for len(words) > 0 && (slices.Contains(before, words[0]) || isAssignment(words[0])) {
		words = words[1:]
	}
	if len(words) < 2 || slices.ContainsFunc(words, isDryRun) {
		return ""
	}
	program, rest := path.Base(words[0]), afterOptions(words[1:])
	if len(rest) == 0 {
		return ""
	}
	switch {
	case (program == "kubectl" || program == "oc" || program == "k") && changesKubernetes(rest),
		program == "helm" && changesHelm(rest[0]),
		program == "helmfile" && slices.Contains([]string{"apply", "sync", "destroy", "delete"}, rest[0]),
		program == "kapp" && slices.Contains([]string{"deploy", "delete"}, rest[0]),
		program == "skaffold" && slices.Contains([]string{"run", "deploy", "delete"}, rest[0]):
		return program + " " + rest[0]
	}
	return ""
}

// changesKubernetes tells whether a subcommand of kubectl changes the cluster.
func changesKubernetes(words []string) bool {
	switch words[0] {
	case "delete", "replace", "patch", "edit", "scale", "autoscale", "expose", "run", "annotate", "label", "set", "new-app":
		return true
	case "apply", "create":
		// These two only read, or ask for a token that nobody keeps.
		return len(words) == 1 || words[1] != "view-last-applied" && words[1] != "token"
	case "rollout":
		return len(words) > 1 && slices.Contains([]string{"restart", "undo", "pause", "resume"}, words[1])
	}
	return false
}

func changesHelm(command string) bool {
	return slices.Contains([]string{"upgrade", "install", "uninstall", "delete", "rollback"}, command)
}

func isDryRun(word string) bool {
	return strings.HasPrefix(word, "--dry-run") && word != "--dry-run=none" && word != "--dry-run=false" || word == "--help" || word == "-h"
}

func isAssignment(word string) bool {
	name, _, ok := strings.Cut(word, "=")
	return ok && name != "" && strings.IndexFunc(name, func(r rune) bool {
		return !(r == '_' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z')
	}) < 0
}

// withValue are the options of kubectl and helm that take their value as the next word
// and often stand before the subcommand.
var withValue = []string{"-n", "--namespace", "--context", "--kubeconfig", "--cluster", "--user", "-s", "--server", "--token", "--kube-context", "-f", "--file", "-e", "--environment", "-l", "--selector", "--as"}

// afterOptions are the words from the first one on that is neither an option nor the
// value of one.
func afterOptions(words []string) []string {
	for len(words) > 0 && strings.HasPrefix(words[0], "-") {
		if slices.Contains(withValue, words[0]) && len(words) > 1 {
			words = words[1:]
		}
		words = words[1:]
	}
	return words
}

// shellCommands splits a script into simple commands, and those into words
// (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html): enough to
// tell which programs it runs with which words. What stands in quotes is one word, a
// comment none, and a here-document is read past.
func shellCommands(script string) (list [][]string) {
	s := shellSplitter{rest: strings.ReplaceAll(script, "\\\n", " ")}
	for s.rest != "" {
		s.step()
	}
	s.endCommand()
	return s.commands
}

type shellSplitter struct {
	rest     string
	word     strings.Builder
	inWord   bool
	words    []string
	commands [][]string
	until    []string // the ends of here-documents that begin on the next line
}

func (s *shellSplitter) step() {
	c := s.rest[0]
	switch {
	case c == '\n':
		s.endCommand()
		s.rest = s.rest[1:]
		s.skipDocuments()
	case c == ' ' || c == '\t' || c == '\r':
		s.endWord()
		s.rest = s.rest[1:]
	case c == ';' || c == '&' || c == '|' || c == '(' || c == ')' || c == '`':
		s.endCommand()
		s.rest = s.rest[1:]
	case c == '#' && !s.inWord:
		s.skipLine()
	case c == '\'' || c == '"':
		s.quoted(c)
	case strings.HasPrefix(s.rest, "$("):
		s.endCommand()
		s.rest = s.rest[2:]
	case strings.HasPrefix(s.rest, "<<") && !strings.HasPrefix(s.rest, "<<<"):
		s.document()
	case c == '\\' && len(s.rest) > 1:
		s.add(s.rest[1:2])
		s.rest = s.rest[2:]
	default:
		s.add(s.rest[:1])
		s.rest = s.rest[1:]
	}
}

func (s *shellSplitter) add(text string) {
	s.inWord = true
	s.word.WriteString(text)
}

func (s *shellSplitter) endWord() {
	if s.inWord {
		s.words = append(s.words, s.word.String())
	}
	s.word.Reset()
	s.inWord = false
}

func (s *shellSplitter) endCommand() {
	s.endWord()
	if len(s.words) > 0 {
		s.commands = append(s.commands, s.words)
	}
	s.words = nil
}

func (s *shellSplitter) skipLine() {
	if i := strings.IndexByte(s.rest, '\n'); i >= 0 {
		s.rest = s.rest[i:]
		return
	}
	s.rest = ""
}

// quoted adds what stands in quotes to the word.
func (s *shellSplitter) quoted(quote byte) {
	for i := 1; i < len(s.rest); i++ {
		switch {
		case s.rest[i] == '\\' && quote == '"':
			i++
		case s.rest[i] == quote:
			s.add(s.rest[1:i])
			s.rest = s.rest[i+1:]
			return
		}
	}
	s.add(s.rest[1:])
	s.rest = ""
}

// document notes the word that ends a here-document.
func (s *shellSplitter) document() {
	s.endWord()
	s.rest = strings.TrimLeft(strings.TrimPrefix(s.rest[2:], "-"), " \t")
	end := strings.IndexAny(s.rest, " \t\r\n;&|<>")
	if end < 0 {
		end = len(s.rest)
	}
	s.until = append(s.until, strings.Trim(s.rest[:end], `'"\`))
	s.rest = s.rest[end:]
}

// skipDocuments reads past the here-documents that begin here.
func (s *shellSplitter) skipDocuments() {
	for _, end := range s.until {
		for s.rest != "" {
			line, rest, _ := strings.Cut(s.rest, "\n")
			s.rest = rest
			if strings.TrimSpace(line) == end {
				break
			}
		}
	}
	s.until = nil
}

// quotedScript is what a line of a pipeline in Groovy gives to the shell: the text in the
// quotes of a step, or the line itself inside a longer script.
func quotedScript(line string) string {
	line = strings.TrimSpace(line)
	for _, step := range []string{"sh", "bat", "powershell"} {
		rest, ok := strings.CutPrefix(line, step)
		if !ok {
			continue
		}
		rest = strings.TrimLeft(rest, " \t(")
		rest = strings.TrimPrefix(rest, "script:")
		if text := strings.Trim(strings.TrimSpace(rest), `'")`); text != rest {
			return text
		}
	}
	if strings.HasPrefix(line, "//") || strings.HasPrefix(line, "*") {
		return ""
	}
	return line
}
