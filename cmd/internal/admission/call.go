package admission

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/checks"
)

// call is one call of the webhook.
type call struct {
	arrived time.Time
	timeout time.Duration // after which the caller has given up
	uid     string
	request *admissionv1.AdmissionRequest // nil where the review could not be read
	places  int64                         // that it takes among the judges
	free    func()                        // gives back what the body took
}

// admit answers one review. Every call whose uid can be read gets a review with
// status 200.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) {
	s.metrics.inflight.Add(1)
	defer s.metrics.inflight.Add(-1)
	c := &call{arrived: time.Now(), timeout: timeoutOf(r), free: func() {}}
	ctx, cancel := context.WithDeadline(r.Context(), c.arrived.Add(share(c.timeout, answerShare)))
	defer cancel()
	answer := s.answer(ctx, c, w, r)
	s.write(w, r, c, answer)
	took := time.Since(c.arrived)
	s.metrics.observe(c.request, answer, s.judge().settings.Mode, took)
	s.logAnswer(c, answer, took)
}

// timeoutOf reads how long the API server waits; it says so in the query
// (k8s.io/apiserver, callHook).
func timeoutOf(r *http.Request) time.Duration {
	timeout, err := time.ParseDuration(r.URL.Query().Get("timeout"))
	if err != nil || timeout <= 0 {
		return defaultTimeout
	}
	return min(timeout, longestTimeout)
}

func share(d time.Duration, of float64) time.Duration { return time.Duration(float64(d) * of) }

// answer judges a call, or says why that cannot be done.
func (s *Server) answer(ctx context.Context, c *call, w http.ResponseWriter, r *http.Request) Answer {
	if err := s.receive(ctx, c, w, r); err != nil {
		out := unjudged("%v", err)
		var bad malformed
		out.warn, out.retry = errors.As(err, &bad), errors.Is(err, errOverload)
		return s.judge().answer(types.UID(c.uid), subject{}, out)
	}
	waiting, cancel := context.WithDeadline(ctx, c.arrived.Add(share(c.timeout, queueShare)))
	defer cancel()
	if err := s.queue.judges.take(waiting, c.places); err != nil {
		c.free()
		return s.unjudged(c, judgement{verdict: checks.VerdictIncomplete, reasons: []string{err.Error()}, retry: true})
	}
	judged := make(chan Answer, 1)
	go func() {
		defer c.free()
		defer s.queue.judges.give(c.places)
		defer func() {
			if recover() != nil {
				judged <- s.unjudged(c, unjudged("the gate failed on this object, which is a fault in Gatehouse"))
			}
		}()
		judged <- s.judge().Review(ctx, c.request)
	}()
	select {
	case a := <-judged:
		return a
	case <-ctx.Done():
		return s.unjudged(c, unjudged("there was no verdict in time"))
	}
}

func (s *Server) unjudged(c *call, out judgement) Answer {
	return s.judge().answer(types.UID(c.uid), subjectOf(c.request), out)
}

// receive reads the review of a call. The error says why that could not be done;
// the uid may be known even so.
func (s *Server) receive(ctx context.Context, c *call, w http.ResponseWriter, r *http.Request) error {
	waiting, cancel := context.WithDeadline(ctx, c.arrived.Add(share(c.timeout, queueShare)))
	defer cancel()
	size := bodySize(r.ContentLength)
	deadline := time.Now().Add(bodyTimeout)
	if end, ok := ctx.Deadline(); ok && end.Before(deadline) {
		deadline = end
	}
	// A server that cannot set deadlines has its own way to end a call.
	connection := http.NewResponseController(w)
	_ = connection.SetReadDeadline(deadline)
	if err := s.queue.bodies.take(waiting, size); err != nil {
		head, _ := io.ReadAll(io.LimitReader(r.Body, uidBytes))
		c.uid = uidOf(head)
		return err
	}
	body, err := readBody(http.MaxBytesReader(w, r.Body, bodyBytes), r.ContentLength)
	if err == nil {
		// For a body that did not arrive it stays: the server looks for the rest of it.
		_ = connection.SetReadDeadline(time.Time{})
		err = contentType(r.Header.Get("Content-Type"))
	}
	if err == nil {
		c.request, err = decode(body)
	}
	if err != nil {
		c.uid = uidOf(body)
		s.queue.bodies.give(size)
		return err
	}
	c.uid, c.places = string(c.request.UID), s.queue.placesFor(body)
	c.free = func() { s.queue.bodies.give(size) }
	return nil
}

// readBody reads to the end, or as far as it comes. The error is a malformed.
func readBody(r io.Reader, declared int64) ([]byte, error) {
	size := int64(shortestBody)
	if declared >= 0 {
		size = bodySize(declared)
	}
	body := make([]byte, 0, size+1)
	for {
		n, err := r.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		var tooLarge *http.MaxBytesError
		switch {
		case errors.Is(err, io.EOF):
			return body, nil
		case errors.As(err, &tooLarge):
			return body, malformed("the review is over the limit review-bytes")
		case err != nil:
			return body, malformed("the review did not arrive whole")
		}
		if len(body) == cap(body) {
			body = append(body, 0)[:len(body)]
		}
	}
}

func contentType(header string) error {
	if media, _, err := mime.ParseMediaType(header); err != nil || media != "application/json" {
		return malformed("the content type of the review is not application/json")
	}
	return nil
}

// write sends an answer. Without a uid there is none that the API server would
// take, so the status tells that the call was wrong.
func (s *Server) write(w http.ResponseWriter, r *http.Request, c *call, a Answer) {
	if s.stopping.Load() {
		// The client must not send its next call here (RFC 9112, section 9.6).
		w.Header().Set("Connection", "close")
	}
	if c.uid == "" {
		http.Error(w, shown(a.Reasons[0], warningRunes), http.StatusBadRequest)
		return
	}
	body, err := encode(a.Response)
	if err != nil {
		s.log.Error("answer not written", "error", err.Error())
		http.Error(w, "the answer cannot be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	// A client that has gone away is nothing to tell of.
	_, _ = w.Write(body)
}
