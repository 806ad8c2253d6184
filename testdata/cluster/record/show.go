package main

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-dev/gatehouse/testdata/cluster"
)

// workers bounds the probes that are with the API server at one time.
const workers = 8

// observer is a mutating webhook that changes nothing. The API server shows it each object with its defaults, before
// it validates the object; so the defaults of an invalid object are seen too. Probes are told apart by their names.
type observer struct {
	admin  *cluster.Client
	server *httptest.Server
	called atomic.Bool
	mutex  sync.Mutex
	seen   map[string]object // by name, until the probe's answer is there
}

// observe registers the webhook and returns when the API server calls it.
func observe(ctx context.Context, c *cluster.Cluster) (*observer, error) {
	o := &observer{admin: c.Client(cluster.Admin), seen: map[string]object{}}
	o.server = httptest.NewTLSServer(o)
	response, err := o.admin.Create(ctx, object{
		"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration", "metadata": object{"name": "observer"},
		"webhooks": []any{object{
			"name": "observer.example.com", "sideEffects": "None", "admissionReviewVersions": []string{"v1"}, "matchPolicy": "Exact",
			"clientConfig": object{
				"url":      o.server.URL,
				"caBundle": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: o.server.Certificate().Raw}),
			},
			"rules": []any{object{"apiGroups": []string{"*"}, "apiVersions": []string{"*"}, "operations": []string{"CREATE"}, "resources": []string{"*"}}},
		}},
	}, cluster.Write{})
	if err == nil {
		err = response.Err()
	}
	if err != nil {
		o.server.Close()
		return nil, fmt.Errorf("register observer: %w", err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		_, err := o.show(ctx, "first", probe{input: newObject("v1 ConfigMap")})
		if err == nil && o.called.Load() {
			return o, nil
		}
		if err == nil && time.Now().After(deadline) {
			err = errors.New("the API server does not call it")
		}
		if err != nil {
			o.server.Close()
			return nil, fmt.Errorf("observer: %w", err)
		}
	}
}

func (o *observer) close() { o.server.Close() }

func (o *observer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var review struct {
		Request struct {
			UID    string `json:"uid"`
			Object object `json:"object"`
		} `json:"request"`
	}
	if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if name, is := asObject(review.Request.Object["metadata"])["name"].(string); is {
		o.mutex.Lock()
		o.seen[name] = review.Request.Object
		o.mutex.Unlock()
	}
	o.called.Store(true)
	w.Header().Set("Content-Type", "application/json")
	// A failed write is a failed call to the API server, which says so in its answer to the probe.
	_ = json.NewEncoder(w).Encode(object{
		"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
		"response": object{"uid": review.Request.UID, "allowed": true},
	})
}

// shown is what became of a probe.
type shown struct {
	purpose  string
	zero     string // see probe
	written  object // as it was sent; normal
	given    object // with its defaults; normal; nil if the API server refused the probe before it set them
	accepted bool   // it is valid
	refusal  error
}

// showAll shows the probes to the API server as dry-run creates, several at a time, and passes each result to use,
// one at a time, in any order.
func (o *observer) showAll(ctx context.Context, probes []probe, use func(shown)) error {
	next := make(chan int)
	var using sync.Mutex
	var problems []error
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for i := range next {
				result, err := o.show(ctx, "probe-"+strconv.Itoa(i), probes[i])
				using.Lock()
				if err != nil {
					problems = append(problems, err)
				} else {
					use(result)
				}
				using.Unlock()
			}
		})
	}
	for i := range probes {
		next <- i
	}
	close(next)
	group.Wait()
	return errors.Join(problems...)
}

func (o *observer) show(ctx context.Context, name string, p probe) (shown, error) {
	input := named(p.input, &name)
	response, err := o.admin.Create(ctx, input, cluster.Write{DryRun: true})
	if err != nil {
		return shown{}, err
	}
	kind := apiKindOf(input)
	result := shown{purpose: p.purpose, zero: p.zero, written: normal(kind, input), refusal: response.Err(), accepted: response.Err() == nil}
	o.mutex.Lock()
	given, seen := o.seen[name]
	delete(o.seen, name)
	o.mutex.Unlock()
	if !seen && result.accepted {
		if given, err = response.Object(); err != nil {
			return shown{}, err
		}
	}
	if given != nil {
		result.given = normal(kind, given)
	}
	return result, nil
}

// named returns a copy of the object that has the name, or sets the name to that which the object has.
func named(input object, name *string) object {
	o := copyOf(input).(object)
	metadata := asObject(o["metadata"])
	if metadata == nil {
		metadata = object{}
		o["metadata"] = metadata
	}
	if own, has := metadata["name"].(string); has {
		*name = own
	}
	metadata["name"] = *name
	return o
}
