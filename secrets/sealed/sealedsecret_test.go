package sealed_test

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
	"github.com/google/go-cmp/cmp"
)

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

const (
	clusterWide   = `sealedsecrets.bitnami.com/cluster-wide: "true"`
	namespaceWide = `sealedsecrets.bitnami.com/namespace-wide: "true"`
)

// The canary is a value that no reason may quote.
const canary = "canary-hunter2-9f3c"

func TestSoundSealedSecretsHaveNoFaults(t *testing.T) {
	strict := seal(t, theKey(), canary, "web/db")
	wide := seal(t, theKey(), canary, "")
	empty := "\n  "
	for name, text := range map[string]string{
		"strict":         object("web/db", "", map[string]string{"password": strict}, ""),
		"cluster-wide":   object("web/db", clusterWide, map[string]string{"password": wide}, ""),
		"both":           object("web/db", namespaceWide, map[string]string{"password": strict}, "  template:\n    metadata:\n      annotations:\n        "+namespaceWide+"\n"),
		"raw":            object("web/db", clusterWide, map[string]string{"password": wide}, "  template:\n    type: Opaque\n"),
		"other RSA size": object("web/db", "", map[string]string{"password": seal(t, largeKey(), canary, "web/db")}, ""),
		"template": object("web/db", "", map[string]string{"password": strict},
			"  template:\n    data:\n      url: postgres://app:{{ .password }}@db/app\n      type: git\n      config.yaml: |\n        host: db\n        password: {{ .password }}\n"),
		"same names in the template": object("web/db", "", map[string]string{"password": strict}, "  template:\n    metadata:\n      name: db\n      namespace: web\n"),
		"wrapped lines":              object("web/db", "", map[string]string{"password": "|" + empty + "    " + strict[:76] + empty + "    " + strict[76:]}, ""),
		"a hole":                     object("web/db", "", map[string]string{"password": `"${SEALED_PASSWORD}"`}, ""),
		"null template":              object("web/db", "", map[string]string{"password": strict}, "  template:\n    data: null\n    metadata:\n      creationTimestamp: null\n"),
		"disowned annotation":        object("web/db", `sealedsecrets.bitnami.com/managed: "true"`, map[string]string{"password": strict}, ""),
		"a Secret":                   "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\nstringData:\n  password: " + canary + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			d := document(t, text)
			if got := sealed.SealedSecret(d, sealed.Options{Old: d}); len(got) > 0 {
				t.Errorf("faults: %+v\n%s", got, text)
			}
		})
	}
}

type sealedCase struct {
	name    string
	text    string
	options sealed.Options
	want    []string
}

