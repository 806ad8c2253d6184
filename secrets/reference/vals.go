package reference

import (
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
)

// vals: pkg/expansion/expand_match.go, vals.go; helm-secrets: its schemes secrets://…

// valsBackends are those of vals that keep what they give.
var valsBackends = [...]string{
	"1password", "awskms", "awssecrets", "awsssm", "azurekeyvault", "bitwarden", "bws", "conjur", "delinea", "doppler", "gcpsecrets", "gcs", "gitlab",
	"gkms", "googlesheets", "hcpvaultsecrets", "infisical", "k8s", "keychain", "oci", "onepasswordconnect", "op", "openbao", "passbolt", "pulumistateapi",
	"redis", "s3", "scaleway", "secretserver", "servercore", "sops", "tfstate", "tfstateazurerm", "tfstategs", "tfstateremote", "tfstates3", "vault",
	"yclockbox",
}

// valsValue is one reference of vals in a text.
type valsValue struct {
	start, end    int
	helm          bool // of helm-secrets
	backend, path string
	query, key    string
	user          bool // a user and a password stood before the path
}

// longestValsValue bounds one reference.
const longestValsValue = 4096

// valsValues finds the references of vals in a text. raw tells that the text is the
// source of a file, where quotes and brackets end a reference, too.
func valsValues(text string, raw bool) (found []valsValue) {
	if v, ok := helmSecrets(text); ok && !raw {
		found = append(found, v)
	}
	for at := 0; len(found) < mostReferences; {
		i := strings.Index(text[at:], "ref+")
		if i < 0 {
			return found
		}
		start := at + i
		at = start + len("ref+")
		rest := text[at:min(len(text), at+longestValsValue)]
		colon := strings.IndexAny(rest, "+: \n")
		if colon < 1 || !strings.HasPrefix(rest[colon:], "://") || strings.Trim(rest[:colon], "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "" {
			continue
		}
		backend, body := rest[:colon], rest[colon+len("://"):]
		ends := "+\n "
		if raw {
			ends = "+\n\r\t \"'`,;)]}>"
		}
		if e := strings.IndexAny(body, ends); e >= 0 {
			body = body[:e]
		}
		body = strings.TrimRight(body, "\",")
		if body == "" {
			continue
		}
		v := valsValue{start: start, end: at + len(backend) + len("://") + len(body), backend: backend}
		if strings.HasSuffix(text[:start], "secret") {
			v.start -= len("secret")
		}
		v.read(body)
		found = append(found, v)
		at = v.end
	}
	return found
}

// helmSecrets reads a text that is a file of helm-secrets.
func helmSecrets(text string) (valsValue, bool) {
	scheme, path, ok := strings.Cut(text, "://")
	if !ok || path == "" || strings.ContainsAny(text, " \n") || len(text) > longestValsValue {
		return valsValue{}, false
	}
	switch scheme {
	case "secrets":
	case "secrets+gpg-import", "secrets+gpg-import-kubernetes", "secrets+age-import", "secrets+age-import-kubernetes":
		_, path, _ = strings.Cut(path, "?")
	default:
		return valsValue{}, false
	}
	return valsValue{end: len(text), helm: true, backend: "sops", path: path}, true
}

func (v *valsValue) read(body string) {
	body, v.key, _ = strings.Cut(body, "#")
	v.path, v.query, _ = strings.Cut(body, "?")
	v.key = strings.TrimPrefix(v.key, "/")
	first, _, _ := strings.Cut(v.path, "/")
	if i := strings.LastIndexByte(first, '@'); i >= 0 && strings.Contains(first[:i], ":") {
		v.path, v.user = v.path[i+1:], !isHole(first[:i])
	}
}

// queryValue returns a value of a query.
func queryValue(query, key string) string {
	for pair := range strings.SplitSeq(query, "&") {
		if k, value, _ := strings.Cut(pair, "="); k == key {
			return value
		}
	}
	return ""
}

// keepsNothing tells the backends whose reference is the value, or the way to make it.
func (v valsValue) keepsNothing() bool {
	switch v.backend {
	case "echo", "exec", "file", "httpjson", "envsubst":
		return true
	}
	return false
}

// reference is what v names. Where it is the value itself, that is left out.
func (v valsValue) reference() Reference {
	r := Reference{Dialect: Vals, Backend: v.backend, Key: v.key}
	if v.helm {
		r.Dialect = HelmSecrets
	}
	if v.keepsNothing() {
		r.Key = ""
		return r
	}
	r.Path = trimSlashes(v.path)
	r.Version = queryValue(v.query, "version")
	if v.backend != "vault" && v.backend != "openbao" {
		return r
	}
	r.Backend = "vault"
	r.VaultNamespace = queryValue(v.query, "namespace")
	r.Address = queryValue(v.query, "address")
	if host := queryValue(v.query, "host"); r.Address == "" && host != "" {
		r.Address = or(queryValue(v.query, "proto"), "https") + "://" + host
	}
	r.Auth = Auth{Method: queryValue(v.query, "auth_method"), Role: queryValue(v.query, "role_id")}
	if r.Key == "" {
		if i := strings.LastIndexByte(r.Path, '/'); i > 0 {
			r.Path, r.Key = r.Path[:i], r.Path[i+1:]
		}
	}
	return r
}

// faults judges v.
func (v valsValue) faults(n *manifest.Node, o Options) (list []Fault) {
	report := func(g ground, format string, args ...any) { list = append(list, fault(g, n, format, args...)) }
	if v.helm {
		return nil
	}
	if v.keepsNothing() && !slices.Contains(o.Backends, v.backend) {
		report(onBackend, "%s", keptNothing(v.backend))
		list[0].Certain = v.backend == "echo" || v.backend == "exec"
		return list
	}
	if !v.keepsNothing() && !slices.Contains(valsBackends[:], v.backend) {
		report(onUnknownBackend, "vals has no backend of this name%s", meant(v.backend, valsBackends[:]))
	}
	if v.user {
		report(onQuerySecret, "a user and a password stand before the path of the reference, in the clear")
	}
	for pair := range strings.SplitSeq(v.query, "&") {
		if key, value, _ := strings.Cut(pair, "="); value != "" && !isHole(value) && isSecretParameter(key) {
			report(onQuerySecret, "the parameter %s of the reference is a credential, and stands here in the clear", key)
		}
	}
	if v.backend == "vault" || v.backend == "openbao" {
		if version := queryValue(v.query, "version"); version != "" && !isDigits(version) && !isHole(version) {
			report(onValsVersion, "the version of a secret in Vault is a whole number")
		}
		if _, _, v2 := splitData(v.path); v2 {
			report(onDataExtra, "the path has a data/ segment, which vals puts in by itself where the engine is KV version 2")
		}
	}
	return list
}

// isSecretParameter tells the parameters that log in; those that name a variable or a
// file do not.
func isSecretParameter(key string) bool {
	switch {
	case strings.HasSuffix(key, "_env"), strings.HasSuffix(key, "_file"), strings.HasSuffix(key, "_path"):
		return false
	case key == "secret_id", key == "token", key == "password":
		return true
	}
	return secrets.Promise(key) == secrets.Promises
}

func keptNothing(backend string) string {
	switch backend {
	case "echo":
		return "ref+echo is no reference: what stands behind it is the value, in the clear"
	case "exec":
		return "ref+exec is no reference: it runs a command wherever the file is rendered"
	case "file":
		return "ref+file reads a file as it is, so that the secret lies wherever that does"
	case "httpjson":
		return "ref+httpjson asks a server that is named here, and is no store of secrets"
	}
	return "ref+envsubst takes the value from the environment of whoever renders the file"
}
