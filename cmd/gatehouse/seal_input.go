package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"github.com/gatehouse-dev/gatehouse/secrets/seal"
)

// maxValue is the size from which a value is in no Secret of Kubernetes.
const maxValue = 1 << 20

// onArguments is why no value is taken from the command line.
const onArguments = "the shell keeps it in its history, and every process of the machine can read it"

// valueFlags say where a value comes from.
func valueFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "stdin", Usage: "read the value from standard input"},
		&cli.StringFlag{Name: "from-file", Usage: "read the value from the file `PATH`, as it is"},
		&cli.BoolFlag{Name: "keep-newline", Usage: "keep the newline at the end of what is read"},
		&cli.BoolFlag{Name: "allow-empty", Usage: "take an empty value for meant"},
	}
}

// objectFlag names the object that is meant.
func objectFlag() cli.Flag {
	return &cli.StringFlag{Name: "object", Usage: "the object that is meant where FILE has several: `NAME`, NAMESPACE/NAME or KIND/NAME"}
}

// selectorOf reads the flag --object. A first part with a capital is a kind, which no
// namespace has.
func selectorOf(text string) (seal.Selector, error) {
	if kind, name, ok := bytes.Cut([]byte(text), []byte("/")); ok && len(kind) > 0 && kind[0] >= 'A' && kind[0] <= 'Z' && !bytes.Contains(name, []byte("/")) && len(name) > 0 {
		return seal.Selector{Kind: string(kind), Name: string(name)}, nil
	}
	s, err := seal.ParseSelector(text)
	if err != nil {
		return s, usage("--object: %s", err)
	}
	return s, nil
}

// valueFor reads the value of a key: from where a flag says, else it asks the person at
// the terminal, who sees nothing of it. It is the caller's to overwrite.
func (s *sealing) valueFor(c *cli.Context, key string) (value []byte, err error) {
	file := c.String("from-file")
	switch {
	case c.Bool("stdin") && file != "":
		return nil, usage("--stdin and --from-file exclude each other")
	case file != "":
		return readValueFile(file)
	case c.Bool("stdin"):
		value, err = readAllUpTo(s.stdin, maxValue)
		if err != nil {
			return nil, usage("read the value from standard input: %s", err)
		}
	default:
		if value, err = s.ask(fmt.Sprintf("value of %s (it is not shown): ", printable(key))); err != nil {
			return nil, err
		}
	}
	return s.trimmed(value, c.Bool("keep-newline")), nil
}

// trimmed takes the newline at the end off, and says so.
func (s *sealing) trimmed(value []byte, keep bool) []byte {
	short := bytes.TrimSuffix(bytes.TrimSuffix(value, []byte("\n")), []byte("\r"))
	if keep || len(short) == len(value) || len(value) == 0 || value[len(value)-1] != '\n' {
		return value
	}
	fmt.Fprintln(s.told, "the newline at the end is left out of the value; --keep-newline keeps it")
	return short
}

func readValueFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, usage("%s cannot be read: %s", path, cause(err))
	}
	defer f.Close()
	value, err := readAllUpTo(f, maxValue)
	if err != nil {
		return nil, usage("%s cannot be read: %s", path, cause(err))
	}
	return value, nil
}

// ask reads a line from the terminal without showing it. Where the run is ended
// meanwhile, the terminal shows again what is typed.
func (s *sealing) ask(question string) ([]byte, error) {
	f, ok := s.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil, exit{code: exitUsage, message: "there is no terminal to ask for the value", hint: "give it with --stdin or --from-file PATH"}
	}
	before, err := term.GetState(int(f.Fd()))
	if err != nil {
		return nil, usage("the terminal cannot be asked: %s", err)
	}
	fmt.Fprint(s.stderr, question)
	type answer struct {
		value []byte
		err   error
	}
	answers := make(chan answer, 1)
	go func() {
		value, err := term.ReadPassword(int(f.Fd()))
		answers <- answer{value, err}
	}()
	select {
	case <-s.ctx.Done():
		_ = term.Restore(int(f.Fd()), before)
		fmt.Fprintln(s.stderr)
		return nil, usage("no value was given")
	case a := <-answers:
		fmt.Fprintln(s.stderr)
		if a.err != nil && !errors.Is(a.err, io.EOF) {
			return nil, usage("the value cannot be read: %s", a.err)
		}
		return a.value, nil
	}
}