// sealedCases are the faults of one SealedSecret.
func sealedCases(t testing.TB) []sealedCase {
	good := seal(t, theKey(), canary, "web/db")
	second := seal(t, theKey(), canary, "web/db")
	one := func(value string) string { return object("web/db", "", map[string]string{"password": value}, "") }
	with := func(more string) string { return object("web/db", "", map[string]string{"password": good}, more) }
	raw, err := base64.StdEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	cut := base64.StdEncoding.EncodeToString(raw[:len(raw)-len(canary)-1])
	prefix := base64.StdEncoding.EncodeToString(append([]byte{0, 7}, raw[2:]...))
	pinned := func(keys ...*rsa.PrivateKey) sealed.Options {
		var o sealed.Options
		for _, key := range keys {
			o.Certificates = append(o.Certificates, certificate(t, key, today.AddDate(-1, 0, 0), today.AddDate(9, 0, 0)))
		}
		return o
	}
	long := make(map[string]string)
	for i := range 9 {
		long[fmt.Sprintf("k%d", i)] = seal(t, theKey(), strings.Repeat("x", 120_000), "web/db")
	}
	password := "spec.encryptedData.password"
	return []sealedCase{
		{"not base64", one("AgB%" + good[4:]), sealed.Options{}, []string{"sealed-not-base64 " + password}},
		{"no padding", one(strings.TrimRight(seal(t, theKey(), "abc", "web/db"), "=")), sealed.Options{}, []string{"sealed-not-base64 " + password}},
		{"placeholder", one("<SEALED_PASSWORD>"), sealed.Options{}, []string{"sealed-placeholder " + password}},
		{"cut by dots", one("AgBy3i4OJSWK....."), sealed.Options{}, []string{"sealed-placeholder " + password}},
		{"plaintext", one(canary), sealed.Options{}, []string{"sealed-not-base64 " + password}},
		{"plaintext in base64", one(base64.StdEncoding.EncodeToString([]byte(canary))), sealed.Options{}, []string{"sealed-length-prefix " + password}},
		{"empty text", one(`""`), sealed.Options{}, []string{"sealed-placeholder " + password}},
		{"number", one("12"), sealed.Options{}, []string{"sealed-not-text " + password}},
		{"list", "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: a}\nspec:\n  encryptedData: [1]\n", sealed.Options{}, []string{"sealed-not-text spec.encryptedData"}},
		{"two bytes", one("AQ=="), sealed.Options{}, []string{"sealed-too-short " + password}},
		{"cut off", one(cut), sealed.Options{}, []string{"sealed-too-short " + password}},
		{"prefix", one(prefix), sealed.Options{}, []string{"sealed-length-prefix " + password}},
		{"empty value", one(seal(t, theKey(), "", "web/db")), sealed.Options{}, []string{"sealed-empty-value " + password}},
		{"empty value allowed", one(seal(t, theKey(), "", "web/db")), sealed.Options{AllowEmpty: true}, nil},
		{"weak key", one(seal(t, weakKey(), canary, "web/db")), sealed.Options{}, []string{"sealed-weak-key " + password}},
		{"key below what is asked for", one(good), sealed.Options{LeastBits: 4096}, []string{"sealed-weak-key " + password}},
		{"plaintext under a key that stands again", strings.Replace(one(good), "    password:", "    password: "+canary+"\n    password:", 1), sealed.Options{}, []string{"sealed-not-base64 " + password}},
		{"data key", object("web/db", "", map[string]string{`"a b"`: good}, ""), sealed.Options{}, []string{`sealed-data-key spec.encryptedData["a b"]`}},
		{"data key that reads like a folder", object("web/db", "", map[string]string{`"..data"`: good}, ""), sealed.Options{}, []string{`sealed-data-key spec.encryptedData["..data"]`}},
		{"too large", object("web/db", "", long, ""), sealed.Options{}, []string{"sealed-too-large spec.encryptedData"}},
		{"deprecated blob", "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: a, namespace: b}\nspec:\n  data: AgAB\n", sealed.Options{}, []string{"sealed-too-short spec.data"}},

		{"all values by a template", "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n  name: {{ .Release.Name }}\nspec:\n  encryptedData: {{- toYaml .Values.sealed | nindent 4 }}\n", sealed.Options{}, nil},
		{"scopes by a template", "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n  name: {{ .Release.Name }}\nspec:\n  encryptedData:\n    password: {{ .Values.password }}\n  template:\n    metadata:\n      annotations:\n        {{- if .Values.wide }}\n        " + clusterWide + "\n        {{- end }}\n", sealed.Options{}, nil},
		{"a value of a template", "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n  name: {{ .Release.Name }}\nspec:\n  encryptedData:\n    password: " + canary + "\n", sealed.Options{}, []string{"sealed-not-base64 spec.encryptedData.password"}},
		{"a Secret's data", "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: a, namespace: b}\nspec:\n  data: {password: cGFzc3dvcmQ=}\n", sealed.Options{}, []string{"sealed-not-text spec.data", "sealed-plain-field spec.data.password"}},

		{"pinned", one(good), pinned(theKey()), nil},
		{"one of the pinned", one(good), pinned(largeKey(), theKey()), nil},
		{"pinned of another size", one(good), pinned(largeKey()), []string{"sealed-other-certificate " + password}},
		{"retired", object("web/db", sealed.SealedWith+": sha256:00", map[string]string{"password": good}, ""), pinned(theKey()),
			[]string{`certificate-retired metadata.annotations["gatehouse.dev/sealed-with"]`}},

		{"template says wider", with("  template:\n    metadata:\n      annotations:\n        " + clusterWide + "\n"), sealed.Options{},
			[]string{`sealed-template-scope spec.template.metadata.annotations["sealedsecrets.bitnami.com/cluster-wide"]`}},
		{"template says otherwise", object("web/db", clusterWide, map[string]string{"password": good}, "  template:\n    metadata:\n      annotations:\n        "+namespaceWide+"\n"), sealed.Options{},
			[]string{`sealed-template-scope spec.template.metadata.annotations["sealedsecrets.bitnami.com/namespace-wide"]`}},
		{"annotation with a capital", object("web/db", `sealedsecrets.bitnami.com/cluster-wide: "True"`, map[string]string{"password": good}, ""), sealed.Options{},
			[]string{`sealed-scope-annotation metadata.annotations["sealedsecrets.bitnami.com/cluster-wide"]`}},
		{"annotation without quotes", object("web/db", `sealedsecrets.bitnami.com/cluster-wide: true`, map[string]string{"password": good}, ""), sealed.Options{},
			[]string{`sealed-scope-annotation metadata.annotations["sealedsecrets.bitnami.com/cluster-wide"]`}},
		{"annotation misspelt", object("web/db", `sealedsecrets.bitnami.com/clusterwide: "true"`, map[string]string{"password": good}, ""), sealed.Options{},
			[]string{`sealed-scope-annotation metadata.annotations["sealedsecrets.bitnami.com/clusterwide"]`}},
		{"template for another name", with("  template:\n    metadata:\n      name: database\n"), sealed.Options{}, []string{"sealed-template-identity spec.template.metadata.name"}},
		{"template for another namespace", with("  template:\n    metadata:\n      namespace: shop\n"), sealed.Options{}, []string{"sealed-template-identity spec.template.metadata.namespace"}},
		{"boolean namespace", strings.Replace(with(""), "namespace: web", "namespace: n", 1), sealed.Options{}, []string{"sealed-generated-name metadata.namespace"}},
		{"made up name", strings.Replace(with(""), "name: db", "generateName: db-", 1), sealed.Options{}, []string{"sealed-generated-name metadata.generateName"}},

		{"two keys", object("web/db", "", map[string]string{"a": good, "b": good}, ""), sealed.Options{}, []string{"sealed-two-keys spec.encryptedData.b"}},
		{"swapped", object("web/db", "", map[string]string{"a": good, "b": second}, ""),
			sealed.Options{Old: document(t, object("web/db", "", map[string]string{"a": second, "b": good}, ""))},
			[]string{"sealed-swapped-keys spec.encryptedData.a", "sealed-swapped-keys spec.encryptedData.b"}},
		{"key renamed", object("web/db", "", map[string]string{"new": good}, ""),
			sealed.Options{Old: document(t, object("web/db", "", map[string]string{"old": good}, ""))}, nil},
		{"given another scope", object("web/db", clusterWide, map[string]string{"password": good}, ""),
			sealed.Options{Old: document(t, one(good))}, []string{"sealed-renamed " + password}},
		{"renamed and half sealed anew", object("web/new", "", map[string]string{"a": good, "b": second}, ""),
			sealed.Options{Old: document(t, object("web/db", "", map[string]string{"a": good}, ""))}, []string{"sealed-renamed spec.encryptedData.a"}},

		{"plain field", with("stringData:\n  password: " + canary + "\n"), sealed.Options{}, []string{"sealed-plain-field stringData.password"}},
		{"plain field in the template", with("  template:\n    stringData:\n      password: " + canary + "\n"), sealed.Options{}, []string{"sealed-plain-field spec.template.stringData.password"}},
		{"literal", with("  template:\n    data:\n      api-token: " + canary + "\n"), sealed.Options{}, []string{"sealed-template-literal spec.template.data.api-token"}},
		{"default", with("  template:\n    data:\n      password: '{{ default \"" + canary + "\" .password }}'\n"), sealed.Options{}, []string{"sealed-template-literal spec.template.data.password"}},
		{"quoted action", with("  template:\n    data:\n      password: '{{ \"" + canary + "\" | b64enc }}'\n"), sealed.Options{}, []string{"sealed-template-literal spec.template.data.password"}},
		{"line of a file", with("  template:\n    data:\n      app.ini: |\n        user={{ .user }}\n        password=" + canary + "\n"), sealed.Options{}, []string{`sealed-template-literal spec.template.data["app.ini"]`}},
		{"password in a URL", with("  template:\n    data:\n      dsn: postgres://app:" + canary + "@{{ .host }}/app\n"), sealed.Options{}, []string{"sealed-template-literal spec.template.data.dsn"}},
		{"judged by the caller", with("  template:\n    data:\n      note: abc\n"),
			sealed.Options{Plaintext: func(key, literal string) bool { return key == "note" && literal == "abc" }}, []string{"sealed-template-literal spec.template.data.note"}},
		{"last applied", with("  template:\n    metadata:\n      annotations:\n        kubectl.kubernetes.io/last-applied-configuration: '{\"kind\":\"Secret\",\"data\":{\"a\":\"" + canary + "\"}}'\n"), sealed.Options{},
			[]string{`sealed-last-applied spec.template.metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"]`}},
	}
}

