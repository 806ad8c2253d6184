package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/urfave/cli/v2"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/config"
	"github.com/gatehouse-dev/gatehouse/secrets/seal"
)

func (p program) sealCreateCommand() *cli.Command {
	return &cli.Command{
		Name:      "create",
		Usage:     "make a new sealed Secret",
		ArgsUsage: "NAME",
		Description: "The values come from files, from variables of the environment or from standard input, never from the command\n" +
			"line. No plain text of them is written to any file. Without --output, the manifest goes to standard output.\n\n" +
			"A file of variables has lines KEY=VALUE; export before a KEY, quotes around a VALUE and lines that begin with #\n" +
			"are left out, and nothing in a VALUE is replaced.",
		Flags: append(withoutFlags(sealFlags(), "stdout"),
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write the manifest to the new file `FILE`"},
			&cli.StringFlag{Name: "type", Usage: "`TYPE` of the Secret, such as kubernetes.io/tls; without it Opaque"},
			&cli.StringSliceFlag{Name: "from-env-file", Usage: "take the values of a file of variables, or with - of standard input: `PATH`"},
			&cli.StringSliceFlag{Name: "from-file", Usage: "take a file as the value of a key, or with - standard input: `KEY=PATH`"},
			&cli.StringSliceFlag{Name: "from-env", Usage: "take a variable of the environment as the value of the key of its name, or of another: `VAR` or KEY=VAR"},
			&cli.StringSliceFlag{Name: "from-literal", Hidden: true},
		),
		OnUsageError: onUsageError,
		Action:       p.sealCreate,
	}
}

func (p program) sealCreate(c *cli.Context) error {
	switch {
	case len(c.StringSlice("from-literal")) > 0:
		return exit{code: exitUsage, message: "--from-literal is not taken: " + onArguments, hint: "use --from-file KEY=PATH, --from-file KEY=- for standard input, --from-env-file PATH or --from-env VAR"}
	case c.NArg() != 1:
		return usage("seal create takes one NAME; values come from --from-env-file, --from-file or --from-env")
	}
	s, err := p.sealingOf(c)
	if err != nil {
		return err
	}
	defer s.close()
	output := c.String("output")
	if output == "" && !s.dry {
		s.print, s.told = true, s.stderr
	} else if _, err := os.Lstat(output); output != "" && err == nil {
		return exit{code: exitUsage, message: output + " is there already", hint: "gatehouse seal set changes a key of a sealed file"}
	}
	values, err := s.valuesOf(c)
	defer wipeAll(values)
	if err != nil {
		return err
	}
	s.fail(s.create(seal.Creation{Name: c.Args().First(), Namespace: s.namespace, Type: c.String("type"), Values: values}, output))
	return s.end()
}

func wipeAll(values map[string][]byte) {
	for _, value := range values {
		clear(value)
	}
}

// create makes a manifest in the way that counts for its file.
func (s *sealing) create(n seal.Creation, output string) error {
	path := output
	if path == "" {
		path = n.Name + ".yaml"
	}
	w, err := s.wayOf(path)
	if err != nil {
		return err
	}
	m, err := s.created(n, filepath.ToSlash(path), w)
	if err != nil {
		return err
	}
	defer m.wipe()
	if err := s.publish(m); err != nil {
		return err
	}
	switch {
	case s.print:
		err = s.output(path, m.text)
	case !s.dry:
		if err = createFile(output, m.text, 0o644); err != nil {
			err = m.unwritten(path, err)
		}
	}
	if err == nil {
		s.report(path, m)
	}
	return err
}

func (s *sealing) created(n seal.Creation, name string, w *way) (*made, error) {
	if w.decided == "" {
		return nil, w.undecided()
	}
	if w.decided == config.MethodSealedSecrets {
		return s.createSealed(n, name, w)
	}
	if w.decided == config.MethodSOPS {
		// What can be checked of a Secret is the same, whoever encrypts it.
		if _, _, err := s.sopsRule(w); err != nil {
			return nil, err
		}
	}
	plain, err := plainManifest(n)
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	return s.transform(name, w, plain)
}

