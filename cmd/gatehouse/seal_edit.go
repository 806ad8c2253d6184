package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf16"

	"github.com/urfave/cli/v2"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/editor"
	"github.com/gatehouse-dev/gatehouse/secrets/seal"
	"github.com/gatehouse-dev/gatehouse/secrets/seal/sops"
)

func (p program) sealEditCommand() *cli.Command {
	return &cli.Command{
		Name:      "edit",
		Usage:     "edit a sealed file in your editor",
		ArgsUsage: "FILE",
		Description: "A file of SOPS is opened decrypted (a private key must be at hand), and what was changed is encrypted again:\n" +
			"values that were not keep their ciphertext.\n\n" +
			"Nobody here can read a SealedSecret. Its keys are shown with " + sealedMark + " in the place of each value: write\n" +
			"a new value there, add keys, or take keys out. What is left as " + sealedMark + " stays as it is to the byte.\n\n" +
			"The editor is that of VISUAL, else of EDITOR, else vi. What it edits is in memory (/dev/shm) where that is there,\n" +
			"else in a folder beside FILE, which only you can enter, and is removed when it ends. A file system may keep\n" +
			"copies of what was written to a disk.",
		Flags: append(withoutFlags(sealFlags(), "method", "replace", "scope", "stdout", "dry-run"), objectFlag(),
			&cli.BoolFlag{Name: "allow-empty", Usage: "take an empty value for meant"}),
		OnUsageError: onUsageError,
		Action:       p.sealEdit,
	}
}

// sealedMark stands in the place of a value that nobody here can read.
const sealedMark = "<sealed>"

func (p program) sealEdit(c *cli.Context) error {
	if c.NArg() != 1 {
		return usage("seal edit takes one FILE")
	}
	object, err := selectorOf(c.String("object"))
	if err != nil {
		return err
	}
	s, err := p.sealingOf(c)
	if err != nil {
		return err
	}
	defer s.close()
	e := &entry{path: c.Args().First(), object: object}
	s.fail(s.changeKey(e, func(s *sealing, e *entry) (*made, error) {
		if isSOPSFile(e.way.name, e.data) {
			return s.editSOPS(e)
		}
		return s.editSealed(e, c.Bool("allow-empty"))
	}))
	s.lookBack()
	return s.end()
}

// edit has a person edit a text of a file.
func (s *sealing) edit(e *entry, text []byte) ([]byte, error) {
	command := s.env("VISUAL")
	if command == "" {
		command = s.env("EDITOR")
	}
	if command == "" {
		command = "vi"
	}
	session := editor.Session{Command: command, Name: filepath.Base(e.path), Folder: filepath.Dir(e.path), Stdin: s.stdin, Stdout: s.stdout, Stderr: s.stderr}
	edited, err := session.Edit(s.ctx, text)
	if err != nil {
		return nil, exit{code: exitUsage, message: e.name() + " is left as it was: " + err.Error(), hint: "VISUAL or EDITOR names the editor"}
	}
	return edited, nil
}

// editSOPS edits a file of SOPS as plain text.
func (s *sealing) editSOPS(e *entry) (*made, error) {
	if err := s.agreedOn(e.way, e.data); err != nil {
		return nil, err
	}
	o := sops.Options{Keys: s.sopsKeys(), Now: s.now()}
	plain, err := sops.Decrypt(e.name(), e.data, o)
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	edited, err := s.edit(e, plain)
	if err != nil {
		return nil, err
	}
	defer clear(edited)
	if bytes.Equal(plain, edited) {
		return &made{text: e.data, already: 1}, nil
	}
	r, err := sops.Edit(e.name(), e.data, edited, o)
	if err != nil {
		return nil, err
	}
	m := &made{text: r.Text, notes: sopsNotes(r.Notes), already: 1}
	if r.Changed {
		changed := alteration{what: "the file", how: encryptedWithSOPS}
		for _, f := range r.Fields {
			if !f.Comment {
				changed.keys = append(changed.keys, f.Path)
			}
		}
		m.changes, m.values = []alteration{changed}, newPlainFields(e.way.name, edited, plain)
	}
	return m, nil
}

// editSealed edits a form of the keys of a SealedSecret.
func (s *sealing) editSealed(e *entry, allowEmpty bool) (*made, error) {
	found := e.sealedObjects()
	switch {
	case len(found) == 0 && e.refersToVault():
		return nil, exit{code: exitUsage, message: e.name() + ": its values are in Vault, where nobody reads them for an editor", hint: "gatehouse seal set " + shellWord(e.name()) + " KEY writes one of them"}
	case len(found) == 0:
		return nil, exit{code: exitUsage, message: e.name() + ": there is no SealedSecret in it, and it is no file of SOPS", hint: "gatehouse seal " + shellWord(e.name()) + " seals what is in the clear"}
	case len(found) > 1:
		return nil, exit{code: exitUsage, message: e.name() + ": several SealedSecrets are meant: " + objectNames(found), hint: "name one of them with --object"}
	}
	d := found[0]
	keys := encryptedKeys(d)
	o, t, err := s.sealingOptions(e.way)
	if err != nil {
		return nil, err
	}
	o.AllowEmpty = allowEmpty
	edited, err := s.edit(e, sealedForm(d, keys))
	if err != nil {
		return nil, err
	}
	defer clear(edited)
	wanted, err := readForm(edited)
	if err != nil {
		return nil, exit{code: exitUsage, message: fmt.Sprintf("%s is left as it was: the edited text %s", e.name(), err), hint: "write KEY: VALUE on each line, and quotes around a value with signs of YAML"}
	}
	defer wanted.wipe()
	return s.applyForm(e, d.Object, keys, wanted, o, t)
}

