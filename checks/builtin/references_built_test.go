package builtin

import (
	"testing"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/google/go-cmp/cmp"
)

func TestBuiltOf(t *testing.T) {
	layout := checks.Layout{Environments: []checks.Environment{{Name: "staging", Paths: []string{"staging/**"}}, {Name: "production", Paths: []string{"production/**"}}}}
	for _, c := range []struct {
		what    string
		overlay string // of staging
		want    map[string]string
	}{
		{"a base", "resources: [../base]\n", map[string]string{"base": "", "base/web.yaml": "", "common": "", "common/db.yaml": ""}},
		{"a file of a base", "resources: [../base/web.yaml]\n", map[string]string{"base/web.yaml": ""}},
		{"a component", "components: [../common]\n", map[string]string{"common": "", "common/db.yaml": ""}},
		{"nothing", "resources: [a.yaml]\n", map[string]string{"staging/a.yaml": ""}},
		{"a remote base", "resources: ['https://example.com/base']\n", map[string]string{}},
		{"replicas", "resources: [../common]\nreplicas: [{name: web, count: 1}]\n", map[string]string{"common": "", "common/db.yaml": ""}},
		{"a patch of something else", "resources: [../common]\npatches: [{patch: '[{op: remove, path: /spec/replicas}]'}]\n", map[string]string{"common": "", "common/db.yaml": ""}},
		{"a patch of what is read", "resources: [../common]\npatches: [{patch: '[{op: remove, path: /spec/template/spec/containers/0/env/1}]'}]\n",
			map[string]string{"common": "readers", "common/db.yaml": "readers"}},
		{"a patch in a file", "resources: [../common]\npatches: [{path: web.yaml}]\n", map[string]string{"common": "unseen", "common/db.yaml": "unseen"}},
		{"an old patch in a file", "resources: [../common]\npatchesStrategicMerge: [web.yaml]\n", map[string]string{"common": "unseen", "common/db.yaml": "unseen"}},
		{"replacements", "resources: [../common]\nreplacements: [{path: x.yaml}]\n", map[string]string{"common": "readers", "common/db.yaml": "readers"}},
		{"a circle", "resources: [../staging, ../common]\n", map[string]string{"staging": "", "common": "", "common/db.yaml": ""}},
		{"twice, and once as it stands", "resources: [../patched, ../common]\n",
			map[string]string{"patched": "", "common": "", "common/db.yaml": ""}},
	} {
		t.Run(c.what, func(t *testing.T) {
			tree := checks.Tree{Layout: layout}
			for name, text := range map[string]string{
				"staging/kustomization.yaml":    c.overlay,
				"production/kustomization.yaml": "resources: [other.yaml]\n",
				"base/kustomization.yaml":       "resources: [web.yaml, ../common]\n",
				"common/kustomization.yaml":     "resources: [db.yaml]\n",
				"patched/kustomization.yaml":    "resources: [../common]\npatches: [{path: web.yaml}]\n",
			} {
				for _, d := range manifest.Read(name, []byte(text), manifest.DefaultLimits()).Documents {
					f, ok := builtFact(d)
					if !ok {
						t.Fatalf("%s is no kustomization", name)
					}
					tree.Facts = append(tree.Facts, f)
				}
			}
			if diff := cmp.Diff(c.want, builtOf(tree, scope{name: "staging"})); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
		})
	}
}
