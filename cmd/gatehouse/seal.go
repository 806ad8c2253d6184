package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/urfave/cli/v2"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/source"
	"github.com/gatehouse-dev/gatehouse/secrets/seal"
	"github.com/gatehouse-dev/gatehouse/secrets/seal/sops"
	"github.com/gatehouse-dev/gatehouse/secrets/vault"
)

// exitExposed is the exit code of `seal` where all is sealed, and a value was
// pushed before.
const exitExposed = 4

func (p program) sealCommand() *cli.Command {
	return &cli.Command{
		Name:      "seal",
		Usage:     "turn plaintext Secrets into sealed ones, in place",
		ArgsUsage: "[FILE...]",
		Description: "Each v1 Secret of each FILE becomes one that may be committed; comments, other documents and all else stay\n" +
			"as they are. FILE - reads one file from standard input and writes the sealed one to standard output.\n" +
			"What is sealed already stays as it is, and of what is half sealed the rest is sealed.\n\n" +
			"The method is that of --method, else that of the configuration for the file's environment, else SOPS where\n" +
			"a rule of .sops.yaml matches the file, else Sealed Secrets where there is a certificate:\n" +
			"--cert, SEALED_SECRETS_CERT, .gatehouse/certs/*.pem, else pub-sealed-secrets.pem or sealed-secrets.pem (or .crt).\n" +
			"With vault, the values are written to the Vault of VAULT_ADDR (in CI: of the configuration) with the token in\n" +
			"VAULT_TOKEN, and a reference to them is left in the file.\n\n" +
			"Values are never given on the command line, where the shell's history and every process could read them.\n\n" +
			"Exit codes: 0 done, or nothing to do; 2 a file cannot be sealed; 3 a file cannot be read; 4 done, and a value\n" +
			"was pushed before: rotate it. A file that cannot be sealed is not changed at all.",
		Flags: append(sealFlags(),
			&cli.BoolFlag{Name: "staged", Usage: "seal the Secrets that are staged, in the index and in the work tree"},
			&cli.BoolFlag{Name: "rename", Usage: "with sops: give a file that no rule matches the name that one does, in its kustomization, too"},
			&cli.StringFlag{Name: "stdin-name", Value: "stdin.yaml", Usage: "`NAME` of the file on standard input, for rules by path and in messages"},
		),
		OnUsageError: onUsageError,
		Action:       p.seal,
		Before:       flagsBehind,
		Subcommands:  []*cli.Command{p.sealSetCommand(), p.sealUnsetCommand(), p.sealEditCommand(), p.sealCreateCommand(), p.sealStatusCommand(), p.sealCertCommand(), p.sealResealCommand()},
	}
}

// flagsBehind refuses flags before the name of a command, which the library would take
// for those of seal, and the command would not see.
func flagsBehind(c *cli.Context) error {
	sub := c.Command.Command(c.Args().First())
	if sub == nil || c.NumFlags() == 0 {
		return nil
	}
	return usage("write the flags behind the command: gatehouse seal %s FLAGS", sub.Name)
}

// sealFlags are those of all commands that seal.
func sealFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "method", Usage: "seal with `METHOD`: " + strings.Join(sealMethods(), ", ")},
		&cli.StringFlag{Name: "env", Usage: "seal as for the environment `NAME` of the configuration, wherever the file lies"},
		&cli.StringFlag{Name: "cert", Usage: "seal for the certificate in `FILE`, or - for standard input"},
		&cli.StringFlag{Name: "scope", Usage: "`SCOPE` of SealedSecrets that say none: strict, namespace-wide, cluster-wide"},
		&cli.StringFlag{Name: "namespace", Aliases: []string{"n"}, Usage: "`NAMESPACE` of the Secrets that name none; it is written into them"},
		&cli.BoolFlag{Name: "replace", Usage: "with vault: overwrite keys that are there already"},
		&cli.BoolFlag{Name: "dry-run", Usage: "tell what would be sealed, by paths and names of keys, and change nothing"},
		&cli.BoolFlag{Name: "stdout", Usage: "print what would be written, and change nothing"},
		acceptTargetFlag(),
	}
}

