package checks

import (
	"strings"
	"testing"
	"time"
)

func TestMatchPath(t *testing.T) {
	tests := []struct {
		glob, file string
		want       bool
	}{
		{"apps/web.yaml", "apps/web.yaml", true},
		{"apps/web.yaml", "more/apps/web.yaml", false},
		{"/apps/web.yaml", "apps/web.yaml", true},
		{"apps", "apps/deep/web.yaml", true},
		{"apps/", "apps/deep/web.yaml", true},
		{"apps", "more/apps/web.yaml", true},
		{"/apps", "more/apps/web.yaml", false},
		{"apps/*", "apps/deep/web.yaml", true},
		{"apps/*.yaml", "apps/deep/web.yaml", false},
		{"*.yaml", "apps/deep/web.yaml", true},
		{"**/overlays/prod", "a/b/overlays/prod/x.yaml", true},
		{"**/overlays/prod", "overlays/prod/x.yaml", true},
		{"a/**/z.yaml", "a/z.yaml", true},
		{"a/**/z.yaml", "a/b/c/z.yaml", true},
		{"a/**/z.yaml", "a/b/c/y.yaml", false},
		{"a/**", "b/a/x", false},
		{"apps/prod?/x", "apps/prod1/x", true},
		{"apps/[ab]/x", "apps/b/x", true},
		{"apps/[", "apps/[", false},
		{"./apps/web.yaml", "apps/web.yaml", true},
		{"", "x", false},
	}
	for _, tt := range tests {
		if got := MatchPath(tt.glob, tt.file); got != tt.want {
			t.Errorf("MatchPath(%q, %q) = %v, want %v", tt.glob, tt.file, got, tt.want)
		}
	}
}

func TestMatchPathIsNotExponential(t *testing.T) {
	done := make(chan bool)
	go func() { done <- MatchPath(strings.Repeat("**/a/", 50)+"b", strings.Repeat("a/", 200)+"c") }()
	select {
	case got := <-done:
		if got {
			t.Error("matched")
		}
	case <-time.After(30 * time.Second):
		t.Fatal("no answer after 30 s")
	}
}

func TestLayout(t *testing.T) {
	l := Layout{Environments: []Environment{{Name: "production", Paths: []string{"apps/production", "clusters/prod-*"}}}}.
		WithFiles([]string{"apps/base/web/kustomization.yaml", "charts/web/Chart.yaml", "plain/a.yaml"})
	tests := []struct {
		file, env, root string
		chart, plain    bool
	}{
		{"apps/production/x/y.yaml", "production", "apps/production/x", false, true},
		{"clusters/prod-eu/a.yaml", "production", "clusters/prod-eu", false, true},
		{"apps/base/web/deep/x.yaml", "", "apps/base/web", false, false},
		{"charts/web/templates/x.yaml", "", "charts/web", true, false},
		{"plain/deep/x.yaml", "", "plain/deep", false, true},
		{"x.yaml", "", ".", false, true},
	}
	for _, tt := range tests {
		if got := l.Environment(tt.file); got != tt.env {
			t.Errorf("Environment(%q) = %q, want %q", tt.file, got, tt.env)
		}
		if got := l.BuildRoot(tt.file); got != tt.root {
			t.Errorf("BuildRoot(%q) = %q, want %q", tt.file, got, tt.root)
		}
		if got := l.InChart(tt.file); got != tt.chart {
			t.Errorf("InChart(%q) = %v, want %v", tt.file, got, tt.chart)
		}
		if got := l.Plain(tt.file); got != tt.plain {
			t.Errorf("Plain(%q) = %v, want %v", tt.file, got, tt.plain)
		}
	}
}
