package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/config"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/source"
	"github.com/gatehouse-dev/gatehouse/secrets/seal"
	"github.com/gatehouse-dev/gatehouse/secrets/seal/sops"
	proofs "github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

func (p program) sealResealCommand() *cli.Command {
	return &cli.Command{
		Name:      "reseal",
		Usage:     "seal for a new certificate, or for other recipients",
		ArgsUsage: "[FILE...]",
		Description: "Of the SealedSecrets in each FILE, it seals those values anew that are not sealed with the certificate of now,\n" +
			"and records it. A file of SOPS gets the recipients of its rule in .sops.yaml; where one was removed it gets a\n" +
			"new data key, too. What is right already stays as it is, to the byte.\n\n" +
			"A sealed value can be opened by the controller alone. So without --private-key it only stays or is named, with\n" +
			"the command that gives it anew; --private-key takes the keys of the controller, as PEM or as kubectl get\n" +
			"--output yaml writes its Secrets. A file of SOPS is opened with the keys that SOPS would use.\n\n" +
			"Exit codes: 0 done, or nothing to do; 2 a file cannot be sealed; 3 something that had to be sealed anew could\n" +
			"not be, or a file cannot be read.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "all", Usage: "do it for every file of this repository or folder"},
			&cli.StringFlag{Name: "cert", Usage: "seal for the certificate in `FILE`, or - for standard input"},
			&cli.StringFlag{Name: "private-key", Usage: "open values with the keys of the controller in `FILE`"},
			&cli.StringFlag{Name: "env", Usage: "seal as for the environment `NAME` of the configuration, wherever the file lies"},
			&cli.StringFlag{Name: "namespace", Aliases: []string{"n"}, Usage: "`NAMESPACE` of the SealedSecrets that name none"},
			&cli.BoolFlag{Name: "dry-run", Usage: "tell what would be sealed anew, and change nothing"},
			&cli.BoolFlag{Name: "stdout", Usage: "print what would be written, and change nothing"},
			acceptTargetFlag(),
		},
		OnUsageError: onUsageError,
		Action:       p.sealReseal,
	}
}

// resealing is one run of seal reseal.
type resealing struct {
	*sealing
	keys seal.PrivateKeys
	all  bool
	left bool // something that had to be sealed anew could not be
}

func (p program) sealReseal(c *cli.Context) error {
	files, all := c.Args().Slice(), c.Bool("all")
	switch {
	case all && len(files) > 0:
		return usage("--all takes no FILE: it is for every file")
	case !all && len(files) == 0:
		return usage("seal reseal needs a FILE, or --all")
	case slices.Contains(files, "-"):
		return usage("seal reseal works on files, and not on standard input")
	}
	s, err := p.sealingOf(c)
	if err != nil {
		return err
	}
	defer s.close()
	r := &resealing{sealing: s, all: all}
	if r.keys, err = privateKeys(c.String("private-key")); err != nil {
		return err
	}
	if all {
		if files, err = r.everyFile(); err != nil {
			return err
		}
	}
	for _, file := range files {
		if err := r.file(file); err != nil {
			s.fail(err)
		}
	}
	if len(files) == 0 && s.failed.code == 0 {
		fmt.Fprintln(s.told, "nothing to do: there is no SealedSecret, and no file of SOPS")
	}
	if s.failed.code == 0 && r.left {
		return exit{code: exitIncomplete}
	}
	return s.end()
}

// maxPrivateKeys bounds a file of private keys: a controller that is years old has a
// hundred of them, of 6 kB.
const maxPrivateKeys = 16 << 20

// privateKeys reads the keys of a controller; none for "".
func privateKeys(path string) (seal.PrivateKeys, error) {
	if path == "" {
		return seal.PrivateKeys{}, nil
	}
	refuse := func(err error) (seal.PrivateKeys, error) {
		return seal.PrivateKeys{}, exit{code: exitUsage, message: fmt.Sprintf("the private keys in %s cannot be used: %s", path, err),
			hint: "kubectl get secret --namespace kube-system --selector sealedsecrets.bitnami.com/sealed-secrets-key --output yaml writes those of the controller"}
	}
	text, err := readBounded(path, maxPrivateKeys)
	defer clear(text)
	if err != nil {
		return refuse(cause(err))
	}
	keys, err := seal.ParsePrivateKeys(text)
	if err != nil {
		return refuse(err)
	}
	return keys, nil
}

