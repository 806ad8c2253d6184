package admission

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"
)

// certificate is the server's certificate, read again when its files change.
// Connections that stand keep theirs, so that a change breaks none.
type certificate struct {
	certFile, keyFile string
	current           atomic.Pointer[tls.Certificate]
	seen              string // the files that were tried last; used by one goroutine at a time
}

func openCertificate(certFile, keyFile string) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile}
	if _, err := c.reload(); err != nil {
		return nil, err
	}
	return c, nil
}

// reload reads the files if they have changed since the last try. Where they do
// not fit together, as in the middle of a change, the certificate stays.
func (c *certificate) reload() (changed bool, err error) {
	now, err := stamp(c.certFile, c.keyFile)
	if err != nil || now == c.seen {
		return false, err
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		// The same files are tried again: they may have been read half written.
		return false, fmt.Errorf("read the certificate: %w", err)
	}
	c.seen = now
	c.current.Store(&pair)
	return true, nil
}

// stamp changes when one of the files does.
func stamp(files ...string) (string, error) {
	all := ""
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			return "", fmt.Errorf("read the certificate: %w", err)
		}
		all += fmt.Sprintf("%d %d;", info.ModTime().UnixNano(), info.Size())
	}
	return all, nil
}

// get is for tls.Config.GetCertificate.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return c.current.Load(), nil
}

func (c *certificate) expires() time.Time { return c.current.Load().Leaf.NotAfter }

// watch reloads until ctx ends. A fault is told once.
func (c *certificate) watch(ctx context.Context, every time.Duration, log *slog.Logger) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	told := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		changed, err := c.reload()
		switch {
		case err != nil && err.Error() != told:
			told = err.Error()
			log.Error("certificate not reloaded", "error", told)
		case changed:
			told = ""
			log.Info("certificate reloaded", "expires", c.expires().UTC())
		}
	}
}
