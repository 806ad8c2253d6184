package source

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/checks"
)

var addresses = []struct{ address, name string }{
	{"https://github.com/owner/name", "github.com/owner/name"},
	{"https://github.com/owner/name.git", "github.com/owner/name"},
	{"https://GitHub.com/Owner/Name.git/", "github.com/Owner/Name"},
	{"https://user:s3cret@github.com/owner/name.git", "github.com/owner/name"},
	{"https://s3cret@github.com:8443/owner/name?token=s3cret#s3cret", "github.com/owner/name"},
	{"ssh://git@gitlab.example.com:2222/group/sub/name.git", "gitlab.example.com/group/sub/name"},
	{"git@github.com:owner/name.git", "github.com/owner/name"},
	{"git@github.com:/owner/name", "github.com/owner/name"},
	{"github-work:owner/name", "github-work/owner/name"},
	{"git://host.example/name", "host.example/name"},
	{"", ""},
	{"/srv/git/name.git", ""},
	{"../name", ""},
	{"./a:b", ""},
	{"file:///srv/git/name.git", ""},
	{`C:\git\name`, ""},
	{"C:/git/name", ""},
	{"ext::sh -c s3cret", ""},
	{"helper::https://user:s3cret@host/x/y", ""},
	{"user:s3cret@host:owner/name", ""},
	{"https://user:s3%zzcret@host/owner/name", ""},
	{"https://user:s3/cret@host/owner/name", ""},
	{"https:///owner/name", ""},
	{"https://github.com/", ""},
	{"https://github.com/../x", ""},
	{"https://github.com/a//b", ""},
	{"https://github.com/ow ner/name", ""},
	{"git@github.com:owner/na\nme", ""},
}

func TestName(t *testing.T) {
	for _, c := range addresses {
		got := normalName(c.address)
		if got != c.name {
			t.Errorf("%q: got %q, want %q", c.address, got, c.name)
		}
		if strings.Contains(got, "cret") {
			t.Errorf("%q: %q holds a credential", c.address, got)
		}
	}
	s := newSandbox(t)
	name := func() string {
		got, err := s.open().Name(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := name(); got != "" {
		t.Errorf("without a remote: %q", got)
	}
	s.git("remote", "add", "origin", "https://user:s3cret@example.com/owner/name.git")
	s.git("remote", "add", "fork", "https://example.com/other/name.git")
	s.git("remote", "set-url", "--add", "origin", "https://example.com/second/name.git")
	if got := name(); got != "example.com/owner/name" {
		t.Errorf("got %q", got)
	}
}

func FuzzName(f *testing.F) {
	for _, c := range addresses {
		f.Add(c.address)
	}
	f.Fuzz(func(t *testing.T, address string) {
		if got := normalName(address); strings.ContainsAny(got, "@: \n?#%") {
			t.Errorf("%q gives %q", address, got)
		}
	})
}

func TestPushed(t *testing.T) {
	s := newSandbox(t)
	s.write("f", "1")
	pushed := s.commit("one")
	s.git("clone", "--quiet", "--bare", s.dir, filepath.Join(s.dir, ".git", "remote"))
	s.git("remote", "add", "origin", filepath.Join(s.dir, ".git", "remote"))
	s.git("fetch", "--quiet", "origin")
	s.write("f", "2")
	local := s.commit("two")
	r := s.open()
	for id, want := range map[string]bool{pushed: true, local: false} {
		if got, err := r.Pushed(context.Background(), id); got != want || err != nil {
			t.Errorf("%s: %v, %v", id, got, err)
		}
	}
	if _, err := r.Pushed(context.Background(), "HEAD"); err == nil {
		t.Error("a name is no ID")
	}
	if head, err := r.Head(context.Background()); head != local || err != nil {
		t.Errorf("HEAD %q, %v", head, err)
	}
}

func TestAtRevision(t *testing.T) {
	s := newSandbox(t)
	s.write(".gatehouse/config.yaml", "v1", ".gatehouse/policies/a.rego", "a", ".gatehouse.yaml", "no", "other", "o")
	s.commit("one")
	s.write(".gatehouse/config.yaml", "v2")
	s.link(".gatehouse/link", "../../out")
	s.git("add", "--all")
	s.write(".gatehouse/config.yaml", "work tree")
	r, ctx := s.open(), context.Background()
	for rev, lines := range map[string][]string{
		"HEAD": {`".gatehouse/config.yaml" "v1"`, `".gatehouse/policies/a.rego" "a"`},
		Index:  {`".gatehouse/config.yaml" "v2"`, `".gatehouse/link" OPAQUE symbolic link`, `".gatehouse/policies/a.rego" "a"`},
	} {
		for _, prefix := range []string{".gatehouse", ".gatehouse/"} {
			files, err := r.ListAt(ctx, rev, prefix, Options{})
			if err != nil {
				t.Fatal(err)
			}
			want(t, rev, describe(files), lines...)
		}
	}
	none, err := r.ListAt(ctx, "HEAD", "none", Options{})
	if err != nil || len(none) != 0 {
		t.Errorf("no such folder: %v, %v", describe(none), err)
	}
	for rev, content := range map[string]string{"HEAD": "v1", "main": "v1", Index: "v2"} {
		data, err := r.ReadAt(ctx, rev, ".gatehouse/config.yaml", Options{})
		if err != nil || string(data) != content {
			t.Errorf("%s: %q, %v", rev, data, err)
		}
	}
	if _, err := r.ReadAt(ctx, "HEAD", "none", Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no such file: %v", err)
	}
	if _, err := r.ReadAt(ctx, "HEAD", ".gatehouse", Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder: %v", err)
	}
	if _, err := r.ReadAt(ctx, Index, ".gatehouse/link", Options{}); err == nil {
		t.Error("a link is read")
	}
	if _, err := r.ReadAt(ctx, "HEAD", "other", Options{MaxBytes: 0}); err != nil {
		t.Error(err)
	}
	s.write("long", "xx")
	s.commit("long")
	if _, err := r.ReadAt(ctx, "HEAD", "long", Options{MaxBytes: 1}); !errors.Is(err, checks.ErrTooLarge) {
		t.Errorf("over the limit: %v", err)
	}
	_, err = r.ReadAt(ctx, "nothing", "other", Options{})
	if _, ok := errors.AsType[*Incomplete](err); !ok {
		t.Errorf("no such revision: %v", err)
	}
}