// everyFile lists the files of the tree around the working directory that hold sealed
// values.
func (r *resealing) everyFile() ([]string, error) {
	root, err := r.rootOf(".")
	if err != nil {
		return nil, err
	}
	repo, err := r.repoOf(".")
	if err != nil {
		return nil, err
	}
	set, err := source.Tree(r.ctx, repo, root, source.Options{})
	if err != nil {
		return nil, sourceExitOf(err)
	}
	var files []string
	for _, f := range set.Files {
		if f.Opaque != nil || f.Link {
			continue
		}
		text, err := f.Load()
		switch {
		case errors.Is(err, checks.ErrTooLarge) && !isManifestName(f.Path), errors.Is(err, fs.ErrNotExist):
		case err != nil:
			r.fail(exit{code: exitIncomplete, message: fmt.Sprintf("%s: %s", f.Path, unpathed(err))})
		case holdsSealed(f.Path, text):
			files = append(files, filepath.Join(root, filepath.FromSlash(f.Path)))
		}
	}
	return files, nil
}

// holdsSealed tells whether a file has a SealedSecret or is one of SOPS.
func holdsSealed(name string, text []byte) bool {
	if isSOPSFile(name, text) {
		return true
	}
	return bytes.Contains(text, []byte("ealedSecret")) &&
		slices.ContainsFunc(manifest.Read(name, text, manifest.DefaultLimits()).Documents, proofs.IsSealedSecret)
}

// file seals one file anew.
func (r *resealing) file(path string) error {
	data, err := readForSealing(path)
	if err != nil {
		return err
	}
	w, err := r.wayOf(path)
	if err != nil {
		return err
	}
	name := filepath.ToSlash(path)
	if r.all {
		name = w.name
	}
	if isSOPSFile(w.name, data) {
		return r.recipients(path, name, w.as(config.MethodSOPS), data)
	}
	return r.certificate(path, name, w.as(config.MethodSealedSecrets), data)
}

// as is the same way for what is sealed with a method already.
func (w *way) as(m config.Method) *way {
	if w.decided == m {
		return w
	}
	other := *w
	other.choice.method, other.decided = m, m
	return &other
}

// certificate seals SealedSecrets for the certificate of now.
func (r *resealing) certificate(path, name string, w *way, data []byte) error {
	if !bytes.Contains(data, []byte("ealedSecret")) {
		fmt.Fprintf(r.told, "%s: nothing to do: there is no SealedSecret in it\n", printable(name))
		return nil
	}
	t, err := r.certificateFor(w)
	if err != nil {
		return err
	}
	result, err := seal.Reseal(name, data, seal.Resealing{Keys: r.keys}, seal.Options{Certificate: t.certificate, Namespace: r.namespace, Known: &r.known})
	if err != nil {
		return err
	}
	m := sealedSecrets(result, t, r.sealing)
	if len(m.changes) > 0 {
		if err := r.agreed(w); err != nil {
			return err
		}
		if err := r.gate(name, w, m); err != nil {
			return err
		}
		r.announce(m)
	}
	if err := r.replace(path, data, m.text, len(m.changes) > 0); err != nil {
		return err
	}
	r.tellOf(name, path, t, result)
	return nil
}

// replace writes what became of a file, or prints it.
func (r *resealing) replace(path string, old, text []byte, changed bool) error {
	switch {
	case r.print:
		return r.output(path, text)
	case !r.dry && changed:
		return replaceFile(path, old, text)
	}
	return nil
}

