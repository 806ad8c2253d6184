package checks

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// longFiles are files that take long to judge, each in a way of its own.
func longFiles() map[string][]byte {
	lines := func(n int, format string) []byte {
		var b bytes.Buffer
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.Bytes()
	}
	return map[string][]byte{
		"settings.env": lines(50_000, "DB_PASSWORD_%d=Tiger-Lily-48x\n"),
		"values.yaml":  lines(20_000, "db%d:\n  password: Tiger-Lily-48\n"),
		"many.yaml":    lines(10_000, "---\napiVersion: v1\nkind: Secret\nmetadata: {name: a%d}\nstringData: {password: Tiger-Lily-48}\n"),
		"broken.yaml":  append([]byte("a: [\n"), lines(40_000, "password%d: Tiger-Lily-48\n")...),
		"notes.yaml":   lines(40_000, "# adminPassword%d: Tiger-Lily-48\n"),
		"page.tpl":     lines(25_000, "password: {{ .Values.a%d | default \"Tiger-Lily-48\" }}\n"),
		"plain.yaml":   lines(120_000, "key%d: value\n"),
		"one.json":     []byte("{" + strings.TrimPrefix(string(lines(20_000, ",\"password%d\": \"Tiger-Lily-48\"\n")), ",") + "}"),
	}
}

// countdown is a context that is over when it has been asked so many times.
type countdown struct {
	context.Context
	left  int64
	asked atomic.Int64
}

func (c *countdown) Err() error {
	if c.asked.Add(1) > c.left {
		return context.Canceled
	}
	return nil
}

// TestStopEndsTheJudgingOfAFile holds that a run asks again and again while it judges a
// file whether anybody waits for it, that it soon ends where nobody does, and that such a
// file is not judged, never clean.
func TestStopEndsTheJudgingOfAFile(t *testing.T) {
	for name, text := range longFiles() {
		in := Input{
			Checks: []Check{seeing("seen")}, Limits: manifest.DefaultLimits(), FailOn: FailOn(Error), Time: time.Unix(0, 0), Workers: 1,
			Files: []File{{Path: name, Load: func() ([]byte, error) { return text, nil }}},
		}
		whole := &countdown{Context: context.Background(), left: math.MaxInt64}
		Run(whole, in)
		if whole.asked.Load() < 20 {
			t.Errorf("%s: whether to stop is asked %d times", name, whole.asked.Load())
		}
		in.Memory = Memory{
			Recall: func(Key) ([]byte, bool) { return nil, false },
			Keep:   func(Key, []byte) { t.Errorf("%s: what came of it is kept, and it was not judged", name) },
		}
		for _, left := range []int64{2, whole.asked.Load() / 4, whole.asked.Load() / 2} {
			ctx := &countdown{Context: context.Background(), left: left}
			result := Run(ctx, in)
			if after := ctx.asked.Load() - left; after > 40 {
				t.Errorf("%s: it is asked %d times more after it was told to stop", name, after)
			}
			if result.Verdict != VerdictIncomplete || len(result.NotJudged) != 1 || len(result.Findings) != 0 || result.Counts.Files.NotJudged != 1 {
				t.Errorf("%s: %s, %d findings, not judged: %v", name, result.Verdict, len(result.Findings), result.NotJudged)
			}
		}
	}
}
