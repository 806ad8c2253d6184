package builtin

import (
	"bytes"
	"path"
	"regexp"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// isCIFile tells whether a file says what a CI system runs, by the paths at which the
// systems look for it. What only runs within the jobs of others, such as a composite
// action, is left out: whose cluster it changes, they say.
func isCIFile(file string) bool {
	dir, name := path.Split(strings.ToLower(file))
	yaml := strings.HasSuffix(name, ".yml") || strings.HasSuffix(name, ".yaml")
	switch name {
	case "jenkinsfile", ".drone.yml", ".woodpecker.yml", ".woodpecker.yaml", ".travis.yml", "bitbucket-pipelines.yml", "appveyor.yml", ".appveyor.yml",
		"buildspec.yml", "buildspec.yaml", "cloudbuild.yaml", "cloudbuild.yml", ".cirrus.yml", ".gitlab-ci.yml", ".gitlab-ci.yaml":
		return true
	}
	if path.Ext(name) == ".jenkinsfile" || strings.HasPrefix(name, "jenkinsfile.") || yaml && strings.HasPrefix(name, "azure-pipelines") ||
		strings.HasSuffix(name, ".gitlab-ci.yml") || strings.HasSuffix(name, ".gitlab-ci.yaml") {
		return true
	}
	for _, folder := range []string{".github/workflows/", ".gitea/workflows/", ".forgejo/workflows/", ".circleci/", ".buildkite/", ".woodpecker/",
		".azure-pipelines/", ".azuredevops/", ".gitlab/ci/"} {
		if yaml && (strings.HasPrefix(dir, folder) || strings.Contains(dir, "/"+folder)) {
			return true
		}
	}
	return false
}

// ciJob is a part of a CI file that runs on one machine: it shares a cluster, if it makes
// one.
type ciJob struct {
	file     *manifest.File
	lines    [][]byte       // of the file
	node     *manifest.Node // nil where the file is no YAML
	field    string         // of node
	from, to uint32         // lines, to included
}

// ciJobs are the jobs of a file. A file whose jobs stand nowhere by themselves is one.
func ciJobs(f *manifest.File) (list []ciJob) {
	lines := bytes.Split(f.Text, []byte("\n"))
	if len(f.Documents) == 0 {
		return []ciJob{{file: f, lines: lines, from: 1, to: uint32(len(lines))}}
	}
	for _, d := range f.Documents {
		nodes, field := []manifest.Node{*d.Root}, ""
		switch jobs := d.Root.Get("jobs"); {
		case jobs != nil:
			nodes, field = jobs.Items, "jobs"
		case strings.Contains(path.Base(f.Path), "gitlab-ci") || strings.Contains(f.Path, ".gitlab/ci/"):
			nodes = d.Root.Items
		}
		for i := range nodes {
			n := &nodes[i]
			at := ""
			if n.Key != "" {
				at = manifest.JoinField(field, n.Key)
			}
			list = append(list, ciJob{file: f, lines: lines, node: n, field: at, from: n.Place().Line, to: n.EndLine()})
		}
	}
	return list
}

// ownCluster are the names of what makes a cluster for a test.
var ownCluster = regexp.MustCompile(`(?i)\b(kind create cluster|kind-action|setup-kind|engineerd/|minikube|k3d|k3s|microk8s|vcluster|kwok|chart-testing|ct install|envtest)\b|\bkind version\b`)

func (j ciJob) hasOwnCluster() bool {
	for line := j.from; line <= j.to && int(line) <= len(j.lines); line++ {
		if ownCluster.Match(j.lines[line-1]) {
			return true
		}
	}
	return false
}

// clusterChange is a command that changes a cluster.
type clusterChange struct {
	what  string // the program and what it is to do
	field string
	at    manifest.Pos
}

// changes are the commands of a job that change a cluster.
func (j ciJob) changes() (list []clusterChange) {
	if j.node == nil {
		for line := j.from; line <= j.to; line++ {
			for _, what := range clusterChanges(quotedScript(string(j.lines[line-1]))) {
				list = append(list, clusterChange{what: what, at: manifest.Pos{Line: line, Column: 1}})
			}
		}
		return list
	}
	j.node.Walk(func(place func() string, n *manifest.Node) bool {
		field := func() string { return below(j.field, place()) }
		if n.Kind == manifest.Map {
			if what := changingStep(n); what != "" {
				list = append(list, clusterChange{what: what, field: field(), at: n.Place()})
			}
			return true
		}
		if n.Kind == manifest.String && isScriptKey(keyAbove(place(), j.field)) {
			list = append(list, j.ofScript(n, field())...)
		}
		return true
	})
	return list
}

// below is a place in a part of a document.
func below(field, place string) string {
	if field == "" || place == "" || place[0] == '[' {
		return field + place
	}
	return field + "." + place
}

// keyAbove is the key under which a value stands, or the list that it is an item of.
func keyAbove(place, job string) string {
	for strings.HasSuffix(place, "]") {
		place = place[:max(strings.LastIndexByte(place, '['), 0)]
	}
	if place == "" {
		place = job
	}
	return place[strings.LastIndexByte(place, '.')+1:]
}

// isScriptKey knows the keys under which CI systems have the commands to run.
func isScriptKey(key string) bool {
	switch key {
	case "run", "script", "before_script", "after_script", "after-script", "commands", "command", "bash", "pwsh", "powershell", "inlineScript", "inline", "exec",
		"build", "pre_build", "post_build", "install", "deploy", "before_deploy", "after_success", "args":
		return true
	}
	return false
}

// ofScript are the changes in the text of a script, each at its line.
func (j ciJob) ofScript(n *manifest.Node, field string) (list []clusterChange) {
	line, last := n.At.Line, max(n.EndLine(), n.At.Line)
	for _, what := range clusterChanges(n.Text) {
		words := strings.Fields(what)
		at := clusterChange{what: what, field: field, at: n.At}
		for next := line; next <= last && int(next) <= len(j.lines); next++ {
			text := j.lines[next-1]
			if i := bytes.Index(text, []byte(words[0])); i >= 0 && bytes.Contains(text[i:], []byte(words[len(words)-1])) {
				if next > n.At.Line {
					at.at = manifest.Pos{Line: next, Column: uint32(i + 1)}
				}
				line = next + 1
				break
			}
		}
		list = append(list, at)
	}
	return list
}

// changingStep tells what a step that names a ready-made action changes. The actions and
// tasks are those of GitHub's and Azure's own documentation and the most used others.
func changingStep(step *manifest.Node) string {
	action, _, _ := strings.Cut(strings.ToLower(step.Get("uses").Str()), "@")
	task, _, _ := strings.Cut(step.Get("task").Str(), "@")
	with, inputs := step.Get("with"), step.Get("inputs")
	switch {
	case action == "azure/k8s-deploy", action == "azure/aks-deploy":
		return step.Get("uses").Str()
	case action == "deliverybot/helm", action == "bitovi/github-actions-deploy-eks-helm", action == "koslib/helm-eks-action":
		return step.Get("uses").Str()
	case strings.HasSuffix(action, "/kubectl") || strings.HasSuffix(action, "/kubectl-aws-eks"):
		if found := clusterChanges("kubectl " + with.Get("args").Str()); len(found) > 0 {
			return found[0]
		}
	case task == "HelmDeploy":
		if command := inputs.Get("command").Str(); changesHelm(command) {
			return "helm " + command
		}
	case task == "Kubernetes":
		if command := inputs.Get("command").Str(); changesKubernetes([]string{command}) {
			return "kubectl " + command
		}
	case task == "KubernetesManifest":
		if command := inputs.Get("action").Str(); command == "deploy" || command == "" {
			return step.Get("task").Str()
		}
	}
	return ""
}