func (s *sealing) createSealed(n seal.Creation, name string, w *way) (*made, error) {
	t, err := s.settle(w)
	if err != nil {
		return nil, err
	}
	o := seal.Options{Certificate: t.certificate, Namespace: s.namespace}
	scope := w.choice.scope
	if scope == "" {
		scope = string(w.settings.Scope)
	}
	if o.Scope, err = seal.ParseScope(scope); err != nil {
		return nil, err
	}
	m := &made{}
	if m.text, err = seal.Create(n, o); err != nil {
		return nil, err
	}
	m.whom, m.soon = t.words(s.now())
	lines := uint32(bytes.Count(m.text, []byte("\n")) + 1)
	shownScope := o.Scope
	if shownScope == "" {
		shownScope = seal.Strict
	}
	object := manifest.Object{APIVersion: "bitnami.com/v1alpha1", Kind: "SealedSecret", Namespace: n.Namespace, Name: n.Name}
	m.changes = []alteration{{line: 1, end: lines, what: object.String(), keys: slices.Sorted(maps.Keys(n.Values)), how: "sealed, " + string(shownScope)}}
	return m, s.gate(name, w, m)
}

// plainManifest is a Secret in plain text, for what encrypts it in memory. It is the
// caller's to overwrite.
func plainManifest(n seal.Creation) ([]byte, error) {
	if len(n.Values) == 0 {
		return nil, usage("it has no values: give --from-env-file, --from-file or --from-env")
	}
	var text, encoded bytes.Buffer
	for _, key := range slices.Sorted(maps.Keys(n.Values)) {
		value := n.Values[key]
		if len(value) == 0 {
			return nil, usage("the value of %q is empty", key)
		}
		if quoted, ok := quotedForYAML(value); ok {
			fmt.Fprintf(&text, "  %s: %s\n", quotedKey(key), quoted)
			clear(quoted)
		} else {
			fmt.Fprintf(&encoded, "  %s: %s\n", quotedKey(key), base64.StdEncoding.EncodeToString(value))
		}
	}
	var out bytes.Buffer
	out.WriteString("apiVersion: v1\nkind: Secret\nmetadata:\n  name: " + quotedKey(n.Name) + "\n")
	if n.Namespace != "" {
		out.WriteString("  namespace: " + quotedKey(n.Namespace) + "\n")
	}
	if n.Type != "" {
		out.WriteString("type: " + quotedKey(n.Type) + "\n")
	}
	for _, section := range []struct {
		name string
		rows []byte
	}{{"data", encoded.Bytes()}, {"stringData", text.Bytes()}} {
		if len(section.rows) > 0 {
			out.WriteString(section.name + ":\n")
			out.Write(section.rows)
			clear(section.rows)
		}
	}
	return out.Bytes(), nil
}

