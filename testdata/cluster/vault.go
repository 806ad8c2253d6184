package cluster

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// Vault is a running Vault with its storage in memory. Nothing is mounted in it but what every Vault has. It knows the
// engine kv, and the auth methods approle, jwt and kubernetes.
type Vault struct {
	URL    string // http://127.0.0.1:PORT
	Token  string // the root token
	Key    string // the one key that unseals it, in base64
	Folder string // temporary, for what a test wants it to write, such as an audit log; Down removes it

	server   *process
	stdin    *os.File // closing it ends the server
	stopping sync.Once
}

// StartVault starts a Vault for the length of one test, which it fails if the server does not start. It skips under
// -short.
func StartVault(t testing.TB) *Vault {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: this test starts a real Vault")
	}
	v, err := UpVault(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Down(); err != nil {
			t.Error(err)
		}
	})
	return v
}

// UpVault builds the server where it is missing, announced through logf (nil: standard error), starts it, and returns
// once it is unsealed and answers. ctx bounds the start, not the life of the server. It needs nothing else of a cluster.
func UpVault(ctx context.Context, logf func(format string, args ...any)) (*Vault, error) {
	if logf == nil {
		logf = toStandardError
	}
	binaries, err := build(ctx, logf, vault())
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "gatehouse-vault-")
	if err != nil {
		return nil, err
	}
	v := &Vault{Folder: folder}
	if err := v.start(ctx, binaries.Vault); err != nil {
		return nil, errors.Join(fmt.Errorf("start vault: %w", err), v.Down())
	}
	return v, nil
}

// Down ends the server and removes the folder. Further calls do nothing.
func (v *Vault) Down() error {
	var err error
	v.stopping.Do(func() {
		if v.stdin != nil {
			// Where it cannot be closed the server is stopped all the same.
			_ = v.stdin.Close()
		}
		if v.server != nil {
			v.server.stop()
		}
		err = os.RemoveAll(v.Folder)
	})
	return err
}

// start runs the server and reads where it is. It chooses its port itself, so that no other process can take it.
func (v *Vault) start(ctx context.Context, program string) error {
	ctx, cancel := context.WithTimeout(ctx, startDeadline)
	defer cancel()
	stdin, keep, err := os.Pipe()
	if err != nil {
		return err
	}
	defer stdin.Close()
	v.stdin = keep
	said, stdout, err := os.Pipe()
	if err != nil {
		return err
	}
	defer said.Close()
	defer stdout.Close()

	command := exec.Command(program)
	command.Env = []string{} // never nil: that would be this process's environment
	command.Stdin, command.Stdout = stdin, stdout
	if v.server, err = startCommand("vault", filepath.Join(v.Folder, "vault.log"), command); err != nil {
		return err
	}
	line, err := v.firstLine(ctx, said)
	if err != nil {
		return fmt.Errorf("%w; the end of its log:\n%s", err, v.server.tail())
	}
	var ready struct{ Address, Token, Key string }
	if err := json.Unmarshal(line, &ready); err != nil {
		return fmt.Errorf("decode what it says first: %w", err)
	}
	v.URL, v.Token, v.Key = ready.Address, ready.Token, ready.Key
	return nil
}

// firstLine returns what the server says when it is ready, or the error that it ended or took too long.
func (v *Vault) firstLine(ctx context.Context, said *os.File) ([]byte, error) {
	reading := make(chan struct{})
	defer close(reading)
	go func() {
		select {
		case <-v.server.ended:
		case <-ctx.Done():
		case <-reading:
			return
		}
		// Ends the read; it cannot fail for a pipe.
		_ = said.SetReadDeadline(time.Now())
	}()
	line, err := bufio.NewReader(said).ReadBytes('\n')
	if err != nil {
		return nil, errors.Join(errors.New("it did not say where it listens"), ctx.Err())
	}
	return line, nil
}
