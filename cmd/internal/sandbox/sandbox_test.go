package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// TestMain is the child where it is started as one.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == Command {
		confined, err := Confine(os.Args[2:])
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		code := behave(confined.Command)
		if err := confined.End(os.Stderr, code); err != nil {
			os.Exit(2)
		}
		os.Exit(code)
	}
	os.Exit(m.Run())
}

// behave does what a child is asked to do.
func behave(words []string) int {
	switch words[0] {
	case "echo":
		if _, err := io.Copy(os.Stdout, os.Stdin); err != nil {
			return 1
		}
	case "code":
		return 3
	case "environment":
		fmt.Print(strings.Join(os.Environ(), "\n"))
	case "open":
		if _, err := os.Open("/etc/hostname"); err != nil {
			fmt.Print("no file;")
		}
		if _, err := net.Dial("tcp", "127.0.0.1:1"); err != nil && !strings.Contains(err.Error(), "refused") {
			fmt.Print("no socket")
		}
	case "grow":
		var kept [][]byte
		for {
			kept = append(kept, bytes.Repeat([]byte{1}, 1<<20))
			if len(kept) > 1<<14 {
				return 0
			}
		}
	case "jump":
		fmt.Print(len(bytes.Repeat([]byte{1}, 8<<30)))
	case "spin":
		for i := 0; ; i++ {
			if i < 0 {
				return 0
			}
		}
	case "sleep":
		time.Sleep(time.Hour)
	case "talk":
		for range 1 << 10 {
			fmt.Print(strings.Repeat("x", 1<<10))
		}
	case "sink":
		return sink(1)
	case "die":
		panic("now")
	}
	return 0
}

// sink needs more stack than there is.
func sink(n int) int {
	if n < 0 {
		return 0
	}
	return sink(n+1) + n
}

func child(words ...string) Child {
	return Child{Args: words, Sealed: true, Limits: Limits{Memory: 128 << 20, CPU: 20 * time.Second, Time: 10 * time.Second, Output: 1 << 16}}
}

func TestRun(t *testing.T) {
	if testing.Short() {
		t.Skip("left out with -short, which goes with the race detector: that needs more address space than any limit leaves")
	}
	text := strings.Repeat("some text\n", 1000)
	out, err := child("echo").Run(context.Background(), func(w io.Writer) error { _, err := io.WriteString(w, text); return err })
	if err != nil || string(out) != text {
		t.Errorf("%d bytes, %v", len(out), err)
	}
	if out, err := child("environment").Run(context.Background(), nil); err != nil || string(out) != "GOTRACEBACK=none" {
		t.Errorf("the environment is %q, %v", out, err)
	}
	if out, err := child("open").Run(context.Background(), nil); err != nil || isLimited && string(out) != "no file;no socket" {
		t.Errorf("opened: %q, %v", out, err)
	}
	var stdout bytes.Buffer
	open := child("code")
	open.Sealed = false
	if code, err := open.Pass(context.Background(), &stdout, io.Discard); code != 3 || err != nil {
		t.Errorf("code %d, %v", code, err)
	}
}

// TestStopped holds that a child over a limit is stopped in time, and never gives an
// answer.
func TestStopped(t *testing.T) {
	if testing.Short() {
		t.Skip("left out with -short, which goes with the race detector: that needs more address space than any limit leaves")
	}
	short := func(c Child, change func(*Limits)) Child {
		change(&c.Limits)
		return c
	}
	for _, tt := range []struct {
		name  string
		child Child
		says  string
	}{
		{"memory, by and by", child("grow"), "sandbox-memory"},
		{"memory, at once", child("jump"), "sandbox-memory"},
		{"time, asleep", short(child("sleep"), func(l *Limits) { l.Time = 300 * time.Millisecond }), "sandbox-time"},
		{"time, at work", short(child("spin"), func(l *Limits) { l.Time = 300 * time.Millisecond }), "sandbox-time"},
		{"processor", short(child("spin"), func(l *Limits) { l.CPU = time.Second }), "sandbox-processor"},
		{"output", child("talk"), "sandbox-output"},
		{"stack", child("sink"), ""},
		{"panic", child("die"), "before its time"},
		{"code", child("code"), "code 3"},
	} {
		if tt.says == "sandbox-processor" && !isLimited {
			t.Log("skipped: this system has no limit of processor time")
			continue
		}
		begin := time.Now()
		out, err := tt.child.Run(context.Background(), nil)
		stopped, ok := errors.AsType[Stopped](err)
		if !ok || !strings.Contains(stopped.Reason, tt.says) || len(out) > 0 {
			t.Errorf("%s: %d bytes, %v; want %q", tt.name, len(out), err, tt.says)
		}
		if took := time.Since(begin); took > 8*time.Second {
			t.Errorf("%s took %s", tt.name, took)
		}
	}
}

func TestConfineRefusesOtherWords(t *testing.T) {
	for _, words := range [][]string{nil, {"policy", "test"}, {"0", "1", "1", "true", "w", "--"}, {"1", "-1", "1", "true", "w", "--"}, {"a", "1", "1", "true", "w", "--"}, {"1", "1", "1", "true", "w", "x"}} {
		if _, err := Confine(words); err == nil {
			t.Errorf("%q is taken", words)
		}
	}
}
