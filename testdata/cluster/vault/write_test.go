package vault_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	seal "github.com/gatehouse-dev/gatehouse/secrets/seal/vault"
	"github.com/gatehouse-dev/gatehouse/secrets/vault"
)

// held returns the values of a secret, as root reads them.
func (k keeper) held(mount, path string) map[string]any {
	k.t.Helper()
	data, _ := k.must(http.MethodGet, mount+"/data/"+path, "")["data"].(map[string]any)["data"].(map[string]any)
	return data
}

// writer is a connection that may write below secret and read no value.
func (k keeper) writer(policies ...string) *vault.Connection {
	k.t.Helper()
	if len(policies) == 0 {
		policies = []string{vault.WritePolicy([]string{"secret"})}
	}
	return k.connect(vault.Token{Value: k.token(policies...)}, func(t *vault.Target) { t.Writes = true })
}

func place(path string) vault.Place {
	return vault.Place{Mount: vault.Configured("secret", 2), Path: path}
}

func values(pairs ...string) map[string]seal.Value {
	made := map[string]seal.Value{}
	for i := 0; i < len(pairs); i += 2 {
		made[pairs[i]] = seal.Value(pairs[i+1])
	}
	return made
}

// write prepares and writes.
func write(t *testing.T, c *vault.Connection, change seal.Change) (seal.Plan, seal.Written) {
	t.Helper()
	plan, err := seal.Prepare(t.Context(), c, change)
	if err != nil {
		t.Fatal(err)
	}
	written, err := plan.Write(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return plan, written
}

func TestVaultWrite(t *testing.T) {
	k := startKeeper(t)
	k.mount("secret", "2")
	k.put("secret", "warm", "up") // waits until the engine is ready
	c := k.writer()
	since := k.logged()

	for _, step := range []struct {
		name   string
		change seal.Change
		plan   string
		wrote  string
		holds  map[string]any
	}{
		{
			"a new secret", seal.Change{Place: place("app"), Values: values("user", "one "+canary, "password", "two\n\"ü\" "+canary)},
			`secret/app would be written as a new secret; adds "password", "user"`,
			`secret/app written as version 1; adds "password", "user"`,
			map[string]any{"user": "one " + canary, "password": "two\n\"ü\" " + canary},
		},
		{
			"a key more", seal.Change{Place: place("app"), Values: values("tls.key", "three <&>")},
			`secret/app would be written as the next version after 1; adds "tls.key"; keeps "password", "user"`,
			`secret/app written as version 2; adds "tls.key"; keeps "password", "user"`,
			map[string]any{"user": "one " + canary, "password": "two\n\"ü\" " + canary, "tls.key": "three <&>"},
		},
		{
			"a key replaced and one removed", seal.Change{Place: place("app"), Values: values("user", ""), Remove: []string{"tls.key"}, Replace: true},
			`secret/app would be written as the next version after 2; replaces "user"; removes "tls.key"; keeps "password"`,
			`secret/app written as version 3; replaces "user"; removes "tls.key"; keeps "password"`,
			map[string]any{"user": "", "password": "two\n\"ü\" " + canary},
		},
		{
			"all keys replaced", seal.Change{Place: place("app"), Values: values("user", "u", "password", "p"), Replace: true},
			`secret/app would be written as the next version after 3; replaces "password", "user"`,
			`secret/app written as version 4; replaces "password", "user"`,
			map[string]any{"user": "u", "password": "p"},
		},
		{
			"all but one removed", seal.Change{Place: place("app"), Remove: []string{"user"}},
			`secret/app would be written as the next version after 4; removes "user"; keeps "password"`,
			`secret/app written as version 5; removes "user"; keeps "password"`,
			map[string]any{"password": "p"},
		},
		{
			"described", seal.Change{Place: place("team/app"), Values: values("user", "u"), Metadata: map[string]string{"owner": "payments"}},
			`secret/team/app would be written as a new secret; adds "user"; describes it by "owner"`,
			`secret/team/app written as version 1; adds "user"`,
			map[string]any{"user": "u"},
		},
	} {
		t.Run(step.name, func(t *testing.T) {
			plan, written := write(t, c, step.change)
			if diff := cmp.Diff([]string{step.plan, step.wrote}, []string{plan.String(), written.String()}); diff != "" {
				t.Errorf("what is said (-want +got):\n%s", diff)
			}
			k.noValueRead(since, "secret")
			if diff := cmp.Diff(step.holds, k.held("secret", step.change.Place.Path)); diff != "" {
				t.Errorf("what Vault holds (-want +got):\n%s", diff)
			}
			since = k.logged()
			for _, text := range []string{fmt.Sprintf("%v %+v %#v", plan, plan, plan), fmt.Sprintf("%+v", written), fmt.Sprintf("%v %+v", step.change, step.change)} {
				if strings.Contains(text, canary) || strings.Contains(text, fmt.Sprint([]byte(canary))) {
					t.Errorf("a value is shown: %s", text)
				}
			}
		})
	}
	described := k.must(http.MethodGet, "secret/metadata/team/app", "")["data"].(map[string]any)["custom_metadata"]
	if diff := cmp.Diff(any(map[string]any{"owner": "payments"}), described); diff != "" {
		t.Errorf("custom metadata (-want +got):\n%s", diff)
	}
	// What was written is what a token that sees no value verifies.
	blind := k.connect(vault.Token{Value: k.token(vault.VerifyPolicy([]string{"secret"}, nil))}, nil)
	if a := blind.Verify(t.Context(), []vault.Question{{Mount: "secret", Path: "team/app", Key: "user"}})[0]; a.Outcome != vault.Exists {
		t.Errorf("%+v", a)
	}
}

func TestVaultWriteRefused(t *testing.T) {
	k := startKeeper(t)
	k.mount("secret", "2")
	k.mount("old", "1")
	k.put("secret", "app", "user", "password")
	k.must(http.MethodPatch, "secret/metadata/app", `{"custom_metadata":{"owner":"a"}}`)
	c := k.writer()
	unversioned, err := k.connect(vault.Token{Value: vault.NewCredential(k.Token)}, nil).FindMount(t.Context(), "", "old")
	if err != nil {
		t.Fatal(err)
	}
	onlyUpdate := k.writer(`path "secret/data/*" { capabilities = ["create", "update"] }
path "secret/subkeys/*" { capabilities = ["read"] }
path "sys/capabilities-self" { capabilities = ["update"] }`)
	onlyRead := k.writer(vault.VerifyPolicy([]string{"secret"}, nil))
	blindFolded := k.writer(`path "secret/data/*" { capabilities = ["create", "update", "patch"] }`)

	for _, test := range []struct {
		name   string
		with   *vault.Connection
		change seal.Change
		reason vault.Reason
		says   string
	}{
		{"a key that is there", c, seal.Change{Place: place("app"), Values: values("user", canary)}, vault.Refused, `version 1 has "user" already`},
		{"a key to remove that is not there", c, seal.Change{Place: place("app"), Remove: []string{"usr"}}, vault.SecretMissing, `no key "usr"`},
		{"a secret to remove from that is not there", c, seal.Change{Place: place("nothing"), Remove: []string{"user"}}, vault.SecretMissing, `no key "user"`},
		{"the last keys", c, seal.Change{Place: place("app"), Remove: []string{"user", "password"}}, vault.Refused, "no key would be left"},
		{"nothing", c, seal.Change{Place: place("app")}, vault.BadQuestion, "nothing to write"},
		{"KV v1", c, seal.Change{Place: vault.Place{Mount: unversioned, Path: "app"}, Values: values("a", "b")}, vault.KVVersion1, "no check-and-set"},
		{"no engine", c, seal.Change{Place: vault.Place{Path: "app"}, Values: values("a", "b")}, vault.NotKV, "no key-value store"},
		{"a path of the API", c, seal.Change{Place: place("data/app"), Values: values("a", "b")}, vault.BadQuestion, "begins with data/"},
		{"a path that leaves", c, seal.Change{Place: place("../app"), Values: values("a", "b")}, vault.BadQuestion, "no path"},
		{"bytes", c, seal.Change{Place: place("app"), Values: values("a", "\xff\xfe")}, vault.BadQuestion, `"a" is no text in UTF-8`},
		{"a name with a line end", c, seal.Change{Place: place("app"), Values: values("a\nb", "c")}, vault.BadQuestion, "name of a key"},
		{"too much", c, seal.Change{Place: place("app"), Values: values("a", strings.Repeat("x", 1<<20))}, vault.Limit, "bytes"},
		{"both", c, seal.Change{Place: place("app"), Values: values("a", "b"), Remove: []string{"a"}}, vault.BadQuestion, "both written and removed"},
		{"metadata that is too long", c, seal.Change{Place: place("app"), Values: values("a", "b"), Metadata: map[string]string{"owner": strings.Repeat("x", 513)}}, vault.BadQuestion, "custom metadata"},
		{"no right to merge", onlyUpdate, seal.Change{Place: place("app"), Values: values("new", "x")}, vault.Forbidden, `without it "password", "user" would be lost`},
		{"no right to write", onlyRead, seal.Change{Place: place("new"), Values: values("new", "x")}, vault.Forbidden, `lacks the capability "create"`},
		{"no right to see what is there", blindFolded, seal.Change{Place: place("app"), Values: values("new", "x")}, vault.Forbidden, "no right to it"},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := k.must(http.MethodGet, "secret/metadata/app", "")["data"].(map[string]any)["current_version"]
			_, err := seal.Prepare(t.Context(), test.with, test.change)
			var failed *vault.Error
			if !errors.As(err, &failed) || failed.Reason != test.reason || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%v, want %s and %q", err, test.reason, test.says)
			}
			if after := k.must(http.MethodGet, "secret/metadata/app", "")["data"].(map[string]any)["current_version"]; before != after {
				t.Errorf("version %v has become %v", before, after)
			}
		})
	}
	t.Run("a key that is there, where nothing needs to be merged", func(t *testing.T) {
		_, written := write(t, onlyUpdate, seal.Change{Place: place("app"), Values: values("user", "u", "password", "p"), Replace: true})
		if written.Version != 2 {
			t.Errorf("%+v", written)
		}
	})
	t.Run("metadata that the token may not write is said beforehand", func(t *testing.T) {
		plan, written := write(t, onlyUpdate, seal.Change{Place: place("other"), Values: values("user", "u"), Metadata: map[string]string{"owner": "x"}})
		if !strings.Contains(plan.String(), `"owner" will not be written beside it`) || len(written.Notes) > 0 {
			t.Errorf("%s\n%s", plan, written)
		}
	})
	t.Run("a connection that does not write", func(t *testing.T) {
		reader := k.connect(vault.Token{Value: k.token(vault.WritePolicy([]string{"secret"}))}, nil)
		plan, err := seal.Prepare(t.Context(), reader, seal.Change{Place: place("app"), Values: values("new", "x")})
		if err != nil {
			t.Fatal(err) // it may look and plan
		}
		_, err = plan.Write(t.Context(), reader)
		var failed *vault.Error
		if !errors.As(err, &failed) || failed.Reason != vault.WriteNotAsked {
			t.Errorf("%v, want %s", err, vault.WriteNotAsked)
		}
	})
}

