package reference_test

import (
	"testing"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/reference"
	"github.com/google/go-cmp/cmp"
)

func TestOfText(t *testing.T) {
	for _, c := range []struct {
		name, file, text string
		want             []string
	}{
		{"version 2 of KV", "main.tf", "data \"vault_kv_secret_v2\" \"db\" {\n  mount   = \"kv\"\n  name    = \"shop/db\"\n  version = 3\n}\n",
			[]string{"backend=vault engine=kv-v2 mount=kv path=shop/db request=kv/data/shop/db version=3"}},
		{"an ephemeral resource", "main.tf", "ephemeral \"vault_kv_secret_v2\" \"db\" {\n mount = vault_mount.kv.path\n name = \"db\"\n}\n",
			[]string{"backend=vault engine=kv-v2 mount=${vault_mount.kv.path} path=db"}},
		{"subkeys", "main.tf", `data "vault_kv_secret_subkeys_v2" "db" { mount = "kv"
name = "db" }`, []string{"backend=vault engine=kv-v2 mount=kv path=db request=kv/data/db"}},
		{"generic", "main.tf", "data \"vault_generic_secret\" \"x\" {\n  path = \"secret/db\" # here\n}\n", []string{"backend=vault path=secret/db"}},
		{"version 1", "main.tf", "data \"vault_kv_secret\" \"x\" {\n  path = \"kv/db\"\n}\n", []string{"backend=vault engine=kv-v1 path=kv/db request=kv/db"}},
		{"credentials", "main.tf", "data \"vault_aws_access_credentials\" \"x\" {\n  backend = \"aws\"\n  role = \"ci\"\n}\n",
			[]string{"backend=vault engine=dynamic mount=aws path=creds/ci request=aws/creds/ci"}},
		{"comments, texts and other blocks", "main.tf", `# data "vault_generic_secret" "a" { path = "x" }
/* data "vault_generic_secret" "b" { path = "x" } */
resource "vault_generic_secret" "c" { path = "x" }
locals { t = <<EOT
data "vault_generic_secret" "d" { path = "x" }
EOT
  s = "data \"vault_generic_secret\" {"
}
data "aws_secretsmanager_secret" "e" {}
data "vault_generic_secret" "f" {
  nested { path = "no" }
  path = "yes/${var.x["a"]}"
}
`, []string{`backend=vault path=yes/${var.x["a"]}`}},
		{"settings", ".env", "# A=ref+vault://no/no#/no\nA=ref+vault://kv/db#/pw\nB=\"<path:kv/data/db#pw>\"\n",
			[]string{"backend=vault path=kv/db key=pw", "backend=vault engine=kv-v2 mount=kv path=db request=kv/data/db key=pw"}},
		{"a file of SOPS", "x.env", "A=ENC[AES256_GCM,data:a]\nsops_hc_vault__list_0__map_vault_address=https://vault\nsops_hc_vault__list_0__map_engine_path=sops\nsops_hc_vault__list_0__map_key_name=k\n",
			[]string{"backend=vault address=https://vault engine=transit mount=sops path=keys/k request=sops/keys/k"}},
		{"prose", "README.md", "use ref+vault://kv/db#/pw or <path:kv/data/db#pw>\n", nil},
		{"a program", "main.go", "s := \"ref+vault://kv/db#/pw\"\n", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := manifest.Read(c.file, []byte(c.text), manifest.DefaultLimits())
			var got []string
			for _, r := range reference.OfText(f) {
				got = append(got, show(r))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("references (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFaultsOfText(t *testing.T) {
	for _, c := range []struct {
		file, text string
		want       []string
		line       uint32
	}{
		{"a.env", "X=1\nA=ref+echo://hunter2\n", []string{"vals-backend"}, 2},
		{"a.env", "A='<path:kv/data/a#x | nothing>'\n", []string{"avp-modifier"}, 1},
		{"a.tf", "\n\ndata \"vault_kv_secret_v2\" \"a\" {\n  mount = \"kv\"\n  name = \"data/x\"\n}\n", []string{"path-with-data?"}, 3},
		{"a.toml", "a = \"ref+vault://kv/../x#/y\"\n", []string{"path-traversal"}, 1},
		{"a.env", "A=ref+vault://kv/x?address=https://evil#/y\n", []string{"foreign-address"}, 1},
		{"a.env", "A=ref+vault://kv/x#/y\n", nil, 0},
	} {
		f := manifest.Read(c.file, []byte(c.text), manifest.DefaultLimits())
		var got []string
		for _, f := range reference.FaultsOfText(f, reference.Options{Addresses: []string{"https://vault"}}) {
			sound(t, f)
			got = append(got, told(f))
			if f.At.Line != c.line {
				t.Errorf("%s: %s stands in line %d, want %d", c.file, f.Rule, f.At.Line, c.line)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q: faults (-want +got):\n%s", c.text, diff)
		}
	}
}

func TestSOPSReferences(t *testing.T) {
	testReferences(t, reference.SOPSVault, []referenceCase{
		{"the metadata of a file", "a: ENC[x]\nsops:\n  hc_vault:\n  - {vault_address: 'https://vault', engine_path: sops, key_name: first, enc: x}\n",
			[]string{"backend=vault address=https://vault engine=transit mount=sops path=keys/first request=sops/keys/first"}},
		{"groups", "sops: {key_groups: [{hc_vault: [{vault_address: 'https://vault', engine_path: a/b, key_name: k}]}]}\n",
			[]string{"backend=vault address=https://vault engine=transit mount=a/b path=keys/k request=a/b/keys/k"}},
	})
	f := read(t, "x/.sops.yaml", "creation_rules:\n- hc_vault_transit_uri: https://vault/v1/sops/keys/a, https://other/v1/t/keys/b\n- key_groups: [{hc_vault: ['https://vault/v1/sops/keys/c']}]\n")
	var got []string
	for _, r := range reference.Of(f.Documents[0]) {
		got = append(got, r.Address+" "+r.Request+" "+r.Node.Text[r.Start:r.End])
	}
	want := []string{"https://vault sops/keys/a https://vault/v1/sops/keys/a", "https://other t/keys/b https://other/v1/t/keys/b", "https://vault sops/keys/c https://vault/v1/sops/keys/c"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("references (-want +got):\n%s", diff)
	}
}
