package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/urfave/cli/v2"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/builtin"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/source"
	"github.com/gatehouse-dev/gatehouse/secrets/seal"
)

// exitExposed is the exit code of `seal` where all is sealed, and a value was
// pushed before.
const exitExposed = 4

func (p program) sealCommand() *cli.Command {
	return &cli.Command{
		Name:      "seal",
		Usage:     "turn plaintext Secrets into SealedSecrets, in place",
		ArgsUsage: "[FILE...]",
		Description: "Each v1 Secret of each FILE becomes a SealedSecret; comments, other documents and all else stay as they are.\n" +
			"FILE - reads one file from standard input and writes the sealed one to standard output.\n\n" +
			"The certificate is that of --cert, or of the variable SEALED_SECRETS_CERT, or the one in the repository:\n" +
			".gatehouse/certs/*.pem, else pub-sealed-secrets.pem or sealed-secrets.pem (or .crt) at its root.\n\n" +
			"Exit codes: 0 done, or nothing to do; 2 a file cannot be sealed; 3 a file cannot be read; 4 done, and a value\n" +
			"was pushed before: rotate it. A file that cannot be sealed is not changed at all.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "cert", Usage: "seal for the certificate in `FILE`, or - for standard input"},
			&cli.StringFlag{Name: "namespace", Aliases: []string{"n"}, Usage: "`NAMESPACE` of the Secrets that name none; it is written into them"},
			&cli.BoolFlag{Name: "staged", Usage: "seal the Secrets that are staged, in the index and in the work tree"},
			&cli.BoolFlag{Name: "stdout", Aliases: []string{"dry-run"}, Usage: "print what would be written, and change nothing"},
			&cli.StringFlag{Name: "stdin-name", Value: "stdin.yaml", Usage: "`NAME` of the file on standard input, in messages"},
		},
		OnUsageError: onUsageError,
		Action:       p.seal,
	}
}

// sealing is one run of the command.
type sealing struct {
	program
	ctx       context.Context
	namespace string
	print     bool      // to standard output, instead of writing
	told      io.Writer // for what a person should know of what was done
	target    target
	known     seal.Known
	repos     map[string]*source.Repo // by folder, nil outside of one, and by root

	done    []sealed
	printed int  // files
	failed  exit // the first failure
	exposed bool // a value was pushed
}

// sealed is a file of which Secrets were sealed.
type sealed struct {
	path   string       // for people
	folder string       // in which it lies
	repo   *source.Repo // nil until it is looked for
	name   string       // from the root of the repository
	values seal.Values
}

func (p program) seal(c *cli.Context) error {
	s := &sealing{program: p, ctx: c.Context, namespace: c.String("namespace"), print: c.Bool("stdout"), told: p.stdout, repos: map[string]*source.Repo{}}
	defer s.close()
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
	}
	if s.print || fromStdin {
		s.print, s.told = true, p.stderr
	}
	if err := s.openTarget(c.String("cert")); err != nil {
		return err
	}
	switch {
	case staged:
		if err := s.sealStaged(); err != nil {
			return err
		}
	case fromStdin:
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
	switch {
	case errors.As(err, &e):
	case errors.As(err, &refused):
		e = exit{code: exitUsage, message: refused.Error(), hint: refused.Fix}
		if refused.Broken {
			e.code = exitIncomplete
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
	case howToGetOne: // several lines of our own
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
	here, err := os.Getwd()
	if err != nil {
		s.fail(err)
		return
	}
	result, err := s.transform(name, here, data)
	if err != nil {
		s.fail(err)
		return
	}
	s.report(name, result)
	s.fail(s.output(name, result.Text))
}

// sealFile seals one file in place.
func (s *sealing) sealFile(path string) {
	data, err := readForSealing(path)
	if err != nil {
		s.fail(err)
		return
	}
	defer clear(data)
	result, err := s.transform(filepath.ToSlash(path), filepath.Dir(path), data)
	if err != nil {
		s.fail(err)
		return
	}
	switch {
	case s.print:
		err = s.output(path, result.Text)
	case len(result.Sealed) > 0:
		err = replaceFile(path, data, result.Text)
	}
	if err != nil {
		s.fail(err)
		return
	}
	s.report(path, result)
	if len(result.Sealed) > 0 {
		s.done = append(s.done, sealed{path: path, folder: filepath.Dir(path), values: result.Values})
	}
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

// transform seals the Secrets of a text and has the gate judge what comes out.
// folder is where the repository is looked for that may have the certificate.
func (s *sealing) transform(name, folder string, data []byte) (seal.Result, error) {
	result, err := seal.File(name, data, seal.Options{Certificate: s.target.certificate, Namespace: s.namespace, Known: &s.known})
	if errors.Is(err, seal.ErrNoCertificate) {
		if err := s.findTarget(folder); err != nil {
			return seal.Result{}, err
		}
		return s.transform(name, folder, data)
	}
	if err != nil || len(result.Sealed) == 0 {
		return result, err
	}
	if err := s.target.serves(s, name, folder); err != nil {
		return seal.Result{}, err
	}
	return result, s.gate(name, result)
}

// gate judges a sealed text by the checks of every gate: what it would stop must
// not be written in the first place.
func (s *sealing) gate(name string, result seal.Result) error {
	judged := checks.Run(s.ctx, checks.Input{
		Files:  []checks.File{{Path: name, Load: func() ([]byte, error) { return result.Text, nil }}},
		Checks: builtin.All(), Limits: manifest.DefaultLimits(), Time: s.now().UTC(), Workers: 1,
	})
	if len(judged.NotJudged) > 0 {
		n := judged.NotJudged[0]
		return exit{code: exitIncomplete, message: fmt.Sprintf("%s: not sealed: the result could not be judged (%s: %s)", name, n.Check, n.Reason)}
	}
	for _, f := range judged.Findings {
		if f.Category != checks.Secrets {
			continue
		}
		for _, o := range result.Sealed {
			if f.Line >= o.Line && f.Line <= o.EndLine {
				return exit{code: exitUsage, message: fmt.Sprintf("%s: not sealed: %s would still be found in it (%s, line %d of the result): %s", name, f.Check, o, f.Line, f.Message), hint: f.Fix}
			}
		}
	}
	return nil
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
func (s *sealing) report(name string, result seal.Result) {
	name = printable(name)
	if len(result.Sealed) > 0 {
		s.target.announce(s.told, s.now())
	}
	for _, o := range result.Sealed {
		fmt.Fprintf(s.told, "%s:%d: %s: %s sealed, %s\n", name, o.Line, o, counted(len(o.Keys), "value"), o.Scope)
	}
	s.remark(name, result.Notes)
	s.remark(name, result.Left)
	if len(result.Sealed) == 0 && len(result.Left) == 0 {
		what := "there is no Secret in it"
		if result.Already > 0 {
			what = "sealed already"
		}
		fmt.Fprintf(s.told, "%s: nothing to do: %s\n", name, what)
	}
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