// sealing is one run of a command that seals.
type sealing struct {
	program
	ctx       context.Context
	choice    choice
	namespace string
	replace   bool      // keys in Vault
	rename    bool      // a file that no rule of SOPS matches
	print     bool      // to standard output, instead of writing
	dry       bool      // write nothing, also not to Vault
	fromIndex bool      // nobody named the files
	told      io.Writer // for what a person should know of what was done
	known     seal.Known

	acceptTarget bool             // though the default branch says another
	sides        map[string]*side // by root and commit
	branches     map[*source.Repo]source.Branch
	ignored      bool // variables that do not count in CI were told of

	repos          map[string]*source.Repo // by folder, nil outside of one, and by root
	configurations map[string]*policySet   // by root
	targets        map[string]*target      // by root and path
	announced      map[string]bool
	keys           *sops.Keys                   // nil until they are asked for
	vaults         map[string]*vault.Connection // by address and namespace
	stores         map[string][]store           // of External Secrets, by root

	done    []sealedFile
	printed int  // files
	failed  exit // the first failure
	exposed bool // a value was pushed
}

// sealedFile is a file of which Secrets were sealed.
type sealedFile struct {
	path   string       // for people
	folder string       // in which it lies
	repo   *source.Repo // nil until it is looked for
	name   string       // from the root of the repository
	values recogniser
}

// sealingOf begins a run with the flags of a command.
func (p program) sealingOf(c *cli.Context) (*sealing, error) {
	s := &sealing{
		program: p, ctx: c.Context, told: p.stdout,
		namespace: c.String("namespace"), replace: c.Bool("replace"), rename: c.Bool("rename"), print: c.Bool("stdout"), dry: c.Bool("dry-run") || c.Bool("stdout"),
		repos: map[string]*source.Repo{}, configurations: map[string]*policySet{}, targets: map[string]*target{}, announced: map[string]bool{},
		vaults: map[string]*vault.Connection{},
	}
	if s.print {
		s.told = p.stderr
	}
	if c.Bool("stdout") && c.Bool("dry-run") {
		return nil, usage("--stdout and --dry-run exclude each other")
	}
	if _, err := seal.ParseScope(c.String("scope")); err != nil {
		return nil, usage("--scope: %s", err)
	}
	s.acceptTarget = c.Bool("accept-target")
	var err error
	s.choice, err = s.choiceOf(c.String("method"), c.String("env"), c.String("cert"), c.String("scope"))
	return s, err
}

func (p program) seal(c *cli.Context) error {
	files, staged := c.Args().Slice(), c.Bool("staged")
	fromStdin := len(files) == 1 && files[0] == "-"
	switch {
	case staged && len(files) > 0:
		return usage("--staged takes no FILE: it seals what is staged")
	case !staged && len(files) == 0:
		return usage("seal needs a FILE, or - for standard input, or --staged")
	case !fromStdin && slices.Contains(files, "-"):
		return usage("standard input is sealed by itself: leave out the other files")
	case fromStdin && c.String("cert") == "-":
		return usage("the file and the certificate cannot both come from standard input")
	case c.Bool("rename") && (staged || fromStdin):
		return usage("--rename goes with files that are named")
	}
	s, err := p.sealingOf(c)
	if err != nil {
		return err
	}
	defer s.close()
	switch {
	case staged:
		s.fromIndex = true
		if err := s.sealStaged(); err != nil {
			return err
		}
	case fromStdin:
		s.print, s.told = !s.dry || s.print, p.stderr
		s.sealInput(c.String("stdin-name"))
	default:
		for _, file := range files {
			s.sealFile(file)
		}
	}
	s.lookBack()
	return s.end()
}

func (s *sealing) close() {
	for _, repo := range s.repos {
		subject{repo: repo}.close()
	}
	s.closeVaults()
}