func TestVaultWriteConflict(t *testing.T) {
	k := startKeeper(t)
	k.mount("secret", "2")
	k.put("secret", "app", "user")
	c := k.writer()
	conflict := func(change seal.Change, between func()) {
		t.Helper()
		plan, err := seal.Prepare(t.Context(), c, change)
		if err != nil {
			t.Fatal(err)
		}
		between()
		_, err = plan.Write(t.Context(), c)
		var failed *vault.Error
		if !errors.As(err, &failed) || failed.Reason != vault.Conflict || failed.Uncertain {
			t.Errorf("%v, want %s", err, vault.Conflict)
		}
	}
	conflict(seal.Change{Place: place("app"), Values: values("new", "x")}, func() { k.put("secret", "app", "user", "theirs") })
	if got := k.held("secret", "app"); got["theirs"] != canary || len(got) != 2 {
		t.Errorf("what others wrote is lost: %v", got)
	}
	conflict(seal.Change{Place: place("app"), Values: values("user", "x", "theirs", "y"), Replace: true}, func() { k.put("secret", "app", "user") })
	conflict(seal.Change{Place: place("new"), Values: values("user", "x")}, func() { k.put("secret", "new", "theirs") })

	// Deleted after the look: there is nothing to merge into any more.
	plan, err := seal.Prepare(t.Context(), c, seal.Change{Place: place("app"), Values: values("more", "x")})
	if err != nil {
		t.Fatal(err)
	}
	k.must(http.MethodDelete, "secret/data/app", "")
	_, err = plan.Write(t.Context(), c)
	var failed *vault.Error
	if !errors.As(err, &failed) || failed.Reason != vault.SecretMissing {
		t.Errorf("%v, want %s", err, vault.SecretMissing)
	}

	for _, state := range []string{"deleted", "destroyed"} {
		if state == "destroyed" {
			k.put("secret", "burnt", "user")
			k.must(http.MethodPut, "secret/destroy/burnt", `{"versions":[1]}`)
		}
		path := map[string]string{"deleted": "app", "destroyed": "burnt"}[state]
		plan, written := write(t, c, seal.Change{Place: place(path), Values: values("fresh", "x")})
		if !strings.Contains(plan.String(), "was "+state) || written.Version != plan.Version+1 {
			t.Errorf("%s\n%s", plan, written)
		}
		if diff := cmp.Diff(map[string]any{"fresh": "x"}, k.held("secret", path)); diff != "" {
			t.Errorf("after a %s version (-want +got):\n%s", state, diff)
		}
	}
}