// tellOf tells of each SealedSecret what became of its values.
func (r *resealing) tellOf(name, path string, t *target, result seal.Result) {
	status := seal.Status(name, result.Text, t.certificate)
	for _, d := range manifest.Read(name, result.Text, manifest.DefaultLimits()).Documents {
		if !proofs.IsSealedSecret(d) {
			continue
		}
		var renewed, right, open []string
		recorded := false
		for _, o := range result.Sealed {
			if o.Line == d.At().Line {
				renewed, recorded = o.Keys, true
			}
		}
		left := leftIn(status, d)
		for _, key := range keysIn(d) {
			switch {
			case slices.Contains(renewed, key):
			case slices.Contains(left, key):
				open = append(open, key)
			default:
				right = append(right, key)
			}
		}
		r.tellOfObject(fmt.Sprintf("%s:%d: %s", printable(name), d.At().Line, printable(d.Object.String())), path, renewed, right, open, recorded)
	}
}

// leftIn are the keys of a SealedSecret whose values are not known to be sealed with the
// certificate.
func leftIn(status []seal.ObjectStatus, d *manifest.Document) []string {
	for _, o := range status {
		if o.Line == d.At().Line && o.Method == seal.MethodSealedSecret {
			return slices.Concat(o.Outdated, o.Unrecorded, o.Broken)
		}
	}
	return nil
}

func keysIn(d *manifest.Document) (keys []string) {
	if values := d.Root.Lookup("spec", "encryptedData"); values != nil {
		for i := range values.Items {
			keys = append(keys, values.Items[i].Key)
		}
	}
	return keys
}

func (r *resealing) tellOfObject(where, path string, renewed, right, open []string, recorded bool) {
	verb := "sealed anew"
	if r.dry {
		verb = "would be sealed anew"
	}
	if len(renewed) > 0 {
		fmt.Fprintf(r.told, "%s: %s: %s\n", where, verb, printable(quoted(renewed)))
	} else if recorded {
		fmt.Fprintf(r.told, "%s: the certificate is recorded\n", where)
	}
	if len(right) > 0 {
		fmt.Fprintf(r.told, "%s: right already: %s\n", where, printable(quoted(right)))
	}
	if len(open) == 0 {
		return
	}
	r.left = true
	fmt.Fprintf(r.stderr, "gatehouse: %s: not sealed anew, since no key at hand opens it: %s\n", where, printable(quoted(open)))
	var commands []string
	for _, key := range open {
		commands = append(commands, "gatehouse seal set "+shellWord(path)+" "+shellWord(key))
	}
	fmt.Fprintf(r.stderr, "hint: %s\n", printable(strings.Join(commands, "; "))+"; or --private-key with the keys of the controller")
}

// recipients brings a file of SOPS to the recipients of its rule.
func (r *resealing) recipients(path, name string, w *way, data []byte) error {
	if r.all && w.fault == nil && (w.rules == nil || w.rules.rule == nil) {
		fmt.Fprintf(r.told, "%s: left as it is: no rule of SOPS says for whom it should be encrypted\n", printable(name))
		return nil
	}
	rule, whom, err := r.sopsRule(w)
	if err != nil {
		return err
	}
	result, err := sops.UpdateRecipients(name, data, sops.Options{Rule: rule, Keys: r.sopsKeys(), Now: r.now()})
	var refused *sops.Error
	if errors.As(err, &refused) && refused.Cause == sops.NoKey {
		e := exitOf(err)
		e.code = exitIncomplete
		return e
	}
	if err != nil {
		return err
	}
	m := &made{text: result.Text, notes: sopsNotes(result.Notes), whom: whom}
	what := "nothing to do: its recipients are those of the rule"
	if result.Changed {
		r.announce(m)
		what = "it has the recipients of the rule now, and its data key as before"
		if result.Rotated != "" {
			what = "it has the recipients of the rule now, and a new data key: " + result.Rotated
		}
		if r.dry {
			what = "would be changed: " + what
		}
	}
	if err := r.replace(path, data, m.text, result.Changed); err != nil {
		return err
	}
	fmt.Fprintf(r.told, "%s: %s\n", printable(name), printable(what))
	if result.Rotated != "" {
		fmt.Fprintf(r.told, "%s: who was removed still knows the values: rotate them\n", printable(name))
	}
	r.remark(name, m.notes)
	return nil
}
