package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/urfave/cli/v2"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/config"
	"github.com/gatehouse-dev/gatehouse/secrets/seal"
	"github.com/gatehouse-dev/gatehouse/secrets/seal/sops"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

func (p program) sealSetCommand() *cli.Command {
	return &cli.Command{
		Name:      "set",
		Usage:     "give one key of a sealed file another value, or add it",
		ArgsUsage: "FILE KEY",
		Description: "The value is asked for at the terminal, where it is not shown, or read with --stdin or --from-file. It is\n" +
			"never given on the command line. Only the lines of that key change.\n\n" +
			"FILE holds SealedSecrets, or is encrypted with SOPS (a private key must be at hand), or refers to Vault with an\n" +
			"ExternalSecret, a VaultStaticSecret or placeholders of argocd-vault-plugin: then the value is written there, and\n" +
			"FILE only changes where it does not list the key yet.\n" +
			"In a file of SOPS that is no Secret, KEY is a path: database.password.",
		Flags: append(append(withoutFlags(sealFlags(), "method", "replace", "scope"), objectFlag()), valueFlags()...), OnUsageError: onUsageError,
		Action: p.sealSet,
	}
}

func (p program) sealUnsetCommand() *cli.Command {
	return &cli.Command{
		Name:         "unset",
		Usage:        "take one key and its value out of a sealed file",
		ArgsUsage:    "FILE KEY",
		Description:  "Only the lines of that key go. In Vault, the key is taken out of the secret's new version; older ones keep it.",
		Flags:        append(withoutFlags(sealFlags(), "method", "replace", "scope"), objectFlag()),
		OnUsageError: onUsageError,
		Action:       p.sealUnset,
	}
}

func withoutFlags(flags []cli.Flag, names ...string) []cli.Flag {
	return slices.DeleteFunc(flags, func(f cli.Flag) bool { return slices.Contains(names, f.Names()[0]) })
}

// fileAndKey reads the arguments of set and unset.
func fileAndKey(c *cli.Context) (file, key string, err error) {
	args := c.Args().Slice()
	switch {
	case len(args) > 2:
		return "", "", exit{code: exitUsage, message: "a value is not taken from the command line: " + onArguments, hint: "leave it out to be asked for it, or give it with --stdin or --from-file PATH"}
	case len(args) < 2:
		return "", "", usage("it needs a FILE and a KEY")
	case strings.Contains(args[1], "="):
		return "", "", exit{code: exitUsage, message: "a value is not taken from the command line: " + onArguments, hint: "write the KEY alone to be asked for its value, or give it with --stdin or --from-file PATH"}
	case args[1] == "":
		return "", "", usage("KEY is empty")
	}
	return args[0], args[1], nil
}

func (p program) sealSet(c *cli.Context) error {
	return p.sealKey(c, func(s *sealing, e *entry) (*made, error) {
		value, err := s.valueFor(c, e.key)
		if err != nil {
			return nil, err
		}
		defer clear(value)
		if len(value) == 0 && !c.Bool("allow-empty") {
			return nil, exit{code: exitUsage, message: "the value is empty", hint: "--allow-empty takes it for meant"}
		}
		return s.set(e, value, c.Bool("allow-empty"))
	})
}

func (p program) sealUnset(c *cli.Context) error {
	return p.sealKey(c, func(s *sealing, e *entry) (*made, error) { return s.unset(e) })
}

// entry is one key of one object of a file.
type entry struct {
	path   string // of the file
	way    *way
	data   []byte
	object seal.Selector
	key    string
}

// name is the path of the file for people.
func (e *entry) name() string { return filepath.ToSlash(e.path) }

// sealKey changes one key of a file.
func (p program) sealKey(c *cli.Context, do func(*sealing, *entry) (*made, error)) error {
	file, key, err := fileAndKey(c)
	if err != nil {
		return err
	}
	object, err := selectorOf(c.String("object"))
	if err != nil {
		return err
	}
	if c.String("cert") == "-" && c.Bool("stdin") {
		return usage("the value and the certificate cannot both come from standard input")
	}
	s, err := p.sealingOf(c)
	if err != nil {
		return err
	}
	defer s.close()
	s.fail(s.changeKey(&entry{path: file, object: object, key: key}, do))
	s.lookBack()
	return s.end()
}

func (s *sealing) changeKey(e *entry, do func(*sealing, *entry) (*made, error)) (err error) {
	if e.data, err = readForSealing(e.path); err != nil {
		return err
	}
	defer clear(e.data)
	if e.way, err = s.wayOf(e.path); err != nil {
		return err
	}
	m, err := do(s, e)
	if err != nil {
		return err
	}
	defer m.wipe()
	if len(m.changes) > 0 && !bytes.Equal(m.text, e.data) {
		if err := s.gate(e.name(), e.way, m); err != nil {
			return err
		}
	}
	return s.put(e.path, e.data, m)
}

