package archive

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// member is a file to pack.
type member struct{ name, data string }

func tarOf(t testing.TB, members ...member) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, m := range members {
		if err := w.WriteHeader(&tar.Header{Name: m.name, Mode: 0o600, Size: int64(len(m.data)), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(m.data)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func zipOf(t testing.TB, members ...member) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, m := range members {
		f, err := w.Create(m.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(m.data)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func gzipOf(t testing.TB, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func walk(data []byte, lim Limits) (map[string]string, error) {
	seen := map[string]string{}
	err := Walk(data, lim, func(name string, data []byte) error {
		seen[name] = string(data)
		return nil
	})
	return seen, err
}

func TestWalk(t *testing.T) {
	files := []member{{"web/values.yaml", "a: b\n"}, {"web/templates/secret.yaml", "kind: Secret\n"}}
	want := map[string]string{"web/values.yaml": "a: b\n", "web/templates/secret.yaml": "kind: Secret\n"}
	tests := map[string]struct {
		data []byte
		want map[string]string
	}{
		"tar":     {tarOf(t, files...), want},
		"tar.gz":  {gzipOf(t, tarOf(t, files...)), want},
		"zip":     {zipOf(t, files...), want},
		"gzip":    {gzipOf(t, []byte("a: b\n")), map[string]string{"": "a: b\n"}},
		"gzip²":   {gzipOf(t, gzipOf(t, []byte("a: b\n"))), map[string]string{"": "a: b\n"}},
		"nested":  {zipOf(t, member{"charts/web.tgz", string(gzipOf(t, tarOf(t, files...)))}), map[string]string{"charts/web.tgz/web/values.yaml": "a: b\n", "charts/web.tgz/web/templates/secret.yaml": "kind: Secret\n"}},
		"upwards": {tarOf(t, member{"../../etc/passwd", "x"}), map[string]string{"../../etc/passwd": "x"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := walk(tt.data, DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWalkRefuses(t *testing.T) {
	big := gzipOf(t, []byte(strings.Repeat("A", 1<<20)))
	deep := []byte("a: b\n")
	for range 6 {
		deep = gzipOf(t, deep)
	}
	locked := zipOf(t, member{"a", "b"})
	central := bytes.Index(locked, []byte("PK\x01\x02"))
	locked[central+8] |= 1
	tests := map[string]struct {
		data []byte
		lim  Limits
		want error
	}{
		"bytes":     {big, Limits{Bytes: 1 << 10, Members: 9, Depth: 3}, overLimit(LimitBytes)},
		"members":   {tarOf(t, member{"a", "1"}, member{"b", "2"}), Limits{Bytes: 1 << 10, Members: 1, Depth: 3}, overLimit(LimitMembers)},
		"depth":     {deep, DefaultLimits(), overLimit(LimitDepth)},
		"damaged":   {big[:len(big)/2], DefaultLimits(), ErrDamaged},
		"header":    {[]byte{0x1f, 0x8b, 8, 0}, DefaultLimits(), ErrDamaged},
		"zip":       {[]byte("PK\x03\x04 and no more"), DefaultLimits(), ErrDamaged},
		"encrypted": {locked, DefaultLimits(), ErrEncrypted},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := walk(tt.data, tt.lim); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func FuzzWalk(f *testing.F) {
	f.Add(gzipOf(f, tarOf(f, member{"a", "b"})))
	f.Add(zipOf(f, member{"a", "b"}, member{"c/", ""}))
	f.Add([]byte("BZh9"))
	f.Fuzz(func(t *testing.T, data []byte) {
		lim := Limits{Bytes: 1 << 20, Members: 100, Depth: 3}
		total, members := 0, 0
		err := Walk(data, lim, func(_ string, data []byte) error {
			total, members = total+len(data), members+1
			return nil
		})
		if total > 1<<20 || members > 100 {
			t.Errorf("%d bytes in %d members went over the limits: %v", total, members, err)
		}
	})
}