func encryptedKeys(d *manifest.Document) (keys []string) {
	if n := d.Root.Lookup("spec", "encryptedData"); n != nil {
		for i := range n.Items {
			keys = append(keys, n.Items[i].Key)
		}
	}
	return keys
}

// sealedForm is the text that a person edits.
func sealedForm(d *manifest.Document, keys []string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n# Nobody here can read its values. Write a new one in the place of %s, add keys, or take\n# keys out; what is left as %s stays as it is.\n", printable(d.Object.String()), sealedMark, sealedMark)
	for _, key := range keys {
		fmt.Fprintf(&b, "%s: %s\n", key, sealedMark)
	}
	return []byte(b.String())
}

// form is what a person has written.
type form struct {
	keys   []string
	values map[string][]byte // without those that stay
}

func (f form) wipe() {
	for _, value := range f.values {
		clear(value)
	}
}

// readForm reads it. A value without quotes is what is written there, also where YAML
// would take it for a number.
func readForm(text []byte) (form, error) {
	f := form{values: map[string][]byte{}}
	file := manifest.Read("edited.yaml", text, manifest.DefaultLimits())
	switch {
	case len(file.Broken) > 0:
		return f, fmt.Errorf("cannot be read in line %d", file.Broken[0].At.Line)
	case len(file.Documents) > 1 || len(file.Templated) > 0:
		return f, fmt.Errorf("is no one list of keys and values")
	case len(file.Documents) == 0:
		return f, nil
	case len(file.Documents[0].Duplicates) > 0:
		return f, fmt.Errorf("has the key %q twice", lastKey(file.Documents[0].Duplicates[0].Path))
	}
	root := file.Documents[0].Root
	if root.Kind != manifest.Map && root.Kind != manifest.Null {
		return f, fmt.Errorf("is no one list of keys and values")
	}
	lines := bytes.Split(file.Text, []byte("\n"))
	for i := range root.Items {
		n := &root.Items[i]
		f.keys = append(f.keys, n.Key)
		switch {
		case n.Kind == manifest.Map || n.Kind == manifest.List:
			return f, fmt.Errorf("has no text as the value of %q, in line %d", n.Key, n.Place().Line)
		case n.Kind == manifest.String && n.Text == sealedMark:
		case n.Kind == manifest.String:
			f.values[n.Key] = []byte(n.Text)
		default:
			f.values[n.Key] = written(lines, n.At)
		}
	}
	return f, nil
}

// written is what stands at a place up to the end of its line or a comment.
func written(lines [][]byte, at manifest.Pos) []byte {
	if at.Line == 0 || int(at.Line) > len(lines) {
		return nil
	}
	units := utf16.Encode([]rune(string(lines[at.Line-1])))
	if at.Column == 0 || int(at.Column) > len(units) {
		return nil
	}
	rest := string(utf16.Decode(units[at.Column-1:]))
	if i := strings.Index(rest, " #"); i >= 0 {
		rest = rest[:i]
	}
	return []byte(strings.TrimSpace(rest))
}

// applyForm seals what is new, and takes out what is gone.
func (s *sealing) applyForm(e *entry, object manifest.Object, before []string, wanted form, o seal.Options, t *target) (*made, error) {
	m := &made{text: e.data, already: 1}
	m.whom, m.soon = t.words(s.now())
	selector := seal.Selector{Kind: object.Kind, Namespace: object.Namespace, Name: object.Name}
	there := map[string]bool{}
	for _, key := range before {
		there[key] = true
	}
	var written recognisers
	defer func() { m.values = written }()
	take := func(r seal.Result, how string) {
		m.text, written = r.Text, append(written, r.Values)
		m.notes = append(m.notes, r.Notes...)
		for _, c := range sealedSecrets(r, nil, s).changes {
			if how != "" {
				c.how = how
			}
			m.changes = append(m.changes, c)
		}
	}
	kept := map[string]bool{}
	for _, key := range wanted.keys {
		kept[key] = true
		value, changed := wanted.values[key]
		if !changed {
			if !there[key] {
				return nil, usage("%s is left as it was: the new key %q has no value", e.name(), key)
			}
			continue
		}
		r, err := seal.Set(e.name(), m.text, selector, key, value, o)
		if err != nil {
			return nil, err
		}
		take(r, "")
	}
	for _, key := range before {
		if kept[key] {
			continue
		}
		r, err := seal.Unset(e.name(), m.text, selector, key, o)
		if err != nil {
			return nil, err
		}
		take(r, "taken out")
	}
	return m, nil
}