// repoOf is the repository that holds a folder, or nil.
func (s *sealing) repoOf(folder string) (*source.Repo, error) {
	if repo, ok := s.repos[folder]; ok {
		return repo, nil
	}
	repo, err := source.Open(s.ctx, folder)
	if err != nil && !errors.Is(err, source.ErrNotRepository) {
		return nil, sourceExitOf(err)
	}
	if repo != nil {
		if known := s.repos[repo.Root()]; known != nil {
			subject{repo: repo}.close()
			repo = known
		}
		s.repos[repo.Root()] = repo
	}
	s.repos[folder] = repo
	return repo, nil
}

// end gives the exit code of the run: that of the first failure, else whether a
// value was exposed.
func (s *sealing) end() error {
	switch {
	case s.failed.code != 0:
		return exit{code: s.failed.code}
	case s.exposed:
		return exit{code: exitExposed}
	}
	return nil
}

// fail tells of a file that could not be sealed, if err is not nil; the run goes on
// with the others.
func (s *sealing) fail(err error) {
	if err == nil {
		return
	}
	e := exitOf(err)
	s.say(e)
	if s.failed.code == 0 {
		s.failed = e
	}
}

// exitOf words an error of sealing.
func exitOf(err error) exit {
	var e exit
	var refused *seal.Error
	var ofSOPS *sops.Error
	var ofVault *vault.Error
	switch {
	case errors.As(err, &e):
	case errors.As(err, &refused):
		e = exit{code: exitUsage, message: refused.Error(), hint: refused.Fix}
		if refused.Broken {
			e.code = exitIncomplete
		}
	case errors.As(err, &ofSOPS):
		e = exit{code: exitUsage, message: ofSOPS.Error(), hint: ofSOPS.Fix}
		if ofSOPS.Cause == sops.Broken || ofSOPS.Cause == sops.Unreachable {
			e.code = exitIncomplete
		}
	case errors.As(err, &ofVault):
		e = exit{code: exitIncomplete, message: ofVault.Error()}
		_, e.hint = ofVault.Words()
		if slices.Contains(refusedByVault(), ofVault.Reason) {
			e.code = exitUsage
		}
	default:
		e = exit{code: exitUsage, message: err.Error()}
	}
	return e
}

// say writes what an exit says, and goes on.
func (p program) say(e exit) {
	fmt.Fprintf(p.stderr, "gatehouse: %s\n", printable(e.message))
	switch e.hint {
	case "":
	case howToGetOne, howToChoose: // several lines of our own
		fmt.Fprintf(p.stderr, "hint: %s\n", e.hint)
	default:
		fmt.Fprintf(p.stderr, "hint: %s\n", printable(e.hint))
	}
}

// sealInput seals standard input.
func (s *sealing) sealInput(name string) {
	data, err := readAllUpTo(s.stdin, manifest.DefaultLimits().FileBytes)
	if err != nil {
		s.fail(exit{code: exitIncomplete, message: fmt.Sprintf("%s: %s", name, err)})
		return
	}
	defer clear(data)
	w, err := s.wayOf(name)
	if err != nil {
		s.fail(err)
		return
	}
	m, err := s.transform(name, w, data)
	if err != nil {
		s.fail(err)
		return
	}
	defer m.wipe()
	if err := s.publish(m); err != nil {
		s.fail(err)
		return
	}
	s.report(name, m)
	if s.print {
		s.fail(s.output(name, m.text))
	}
}

// sealFile seals one file in place.
func (s *sealing) sealFile(path string) {
	if err := s.sealOne(path); err != nil {
		s.fail(err)
	}
}

func (s *sealing) sealOne(path string) error {
	data, err := readForSealing(path)
	if err != nil {
		return err
	}
	defer clear(data)
	w, err := s.wayOf(path)
	if err != nil {
		return err
	}
	if s.rename && w.needsName() {
		return s.sealRenamed(w, path, data)
	}
	m, err := s.transform(filepath.ToSlash(path), w, data)
	if err != nil {
		return err
	}
	defer m.wipe()
	return s.put(path, data, m)
}

