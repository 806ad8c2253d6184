package vault

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
)

// FuzzAnswers reads what a hostile server may send: nothing of it panics, and a value
// never comes out.
func FuzzAnswers(f *testing.F) {
	for _, seed := range []string{
		`{"data":{"subkeys":{"user":null,"a":{"b":null}},"metadata":{"version":1}}}`,
		`{"data":{"subkeys":{"user":"canary"},"metadata":{"version":1}}}`,
		`{"data":{"metadata":{"deletion_time":"2026-01-02T03:04:05Z","destroyed":true,"version":2},"subkeys":null}}`,
		`{"data":{"path":"secret/","type":"kv","options":{"version":"2"}}}`,
		`{"errors":["x"]}`, `{`, `null`, `[[[[`, `{"data":{"subkeys":{"a":{"a":{"a":{`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, state := range []State{Present, Deleted} {
			seen, err := readSeen(body, 0, state, "look")
			if err == nil && seen.Version < 1 {
				t.Errorf("no version: %+v", seen)
			}
		}
		if m, err := readMount(body, "secret/app", "find"); err == nil && !strings.HasPrefix("secret/app/", m.Path+"/") {
			t.Errorf("%+v is not the engine of the path", m)
		}
		names, err := readTree(body)
		if err == nil {
			var decoded map[string]any
			if json.Unmarshal(body, &decoded) == nil && hasLeaf(decoded) {
				t.Errorf("an answer with values was taken: %v", names)
			}
		}
		c := &Connection{}
		for _, status := range []int{200, 400, 403, 404, 412, 429, 500, 503} {
			if _, failed := c.understand(request{doing: "look"}, status, body); failed != nil && slices.Contains([]Reason{Sealed, Standby}, failed.Reason) && len(body) == 0 && status != 412 {
				t.Errorf("%d without a word is %s", status, failed.Reason)
			}
		}
	})
}

// hasLeaf tells whether there is anything but objects and null.
func hasLeaf(v any) bool {
	object, ok := v.(map[string]any)
	if !ok {
		return v != nil
	}
	for _, below := range object {
		if hasLeaf(below) {
			return true
		}
	}
	return false
}

func TestFailureOfACallerThatGaveUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := failure(ctx, "look", errors.New("anything")); !errors.Is(err, context.Canceled) || err.Reason != Cancelled {
		t.Errorf("%v", err)
	}
}
