package formats

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// The words of a Dockerfile (https://docs.docker.com/reference/dockerfile/): how the
// arguments of each instruction are read.
var instructions = map[string]func(d *dockerfile, args string) ([]string, bool, error){
	"add":         (*dockerfile).listOrBlanks,
	"arg":         (*dockerfile).quotedWords,
	"cmd":         (*dockerfile).listOrText,
	"copy":        (*dockerfile).listOrBlanks,
	"entrypoint":  (*dockerfile).listOrText,
	"env":         (*dockerfile).pairs,
	"expose":      (*dockerfile).blanks,
	"from":        (*dockerfile).blanks,
	"healthcheck": (*dockerfile).health,
	"label":       (*dockerfile).pairs,
	"maintainer":  (*dockerfile).text,
	"run":         (*dockerfile).listOrText,
	"shell":       (*dockerfile).listOrText,
	"stopsignal":  (*dockerfile).text,
	"user":        (*dockerfile).text,
	"volume":      (*dockerfile).listOrBlanks,
	"workdir":     (*dockerfile).text,
}

var (
	dockerDirective = regexp.MustCompile(`^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$`)
	dockerBlanks    = regexp.MustCompile(`[\t\v\f\r ]+`)
	dockerHeredoc   = regexp.MustCompile(`^\d*<<(-?)\s*([^<]+)$`)
)

// dockerfile reads instructions one after the other.
type dockerfile struct {
	lines    []string
	at       int // the next line
	escape   byte
	settled  bool // there are no more directives
	comments []string
	stages   int
	commands []any
}

// readDockerfile reads a Dockerfile: one document, a list with an entry for each
// instruction, and one for each comment before it.
func readDockerfile(data []byte) (any, error) {
	text := strings.ReplaceAll(strings.TrimPrefix(string(data), "\ufeff"), "\r\n", "\n")
	d := &dockerfile{lines: strings.Split(text, "\n"), escape: '\\'}
	for d.at < len(d.lines) {
		first := d.at
		if err := d.next(); err != nil {
			return nil, fmt.Errorf("line %d: %w", first+1, err)
		}
	}
	if d.commands == nil {
		return nil, errors.New("there is no instruction")
	}
	return []any{d.commands}, nil
}

// next reads a comment, a directive, an empty line, or an instruction with the lines
// on which it goes on.
func (d *dockerfile) next() error {
	raw := d.lines[d.at]
	d.at++
	line := strings.TrimLeftFunc(raw, unicode.IsSpace)
	if strings.HasPrefix(line, "#") {
		d.comment(raw, line)
		return nil
	}
	d.settled = true
	line, whole := d.withoutEscape(line)
	if whole && line == "" {
		return nil
	}
	for !whole && d.at < len(d.lines) {
		more := d.lines[d.at]
		d.at++
		if trimmed := strings.TrimSpace(more); trimmed == "" || trimmed[0] == '#' {
			continue
		}
		more, whole = d.withoutEscape(more)
		line += more
	}
	return d.instruction(line)
}

func (d *dockerfile) comment(raw, line string) {
	if m := dockerDirective.FindStringSubmatch(line); m != nil && !d.settled {
		switch strings.ToLower(m[1]) {
		case "escape":
			d.escape = m[2][0]
			return
		case "syntax", "check":
			return
		}
	}
	d.settled = true
	if text := strings.TrimSpace(raw[1:]); text != "" {
		d.comments = append(d.comments, text)
	} else {
		d.comments = nil
	}
}

// withoutEscape cuts off the character by which a line goes on in the next one.
func (d *dockerfile) withoutEscape(line string) (text string, whole bool) {
	trimmed := strings.TrimRight(line, " \t")
	n := len(trimmed)
	if n == 0 || trimmed[n-1] != d.escape || n > 1 && trimmed[n-2] == d.escape {
		return line, true
	}
	return trimmed[:n-1], false
}

func (d *dockerfile) instruction(line string) error {
	name, flags, args := d.split(line)
	name = strings.ToLower(name)
	sub := ""
	if name == "onbuild" {
		if sub, _, args = d.split(args); sub == "" {
			return errors.New("ONBUILD has no instruction")
		}
	}
	word := name
	if sub != "" {
		word = strings.ToLower(sub)
	}
	read := instructions[word]
	if read == nil {
		return errors.New("unknown instruction")
	}
	values, isJSON, err := read(d, args)
	switch {
	case err != nil:
		return err
	case len(values) == 0 && !isJSON:
		return fmt.Errorf("%s has no argument", strings.ToUpper(word))
	}
	if name == "from" {
		d.stages++
	}
	stage := int64(max(0, d.stages-1))
	for _, comment := range d.comments {
		d.commands = append(d.commands, dockerCommand("comment", "", false, nil, []string{comment}, stage))
	}
	d.comments = nil
	d.commands = append(d.commands, dockerCommand(name, sub, isJSON, flags, values, stage))
	if !isJSON && (word == "run" || word == "copy" || word == "add") {
		return d.heredocs(line)
	}
	return nil
}

func dockerCommand(name, sub string, isJSON bool, flags, values []string, stage int64) any {
	return map[string]any{"Cmd": name, "SubCmd": sub, "JSON": isJSON, "Flags": listOf(flags), "Value": listOf(values), "Stage": stage}
}

