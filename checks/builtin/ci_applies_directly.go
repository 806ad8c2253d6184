package builtin

import (
	"fmt"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

func ciAppliesDirectly() checks.Check {
	return checks.Check{
		ID:       "ci-applies-directly",
		Title:    "CI changes the cluster itself",
		Category: checks.GitOps,
		Severity: checks.Warning,
		Why: "A job that runs `kubectl apply` or `helm upgrade` changes the cluster past the agent: what it applies is not what Git says, the agent may take it back, and nothing that is removed " +
			"from Git is removed by it. The job also needs credentials of the cluster, which then lie in the CI system, and it runs before or without the gate.\n\n" +
			"A job that makes a cluster of its own for a test (kind, k3d, minikube, …) is left alone, and so is a command with `--dry-run`.",
		Fix: "Let the job commit the change, such as the new image tag, to this repository, and let Flux or Argo CD apply it. Where somebody waits for the result, wait for the agent: " +
			"`flux reconcile kustomization NAME --with-source`, `argocd app wait NAME`. To compare only, use `kubectl diff` or `--dry-run=server`.",
		Bad: []string{`-- .github/workflows/deploy.yaml --
on: {push: {branches: [main]}}
jobs:
  deploy:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v4
      - run: |
          kubectl config use-context production
          kubectl apply -k overlays/production
`, `-- .gitlab-ci.yml --
deploy:
  stage: deploy
  script:
    - helm upgrade --install web charts/web --namespace shop
`},
		Good: []string{`-- .github/workflows/deploy.yaml --
on: {push: {branches: [main]}}
jobs:
  deploy:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v4
      - run: |
          kubectl diff -k overlays/production
          git commit --all --message "web: $TAG" && git push
`, `-- .github/workflows/test.yaml --
on: {pull_request: {}}
jobs:
  test:
    runs-on: ubuntu-24.04
    steps:
      - uses: helm/kind-action@v1
      - run: kubectl apply -k overlays/test
`},
		File: func(p *checks.Pass, f *manifest.File) error {
			if !isCIFile(f.Path) {
				return nil
			}
			for _, job := range ciJobs(f) {
				if job.hasOwnCluster() {
					continue
				}
				for _, c := range job.changes() {
					p.Report(checks.Report{
						Where:   checks.Location{File: f.Path, At: c.at, EndLine: c.at.Line, Field: c.field},
						Message: fmt.Sprintf("This CI job runs `%s` itself: the cluster is changed past the GitOps agent.", c.what),
					})
				}
			}
			return nil
		},
	}
}
