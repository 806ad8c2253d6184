package admission

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"sync/atomic"
	"time"
)

// Path is where the server answers reviews.
const Path = "/v1/admit"

// Config says how a Server serves.
type Config struct {
	Address        string // of the webhook, over TLS: host:port
	MetricsAddress string // of metrics and probes, in plain HTTP; "" for none
	CertFile       string // PEM files, read again when they change
	KeyFile        string
	Drain          time.Duration // how long a server that is told to stop goes on serving
	Concurrency    int           // requests judged at one time; 0 for four for each processor
	Log            io.Writer     // one JSON object a line

	// Reload gives the Judge by the rules as they are now, or nil where they have not
	// changed. Where it fails, the last good rules stay. It is called by one goroutine
	// at a time; nil where the rules never change.
	Reload func() (*Judge, error)

	reloadEvery time.Duration // of certificate and rules; 0 for the usual time
}

// Server serves a webhook.
type Server struct {
	rules       *rules
	config      Config
	certificate *certificate
	queue       *queue
	metrics     *metrics
	log         *slog.Logger

	listener, plain net.Listener
	stopping        atomic.Bool
}

// Listen opens the addresses and reads the certificate, so that every fault of the
// configuration is told before anything is served.
func Listen(j *Judge, c Config) (*Server, error) {
	s := &Server{rules: newRules(j, c.Reload), config: c, metrics: newMetrics()}
	s.queue = newQueue(cmp.Or(c.Concurrency, 4*runtime.GOMAXPROCS(0)))
	s.log = slog.New(slog.NewJSONHandler(c.Log, nil))
	var err error
	if s.certificate, err = openCertificate(c.CertFile, c.KeyFile); err != nil {
		return nil, err
	}
	if s.listener, err = net.Listen("tcp", c.Address); err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	if c.MetricsAddress == "" {
		return s, nil
	}
	if s.plain, err = net.Listen("tcp", c.MetricsAddress); err != nil {
		return nil, errors.Join(fmt.Errorf("listen for metrics: %w", err), s.listener.Close())
	}
	return s, nil
}

// judge judges by the rules that hold now.
func (s *Server) judge() *Judge { return s.rules.current.Load() }

// Addr is the address of the webhook.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// MetricsAddr is the address of the metrics, or nil.
func (s *Server) MetricsAddr() net.Addr {
	if s.plain == nil {
		return nil
	}
	return s.plain.Addr()
}

// Serve serves until ctx ends, and then goes on for the time of Config.Drain:
// it takes a while until the API server sends nothing any more. Calls that are
// under way by then are answered. The error is nil after such an end.
func (s *Server) Serve(ctx context.Context) error {
	webhook := s.newServer(s.webhookHandler())
	webhook.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS13, GetCertificate: s.certificate.get}
	plain := s.newServer(s.plainHandler())
	watching, stop := context.WithCancel(context.Background())
	defer stop()
	every := cmp.Or(s.config.reloadEvery, reloadEvery)
	go s.certificate.watch(watching, every, s.log)
	go s.rules.watch(watching, every, s.log)

	ended := make(chan error, 2)
	go func() { ended <- webhook.ServeTLS(s.listener, "", "") }()
	if s.plain != nil {
		go func() { ended <- plain.Serve(s.plain) }()
	}
	s.announce()
	var failed error
	select {
	case <-ctx.Done():
		s.drain(ended)
	case failed = <-ended:
	}
	return errors.Join(failed, s.shutdown(webhook, plain))
}

// drain serves on while nothing fails.
func (s *Server) drain(ended <-chan error) {
	s.stopping.Store(true)
	s.log.Info("stopping", "drain", s.config.Drain.String())
	select {
	case <-time.After(s.config.Drain):
	case err := <-ended:
		s.log.Error("serving ended before its time", "error", err.Error())
	}
}

func (s *Server) shutdown(servers ...*http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	var errs []error
	for _, server := range servers {
		if err := server.Shutdown(ctx); err != nil {
			errs = append(errs, fmt.Errorf("stop: %w", err))
		}
	}
	return errors.Join(errs...)
}

func (s *Server) announce() {
	metrics := ""
	if s.plain != nil {
		metrics = s.plain.Addr().String()
	}
	s.log.Info("listening", "address", s.listener.Addr().String(), "metrics", metrics, "mode", string(s.judge().settings.Mode),
		"bundle", s.judge().settings.Bundle, "local", s.judge().settings.Local, "certificateExpires", s.certificate.expires().UTC())
	for _, n := range s.judge().notRun {
		s.log.Info("not run", "check", n.Check, "reason", n.Reason)
	}
}

func (s *Server) newServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: headerTimeout, WriteTimeout: longestTimeout + headerTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: headerBytes, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
}

func (s *Server) webhookHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+Path, s.admit)
	s.addProbes(mux)
	return mux
}

func (s *Server) plainHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", s.serveMetrics)
	s.addProbes(mux)
	return mux
}

func (s *Server) addProbes(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if s.stopping.Load() {
			http.Error(w, "stopping", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
}
