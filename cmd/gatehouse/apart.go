package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/sandbox"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/source"
	"github.com/gatehouse-dev/gatehouse/policies"
)

// judgeApart is the command of a child that judges by policies that nobody has agreed
// to.
const judgeApart = "judge"

// asChild runs this process as a child in a sandbox.
func (p program) asChild(ctx context.Context, args []string) int {
	confined, err := sandbox.Confine(args[2:])
	if err != nil {
		fmt.Fprintf(p.stderr, "gatehouse: %s\n", err)
		return exitUsage
	}
	p.apart = true
	code := exitOK
	if command := confined.Command; len(command) == 1 && command[0] == judgeApart {
		if err := p.judgeAsAsked(ctx); err != nil {
			fmt.Fprintf(p.stderr, "gatehouse: %s\n", err)
			return exitUsage
		}
	} else {
		code = p.run(ctx, append(args[:1:1], command...))
	}
	if confined.End(p.stderr, code) != nil {
		return exitUsage
	}
	return code
}

// apartEnvironment is what of the environment a command needs that runs in a child: to
// find git and its settings, and to write as the terminal likes it.
var apartEnvironment = []string{
	"PATH", "HOME", "USERPROFILE", "SystemRoot", "TMPDIR", "TEMP", "XDG_CONFIG_HOME", "NO_COLOR", "TERM",
	"GIT_DIR", "GIT_WORK_TREE", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM",
}

// confined is a command that runs policies as they lie in a folder. In continuous
// integration somebody else may have written them.
func (p program) confined(run func(*cli.Context) error, words ...string) func(*cli.Context) error {
	return func(c *cli.Context) error {
		if p.apart {
			return run(c)
		}
		child := sandbox.Child{Args: append(slices.Clone(words), wordsOf(c)...), Limits: sandbox.OfCommand()}
		for _, name := range apartEnvironment {
			if value := p.env(name); value != "" {
				child.Env = append(child.Env, name+"="+value)
			}
		}
		code, err := child.Pass(c.Context, p.stdout, p.stderr)
		if stopped, ok := errors.AsType[sandbox.Stopped](err); ok {
			return exit{code: exitIncomplete, message: "the policies were stopped: " + stopped.Reason}
		}
		if err != nil {
			return err
		}
		if code != exitOK {
			return exit{code: code}
		}
		return nil
	}
}

// wordsOf writes the flags and arguments of a command as they may be given again.
func wordsOf(c *cli.Context) []string {
	var words []string
	for _, f := range c.Command.Flags {
		name := f.Names()[0]
		if !c.IsSet(name) {
			continue
		}
		switch f.(type) {
		case *cli.StringSliceFlag:
			for _, value := range c.StringSlice(name) {
				words = append(words, "--"+name+"="+value)
			}
		default:
			words = append(words, fmt.Sprintf("--%s=%v", name, c.Value(name)))
		}
	}
	return append(append(words, "--"), c.Args().Slice()...)
}

// apartRequest is what a child is told. The files follow, one after the other.
type apartRequest struct {
	Rules        map[string][]byte // the configuration and the policies, by path
	Name, Folder string
	HasOld       bool
	Users        []string
	OwnOnly      bool // the policies that lie there, and none that come with Gatehouse
	At           time.Time
	Jobs         int
}

// apartFile is one file to judge.
type apartFile struct {
	Path            string
	Data            []byte
	Before          bool
	Unchanged, Link bool
	Unread          bool // there is one, and it cannot be read
}

// apartAnswer is what a child says.
type apartAnswer struct {
	// Refused is what is wrong with the configuration; nothing was judged then.
	Refused string
	Result  checks.Result
	Faults  []policies.Fault
	Own     []string // the IDs of the policies that lie there
}

// recorded is a place that keeps what was read of it.
func (pl place) recorded() (place, map[string][]byte) {
	read := map[string][]byte{}
	return place{
		read: func(name string) ([]byte, error) {
			data, err := pl.read(name)
			if err == nil {
				read[name] = data
			}
			return data, err
		},
		list: pl.list,
	}, read
}

