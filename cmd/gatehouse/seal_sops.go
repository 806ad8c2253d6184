package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/config"
	"github.com/gatehouse-dev/gatehouse/secrets/seal"
	"github.com/gatehouse-dev/gatehouse/secrets/seal/sops"
	"github.com/gatehouse-dev/gatehouse/secrets/seal/sops/kms"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

const encryptedWithSOPS = "encrypted with SOPS"

// encrypt encrypts a plain file with SOPS, by the rule that it matches.
func (s *sealing) encrypt(name string, w *way, data []byte) (*made, error) {
	file := manifest.Read(w.name, data, manifest.DefaultLimits())
	if err := errors.Join(unread(name, file), templated(name, file)); err != nil {
		return nil, err
	}
	held := plainSecrets(file)
	if !s.meant(w, file, held) {
		return &made{text: data, already: sealedAlready(file)}, nil
	}
	rule, whom, err := s.sopsRule(w)
	if err != nil {
		return nil, err
	}
	r, err := sops.Encrypt(name, data, sops.Options{Rule: rule, Keys: s.sopsKeys(), Now: s.now()})
	if err != nil {
		return nil, err
	}
	m := s.encrypted(w, data, r)
	m.whom = whom
	if held && !plainSecrets(manifest.Read(w.name, r.Text, manifest.DefaultLimits())) {
		m.notes = append(m.notes, seal.Note{Line: 1, Text: "the rule encrypts kind and metadata, too, so that kubectl, Flux and kustomize do not know it for a Secret: " +
			"encrypted_regex: ^(data|stringData)$ leaves them as they are"})
	}
	return m, nil
}

// meant tells whether a file is one to encrypt: it has a plaintext Secret, or a rule
// names it, or it is no manifest and a person named it. A rule for all files of a folder
// does not mean its Deployments.
func (s *sealing) meant(w *way, file *manifest.File, held bool) bool {
	if held || w.rules != nil && w.rules.rule != nil && w.rules.rule.Names(w.name) {
		return true
	}
	for _, d := range file.Documents {
		if d.IsObject() {
			return false
		}
	}
	return !s.fromIndex
}

// plainSecrets tells whether a file has a Secret with a value of its own.
func plainSecrets(file *manifest.File) bool {
	for _, d := range file.Documents {
		if d.Object.Kind != "Secret" || d.Object.APIVersion != "v1" {
			continue
		}
		for _, section := range []string{"data", "stringData"} {
			if n := d.Root.Get(section); n != nil && len(n.Items) > 0 {
				return true
			}
		}
	}
	return false
}

func sealedAlready(file *manifest.File) int {
	n := 0
	for _, d := range file.Documents {
		if sealed.IsSealedSecret(d) {
			n++
		}
	}
	return n
}

// complete encrypts what stands in the clear in a file that SOPS has encrypted. Where
// nothing does, no key is needed.
func (s *sealing) complete(name string, w *way, data []byte) (*made, error) {
	o := sops.Options{Now: s.now()}
	_, err := sops.Encrypt(name, data, o)
	var refused *sops.Error
	if !errors.As(err, &refused) || refused.Cause != sops.HalfSealed {
		return &made{text: data, already: 1}, err
	}
	if err := s.agreedOn(w, data); err != nil {
		return nil, err
	}
	o.Keys = s.sopsKeys()
	r, err := sops.Complete(name, data, o)
	if err != nil {
		return nil, err
	}
	m := s.encrypted(w, data, r)
	m.already = 1
	m.whom = forRecipients(w.name, r.Text)
	return m, nil
}

// encrypted is what became of a file that SOPS has encrypted, or changed.
func (s *sealing) encrypted(w *way, before []byte, r sops.Result) *made {
	m := &made{text: r.Text, notes: sopsNotes(r.Notes)}
	if !r.Changed {
		m.already = 1
		return m
	}
	m.values = newPlainFields(w.name, before, r.Text)
	m.changes = secretsOf(w.name, r.Text, encryptedWithSOPS, func(d *manifest.Document) (keys []string) {
		for _, f := range r.Fields {
			if f.Document == d.Index && !f.Comment {
				keys = append(keys, lastKey(f.Path))
			}
		}
		return keys
	})
	if len(m.changes) == 0 {
		whole := alteration{end: math.MaxUint32, what: "the file", how: encryptedWithSOPS}
		for _, f := range r.Fields {
			if !f.Comment {
				whole.keys = append(whole.keys, f.Path)
			}
		}
		m.changes = []alteration{whole}
	}
	return m
}

func sopsNotes(notes []sops.Note) (list []seal.Note) {
	for _, n := range notes {
		text := n.Text
		if n.Path != "" {
			text = n.Path + ": " + text
		}
		list = append(list, seal.Note{Line: uint32(max(n.Line, 1)), Text: text})
	}
	return list
}

// lastKey is the last key of a path in the notation of manifest.Node.Walk.
func lastKey(field string) string {
	if rest, ok := strings.CutSuffix(field, `"]`); ok {
		if _, key, ok := strings.Cut(rest, `["`); ok {
			return key
		}
	}
	return field[strings.LastIndexByte(field, '.')+1:]
}

