package reference_test

import (
	"encoding/base64"
	"testing"

	"github.com/gatehouse-dev/gatehouse/secrets/reference"
)

func encoded(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// secret is a Secret with annotations.
func secret(annotations, fields string) string {
	text := "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n  namespace: shop\n"
	if annotations != "" {
		text += "  annotations:\n" + indent(annotations, 4)
	}
	return text + fields
}

func TestAVPReferences(t *testing.T) {
	testReferences(t, reference.AVP, []referenceCase{
		{"a path", secret("", "stringData: {a: <path:secret/data/db#password>}\n"),
			[]string{"backend=vault engine=kv-v2 mount=secret path=db request=secret/data/db key=password makes=shop/db/a"}},
		{"a version and modifiers", secret("", "stringData: {a: '<path:kv/data/db#password#3 | base64decode | jsonPath {.a}>'}\n"),
			[]string{"backend=vault engine=kv-v2 mount=kv path=db request=kv/data/db key=password version=3 makes=shop/db/a"}},
		{"another backend", secret("", "stringData: {a: <path:db-secret#password#b48546d>}\n"), []string{"path=db-secret request=db-secret key=password version=b48546d makes=shop/db/a"}},
		{"two in one text", secret("", "stringData: {a: 'u:<path:kv/data/a#x>@<path:kv/data/b#y>'}\n"),
			[]string{"backend=vault engine=kv-v2 mount=kv path=a request=kv/data/a key=x makes=shop/db/a", "backend=vault engine=kv-v2 mount=kv path=b request=kv/data/b key=y makes=shop/db/a"}},
		{"in base64", secret("", "data: {a: "+encoded("x <path:kv/data/a#x>")+"}\n"), []string{"backend=vault engine=kv-v2 mount=kv path=a request=kv/data/a key=x makes=shop/db/a"}},
		{"by an annotation", secret("avp.kubernetes.io/path: kv/data/db\navp.kubernetes.io/secret-version: '7'\n", "stringData: {a: <password>, b: 'x<user | base64encode>'}\n"),
			[]string{"backend=vault engine=kv-v2 mount=kv path=db request=kv/data/db key=password version=7 makes=shop/db/a",
				"backend=vault engine=kv-v2 mount=kv path=db request=kv/data/db key=user version=7 makes=shop/db/b"}},
		{"version 1 is told", secret("avp.kubernetes.io/kv-version: '1'\n", "stringData: {a: <path:kv/data/db#x>}\n"), []string{"backend=vault engine=kv-v1 path=kv/data/db request=kv/data/db key=x makes=shop/db/a"}},
		{"ignored", secret("avp.kubernetes.io/ignore: 'True'\n", "stringData: {a: <path:kv/data/db#x>}\n"), nil},
		{"in any object", "apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {externalName: <path:kv/data/db#host>}\n",
			[]string{"backend=vault engine=kv-v2 mount=kv path=db request=kv/data/db key=host"}},
		{"in values of a chart", "db:\n  password: <path:kv/data/db#x>\n", []string{"backend=vault engine=kv-v2 mount=kv path=db request=kv/data/db key=x"}},
		{"none without a key", secret("", "stringData: {a: <path:kv/data/db>, b: <password>, c: a<b>c}\n"), nil},
	})
}

func TestAVPFaults(t *testing.T) {
	testFaults(t, []faultCase{
		{"all modifiers", secret("", "stringData: {a: '<path:kv/data/a#x | base64encode | base64decode | jsonParse | yamlParse | sha256sum | jsonPath {.a} {.b} | indent 4>'}\n"), nil},
		{"one that there is not", secret("", "stringData: {a: '<path:kv/data/a#x | base64Encode>'}\n"), []string{"avp-modifier stringData.a"}},
		{"an empty one", secret("", "stringData: {a: '<path:kv/data/a#x | >'}\n"), []string{"avp-modifier stringData.a"}},
		{"one with arguments too many", secret("", "stringData: {a: '<path:kv/data/a#x | sha256sum 2>'}\n"), []string{"avp-modifier-arguments stringData.a"}},
		{"one with too few", secret("", "stringData: {a: '<path:kv/data/a#x | jsonPath>'}\n"), []string{"avp-modifier-arguments stringData.a"}},
		{"an indent that is no number", secret("", "stringData: {a: '<path:kv/data/a#x | indent four>'}\n"), []string{"avp-modifier-arguments stringData.a"}},
		{"a placeholder without #", secret("", "stringData: {a: <path:kv/data/a>}\n"), []string{"avp-placeholder stringData.a?"}},
		{"one that is not closed", secret("", "stringData: {a: <path:kv/data/a#x}\n"), []string{"avp-placeholder stringData.a?"}},
		{"words about paths", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {help: 'use <path:> or <path: to it>'}\n", nil},
		{"a key without a path", secret("avp.kubernetes.io/kv-version: '2'\n", "stringData: {a: <password>}\n"), []string{"avp-no-path stringData.a?"}},
		{"a key without a path beside one with", secret("", "stringData: {a: <password>, b: <path:kv/data/a#x>}\n"), []string{"avp-no-path stringData.a?"}},
		{"a placeholder of no plugin", secret("", "stringData: {a: <password>}\n"), nil},
		{"remove-missing where it does not go", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x, annotations: {avp.kubernetes.io/remove-missing: 'true'}}\n",
			[]string{`avp-remove-missing metadata.annotations["avp.kubernetes.io/remove-missing"]`}},
		{"remove-missing of a Secret", secret("avp.kubernetes.io/remove-missing: 'true'\n", ""), nil},
		{"a version of KV that there is not", secret("avp.kubernetes.io/kv-version: v2\n", ""), []string{`avp-kv-version metadata.annotations["avp.kubernetes.io/kv-version"]`}},
		{"version 2 without data/", secret("avp.kubernetes.io/kv-version: '2'\navp.kubernetes.io/path: kv/db\n", "stringData: {a: <path:kv/a#x>}\n"),
			[]string{`path-without-data metadata.annotations["avp.kubernetes.io/path"]?`, "path-without-data stringData.a?"}},
		{"version 1 with data/", secret("avp.kubernetes.io/kv-version: '1'\n", "stringData: {a: <path:kv/data/a#x>}\n"), []string{"path-with-data stringData.a?"}},
		{"a version that is a word", secret("", "stringData: {a: <path:kv/data/a#x#latest>, b: <path:aws-secret#x#latest>}\n"), []string{"avp-version stringData.a?"}},
		{"a path that goes up", secret("", "stringData: {a: <path:kv/data/shop/../bank#x>}\n"), []string{"path-traversal stringData.a"}},
	}, reference.Options{})
}

// env is a Deployment with one variable.
func env(annotations, name, value string) string {
	text := "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  template:\n"
	if annotations != "" {
		text += "    metadata:\n      annotations:\n" + indent(annotations, 8)
	}
	return text + "    spec:\n      containers:\n      - name: web\n        image: web:1\n        env:\n        - name: " + name + "\n          value: " + value + "\n"
}

const webhook = "vault.security.banzaicloud.io/vault-addr: https://vault:8200\nvault.security.banzaicloud.io/vault-role: shop\n"

func TestBankVaultsReferences(t *testing.T) {
	testReferences(t, reference.BankVaults, []referenceCase{
		{"a variable", env(webhook, "A", "vault:secret/data/db#password"),
			[]string{"backend=vault address=https://vault:8200 role=shop engine=kv-v2 mount=secret path=db request=secret/data/db key=password"}},
		{"a version", env("", "A", "vault:secret/data/db#password#2"), []string{"backend=vault engine=kv-v2 mount=secret path=db request=secret/data/db key=password version=2"}},
		{"a template over several keys", env("", "A", "'vault:secret/data/db#${.user}:${.password}'"), []string{"backend=vault engine=kv-v2 mount=secret path=db request=secret/data/db"}},
		{"inside a text", env("", "A", "'jdbc://${vault:secret/data/db#host}/x?p=${vault:secret/data/db#pw#3}'"),
			[]string{"backend=vault engine=kv-v2 mount=secret path=db request=secret/data/db key=host", "backend=vault engine=kv-v2 mount=secret path=db request=secret/data/db key=pw version=3"}},
		{"one that writes", env("", "A", `'>>vault:pki/issue/web#certificate#{"common_name":"a"}'`), []string{"backend=vault path=pki/issue/web request=pki/issue/web key=certificate pushes"}},
		{"a ciphertext of transit", env("", "A", "vault:v1:8SDd3WHDOjf7mq69CyCqYjBXAiQQAVZRkFM13ok481zoCmHnSeDX9vyf7w=="), []string{"backend=vault engine=transit"}},
		{"a Secret", secret("", "data: {a: "+encoded("vault:secret/data/db#x")+"}\n"), []string{"backend=vault engine=kv-v2 mount=secret path=db request=secret/data/db key=x makes=shop/db/a"}},
		{"a registry", secret("", "data: {.dockerconfigjson: "+encoded(`{"auths":{"r":{"auth":"`+encoded("vault:secret/data/r#user:vault:secret/data/r#pw")+`"}}}`)+"}\n"),
			[]string{"backend=vault engine=kv-v2 mount=secret path=r request=secret/data/r key=user makes=shop/db/.dockerconfigjson",
				"backend=vault engine=kv-v2 mount=secret path=r request=secret/data/r key=pw makes=shop/db/.dockerconfigjson"}},
		{"all values of two paths", env(webhook+"vault.security.banzaicloud.io/vault-env-from-path: secret/data/a#3,kv/b\n", "A", "x"),
			[]string{"backend=vault address=https://vault:8200 role=shop engine=kv-v2 mount=secret path=a request=secret/data/a version=3",
				"backend=vault address=https://vault:8200 role=shop path=kv/b request=kv/b"}},
		{"no reference: an image, an address, a host", "image: vault:1.21.4\nurl: vault://a/b#c\nhost: vault:8200\nlogin: vault:login\n", nil},
		{"a value of a chart", "env: {A: 'vault:secret/data/db#x'}\n", []string{"backend=vault engine=kv-v2 mount=secret path=db request=secret/data/db key=x"}},
	})
}

func TestBankVaultsFaults(t *testing.T) {
	const place = "spec.template.spec.containers[name=web].env[name=A].value"
	testFaults(t, []faultCase{
		{"all is well", env(webhook, "A", "vault:secret/data/db#password#-1"), nil},
		{"no key, and the webhook is spoken to", env(webhook, "A", "vault:secret/data/db"), []string{"bank-no-key " + place}},
		{"no key, and it may be something else", env("", "A", "vault:secret/data/db"), []string{"bank-no-key " + place + "?"}},
		{"login elsewhere", env(webhook, "A", "vault:login"), []string{"bank-login " + place + "?"}},
		{"login in its place", env(webhook, "VAULT_TOKEN", "vault:login"), nil},
		{"a version that is a word", env("", "A", "vault:secret/data/db#x#latest"), []string{"bank-version " + place + "?"}},
		{"a template that does not parse", env("", "A", "'vault:secret/data/db#${if}'"), []string{"template-syntax " + place}},
		{"what is written is no JSON", env("", "A", "'>>vault:pki/issue/web#certificate#common_name'"), []string{"bank-json " + place}},
		{"a password is written", env("", "A", `'>>vault:secret/data/db#password#{"data":{"password":"hunter2"}}'`), []string{"bank-inline-secret " + place}},
		{"a value is written to KV", env("", "A", `'>>vault:secret/data/db#x#{"data":{"x":"hunter2"}}'`), []string{"bank-inline-secret " + place + "?"}},
		{"a certificate is asked for", env("", "A", `'>>vault:pki/issue/web#certificate#{"common_name":"a.example.com"}'`), nil},
		{"a registry with a colon too many", secret("", "data: {.dockerconfigjson: "+encoded(`{"auths":{"r":{"auth":"`+encoded("vault:secret/data/r#user:vault:secret/data/r#pw:x")+`"}}}`)+"}\n"),
			[]string{`bank-registry data[".dockerconfigjson"]`}},
		{"annotations of the workload", "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  annotations:\n    vault.security.banzaicloud.io/vault-addr: https://vault\nspec: {template: {spec: {containers: [{name: a, image: b}]}}}\n",
			[]string{`injector-not-on-pod metadata.annotations["vault.security.banzaicloud.io/vault-addr"]`}},
	}, reference.Options{})
}

func TestValsReferences(t *testing.T) {
	testReferences(t, reference.Vals, []referenceCase{
		{"vault", "a: ref+vault://secret/db#/password\n", []string{"backend=vault path=secret/db key=password"}},
		{"without a fragment the last part is the key", "a: secretref+vault://secret/db/password\n", []string{"backend=vault path=secret/db key=password"}},
		{"parameters", "a: 'ref+vault://secret/db?address=https://vault:8200&namespace=team&version=3&auth_method=approle&role_id=x#/password'\n",
			[]string{"backend=vault address=https://vault:8200 vaultns=team role=x path=secret/db key=password version=3"}},
		{"a host", "a: ref+vault://secret/db?host=vault:8200#/x\n", []string{"backend=vault address=https://vault:8200 path=secret/db key=x"}},
		{"inside a text", "a: 'postgres://ref+vault://kv/db#/user+:ref+vault://kv/db#/pw+@host'\n", []string{"backend=vault path=kv/db key=user", "backend=vault path=kv/db key=pw"}},
		{"another backend", "a: ref+awssecrets://shop/db?region=eu#/pw\n", []string{"backend=awssecrets path=shop/db key=pw"}},
		{"a list and a map", "a: [ref+gcpsecrets://p/s, {b: ref+sops://f.yaml#/x}]\n", []string{"backend=gcpsecrets path=p/s", "backend=sops path=f.yaml key=x"}},
		{"users and passwords are left out", "a: ref+vault://u:hunter2@kv/db?address=https://u:hunter2@vault&secret_id=hunter2#/x\n", []string{"backend=vault address=https://vault path=kv/db key=x"}},
		{"a value is left out", "a: ref+echo://hunter2/x#/y\n", []string{"backend=echo"}},
		{"words", "a: see ref+ and ref+x and href+vault\n", nil},
	})
	testReferences(t, reference.HelmSecrets, []referenceCase{
		{"a file", "valueFiles: ['secrets://values.prod.yaml']\n", []string{"backend=sops path=values.prod.yaml"}},
		{"a file with a key", "f: 'secrets+age-import:///keys/age.txt?secrets.yaml'\n", []string{"backend=sops path=secrets.yaml"}},
	})
}

func TestValsFaults(t *testing.T) {
	cases := []faultCase{
		{"all is well", "a: ref+vault://secret/db#/password\nb: ref+awsssm://a/b\n", nil},
		{"the value itself", "a: ref+echo://hunter2\n", []string{"vals-backend a"}},
		{"a command", "a: ref+exec://echo/hunter2\n", []string{"vals-backend a"}},
		{"a file, a server, the environment", "a: ref+file://x/hunter2\nb: ref+httpjson://x/hunter2\nc: ref+envsubst://$VAR\n", []string{"vals-backend a?", "vals-backend b?", "vals-backend c?"}},
		{"a backend that there is not", "a: ref+vualt://x\n", []string{"vals-unknown-backend a?"}},
		{"a credential in the query", "a: ref+vault://secret/db?role_id=x&secret_id=hunter2#/y\n", []string{"vals-credential a"}},
		{"a password before the path", "a: ref+vault://u:hunter2@kv/db#/x\n", []string{"vals-credential a"}},
		{"the name of a variable in the query", "a: ref+vault://secret/db?token_env=T&password_file=/f#/y\n", nil},
		{"a credential that is filled in", "a: 'ref+vault://secret/db?secret_id=${ID}#/y'\n", nil},
		{"a version that is a word", "a: ref+vault://secret/db?version=latest#/y\n", []string{"vals-version a?"}},
		{"data/ in the path", "a: ref+vault://secret/data/db#/y\n", []string{"path-with-data a?"}},
		{"a path that goes up", "a: ref+vault://secret/shop/../bank#/y\n", []string{"path-traversal a"}},
	}
	testFaults(t, cases, reference.Options{})
	testFaults(t, []faultCase{
		{"what is allowed", "a: ref+file://x\nb: ref+echo://hunter2\n", []string{"vals-backend b"}},
		{"another server", "a: ref+vault://x/y?address=https://evil#/z\nb: ref+vault://x/y?address=HTTPS://vault/#/z\n", []string{"foreign-address a"}},
	}, reference.Options{Backends: []string{"file"}, Addresses: []string{"https://vault"}})
}
