package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-dev/gatehouse/testdata/cluster"
)

const again = "; if that is meant, record anew: go run ./testdata/cluster/record"

// TestDefaultsAreTheAPIServers records again, applies the table that is there to every object that is shown to the API
// server, and compares the tables.
func TestDefaultsAreTheAPIServers(t *testing.T) {
	recorded, there := thereIs(t)
	c := cluster.Start(t, withoutFillers())
	r, err := newRecorder(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	proof := proof{table: there}
	now, err := r.record(t.Context(), proof.see)
	if err != nil {
		t.Fatal(err)
	}
	if err := proof.err(); err != nil {
		t.Errorf("%v%s", err, again)
	}
	t.Logf("the table was applied to %d objects", proof.probes)
	content, err := now.encode()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(recorded, "\n"), strings.Split(string(content), "\n")); diff != "" {
		t.Errorf("the API server's defaults (-recorded +now):\n%s%s", diff, again)
	}
}

func TestAllocationsAreTheAPIServers(t *testing.T) {
	_, there := thereIs(t)
	c := cluster.Start(t, cluster.Options{ServiceAccountAdmission: true})
	recorded, err := os.ReadFile("allocated.json")
	if err != nil {
		t.Fatal(err)
	}
	all, err := allocations(t.Context(), c, there)
	if err != nil {
		t.Fatal(err)
	}
	now, err := encodeAllocations(all)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(recorded), "\n"), strings.Split(string(now), "\n")); diff != "" {
		t.Errorf("what the API server sets (-recorded +now):\n%s%s", diff, again)
	}
}

func thereIs(t *testing.T) (string, table) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "..", "checks", "manifest", "defaults.json"))
	if err != nil {
		t.Fatal(err)
	}
	there, err := decodeTable(content)
	if err != nil {
		t.Fatal(err)
	}
	return string(content), there
}