// sopsRule is the rule for a new file, and for whom it is encrypted, in one line.
func (s *sealing) sopsRule(w *way) (sops.Rule, string, error) {
	if w.fault != nil {
		return sops.Rule{}, "", w.fault
	}
	if err := s.agreed(w.as(config.MethodSOPS)); err != nil {
		return sops.Rule{}, "", err
	}
	if w.rules != nil && w.rules.rule != nil {
		rule := sops.NewRule(w.rules.file, *w.rules.rule)
		return rule, fmt.Sprintf("encrypting for %s, rule %d of %s", recipientNames(rule), w.rules.rule.Index+1, w.rules.config.Path), nil
	}
	const variable = "SOPS_AGE_RECIPIENTS"
	if own := s.personal(variable); own != "" && w.rules == nil {
		var group sops.Group
		for id := range strings.SplitSeq(own, ",") {
			group = append(group, sops.Recipient{Type: "age", ID: strings.TrimSpace(id)})
		}
		rule := sops.Rule{Selection: sealed.Selection{Field: "encrypted_regex", Text: "^(data|stringData)$"}, Groups: []sops.Group{group}}
		return rule, fmt.Sprintf("encrypting for %s (%s)", recipientNames(rule), variable), nil
	}
	return sops.Rule{}, "", w.unmatched()
}

func recipientNames(rule sops.Rule) string {
	var names []string
	for _, group := range rule.Groups {
		for _, r := range group {
			names = append(names, r.String())
		}
	}
	return strings.Join(names, ", ")
}

// unmatched is the exit for a file that no rule of SOPS matches, with the name that one
// would.
func (w *way) unmatched() error {
	if w.rules == nil {
		return exit{code: exitUsage, message: w.name + ": there is no .sops.yaml that says for whom to encrypt it",
			hint: "write one with creation_rules: a path_regex, and age: with the public keys of who may read"}
	}
	e := exit{code: exitUsage, message: fmt.Sprintf("no rule of %s matches %s, so it says not for whom to encrypt it", w.rules.config.Path, w.name),
		hint: "add a rule whose path_regex matches the file"}
	if other := w.matching(); other != "" {
		e.hint = fmt.Sprintf("gatehouse seal --rename %s names it %s, which a rule matches, and names it so in its kustomization, too", shellWord(w.name), path.Base(other))
	}
	return e
}

// matching is a name for the file, from the root, that a rule of SOPS matches; "" where
// none of the usual ones is.
func (w *way) matching() string {
	extension := path.Ext(w.name)
	stem := strings.TrimSuffix(w.name, extension)
	folder, base := path.Dir(w.name), path.Base(stem)
	for _, candidate := range []string{stem + ".sops" + extension, stem + ".enc" + extension, stem + ".secret" + extension, stem + ".secrets" + extension,
		path.Join(folder, "secret."+base+extension), path.Join(folder, base+"-secret"+extension), stem + ".sops.yaml"} {
		if w.rules.config.Rule(candidate) != nil {
			return candidate
		}
	}
	return ""
}

// sopsKeys are the private keys that are at hand, read once: those that SOPS itself
// finds on a person's machine, and in CI those that the job is given.
func (s *sealing) sopsKeys() sops.Keys {
	if s.keys != nil {
		return *s.keys
	}
	keys := sops.Keys{Context: s.ctx, Cloud: kms.Service{}}
	for _, text := range s.ageKeys() {
		if found, err := sops.ParseAge(text, nil, nil); err == nil {
			keys.Age = append(keys.Age, found...)
		} else {
			fmt.Fprintf(s.stderr, "gatehouse: a file or variable with age keys was left out: %s\n", err)
		}
		clear(text)
	}
	if !s.inCI() {
		keys.PGP.GnuPG = "gpg"
	}
	if address, token := s.personal("VAULT_ADDR"), s.env("VAULT_TOKEN"); address != "" && token != "" {
		keys.Vaults = []sops.Vault{{Address: strings.TrimSuffix(address, "/"), Token: token, Namespace: s.personal("VAULT_NAMESPACE")}}
	}
	s.keys = &keys
	return keys
}

// ageKeys are the texts with private keys of age, where SOPS looks for them
// (https://getsops.io/docs/#encrypting-using-age).
func (s *sealing) ageKeys() (texts [][]byte) {
	if text := s.env("SOPS_AGE_KEY"); text != "" {
		texts = append(texts, []byte(text))
	}
	files := []string{s.env("SOPS_AGE_KEY_FILE"), s.env("SOPS_AGE_SSH_PRIVATE_KEY_FILE")}
	if !s.inCI() {
		home := s.env("HOME")
		if folder := s.env("XDG_CONFIG_HOME"); folder != "" {
			files = append(files, filepath.Join(folder, "sops", "age", "keys.txt"))
		} else if home != "" {
			files = append(files, filepath.Join(home, ".config", "sops", "age", "keys.txt"), filepath.Join(home, "Library", "Application Support", "sops", "age", "keys.txt"))
		}
	}
	for i, file := range files {
		if file == "" {
			continue
		}
		text, err := readKeyFile(file)
		if err == nil {
			texts = append(texts, text)
		} else if i < 2 { // somebody named it
			fmt.Fprintf(s.stderr, "gatehouse: the age keys in %s cannot be read: %s\n", printable(file), cause(err))
		}
	}
	return texts
}

const maxKeyFile = 1 << 20 // bytes

func readKeyFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readAllUpTo(f, maxKeyFile)
}
