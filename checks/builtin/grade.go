package builtin

import (
	"path"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
	"github.com/gatehouse-dev/gatehouse/secrets/scan"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// The checks of secrets share one search, and each value is the subject of exactly
// one of them: of the place where it stands, else of what it is.
const (
	idPlaintextSecret   = "plaintext-secret"
	idLeakedCredential  = "leaked-credential"
	idSecretInConfig    = "secret-in-config"
	idSecretInGenerator = "secret-in-generator"
	idSecretInTemplate  = "secret-in-template"
	idWeakSecret        = "weak-secret"
	idPlaceholderSecret = "placeholder-secret"

	idSealedTemplatePlaintext = "sealed-template-plaintext"
)

// checkOf names the check whose subject a value is; "" for none.
func checkOf(f scan.Found) string {
	leaks := f.Answer.Class.Leaks()
	switch f.Place {
	case scan.Secret, scan.SealedTemplate:
		if f.Answer.Class == secrets.Public && isTemplateOfSecret(f) {
			return ""
		}
		if f.Document != nil && sealed.IsSealedSecret(f.Document) {
			return idSealedTemplatePlaintext
		}
		return idPlaintextSecret
	case scan.Generator:
		if leaks || f.Answer.Class == secrets.Hash {
			return idSecretInGenerator
		}
	case scan.Template:
		if leaks {
			return idSecretInTemplate
		}
	}
	switch f.Answer.Class {
	case secrets.Credential:
		return idLeakedCredential
	case secrets.Plaintext, secrets.Hash:
		return idSecretInConfig
	case secrets.Weak:
		return idWeakSecret
	case secrets.Placeholder:
		return idPlaceholderSecret
	}
	return ""
}

// isTemplateOfSecret tells whether a value stands in another object, which makes a
// Secret of it together with values from elsewhere: what is public there is where it
// belongs.
func isTemplateOfSecret(f scan.Found) bool {
	kind := ""
	if f.Document != nil {
		kind = f.Document.Object.Kind
	}
	return kind != "Secret" && kind != ""
}

// eachSecret runs report on every value that is the subject of a check.
func eachSecret(id string, report func(*checks.Pass, scan.Found)) func(*checks.Pass, []scan.Found) error {
	return func(p *checks.Pass, found []scan.Found) error {
		for _, f := range found {
			if checkOf(f) == id {
				report(p, f)
			}
		}
		return nil
	}
}

// reportOf begins a report of a value: its place, and its weight by what it is.
func reportOf(p *checks.Pass, f scan.Found, message string) checks.Report {
	r := checks.Report{Where: p.Found(f), Inner: f.Inner, Cites: f.Value, Message: message + "." + because(f) + inside(f), Fix: fixOf(p, f)}
	if !f.Answer.Class.Leaks() {
		r.Severity = checks.Notice
	}
	return r
}

// because gives the evidence of a credential as a sentence of its own: it alone may
// stand where nothing else says that there is a secret.
func because(f scan.Found) string {
	if f.Answer.Class != secrets.Credential || f.Answer.Evidence == "" {
		return ""
	}
	return " It is one because " + f.Answer.Evidence + "."
}

// inside says where in a text or an archive a value stands, where the line alone
// does not.
func inside(f scan.Found) string {
	if f.Member == "" {
		return ""
	}
	return " It stands in " + f.Member + ", inside this archive."
}

// under names the key of a value, for a message.
func under(f scan.Found) string {
	switch {
	case f.Inner != "":
		return " under " + f.Inner
	case f.Key != "":
		return " under " + f.Key
	}
	return ""
}

// fixOf says what to do at this place. The check's own text stands where the place
// gives no better one.
func fixOf(p *checks.Pass, f scan.Found) string {
	file, word := p.Found(f).File, "FILE"
	if !p.Applied {
		word = checks.ShellWord(file)
	}
	switch {
	case f.Answer.Class == secrets.Placeholder:
		return "See that the value is filled in outside of Git, and not by an edit of this file."
	case f.Member != "":
		return "Take the value out of the archive and pack it again; then refer to a Secret instead."
	case f.Document != nil && isSOPSDocument(f.Document.Root):
		return "The value was added by hand to a file that SOPS has encrypted: `gatehouse seal " + word + "` encrypts it with the rest, where a private key is at hand. If it has been pushed, rotate it."
	}
	switch f.Place {
	case scan.Secret:
		return fixOfSecret(f, word)
	case scan.SealedTemplate:
		return "Run `gatehouse seal " + word + "`, which moves the value to encryptedData: what stands in the template is not encrypted. " +
			"Where it is a part of a text, seal it by itself with `gatehouse seal set " + word + " KEY` and write {{ .KEY }} in its place."
	case scan.Generator:
		return "Take the literal out of the generator, write a Secret with it, run `gatehouse seal` on that file, and list the sealed file under resources."
	case scan.Env, scan.Args:
		if f.Document != nil && hasContainers(f.Document.Object.Kind) {
			return "Put the value into a Secret, run `gatehouse seal` on that file, and refer to it here: valueFrom: {secretKeyRef: {name: NAME, key: KEY}}."
		}
	case scan.Annotation:
		return "Take the value out of the annotation, and keep it in a Secret that `gatehouse seal` has sealed."
	case scan.ConfigMap:
		return "Move the value to a Secret, run `gatehouse seal` on that file, and mount it or refer to it with secretKeyRef: a ConfigMap is for what everyone may read."
	case scan.Values:
		return "Put the value into a Secret, run `gatehouse seal` on that file, and name it here: most charts take an existingSecret, and a HelmRelease takes valuesFrom."
	case scan.Template:
		return "Let the template fail where no value is given (required), or refer to an existing Secret, instead of a literal to fall back on."
	}
	return fixOfFile(path.Base(file), file)
}

// isSOPSDocument tells a document that SOPS has encrypted. SOPS writes its block at the
// end, and a tool that sorts keys leaves it near one: a root of many thousands of keys is
// not searched once for each of them.
func isSOPSDocument(root *manifest.Node) bool {
	const near = 100
	items := root.Items
	if len(items) <= 2*near {
		return root.Get("sops") != nil
	}
	isBlock := func(n manifest.Node) bool { return n.Key == "sops" }
	return slices.ContainsFunc(items[len(items)-near:], isBlock) || slices.ContainsFunc(items[:near], isBlock)
}

// hasContainers tells whether the environment variables of a kind take a valueFrom.
func hasContainers(kind string) bool {
	switch kind {
	case "Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "CronJob", "PodTemplate", "Rollout":
		return true
	}
	return false
}

// fixOfSecret says how to seal a Secret where it can be sealed as it stands.
func fixOfSecret(f scan.Found, word string) string {
	if f.Document == nil || f.Document.Templated || f.Document.Object.Kind != "Secret" {
		return "Refer to a Secret that is sealed (`gatehouse seal`) or that comes from Vault by an ExternalSecret, instead of writing its value here."
	}
	switch f.Answer.Class {
	case secrets.Public:
		if reader := readerOfSecret(f); reader != "" {
			return "Leave it where it is, since " + reader + " looks for it in this Secret, and seal the Secret as a whole: `gatehouse seal " + word + "`."
		}
		return "Move it to a ConfigMap, or seal it with the rest of the Secret: `gatehouse seal " + word + "`."
	case secrets.Hash:
		return "Seal it: a hash of a weak password can be guessed offline: `gatehouse seal " + word + "`."
	}
	return "Run `gatehouse seal " + word + "` and commit the result, or keep the value in Vault and refer to it with an ExternalSecret. If it has been pushed, rotate it."
}

// readerOfSecret names what reads a Secret by the keys that it has to have, public ones
// among them, so that none of them can be moved elsewhere; "" where that is not known.
func readerOfSecret(f scan.Found) string {
	root := f.Document.Root
	if root.Get("metadata").Get("labels").Get("argocd.argoproj.io/secret-type").Str() != "" {
		return "Argo CD"
	}
	kind := root.Get("type").Str()
	if strings.HasPrefix(kind, "kubernetes.io/") || strings.HasPrefix(kind, "bootstrap.kubernetes.io/") {
		return "Kubernetes"
	}
	return ""
}

// fixOfFile says what the tool that reads a file offers instead of a literal.
func fixOfFile(base, file string) string {
	lower := strings.ToLower(base)
	switch {
	case strings.HasSuffix(lower, ".tf"), strings.HasSuffix(lower, ".tfvars"), strings.HasSuffix(lower, ".hcl"):
		return "Read the value from Vault or a secret store with a data source, or declare a sensitive variable without a default and pass it as TF_VAR_NAME."
	case strings.Contains(file, ".github/workflows/"):
		return "Keep the value as a secret of the repository or environment, and write ${{ secrets.NAME }}."
	case strings.HasPrefix(lower, ".gitlab-ci"), lower == "jenkinsfile", strings.Contains(file, ".circleci/"), strings.HasPrefix(lower, "azure-pipelines"):
		return "Keep the value as a masked variable or credential of the CI system, and name it here."
	case strings.HasPrefix(lower, "dockerfile"), strings.HasSuffix(lower, ".dockerfile"):
		return "Pass the value at run time, or to the build with RUN --mount=type=secret: ENV and ARG stay readable in the image."
	case strings.HasPrefix(lower, "docker-compose"), strings.HasPrefix(lower, "compose."):
		return "Use the secrets of Compose, or ${NAME} with a value from an environment file that is not committed."
	case strings.Contains(file, "group_vars/"), strings.Contains(file, "host_vars/"), strings.Contains(file, "playbook"):
		return "Encrypt the value with ansible-vault encrypt_string, or read it with a lookup."
	case strings.HasPrefix(lower, ".env"), strings.HasSuffix(lower, ".env"):
		return "Keep the file out of Git (.gitignore), commit one with placeholders beside it, and keep the values in a sealed Secret or in Vault."
	}
	return ""
}
