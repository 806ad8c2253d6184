package source

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/checks"
)

const benchFiles = 20_000

// largeRepository has benchFiles files in HEAD and five staged changes.
func largeRepository(b *testing.B) sandbox {
	b.Helper()
	s := newSandbox(b)
	var stream strings.Builder
	stream.WriteString("commit refs/heads/main\ncommitter Ada <ada@example.com> 1767322800 +0000\ndata 5\nstart\n")
	for i := range benchFiles {
		content := fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c%d\ndata:\n  key: value\n", i)
		fmt.Fprintf(&stream, "M 100644 inline apps/team%d/app%d/file%d.yaml\ndata %d\n%s\n", i%50, i%1000, i, len(content), content)
	}
	s.gitIn(stream.String(), "fast-import", "--quiet")
	s.git("reset", "--quiet", "--hard", "main")
	for i := range 5 {
		s.write(fmt.Sprintf("apps/team%d/app%d/file%d.yaml", i, i, i), "changed: true\n")
	}
	s.git("add", "--all")
	return s
}

func loadAll(b *testing.B, files []checks.File) {
	for _, f := range files {
		if _, err := load(f); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkStaged is what a hook does in a large repository.
func BenchmarkStaged(b *testing.B) {
	s := largeRepository(b)
	for _, changedOnly := range []bool{true, false} {
		b.Run(fmt.Sprintf("changedOnly=%v", changedOnly), func(b *testing.B) {
			for b.Loop() {
				r, err := Open(context.Background(), s.dir)
				if err != nil {
					b.Fatal(err)
				}
				set, err := r.Staged(context.Background(), Options{ChangedOnly: changedOnly})
				if err != nil {
					b.Fatal(err)
				}
				changed := 0
				for _, f := range set.Files {
					if !f.Unchanged {
						loadAll(b, []checks.File{f})
						changed++
					}
				}
				loadAll(b, set.Before)
				if changed != 5 || len(set.Before) != 5 {
					b.Fatalf("%d changed, %d before", changed, len(set.Before))
				}
				r.Close()
			}
		})
	}
}

// BenchmarkTree lists a large work tree, and then reads it too.
func BenchmarkTree(b *testing.B) {
	s := largeRepository(b)
	for _, read := range []bool{false, true} {
		b.Run(fmt.Sprintf("read=%v", read), func(b *testing.B) {
			for b.Loop() {
				r, err := Open(context.Background(), s.dir)
				if err != nil {
					b.Fatal(err)
				}
				set, err := Tree(context.Background(), r, s.dir, Options{})
				if err != nil || len(set.Files) != benchFiles {
					b.Fatalf("%d files, %v", len(set.Files), err)
				}
				if read {
					loadAll(b, set.Files)
				}
				r.Close()
			}
		})
	}
}

// BenchmarkRange compares one commit with its parent.
func BenchmarkRange(b *testing.B) {
	s := largeRepository(b)
	s.git("commit", "--quiet", "-m", "five")
	for b.Loop() {
		r, err := Open(context.Background(), s.dir)
		if err != nil {
			b.Fatal(err)
		}
		got, err := r.Range(context.Background(), "main~1", "main", Options{ChangedOnly: true})
		if err != nil || len(got.Files) != 5 {
			b.Fatalf("%d files, %v", len(got.Files), err)
		}
		loadAll(b, got.Files)
		loadAll(b, got.Before)
		r.Close()
	}
}

// BenchmarkBlobs reads all blobs of a large index through one process.
func BenchmarkBlobs(b *testing.B) {
	s := largeRepository(b)
	r := s.open()
	for b.Loop() {
		set, err := r.Staged(context.Background(), Options{})
		if err != nil {
			b.Fatal(err)
		}
		loadAll(b, set.Files)
	}
}