func TestSealedSecretFaults(t *testing.T) {
	for _, c := range sealedCases(t) {
		t.Run(c.name, func(t *testing.T) {
			got := sealed.SealedSecret(document(t, c.text), c.options)
			if diff := cmp.Diff(c.want, rules(got)); diff != "" {
				t.Errorf("faults (-want +got):\n%s%s", diff, c.text)
			}
			mustNotQuote(t, got, canary, base64.StdEncoding.EncodeToString([]byte(canary)))
			for _, f := range got {
				if f.At == (manifest.Pos{}) {
					t.Errorf("%s has no place", f.Rule)
				}
				if f.Placeholder != (f.Rule == "sealed-placeholder") {
					t.Errorf("%s: placeholder is %v", f.Rule, f.Placeholder)
				}
			}
		})
	}
}

func TestLooksSealed(t *testing.T) {
	good, weak := seal(t, theKey(), canary, "web/db"), seal(t, weakKey(), canary, "web/db")
	for text, want := range map[string]bool{
		good[:40]: true, good[:300]: true, good[:40] + "...": true, `"` + good + `"`: true, weak: true, "<SEALED>": true,
		strings.NewReplacer("+", "-", "/", "_").Replace(weak):                     true,
		base64.StdEncoding.EncodeToString([]byte(strings.Repeat("a text. ", 40))): false,
		"error: cannot fetch certificate: no endpoints for sealed-secrets":        true,
		canary: false, "my-secret-pw1": false, "cGFzc3dvcmQ=": false, "": true,
		"q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=": false, // 32 random bytes
	} {
		if got := sealed.LooksSealed(text); got != want {
			t.Errorf("%q: %v", text[:min(len(text), 60)], got)
		}
	}
}

