package policies_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies"
)

// TestShared: one set judges on many workers, with the findings of one.
func TestShared(t *testing.T) {
	list := policies.Checks(loadMixed(t, nil))
	list = append(list, policies.Checks(benchSet(t))[1:]...)
	var files []checks.File
	for i, data := range benchObjects(t, 200) {
		files = append(files, checks.File{Path: fmt.Sprintf("f%d.yaml", i), Load: func() ([]byte, error) { return data, nil }})
	}
	run := func(workers int) []string {
		return found(checks.Run(t.Context(), checks.Input{Files: files, Checks: list, Limits: manifest.DefaultLimits(), Time: time.Unix(0, 0), Workers: workers}))
	}
	one := run(1)
	if len(one) == 0 {
		t.Fatal("nothing was found")
	}
	if diff := cmp.Diff(one, run(8)); diff != "" {
		t.Error(diff)
	}
}
