package admission

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"
)

// rules are what judges, made anew when the rules change. Requests that are under way
// are judged to their end by those with which they began.
type rules struct {
	current atomic.Pointer[Judge]
	broken  atomic.Bool // the rules as they are now cannot be used
	reload  func() (*Judge, error)
	told    string // the fault that was told last; used by one goroutine at a time
}

func newRules(j *Judge, reload func() (*Judge, error)) *rules {
	r := &rules{reload: reload}
	r.current.Store(j)
	return r
}

// renew takes the rules as they are now, if they can be used.
func (r *rules) renew(log *slog.Logger) {
	j, err := r.reload()
	r.broken.Store(err != nil)
	if err != nil {
		if err.Error() != r.told {
			r.told = err.Error()
			log.Error("rules not reloaded: the last good ones judge on", "error", r.told, "local", r.current.Load().settings.Local)
		}
		return
	}
	r.told = ""
	if j == nil {
		return
	}
	r.current.Store(j)
	log.Info("rules reloaded", "bundle", j.settings.Bundle, "local", j.settings.Local)
}

// watch renews until ctx ends.
func (r *rules) watch(ctx context.Context, every time.Duration, log *slog.Logger) {
	if r.reload == nil {
		return
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			r.renew(log)
		}
	}
}