func listOf(texts []string) any {
	if texts == nil {
		return nil
	}
	list := make([]any, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list
}

// split cuts a line into the name of the instruction, as it is written, its flags and
// the rest.
func (d *dockerfile) split(line string) (name string, flags []string, args string) {
	parts := dockerBlanks.Split(strings.TrimSpace(line), 2)
	name = parts[0]
	if len(parts) < 2 {
		return name, nil, ""
	}
	flags = []string{}
	rest := strings.TrimLeftFunc(parts[1], unicode.IsSpace)
	for strings.HasPrefix(rest, "--") {
		var flag string
		flag, rest = d.flag(rest)
		if flag == "--" {
			break
		}
		flags = append(flags, flag)
	}
	return name, flags, strings.TrimSpace(rest)
}

// flag cuts off the first word, without its quotes.
func (d *dockerfile) flag(line string) (word, rest string) {
	var b strings.Builder
	quote := byte(0)
	i := 0
	for ; i < len(line); i++ {
		c := line[i]
		switch {
		case quote == 0 && unicode.IsSpace(rune(c)):
			return b.String(), strings.TrimLeftFunc(line[i:], unicode.IsSpace)
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case c == quote && quote != 0:
			quote = 0
		case c == d.escape:
			if i++; i < len(line) {
				b.WriteByte(line[i])
			}
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), ""
}

// words cuts a text at blanks that are neither quoted nor escaped. Quotes and escapes
// stay.
func (d *dockerfile) words(text string) []string {
	var words []string
	var b strings.Builder
	quote := byte(0)
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quote == 0 && unicode.IsSpace(rune(c)):
			if b.Len() > 0 {
				words = append(words, b.String())
				b.Reset()
			}
			continue
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case c == quote && quote != 0:
			quote = 0
		case c == d.escape && quote != '\'':
			if i+1 == len(text) {
				continue
			}
			b.WriteByte(c)
			i++
			c = text[i]
		}
		b.WriteByte(c)
	}
	if b.Len() > 0 {
		words = append(words, b.String())
	}
	return words
}

func (d *dockerfile) text(args string) ([]string, bool, error) {
	if args == "" {
		return nil, false, nil
	}
	return []string{args}, false, nil
}

func (d *dockerfile) blanks(args string) ([]string, bool, error) {
	if args == "" {
		return nil, false, nil
	}
	return dockerBlanks.Split(args, -1), false, nil
}

func (d *dockerfile) quotedWords(args string) ([]string, bool, error) {
	return d.words(args), false, nil
}

var errNoTexts = errors.New("the elements of a list in JSON must be texts")

// jsonTexts reads the JSON form.
func jsonTexts(args string) (texts []string, ok bool, err error) {
	if !strings.HasPrefix(args, "[") {
		return nil, false, nil
	}
	var values []any
	if json.Unmarshal([]byte(args), &values) != nil {
		return nil, false, nil
	}
	for _, v := range values {
		text, isText := v.(string)
		if !isText {
			return nil, false, errNoTexts
		}
		texts = append(texts, text)
	}
	return texts, true, nil
}

func (d *dockerfile) listOrText(args string) ([]string, bool, error) {
	if texts, ok, err := jsonTexts(args); ok || err != nil {
		return texts, ok, err
	}
	return d.text(args)
}

func (d *dockerfile) listOrBlanks(args string) ([]string, bool, error) {
	if texts, ok, err := jsonTexts(args); ok || err != nil {
		return texts, ok, err
	}
	return d.blanks(args)
}

// pairs gives for each pair its key, its value and what stands between them.
func (d *dockerfile) pairs(args string) ([]string, bool, error) {
	words := d.words(args)
	if len(words) == 0 {
		return nil, false, nil
	}
	if !strings.Contains(words[0], "=") {
		parts := dockerBlanks.Split(args, 2)
		if len(parts) < 2 {
			return nil, false, errors.New("a name has no value")
		}
		return append(parts, ""), false, nil
	}
	var out []string
	for _, word := range words {
		key, value, ok := strings.Cut(word, "=")
		if !ok {
			return nil, false, errors.New("a pair has no =")
		}
		out = append(out, key, value, "=")
	}
	return out, false, nil
}

func (d *dockerfile) health(args string) ([]string, bool, error) {
	parts := dockerBlanks.Split(args, 2)
	if parts[0] == "" {
		return nil, false, nil
	}
	if len(parts) == 1 {
		return parts, false, nil
	}
	texts, isJSON, err := d.listOrText(parts[1])
	return append(parts[:1], texts...), isJSON, err
}

// heredocs passes over the texts that follow an instruction.
func (d *dockerfile) heredocs(line string) error {
	for _, word := range d.words(line) {
		m := dockerHeredoc.FindStringSubmatch(word)
		if m == nil {
			continue
		}
		end := strings.Trim(m[2], `"'`)
		for {
			if d.at == len(d.lines) {
				return errors.New("a heredoc does not end")
			}
			text := d.lines[d.at]
			d.at++
			if m[1] != "" {
				text = strings.TrimLeft(text, "\t")
			}
			if text == end {
				break
			}
		}
	}
	return nil
}
