package reference

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
)

// bank-vaults: vault-sdk, injector/vault/injector.go; vault-secrets-webhook,
// pkg/webhook/secret.go.

const bankPrefix = "vault.security.banzaicloud.io/"

// bank is what annotations say to the webhook.
type bank struct {
	present       bool
	address, role string
}

// bankAnnotations reads the annotations of an object or of its pods.
func bankAnnotations(d *manifest.Document) (b bank) {
	read := func(annotations *manifest.Node) {
		for i := range fields(annotations) {
			n := &annotations.Items[i]
			key, ok := strings.CutPrefix(n.Key, bankPrefix)
			if !ok {
				continue
			}
			b.present = true
			switch key {
			case "vault-addr":
				b.address = scalar(n)
			case "vault-role":
				b.role = scalar(n)
			}
		}
	}
	read(d.Root.Lookup("metadata", "annotations"))
	if p := podOf(d); p != nil {
		read(p.annotations)
	}
	return b
}

// bankValue is one reference of bank-vaults in a text.
type bankValue struct {
	start, end int
	inner      string // less vault: and >>
	writes     bool
	whole      bool // the value is nothing else
	login      bool
	transit    bool
}

// longestBankValue bounds one reference.
const longestBankValue = 4096

// bankValues finds the references of bank-vaults in a text: all of it, or ${vault:…}
// inside.
func bankValues(t inlineText) (found []bankValue) {
	if b, ok := bankWhole(t); ok {
		return []bankValue{b}
	}
	text := t.text
	for at := 0; len(found) < mostReferences; {
		i := strings.Index(text[at:], "${")
		if i < 0 {
			return found
		}
		start := at + i
		at = start + 2
		b, ok := bankInline(text[start:min(len(text), start+longestBankValue)])
		if !ok {
			continue
		}
		b.start, b.end = start, start+b.end
		at = b.end
		found = append(found, b)
	}
	return found
}

func bankWhole(t inlineText) (bankValue, bool) {
	rest, writes := strings.CutPrefix(t.text, ">>")
	inner, ok := strings.CutPrefix(rest, "vault:")
	if !ok || len(inner) > longestBankValue || strings.HasPrefix(inner, "//") {
		return bankValue{}, false
	}
	b := bankValue{end: len(t.text), inner: inner, writes: writes, whole: true}
	path, _, keyed := strings.Cut(inner, "#")
	switch {
	case isTransit(inner):
		b.transit = true
	case inner == "login":
		b.login = true
	case strings.ContainsAny(path, " \t\r\n,;\"") || !strings.Contains(path, "/"):
		return bankValue{}, false
	case !keyed && t.env == "" && t.produces.Name == "":
		return bankValue{}, false
	}
	return b, true
}

// isTransit tells a ciphertext of the transit engine, less its vault: prefix.
func isTransit(inner string) bool {
	version, data, ok := strings.Cut(strings.TrimPrefix(inner, "v"), ":")
	return ok && len(inner) > 1 && inner[0] == 'v' && isDigits(version) && data != ""
}

// bankInline reads ${vault:…} at the beginning of a text. A } more at its end is that of
// a template inside.
func bankInline(text string) (bankValue, bool) {
	rest, _ := strings.CutPrefix(text, "${")
	rest, writes := strings.CutPrefix(rest, ">>")
	inner, ok := strings.CutPrefix(rest, "vault:")
	end := strings.IndexByte(inner, '}')
	if !ok || end < 0 || strings.Contains(inner[:end], "\n") {
		return bankValue{}, false
	}
	if end+1 < len(inner) && inner[end+1] == '}' {
		end++
	}
	b := bankValue{end: len(text) - len(inner) + end + 1, inner: inner[:end], writes: writes}
	b.transit = isTransit(b.inner)
	path, _, _ := strings.Cut(b.inner, "#")
	return b, b.transit || strings.Contains(path, "/") && !strings.ContainsAny(path, " \t\"")
}

// parts are path, key and what stands behind.
func (b bankValue) parts() (path, key, third string) {
	path, rest, _ := strings.Cut(b.inner, "#")
	key, third, _ = strings.Cut(rest, "#")
	return path, key, third
}

// reference is what b names. The data of one that writes are left out.
func (b bankValue) reference() (Reference, bool) {
	r := Reference{Dialect: BankVaults, Backend: "vault", Pushes: b.writes}
	if b.transit {
		r.Engine = Transit
		return r, true
	}
	if b.login {
		return r, false
	}
	path, key, third := b.parts()
	r.readAt(path)
	if !strings.Contains(key, "${") {
		r.Key = key
	}
	if !b.writes {
		r.Version = third
	}
	return r, true
}