// keptPlace is what was recorded of a place.
func keptPlace(files map[string][]byte) place {
	return place{
		read: func(name string) ([]byte, error) {
			if data, ok := files[name]; ok {
				return data, nil
			}
			return nil, fs.ErrNotExist
		},
		list: func(name string) ([]string, error) {
			return slices.DeleteFunc(slices.Sorted(maps.Keys(files)), func(file string) bool { return !isBelow(file, name) }), nil
		},
	}
}

// judgedApart judges the files of a subject by policies in a child. The error is a
// sandbox.Stopped where it had to be stopped: nothing is known then.
func (s subject) judgedApart(ctx context.Context, request apartRequest, limits sandbox.Limits) (apartAnswer, error) {
	child := sandbox.Child{Args: []string{judgeApart}, Limits: limits, Sealed: true}
	out, err := child.Run(ctx, func(w io.Writer) error {
		to := json.NewEncoder(w)
		if err := to.Encode(request); err != nil {
			return err
		}
		send := func(files []checks.File, before bool) error {
			for _, f := range files {
				if f.Opaque != nil || f.Commit != "" || f.Message {
					continue
				}
				file := apartFile{Path: f.Path, Before: before, Unchanged: f.Unchanged, Link: f.Link}
				data, err := f.Load()
				file.Data, file.Unread = data, err != nil
				if err := to.Encode(file); err != nil {
					return err
				}
			}
			return nil
		}
		files, _ := exclude(s.set.Files, s.settings.Config.Exclude)
		if err := send(files, false); err != nil {
			return err
		}
		before, _ := exclude(s.set.Before, s.settings.Config.Exclude)
		return send(before, true)
	})
	var answer apartAnswer
	if err != nil {
		return answer, err
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		return answer, sandbox.Stopped{Reason: "it did not answer in the form of this version"}
	}
	return answer, nil
}

// judgeAsAsked is judgedApart in the child.
func (p program) judgeAsAsked(ctx context.Context) error {
	from := json.NewDecoder(p.stdin)
	var request apartRequest
	if err := from.Decode(&request); err != nil {
		return fmt.Errorf("read what is to be judged: %w", err)
	}
	s := subject{set: source.Set{HasOld: request.HasOld}, name: request.Name, folder: request.Folder}
	for _, name := range request.Users {
		s.users = append(s.users, usernamed(name))
	}
	for {
		var f apartFile
		err := from.Decode(&f)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read what is to be judged: %w", err)
		}
		if f.Before {
			s.set.Before = append(s.set.Before, f.file())
		} else {
			s.set.Files = append(s.set.Files, f.file())
		}
	}
	set, err := openPolicies(keptPlace(request.Rules), false)
	if err != nil {
		return p.answerApart(apartAnswer{Refused: err.Error()})
	}
	own := set.load()
	list := own.checks
	if !request.OwnOnly {
		list = set.checks()
	}
	return p.answerApart(apartAnswer{Result: s.judgedBy(ctx, set, list, request.At, request.Jobs), Faults: own.faults, Own: own.ids()})
}

func (p program) answerApart(answer apartAnswer) error {
	out, err := json.Marshal(answer)
	if err != nil {
		return fmt.Errorf("write what was found: %w", err)
	}
	_, err = p.stdout.Write(out)
	return err
}

var errUnread = errors.New("the file cannot be read")

func (f apartFile) file() checks.File {
	return checks.File{Path: f.Path, Unchanged: f.Unchanged, Link: f.Link, Load: func() ([]byte, error) {
		if f.Unread {
			return nil, errUnread
		}
		return f.Data, nil
	}}
}

// judgedBy runs checks over the files of a subject, by the configuration of a side.
func (s subject) judgedBy(ctx context.Context, set *policySet, list []checks.Check, at time.Time, jobs int) checks.Result {
	c := set.settings.Config
	files, _ := exclude(s.set.Files, s.settings.Config.Exclude)
	before, _ := exclude(s.set.Before, s.settings.Config.Exclude)
	return checks.Run(ctx, checks.Input{
		Files: files, HasOld: s.set.HasOld, Before: before, Checks: list, Overrides: c.SeverityOverrides(), Layout: s.layoutBy(c),
		Given: givenTo(s), Users: s.users, Limits: manifest.DefaultLimits(), FailOn: c.FailsOn(), Time: at, Workers: jobs,
	})
}