// put writes what became of a file, and tells of it.
func (s *sealing) put(path string, old []byte, m *made) error {
	if err := s.publish(m); err != nil {
		return err
	}
	switch {
	case s.print:
		if err := s.output(path, m.text); err != nil {
			return err
		}
	case !s.dry && len(m.changes) > 0 && !bytes.Equal(old, m.text):
		if err := replaceFile(path, old, m.text); err != nil {
			return m.unwritten(path, err)
		}
	}
	s.report(path, m)
	if len(m.changes) > 0 && m.values != nil {
		s.done = append(s.done, sealedFile{path: path, folder: filepath.Dir(path), values: m.values})
	}
	return nil
}

// readForSealing reads a regular file.
func readForSealing(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, usage("%s: there is no such file", path)
	case info.IsDir():
		return nil, usage("%s is a folder: name the files in it", path)
	case !info.Mode().IsRegular():
		return nil, exit{code: exitUsage, message: path + " is not a regular file", hint: "gatehouse seal - reads standard input"}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, usage("%s", err)
	}
	defer f.Close()
	data, err := readAllUpTo(f, manifest.DefaultLimits().FileBytes)
	if err != nil {
		return nil, exit{code: exitIncomplete, message: fmt.Sprintf("%s: %s", path, err)}
	}
	return data, nil
}

func readAllUpTo(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(data)) > limit {
		return nil, checks.ErrTooLarge
	}
	return data, err
}

// output prints a file. From the second on they are documents of one stream.
func (s *sealing) output(name string, text []byte) error {
	if s.printed++; s.printed > 1 {
		if _, err := fmt.Fprintf(s.stdout, "---\n# %s\n", printable(name)); err != nil {
			return err
		}
	}
	if _, err := s.stdout.Write(text); err != nil {
		return err
	}
	return nil
}

// printable writes what a stranger may have named so that it cannot rewrite
// what a terminal shows, nor go on on a line of its own: all but what is printed as
// escapes.
func printable(s string) string {
	hidden := func(r rune) bool { return !unicode.IsPrint(r) }
	if !strings.ContainsFunc(s, hidden) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if hidden(r) {
			fmt.Fprintf(&b, "\\u%04x", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// report tells what was done with one file.
func (s *sealing) report(name string, m *made) {
	name = printable(name)
	if len(m.changes) > 0 {
		s.announce(m)
	}
	for _, c := range m.changes {
		where := name
		if c.line > 0 {
			where += fmt.Sprintf(":%d", c.line)
		}
		if s.dry && (!s.print || m.deposit != nil) {
			fmt.Fprintf(s.told, "%s: %s: would be %s: %s\n", where, printable(c.what), printable(c.how), printable(quoted(c.keys)))
			continue
		}
		fmt.Fprintf(s.told, "%s: %s: %s %s\n", where, printable(c.what), counted(len(c.keys), "value"), printable(c.how))
	}
	s.remark(name, m.notes)
	s.remark(name, m.left)
	if len(m.changes) == 0 && len(m.left) == 0 {
		what := "there is no Secret in it"
		if m.already > 0 {
			what = "sealed already"
		}
		fmt.Fprintf(s.told, "%s: nothing to do: %s\n", name, what)
	}
}

// quoted lists names of keys.
func quoted(keys []string) string {
	list := make([]string, len(keys))
	for i, key := range keys {
		list[i] = strconv.Quote(key)
	}
	return strings.Join(list, ", ")
}

func (s *sealing) remark(name string, notes []seal.Note) {
	for _, n := range notes {
		object := ""
		if !n.Object.IsZero() {
			object = n.Object.String() + ": "
		}
		fmt.Fprintf(s.told, "%s:%d: %s\n", printable(name), n.Line, printable(object+n.Text))
	}
}