// A ciphertext is never below the modulus of every other key, and always below that of
// its own: the proof is one-sided.
func TestModulusProvesOnlyTheOpposite(t *testing.T) {
	own := sealed.Options{Keys: []*rsa.PublicKey{&theKey().PublicKey}}
	other := sealed.Options{Keys: []*rsa.PublicKey{&otherKey().PublicKey}}
	if theKey().N.Cmp(otherKey().N) < 0 {
		// The smaller modulus is the one that ciphertexts of the larger one can exceed.
		own, other = other, own
	}
	large, small := theKey(), otherKey()
	if large.N.Cmp(small.N) < 0 {
		large, small = small, large
	}
	proved := 0
	for range 300 {
		value := seal(t, large, canary, "web/db")
		d := document(t, object("web/db", "", map[string]string{"password": value}, ""))
		if got := sealed.SealedSecret(d, own); len(got) > 0 {
			t.Fatalf("the own certificate is held against a value: %v", got)
		}
		if got := sealed.SealedSecret(d, other); len(got) > 0 {
			if got[0].Rule != "sealed-other-certificate" || opens(t, small, value, "web/db") {
				t.Fatalf("not what it is: %v", got)
			}
			proved++
		}
	}
	t.Logf("%d of 300 values are proved to be of another certificate", proved)
}

func TestForeignByModulus(t *testing.T) {
	raw := make([]byte, 2+256+16+4)
	raw[0] = 1
	for i := range 256 {
		raw[2+i] = 0xff
	}
	d := document(t, object("web/db", "", map[string]string{"password": base64.StdEncoding.EncodeToString(raw)}, ""))
	got := sealed.SealedSecret(d, sealed.Options{Keys: []*rsa.PublicKey{&theKey().PublicKey}})
	if diff := cmp.Diff([]string{"sealed-other-certificate spec.encryptedData.password"}, rules(got)); diff != "" {
		t.Error(diff)
	}
}

// home is a place at which a SealedSecret may stand.
type home struct{ name, annotation, label string }

var homes = []home{
	{"web/db", "", "web/db"},
	{"web/api", "", "web/api"},
	{"shop/db", "", "shop/db"},
	{"web/db", namespaceWide, "web"},
	{"web/api", namespaceWide, "web"},
	{"shop/db", namespaceWide, "shop"},
	{"web/db", clusterWide, ""},
	{"shop/api", clusterWide, ""},
}

