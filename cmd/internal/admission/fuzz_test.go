package admission

import (
	"context"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// FuzzReview feeds bodies to the reader of reviews, and what it reads to the
// judge: there is always an answer, it holds the contract, and it comes in time.
func FuzzReview(f *testing.F) {
	for _, text := range recorded(f) {
		f.Add(text)
	}
	f.Add([]byte(`{"request":{"uid":"a"}}`))
	f.Add([]byte(`{"request":{"object":[[[[`))
	s := settings()
	j := New(s)
	f.Fuzz(func(t *testing.T, body []byte) {
		start := time.Now()
		req, err := decode(body)
		if err != nil {
			uid := uidOf(body)
			holdsContract(t, uid, s.Mode, j.answer(types.UID(uid), subject{}, unjudged("%v", err)).Response)
			return
		}
		a := j.Review(context.Background(), req)
		holdsContract(t, string(req.UID), s.Mode, a.Response)
		if _, err := encode(a.Response); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("a review of %d bytes took %s", len(body), took)
		}
	})
}

// FuzzRelease feeds texts to the reader of Helm releases.
func FuzzRelease(f *testing.F) {
	f.Add([]byte(`{"name":"web","manifest":"---\n# Source: a\nkind: Secret\n","hooks":[{"path":"b","manifest":""}]}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		for _, text := range [][]byte{content, packed(content)} {
			if r, err := readPacked(text); err == nil {
				for _, text := range r.rendered {
					text.source(1)
				}
			}
		}
		if _, err := parseRelease(string(content)); err == nil && len(content) == 0 {
			t.Error("nothing is a release")
		}
	})
}