// plainName is a name that YAML takes for a text without quotes, but for its own words.
var plainName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._/-]*$`)

// quotedKey writes a name in YAML, in quotes where it needs them.
func quotedKey(name string) string {
	words := []string{"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
	if plainName.MatchString(name) && !slices.Contains(words, strings.ToLower(name)) {
		return name
	}
	quoted, _ := quotedForYAML([]byte(name))
	return string(quoted)
}

// quotedForYAML writes a text in the double quotes that JSON and YAML both read; ok is
// false for what is no text, or has signs that YAML leaves out or refuses.
func quotedForYAML(value []byte) (quoted []byte, ok bool) {
	if !utf8.Valid(value) || bytes.ContainsFunc(value, func(r rune) bool {
		return r == '\u0085' || r == '\u2028' || r == '\u2029' || r == '\ufeff' || r == 0x7f || r == utf8.RuneError || r < ' ' && r != '\n' && r != '\t'
	}) {
		return nil, false
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(string(value)); err != nil {
		return nil, false
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), true
}

// valuesOf reads the values of a new Secret. They are the caller's to overwrite, also
// where there is an error.
func (s *sealing) valuesOf(c *cli.Context) (map[string][]byte, error) {
	values := map[string][]byte{}
	add := func(key string, value []byte) error {
		if values[key] != nil {
			return usage("the key %q is given twice", key)
		}
		values[key] = value
		return nil
	}
	standard := slices.Contains(c.StringSlice("from-env-file"), "-")
	for _, given := range c.StringSlice("from-file") {
		key, path, ok := strings.Cut(given, "=")
		if !ok {
			key, path = filepath.Base(given), given
		}
		if _, err := os.Stat(path); ok && path != "-" && err != nil {
			// It may be a value that somebody gave on the command line after all.
			return values, usage("--from-file takes KEY=PATH, and for the key %q it names no file", key)
		}
		value, err := s.fileOrInput(path, &standard, path == "-" && standard)
		if err != nil {
			return values, err
		}
		if err := add(key, value); err != nil {
			return values, err
		}
	}
	for i, given := range c.StringSlice("from-env") {
		key, variable, ok := strings.Cut(given, "=")
		if !ok {
			variable = key
		}
		value := s.env(variable)
		if value == "" {
			// Likewise.
			return values, usage("--from-env takes the name of a variable that is set and not empty, and number %d is none", i+1)
		}
		if err := add(key, []byte(value)); err != nil {
			return values, err
		}
	}
	for _, path := range c.StringSlice("from-env-file") {
		var again bool
		text, err := s.fileOrInput(path, &again, false)
		if err != nil {
			return values, err
		}
		err = s.readVariables(path, text, add)
		clear(text)
		if err != nil {
			return values, err
		}
	}
	return values, nil
}

// fileOrInput reads a file, or standard input for -, which can be read once.
func (s *sealing) fileOrInput(path string, taken *bool, refused bool) ([]byte, error) {
	if path != "-" {
		return readValueFile(path)
	}
	if refused {
		return nil, usage("standard input can be read for one thing only")
	}
	*taken = true
	value, err := readAllUpTo(s.stdin, maxValue)
	if err != nil {
		return nil, usage("read standard input: %s", err)
	}
	return value, nil
}

// variableName is the name of a variable, or of a key that is like one.
var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)

// readVariables reads lines KEY=VALUE.
func (s *sealing) readVariables(path string, text []byte, add func(key string, value []byte) error) error {
	for i, line := range bytes.Split(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), []byte("\n")) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		key, value, ok := bytes.Cut(line, []byte("="))
		name := string(bytes.TrimSpace(bytes.TrimPrefix(bytes.TrimSpace(key), []byte("export "))))
		// What stands before a = may be a part of a value that is no such line: an
		// address with a query, or base64 with its padding. So it is not shown.
		if !ok || !variableName.MatchString(name) || len(bytes.Trim(value, "= \t")) == 0 {
			return exit{code: exitUsage, message: fmt.Sprintf("%s:%d: this is no line KEY=VALUE", path, i+1), hint: "a value of several lines is given with --from-file KEY=PATH"}
		}
		plain, reason := unquoted(bytes.TrimSpace(value))
		if reason != "" {
			return usage("%s:%d: the value of %q %s", path, i+1, name, reason)
		}
		if bytes.Contains(plain, []byte("${")) || bytes.Contains(plain, []byte("$(")) {
			fmt.Fprintf(s.told, "%s:%d: the value of %s names a variable or a command, and is sealed as it stands\n", printable(path), i+1, printable(name))
		}
		if err := add(name, plain); err != nil {
			return err
		}
	}
	return nil
}

// unquoted takes the quotes off a value. Between double quotes \n, \r, \t, \", \$ and \\
// stand for what they do in a shell's $'…'; between single ones nothing does. A comment
// behind an open value begins with a blank and #.
func unquoted(value []byte) (plain []byte, reason string) {
	if len(value) == 0 || value[0] != '"' && value[0] != '\'' {
		if i := bytes.Index(value, []byte(" #")); i >= 0 {
			value = bytes.TrimSpace(value[:i])
		}
		return bytes.Clone(value), ""
	}
	quote := value[0]
	for i := 1; i < len(value); i++ {
		switch c := value[i]; {
		case c == quote:
			if rest := bytes.TrimSpace(value[i+1:]); len(rest) > 0 && rest[0] != '#' {
				return plain, "goes on behind its quotes"
			}
			return plain, ""
		case c == '\\' && quote == '"' && i+1 < len(value):
			i++
			plain = append(plain, escaped(value[i])...)
		default:
			plain = append(plain, c)
		}
	}
	return plain, "has no closing quote"
}

func escaped(c byte) []byte {
	switch c {
	case 'n':
		return []byte("\n")
	case 'r':
		return []byte("\r")
	case 't':
		return []byte("\t")
	case '"', '\\', '$', '`':
		return []byte{c}
	}
	return []byte{'\\', c}
}
