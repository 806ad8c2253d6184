package builtin

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

func TestClusterChanges(t *testing.T) {
	for script, want := range map[string][]string{
		"kubectl apply -f a.yaml":                                               {"kubectl apply"},
		"sudo KUBECONFIG=x kubectl -n shop --context=prod apply -k .":           {"kubectl apply"},
		"kustomize build . | kubectl apply -f -":                                {"kubectl apply"},
		"cd a && helm upgrade --install web . || exit 1":                        {"helm upgrade"},
		"if kubectl get ns shop; then kubectl delete ns shop; fi":               {"kubectl delete"},
		"helm \\\n  upgrade web .":                                              {"helm upgrade"},
		"/usr/local/bin/helmfile -e production apply":                           {"helmfile apply"},
		"kubectl rollout restart deploy/web\nkubectl rollout status deploy/web": {"kubectl rollout"},
		"X=$(kubectl create job --from=cronjob/a b)":                            {"kubectl create"},
		"kubectl apply --dry-run=server -f a.yaml":                              nil,
		"kubectl create secret generic a --dry-run=client -o yaml | kubeseal":   nil,
		"kubectl diff -k . # then kubectl apply":                                nil,
		"echo \"run kubectl apply -f a.yaml\"":                                  nil,
		"kubectl config set-context x; kubectl get pods; kubectl wait --for=a":  nil,
		"helm template . ; helm lint . ; helm package . ; helm repo add a b":    nil,
		"cat <<EOF > README\nkubectl apply -f a.yaml\nEOF\nls":                  nil,
		"cat <<EOF | kubectl apply -f -\nkind: Pod\nEOF\n":                      {"kubectl apply"},
		"flux reconcile kustomization apps --with-source":                       nil,
		"kubectl create token bot; kubectl apply view-last-applied -f a":        nil,
		"kubectl":             nil,
		"echo 'no end":        nil,
		"kubectl apply'":      {"kubectl apply"},
		"# kubectl apply\nls": nil,
	} {
		if diff := cmp.Diff(want, clusterChanges(script)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", script, diff)
		}
	}
}

// TestCIJobs holds which jobs of which files are looked at, and the line of each command.
func TestCIJobs(t *testing.T) {
	for name, c := range map[string]struct {
		path, text string
		want       []string
	}{
		"only the job without a cluster of its own": {
			".github/workflows/a.yaml",
			"on: push\njobs:\n  test:\n    steps:\n      - run: k3d cluster create\n      - run: kubectl apply -f a\n  deploy:\n    steps:\n      - name: kubectl apply\n        run: |\n          ls\n          kubectl apply -f a\n          helm upgrade web .\n",
			[]string{"12:11 kubectl apply jobs.deploy.steps[0].run", "13:11 helm upgrade jobs.deploy.steps[0].run"},
		},
		"GitLab, a list of commands": {
			"ci/deploy.gitlab-ci.yml", "deploy:\n  script:\n    - ls\n    - kubectl apply -f a\n", []string{"4:7 kubectl apply deploy.script[1]"},
		},
		"GitLab, a hidden cluster elsewhere": {
			".gitlab-ci.yml", "test:\n  script: [minikube start, kubectl apply -f a]\ndeploy:\n  script: helm upgrade web .\n", []string{"4:11 helm upgrade deploy.script"},
		},
		"Azure's task": {
			"azure-pipelines.yml", "steps:\n- task: HelmDeploy@0\n  inputs: {command: upgrade}\n- task: Kubernetes@1\n  inputs: {command: get}\n", []string{"2:3 helm upgrade steps[0]"},
		},
		"an action": {
			".github/workflows/a.yml", "jobs:\n  a:\n    steps:\n      - uses: Azure/k8s-deploy@v5\n", []string{"4:9 Azure/k8s-deploy@v5 jobs.a.steps[0]"},
		},
		"Jenkins": {
			"Jenkinsfile", "node {\n  // sh 'kubectl apply -f a'\n  sh 'kubectl apply -f a'\n  sh \"\"\"\n    helm upgrade web .\n  \"\"\"\n}\n", []string{"3:1 kubectl apply ", "5:1 helm upgrade "},
		},
		"a manifest": {"apps/a.yaml", "jobs: {a: {steps: [{run: kubectl apply}]}}\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			f := manifest.Read(c.path, []byte(c.text), manifest.DefaultLimits())
			var got []string
			if isCIFile(f.Path) {
				for _, job := range ciJobs(f) {
					if job.hasOwnCluster() {
						continue
					}
					for _, c := range job.changes() {
						got = append(got, fmt.Sprintf("%d:%d %s %s", c.at.Line, c.at.Column, c.what, c.field))
					}
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzClusterChanges(f *testing.F) {
	f.Add("cat <<-'E' | kubectl apply -f -\n\tE\n$(helm upgrade \"a b\" 'c' `d`) # e\\")
	f.Fuzz(func(t *testing.T, script string) {
		for _, what := range clusterChanges(script) {
			if len(what) > len(script) {
				t.Errorf("%q is not in %q", what, script)
			}
		}
	})
}
