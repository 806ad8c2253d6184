package survey

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/cmd/internal/config"
)

const (
	configPath         = config.ConfigPath
	certificatesFolder = config.Folder + "/certs/"
	// WorkflowPath is where the workflow of Workflow belongs.
	WorkflowPath = ".github/workflows/gatehouse.yml"
	// PreCommitPath is where the configuration of the pre-commit framework stands.
	PreCommitPath = ".pre-commit-config.yaml"
)

// runsAlready is the note on a configuration of pre-commit that needs no entry.
const runsAlready = "runs Gatehouse already"

// Tool is the name of something that stands in a repository already.
type Tool string

// The tools, in the order of the summary.
const (
	Gatehouse          Tool = "Gatehouse"
	Codeowners         Tool = "CODEOWNERS"
	Flux               Tool = "Flux"
	ArgoCD             Tool = "Argo CD"
	Kustomizations     Tool = "kustomizations"
	Charts             Tool = "Helm charts"
	Rego               Tool = "Rego policies"
	ConstraintTemplate Tool = "constraint templates"
	Constraints        Tool = "constraints"
	Gitleaks           Tool = "Gitleaks"
	SOPS               Tool = "SOPS"
	SealedSecrets      Tool = "SealedSecrets"
	Certificates       Tool = "sealing certificates"
	PreCommit          Tool = "pre-commit"
)

// Find is a tool that was found, and where.
type Find struct {
	Tool  Tool
	Paths []string // the first files or, of Rego, folders, in byte order
	Count int      // all of them
	Note  string   // what is special about it, or ""
}

func finds(c *contents, gitleaks silenced) []Find {
	var list []Find
	add := func(tool Tool, note string, paths []string) {
		if len(paths) > 0 {
			list = append(list, Find{Tool: tool, Paths: paths[:min(len(paths), mostPathsTold)], Count: len(paths), Note: note})
		}
	}
	add(Gatehouse, "", c.files(func(p string) bool { return strings.HasPrefix(p, config.Folder+"/") || p == WorkflowPath }))
	owners := c.files(func(p string) bool { return slices.Contains(ownersPlaces(), p) })
	add(Codeowners, ownersNote(c.tree), owners)
	add(Flux, "", c.files(func(p string) bool { return isFluxName(p) || c.holds(p, isFlux) }))
	add(ArgoCD, "", c.files(func(p string) bool { return c.holds(p, isArgo) }))
	add(Kustomizations, "", c.files(isKustomization))
	add(Charts, "", c.files(func(p string) bool { return path.Base(p) == "Chart.yaml" }))
	add(Rego, "", regoFolders(c.tree))
	add(ConstraintTemplate, "", c.files(func(p string) bool {
		return c.holds(p, func(k groupKind) bool { return k.group == "templates.gatekeeper.sh" })
	}))
	add(Constraints, "", c.files(func(p string) bool {
		return c.holds(p, func(k groupKind) bool { return k.group == "constraints.gatekeeper.sh" })
	}))
	add(Gitleaks, gitleaks.note(), c.files(isGitleaks))
	add(SOPS, "", c.files(isSOPS))
	add(SealedSecrets, "", c.files(func(p string) bool {
		return c.holds(p, func(k groupKind) bool { return k == groupKind{"bitnami.com", "SealedSecret"} })
	}))
	add(Certificates, "", c.certificates)
	if c.tree.has(PreCommitPath) {
		note := ""
		if data, ok := c.content(PreCommitPath); ok && bytes.Contains(data, []byte(repositoryURL)) {
			note = runsAlready
		}
		add(PreCommit, note, []string{PreCommitPath})
	}
	return list
}

func (c *contents) files(is func(path string) bool) []string {
	var list []string
	for _, p := range c.tree.paths {
		if is(p) {
			list = append(list, p)
		}
	}
	return list
}

func (c *contents) holds(file string, is func(groupKind) bool) bool {
	return slices.ContainsFunc(c.kinds[file], is)
}

// isFluxName knows the two files that "flux bootstrap" writes.
func isFluxName(file string) bool {
	base := path.Base(file)
	return base == "gotk-sync.yaml" || base == "gotk-components.yaml"
}

func isFlux(k groupKind) bool {
	return strings.HasSuffix(k.group, ".toolkit.fluxcd.io") || k.group == "fluxcd.controlplane.io"
}

func isArgo(k groupKind) bool {
	return k.group == "argoproj.io" && (k.kind == "Application" || k.kind == "ApplicationSet" || k.kind == "AppProject")
}

// isGitleaks knows the files that Gitleaks looks for in the folder it scans.
func isGitleaks(file string) bool {
	base := path.Base(file)
	return base == ".gitleaks.toml" || base == "gitleaks.toml" || base == ".gitleaksignore"
}

func isSOPS(file string) bool { return path.Base(file) == ".sops.yaml" }

// regoFolders are the outermost folders with Rego in them, "." for the root.
func regoFolders(t tree) []string {
	var dirs []string
	for _, p := range t.paths {
		if path.Ext(p) == ".rego" {
			dirs = append(dirs, path.Dir(p))
		}
	}
	slices.Sort(dirs)
	return outermost(slices.Compact(dirs))
}

// readCertificates finds the certificates that Secrets are sealed with.
func (c *contents) readCertificates() {
	named := c.files(isCertificateName)
	for _, p := range named[:min(len(named), mostCertificatesRead)] {
		data, ok := c.content(p)
		if ok && bytes.Contains(data, []byte("-----BEGIN CERTIFICATE-----")) && !bytes.Contains(data, []byte("PRIVATE KEY-----")) {
			c.certificates = append(c.certificates, p)
		}
	}
}

// isCertificateName knows the names that people give to a sealing certificate:
// pub-sealed-secrets.pem, sealed-secrets.crt, pub-cert.pem, kubeseal.pem.
func isCertificateName(file string) bool {
	switch path.Ext(file) {
	case ".pem", ".crt", ".cert", ".cer":
		base := strings.ToLower(path.Base(file))
		return strings.Contains(base, "seal") || strings.HasPrefix(base, "pub-cert") || strings.HasPrefix(file, certificatesFolder)
	}
	return false
}
