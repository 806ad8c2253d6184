package admission

import (
	"bytes"
	"context"
	"io"
	"slices"
	"sync"
	"testing"
	"time"
)

// BenchmarkReview measures what one review costs without the network: from the
// body of the call to the body of the answer.
func BenchmarkReview(b *testing.B) {
	all := recorded(b)
	j := New(settings())
	for _, name := range []string{"secret-create", "secret-update-label", "pod-create", "deployment-equivalent", "helm-release"} {
		b.Run(name, func(b *testing.B) {
			body := all[name]
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				req, err := decode(body)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := encode(j.Review(context.Background(), req).Response); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkServer calls a server over TLS on loopback 200 times a second, Secrets
// and Pods in turn, for as long as b.N calls take, and reports how long the
// slowest of a hundred took.
func BenchmarkServer(b *testing.B) {
	const perSecond = 200
	all := recorded(b)
	bodies := [][]byte{all["secret-create"], all["pod-create"], all["secret-update-label"], all["secret-unsealed"]}
	r := serve(b, settings(), nil)
	r.text(bodies[0]) // the first connection
	took := make([]time.Duration, b.N)
	failed := make([]error, b.N)
	var group sync.WaitGroup
	tick := time.NewTicker(time.Second / perSecond)
	defer tick.Stop()
	b.ResetTimer()
	for i := range b.N {
		<-tick.C
		group.Go(func() {
			start := time.Now()
			resp, err := r.client.Post("https://"+r.Addr().String()+Path+"?timeout=3s", "application/json", bytes.NewReader(bodies[i%len(bodies)]))
			if err == nil {
				_, err = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
			took[i], failed[i] = time.Since(start), err
		})
	}
	group.Wait()
	b.StopTimer()
	for _, err := range failed {
		if err != nil {
			b.Fatal(err)
		}
	}
	slices.Sort(took)
	b.ReportMetric(took[len(took)/2].Seconds()*1e3, "p50-ms")
	b.ReportMetric(took[min(len(took)-1, len(took)*99/100)].Seconds()*1e3, "p99-ms")
	b.ReportMetric(took[len(took)-1].Seconds()*1e3, "max-ms")
}