// faults judges b. annotated tells that the object speaks to the webhook for certain.
func (b bankValue) faults(t inlineText, annotated bool) (list []Fault) {
	report := func(g ground, format string, args ...any) {
		list = append(list, fault(g, t.node, format, args...))
	}
	if b.transit {
		return nil
	}
	if b.login {
		if t.env != "VAULT_TOKEN" && t.env != "" && annotated {
			report(onBankLogin, "vault:login is replaced in the variable VAULT_TOKEN alone")
		}
		return list
	}
	path, key, third := b.parts()
	switch {
	case key == "":
		report(onBankKey, "the reference names no key: it is vault:PATH#KEY")
		list[len(list)-1].Certain = annotated
	case strings.Contains(key, "${"):
		if p := parseTemplate(key, "${", "}"); p.fault != "" {
			report(onTemplate, "the template of the key does not parse: %s", p.fault)
		}
	}
	switch {
	case third == "" || isHole(third) && !b.writes:
	case b.writes:
		list = append(list, b.written(t, path, third)...)
	case !isDigits(third) && third != "-1":
		report(onBankVersion, "behind the second # stands the version, which is a whole number")
	}
	return list
}

// written judges the data that a reference writes to Vault when it is resolved.
func (b bankValue) written(t inlineText, path, data string) []Fault {
	var values map[string]any
	if err := json.Unmarshal([]byte(data), &values); err != nil {
		if isHole(data) && !strings.HasPrefix(data, "{\"") {
			return nil
		}
		return []Fault{fault(onBankJSON, t.node, "behind the second # stands what is written, which is an object in JSON")}
	}
	_, _, kv := splitData(path)
	found, promised := false, false
	for key, v := range flatten(values) {
		if text, ok := v.(string); ok && text != "" && !isHole(text) {
			is := secrets.Promise(key) == secrets.Promises
			found, promised = found || kv || is, promised || is
		}
	}
	if !found {
		return nil
	}
	f := fault(onInlineSecret, t.node, "the reference writes values to Vault that stand in it in the clear")
	f.Certain = promised
	return []Fault{f}
}

// flatten returns the values of an object and of the object data in it, as KV version 2
// wraps them.
func flatten(values map[string]any) map[string]any {
	inner, ok := values["data"].(map[string]any)
	if !ok {
		return values
	}
	out := map[string]any{}
	for k, v := range values {
		out[k] = v
	}
	for k, v := range inner {
		out[k] = v
	}
	return out
}

// bankPod adds the paths whose values all become environment variables.
func (c *collector) bankPod(p *pod) {
	n := p.annotations.Get(bankPrefix + "vault-env-from-path")
	if n.Str() == "" {
		return
	}
	b := bankAnnotations(c.doc)
	at := 0
	for part := range strings.SplitSeq(n.Text, ",") {
		path, version, _ := strings.Cut(part, "#")
		if path != "" {
			r := Reference{Dialect: BankVaults, Address: b.address, Auth: Auth{Role: b.role}}
			r.readAt(path)
			r.Version = version
			r.whole(n)
			r.Start, r.End = at, at+len(part)
			c.add(r)
		}
		at += len(part) + 1
	}
}

// bankPod judges annotations of the webhook that stand on a workload and not on its
// pods, and the credentials of registries that it fills in.
func (j *judge) bankPod(p *pod) {
	if p.template == nil {
		return
	}
	on := j.doc.Root.Lookup("metadata", "annotations")
	for _, key := range [...]string{"vault-addr", "vault-env-from-path"} {
		n := on.Get(bankPrefix + key)
		mine := slices.ContainsFunc(fields(p.annotations), func(a manifest.Node) bool { return strings.HasPrefix(a.Key, bankPrefix) })
		if n != nil && !mine {
			j.report(onNotOnPod, n, "the webhook looks at pods, and this annotation is one of the %s", j.doc.Object.Kind)
			return
		}
	}
}

// registries finds the credentials of registries in a Secret that name values in Vault.
// Each is user and password: "vault:PATH#KEY:vault:PATH#KEY".
func registries(t inlineText) (found []string) {
	if t.produces.Key != registryKey || len(t.text) > mostRegistryBytes {
		return nil
	}
	var config struct {
		Auths map[string]struct {
			Auth string `json:"auth"`
		} `json:"auths"`
	}
	if json.Unmarshal([]byte(t.text), &config) != nil {
		return nil
	}
	for _, a := range config.Auths {
		plain, err := base64.StdEncoding.DecodeString(a.Auth)
		if text := string(plain); err == nil && (strings.HasPrefix(text, "vault:") || strings.HasPrefix(text, ">>vault:")) {
			found = append(found, text)
		}
	}
	slices.Sort(found)
	return found
}

// registryValues are the references in the credentials of registries.
func registryValues(t inlineText) (found []bankValue) {
	for _, credentials := range registries(t) {
		parts := strings.Split(credentials, ":")
		if len(parts) != 4 {
			continue
		}
		for _, inner := range [...]string{parts[1], parts[3]} {
			found = append(found, bankValue{inner: inner})
		}
	}
	return found
}

// registryKey is the key of the credentials of registries in a Secret.
const registryKey = ".dockerconfigjson"

// mostRegistryBytes is the size of the largest file of credentials that is read: that of
// a Secret.
const mostRegistryBytes = 1 << 20