// set gives a key a value, in the way in which the object keeps its values.
func (s *sealing) set(e *entry, value []byte, allowEmpty bool) (*made, error) {
	if isSOPSFile(e.way.name, e.data) {
		place, content, err := e.place(value)
		if err != nil {
			return nil, err
		}
		if err := s.agreedOn(e.way, e.data); err != nil {
			return nil, err
		}
		r, err := sops.Set(e.name(), e.data, place, content, sops.Options{Keys: s.sopsKeys(), Now: s.now()})
		if err != nil {
			return nil, err
		}
		m := s.changed(e, r, encryptedWithSOPS)
		m.values = newPlainField(place.Path[len(place.Path)-1], value)
		return m, nil
	}
	if e.refersToVault() {
		m, err := s.depositKey(e, value)
		if err == nil {
			m.values = newPlainField(e.key, value)
		}
		return m, err
	}
	o, t, err := s.sealingOptions(e.way)
	if err != nil {
		return nil, err
	}
	o.AllowEmpty = allowEmpty
	r, err := seal.Set(e.name(), e.data, e.object, e.key, value, o)
	if err != nil {
		return nil, err
	}
	return sealedSecrets(r, t, s), nil
}

// unset takes a key out.
func (s *sealing) unset(e *entry) (*made, error) {
	var m *made
	if isSOPSFile(e.way.name, e.data) {
		place, _, err := e.place(nil)
		if err != nil {
			return nil, err
		}
		r, err := sops.Unset(e.name(), e.data, place, sops.Options{Keys: s.sopsKeys(), Now: s.now()})
		if err != nil {
			return nil, err
		}
		return s.changed(e, r, "taken out"), nil
	}
	if e.refersToVault() {
		return s.withdrawKey(e)
	}
	r, err := seal.Unset(e.name(), e.data, e.object, e.key, seal.Options{Namespace: s.namespace})
	if err != nil {
		return nil, err
	}
	m = sealedSecrets(r, nil, s)
	for i := range m.changes {
		m.changes[i].how = "taken out"
	}
	return m, nil
}

// sealingOptions are the options for a SealedSecret that is there, with the certificate.
func (s *sealing) sealingOptions(w *way) (seal.Options, *target, error) {
	if err := s.agreed(w.as(config.MethodSealedSecrets)); err != nil {
		return seal.Options{}, nil, err
	}
	t, err := s.certificateFor(w)
	if err != nil {
		return seal.Options{}, nil, err
	}
	return seal.Options{Certificate: t.certificate, Namespace: s.namespace}, t, nil
}

// changed is what became of a file of SOPS in which one key was changed.
func (s *sealing) changed(e *entry, r sops.Result, how string) *made {
	m := &made{text: r.Text, notes: sopsNotes(r.Notes), already: 1}
	if r.Changed {
		m.changes = []alteration{{what: "the file", keys: []string{e.key}, how: how}}
		if how == encryptedWithSOPS {
			m.whom = forRecipients(e.way.name, r.Text)
		}
	}
	return m
}

// place is where in a file of SOPS a key stands or will stand, and how its value is
// written there: in base64 under data of a Secret.
func (e *entry) place(value []byte) (sops.Place, []byte, error) {
	file := manifest.Read(e.way.name, e.data, manifest.DefaultLimits())
	var found []*manifest.Document
	for _, d := range file.Documents {
		if e.object.Matches(d.Object) && (d.Object.Kind == "Secret" || e.object != seal.Selector{}) {
			found = append(found, d)
		}
	}
	switch {
	case len(found) > 1:
		return sops.Place{}, nil, exit{code: exitUsage, message: e.name() + ": several objects are meant: " + objectNames(found), hint: "name one of them with --object"}
	case len(found) == 0 && e.object != seal.Selector{}:
		return sops.Place{}, nil, usage("%s: there is no object %s in it", e.name(), e.object)
	case len(found) == 1 && found[0].Object.Kind == "Secret":
		return e.inSecret(found[0], value)
	}
	d := file.Documents
	if len(found) == 1 {
		d = found
	}
	path := strings.Split(e.key, ".")
	if len(d) > 0 && d[0].Root.Get(e.key) != nil || sops.FormatOf(e.way.name) == sops.Dotenv {
		path = []string{e.key}
	}
	place := sops.Place{Path: path}
	if len(d) > 0 {
		place.Document = d[0].Index
	}
	return place, value, e.text(value)
}

// inSecret is the place of a key in a Secret.
func (e *entry) inSecret(d *manifest.Document, value []byte) (sops.Place, []byte, error) {
	section := "stringData"
	switch {
	case d.Root.Lookup("stringData", e.key) != nil:
	case d.Root.Lookup("data", e.key) != nil, d.Root.Get("stringData") == nil && d.Root.Get("data") != nil, !utf8.Valid(value):
		section = "data"
	}
	place := sops.Place{Document: d.Index, Path: []string{section, e.key}}
	if section == "stringData" {
		return place, value, e.text(value)
	}
	return place, base64.StdEncoding.AppendEncode(nil, value), nil
}

func (e *entry) text(value []byte) error {
	if !utf8.Valid(value) {
		return usage("%s: the value of %s is no text in UTF-8, and cannot stand there", e.name(), strconv.Quote(e.key))
	}
	return nil
}

func objectNames(found []*manifest.Document) string {
	var names []string
	for _, d := range found {
		names = append(names, fmt.Sprintf("%s (line %d)", d.Object, d.At().Line))
	}
	return strings.Join(names, ", ")
}

// sealedObjects are the SealedSecrets of a file that a selector means.
func (e *entry) sealedObjects() (found []*manifest.Document) {
	for _, d := range manifest.Read(e.way.name, e.data, manifest.DefaultLimits()).Documents {
		if sealed.IsSealedSecret(d) && e.object.Matches(d.Object) {
			found = append(found, d)
		}
	}
	return found
}
