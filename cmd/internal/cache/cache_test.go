package cache

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/gatehouse-dev/gatehouse/checks"
)

func TestRecordsComeBack(t *testing.T) {
	file := filepath.Join(t.TempDir(), "deep", "cache")
	s := Open(file)
	s.Keep(checks.Key{1}, []byte("one"))
	s.Keep(checks.Key{2}, nil)
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v; want 0600", info.Mode(), err)
	}
	again := Open(file)
	if got, ok := again.Recall(checks.Key{1}); !ok || !bytes.Equal(got, []byte("one")) {
		t.Errorf("Recall = %q, %v", got, ok)
	}
	if got, ok := again.Recall(checks.Key{2}); !ok || len(got) != 0 {
		t.Errorf("Recall = %q, %v", got, ok)
	}
	if _, ok := again.Recall(checks.Key{3}); ok {
		t.Error("a key that was never kept is recalled")
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := again.Save(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("a cache to which nothing was added is written")
	}
}

func TestDamagedFilesAreEmpty(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "cache")
	s := Open(file)
	s.Keep(checks.Key{1}, []byte("one"))
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(good)
	flipped[len(flipped)-6] ^= 1
	for name, data := range map[string][]byte{
		"empty": nil, "cut": good[:len(good)-1], "flipped": flipped, "other": []byte("something else altogether, and long enough"),
	} {
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, ok := Open(file).Recall(checks.Key{1}); ok {
			t.Errorf("%s: a record is recalled", name)
		}
	}
	if err := os.WriteFile(file, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, ok := Open(file).Recall(checks.Key{1}); !ok {
		t.Error("the undamaged file is not read")
	}
}

func TestOverTheLimitOnlyTheUsedIsKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cache")
	s := Open(file)
	big := make([]byte, MaxBytes*2/3)
	s.Keep(checks.Key{1}, big)
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	s = Open(file)
	s.Keep(checks.Key{2}, big)
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	s = Open(file)
	if _, ok := s.Recall(checks.Key{1}); ok {
		t.Error("what the last run did not use is kept over the limit")
	}
	if _, ok := s.Recall(checks.Key{2}); !ok {
		t.Error("what the last run used is lost")
	}
}

func FuzzOpen(f *testing.F) {
	f.Add([]byte("gatehouse-verdicts-1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := &Store{records: map[checks.Key][]byte{}, used: map[checks.Key]bool{}}
		s.parse(data)
	})
}