// What is said of two identities is what the controller's own code does with them: for
// every pair, a fault if and only if what was sealed for the first cannot be opened at
// the second.
func TestIdentitiesAgreeWithTheController(t *testing.T) {
	for _, from := range homes {
		value := seal(t, theKey(), canary, from.label)
		data := map[string]string{"password": value}
		was := document(t, object(from.name, from.annotation, data, ""))
		for _, to := range homes {
			now := document(t, object(to.name, to.annotation, data, ""))
			works := opens(t, theKey(), value, to.label)
			what := fmt.Sprintf("from %s %s to %s %s", from.name, from.annotation, to.name, to.annotation)
			if got := sealed.SealedSecret(now, sealed.Options{Old: was}); (len(got) == 0) != works {
				t.Errorf("%s: opens %v, faults %v", what, works, rules(got))
			}
			if got := sealed.Moved(sealed.Blobs(was), sealed.Blobs(now)); (len(got) == 0) != works {
				t.Errorf("%s: opens %v, moved %v", what, works, rules(got))
			}
			if got := sealed.Reused(append(sealed.Blobs(was), sealed.Blobs(now)...)); (len(got) == 0) != works {
				t.Errorf("%s: opens %v, reused %v", what, works, got)
			}
			kept := append(asFacts(sealed.Blobs(was)), asFacts(sealed.Blobs(now))...)
			if got := sealed.Reused(kept); (len(got) == 0) != works {
				t.Errorf("%s: opens %v, reused as facts %v", what, works, got)
			}
			label, known := sealed.Blobs(now)[0].Identity.Label()
			if !known || label != to.label {
				t.Errorf("%s: the label is %q, %v", what, label, known)
			}
		}
	}
}

// asFacts makes blobs anew of what can be kept of them.
func asFacts(blobs []sealed.Blob) []sealed.Blob {
	var list []sealed.Blob
	for _, b := range blobs {
		list = append(list, sealed.Blob{Digest: b.Digest, Object: b.Object, Key: b.Key, Identity: b.Identity})
	}
	return list
}

func TestNamespaceThatIsNotGivenMayBeAny(t *testing.T) {
	data := map[string]string{"password": seal(t, theKey(), canary, "web/db")}
	was := document(t, object("web/db", "", data, ""))
	now := document(t, strings.Replace(object("web/db", "", data, ""), "  namespace: web\n", "", 1))
	if got := sealed.Moved(sealed.Blobs(was), sealed.Blobs(now)); len(got) > 0 {
		t.Errorf("an overlay may give the namespace: %v", rules(got))
	}
	other := document(t, strings.Replace(object("web/api", "", data, ""), "  namespace: web\n", "", 1))
	if got := sealed.Moved(sealed.Blobs(was), sealed.Blobs(other)); len(got) != 1 {
		t.Errorf("no namespace makes up for another name: %v", rules(got))
	}
}

func TestACopyThatStaysIsNoMove(t *testing.T) {
	data := map[string]string{"password": seal(t, theKey(), canary, "web/db")}
	a, b := document(t, object("web/db", "", data, "")), document(t, object("shop/db", "", data, ""))
	before := append(sealed.Blobs(a), sealed.Blobs(b)...)
	if got := sealed.Moved(before, before); len(got) > 0 {
		t.Errorf("nothing has changed: %v", rules(got))
	}
	reused := sealed.Reused(before)
	if len(reused) != 1 || reused[0].Fault.Rule != "sealed-two-identities" || reused[0].Fault.Field != "spec.encryptedData.password" {
		t.Errorf("reused: %+v", reused)
	}
}

func TestCertificates(t *testing.T) {
	year := today.AddDate(1, 0, 0)
	for name, c := range map[string]struct {
		certificate *x509.Certificate
		want        []string
	}{
		"valid":       {certificate(t, theKey(), today.AddDate(-1, 0, 0), year), nil},
		"expiring":    {certificate(t, theKey(), today.AddDate(-1, 0, 0), today.AddDate(0, 0, 20)), []string{"certificate-expiry"}},
		"expired":     {certificate(t, theKey(), today.AddDate(-1, 0, 0), today.AddDate(0, 0, -1)), []string{"certificate-expiry"}},
		"not yet":     {certificate(t, theKey(), today.AddDate(0, 0, 1), year), []string{"certificate-expiry"}},
		"weak":        {certificate(t, weakKey(), today.AddDate(-1, 0, 0), year), []string{"certificate-weak"}},
		"without RSA": {&x509.Certificate{NotBefore: today.AddDate(-1, 0, 0), NotAfter: year}, []string{"certificate-not-rsa"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := sealed.Certificate(c.certificate, today, 30*24*60*60*1e9)
			if diff := cmp.Diff(c.want, rules(got)); diff != "" {
				t.Error(diff)
			}
			mustNotQuote(t, got)
		})
	}
}
