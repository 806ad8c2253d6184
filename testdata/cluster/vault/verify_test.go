package vault_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/gatehouse-dev/gatehouse/secrets/vault"
)

// verified is a question and its answer; the answer is one for a token that may see
// everything but values in all engines but hidden.
type verified struct {
	ask     vault.Question
	outcome vault.Outcome
	reason  vault.Reason
	nearest []string
	version int
	says    string // is part of the sentence
}

func verifications() []verified {
	return []verified{
		{ask: vault.Question{Mount: "secret", Path: "app"}, outcome: vault.Exists, version: 1},
		{ask: vault.Question{Mount: "/secret/", Path: "app", Key: "user"}, outcome: vault.Exists, version: 1},
		{ask: vault.Question{Mount: "secret", Path: "app", Key: "tls.key"}, outcome: vault.Exists, version: 1},
		{ask: vault.Question{Mount: "secret", Path: "app", Key: `tls\.key`}, outcome: vault.Exists, version: 1},
		{ask: vault.Question{Mount: "secret", Path: "app", Key: "database.main.password"}, outcome: vault.Exists, version: 1},
		{ask: vault.Question{Mount: "secret", Path: "app", Key: "database"}, outcome: vault.Exists, version: 1},
		{ask: vault.Question{Mount: "secret", Path: "app", Key: "database.main.pasword"}, outcome: vault.KeyMissing, version: 1, nearest: []string{"database.main.password"}},
		{ask: vault.Question{Mount: "secret", Path: "app", Key: "tls_key"}, outcome: vault.KeyMissing, version: 1, nearest: []string{"tls.key"}},
		{ask: vault.Question{Mount: "secret", Path: "app", Key: "Pasword"}, outcome: vault.KeyMissing, version: 1, nearest: []string{"password"}, says: `did you mean "password"?`},
		{ask: vault.Question{Mount: "secret", Path: "app", Key: "certificate"}, outcome: vault.KeyMissing, version: 1},
		{ask: vault.Question{Mount: "secret", Path: "app", Key: "list.0"}, outcome: vault.NotChecked, reason: vault.InsideValue, version: 1},
		{ask: vault.Question{Mount: "secret", Path: "described", Key: "owner", Metadata: true}, outcome: vault.Exists, version: 1},
		{ask: vault.Question{Mount: "secret", Path: "described", Key: "ownr", Metadata: true}, outcome: vault.KeyMissing, version: 1, nearest: []string{"owner"}},
		{ask: vault.Question{Mount: "secret", Path: "described", Key: "owner"}, outcome: vault.KeyMissing, version: 1},
		{ask: vault.Question{Mount: "secret", Path: "app", Version: 1, Key: "user"}, outcome: vault.Exists, version: 1},
		{ask: vault.Question{Mount: "secret", Path: "app", Version: 9, Key: "user"}, outcome: vault.VersionMissing, version: 1, says: "has no version 9"},
		{ask: vault.Question{Mount: "secret", Path: "gone", Key: "user"}, outcome: vault.VersionDeleted, version: 1},
		{ask: vault.Question{Mount: "secret", Path: "burnt", Version: 1, Key: "first"}, outcome: vault.VersionDestroyed, version: 1},
		{ask: vault.Question{Mount: "secret", Path: "burnt", Key: "second"}, outcome: vault.Exists, version: 2},
		{ask: vault.Question{Mount: "secret", Path: "burnt", Key: "first"}, outcome: vault.KeyMissing, version: 2},
		{ask: vault.Question{Mount: "secret", Path: "empty"}, outcome: vault.PathMissing},
		{ask: vault.Question{Mount: "secret", Path: "apps"}, outcome: vault.PathMissing, nearest: []string{"app"}},
		{ask: vault.Question{Mount: "secret", Path: "nothing/of/the/kind"}, outcome: vault.PathMissing},
		{ask: vault.Question{Mount: "secret", Path: "data/app", Key: "user"}, outcome: vault.PathMissing, nearest: []string{"app"}, says: "data/ is added by whoever reads it"},
		{ask: vault.Question{Mount: "secret", Path: "data/odd", Key: "user"}, outcome: vault.Exists, version: 1},
		{ask: vault.Question{Mount: "secret", Path: "data/odd", KVVersion: 2, Key: "user"}, outcome: vault.Exists, version: 1},
		{ask: vault.Question{Mount: "secret", Path: "app", KVVersion: 2, Key: "user"}, outcome: vault.Exists, version: 1},
		{ask: vault.Question{Mount: "team/kv", Path: "shop/payment", Key: "token"}, outcome: vault.Exists, version: 1},
		{ask: vault.Question{Mount: "team/kv/shop", Path: "payment", Key: "token"}, outcome: vault.MountUnknown, reason: vault.MountMissing, says: "nothing is mounted at team/kv/shop"},
		{ask: vault.Question{Mount: "data", Path: "app", Key: "user"}, outcome: vault.Exists, version: 1},

		{ask: vault.Question{Path: "team/kv/shop/payment", Key: "token"}, outcome: vault.Exists, version: 1},
		{ask: vault.Question{Path: "secret", Key: "token"}, outcome: vault.NotChecked, reason: vault.BadQuestion},
		{ask: vault.Question{Path: "team/kv/data/shop/payment", API: true, Key: "token"}, outcome: vault.Exists, version: 1},
		{ask: vault.Question{Path: "secret/data/data/odd", API: true, Key: "user"}, outcome: vault.Exists, version: 1},
		{ask: vault.Question{Path: "data/data/app", API: true, Key: "user"}, outcome: vault.Exists, version: 1},
		{ask: vault.Question{Path: "secret/app", API: true, Key: "user"}, outcome: vault.PathMissing, version: 1, nearest: []string{"secret/data/app"}},
		{ask: vault.Question{Path: "secret/nothing", API: true, Key: "user"}, outcome: vault.PathMissing},

		{ask: vault.Question{Mount: "old", Path: "app"}, outcome: vault.Exists},
		{ask: vault.Question{Path: "old/shop/payment", API: true}, outcome: vault.Exists},
		{ask: vault.Question{Mount: "old", Path: "app", Key: "user"}, outcome: vault.NotChecked, reason: vault.KVVersion1, says: "shows its keys only with their values"},
		{ask: vault.Question{Mount: "old", Path: "appp", Key: "user"}, outcome: vault.PathMissing, nearest: []string{"app"}},
		{ask: vault.Question{Mount: "old", Path: "shop"}, outcome: vault.PathMissing},
		{ask: vault.Question{Mount: "old", Path: "nothing/there"}, outcome: vault.PathMissing},

		{ask: vault.Question{Mount: "nothing", Path: "app"}, outcome: vault.MountUnknown, reason: vault.MountMissing},
		{ask: vault.Question{Path: "nothing/of/the/kind"}, outcome: vault.MountUnknown, reason: vault.MountMissing},
		{ask: vault.Question{Mount: "nothing", Path: "app", KVVersion: 2}, outcome: vault.MountUnknown, reason: vault.MountMissing},
		{ask: vault.Question{Mount: "identity", Path: "oidc/key/x"}, outcome: vault.NotChecked, reason: vault.NotKV},

		{ask: vault.Question{Mount: "secret", Path: "../secret/data/app"}, outcome: vault.NotChecked, reason: vault.BadQuestion},
		{ask: vault.Question{Mount: "secret", Path: "a//b"}, outcome: vault.NotChecked, reason: vault.BadQuestion},
		{ask: vault.Question{Mount: "secret", Path: "a\nb"}, outcome: vault.NotChecked, reason: vault.BadQuestion},
		{ask: vault.Question{Mount: "secret", Path: "a%2e%2e%2fb c?version=1#d"}, outcome: vault.PathMissing},
		{ask: vault.Question{Mount: "secret", Path: ""}, outcome: vault.NotChecked, reason: vault.BadQuestion},
		{ask: vault.Question{Mount: "secret", Path: "app", Namespace: "a\r\nb: c"}, outcome: vault.NotChecked, reason: vault.BadQuestion},
	}
}

// hold compares answers with what is expected.
func hold(t *testing.T, c *vault.Connection, cases []verified) {
	t.Helper()
	questions := make([]vault.Question, len(cases))
	for i, v := range cases {
		questions[i] = v.ask
	}
	for i, got := range c.Verify(t.Context(), questions) {
		want := vault.Answer{Outcome: cases[i].outcome, Reason: cases[i].reason, Nearest: cases[i].nearest, Version: cases[i].version}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(vault.Answer{}, "Place", "What", "Next")); diff != "" {
			t.Errorf("%+v (-want +got):\n%s%s", questions[i], diff, got.What)
		}
		if !strings.Contains(got.What, cases[i].says) || got.What == "" {
			t.Errorf("%+v says %q, want %q in it", questions[i], got.What, cases[i].says)
		}
		if (got.Next == "") != (got.Outcome == vault.Exists || got.Reason == vault.InsideValue || got.Reason == vault.NotKV) {
			t.Errorf("%+v: next is %q", questions[i], got.Next)
		}
		if strings.Contains(fmt.Sprintf("%+v", got), canary) {
			t.Errorf("%+v: the answer holds a value", questions[i])
		}
	}
}

func TestVaultVerification(t *testing.T) {
	k := startKeeper(t)
	k.furnish()
	mounts := []string{"secret", "team/kv", "data", "hidden"}
	login := vault.Token{Value: k.token(vault.VerifyPolicy([]string{"secret", "team/kv", "data"}, nil), listingUnversioned, `path "identity/*" { capabilities = ["read"] }`)}

	t.Run("a token that is denied every value", func(t *testing.T) {
		since := k.logged()
		c := k.connect(login, nil)
		forbidden := verified{ask: vault.Question{Mount: "hidden", Path: "app"}, outcome: vault.MountUnknown, reason: vault.MountMissing}
		hold(t, c, append(verifications(), forbidden))
		k.noValueRead(since, mounts...)
		readable, err := c.Readable(t.Context(), []vault.Place{{Mount: vault.Configured("secret", 2), Path: "app"}, {Mount: vault.Configured("old", 1), Path: "app"}})
		if err != nil || len(readable) > 0 {
			t.Errorf("it may read %v (%v)", readable, err)
		}
	})
	t.Run("root, who could read them", func(t *testing.T) {
		since := k.logged()
		c := k.connect(vault.Token{Value: vault.NewCredential(k.Token)}, nil)
		hold(t, c, append(verifications(), verified{ask: vault.Question{Mount: "hidden", Path: "app"}, outcome: vault.Exists, version: 1}))
		k.noValueRead(since, mounts...)
		places := []vault.Place{{Mount: vault.Configured("secret", 2), Path: "app"}, {Mount: vault.Configured("old", 1), Path: "app"}}
		readable, err := c.Readable(t.Context(), places)
		if err != nil || len(readable) != 2 {
			t.Errorf("it may read %v (%v), want both", readable, err)
		}
	})
	t.Run("each secret is asked for once", func(t *testing.T) {
		c := k.connect(login, nil)
		since := k.logged()
		var questions []vault.Question
		for range 50 {
			questions = append(questions, vault.Question{Mount: "secret", Path: "app", Key: "user"}, vault.Question{Path: "secret/app", Key: "database.main"})
		}
		for _, a := range c.Verify(t.Context(), questions) {
			if a.Outcome != vault.Exists {
				t.Fatalf("%+v", a)
			}
		}
		// One for the engine and one for each way to write the secret.
		if asked := k.requests(since); len(asked) > 3 {
			t.Errorf("%d requests: %v", len(asked), asked)
		}
	})
	t.Run("without the right to see keys", func(t *testing.T) {
		c := k.connect(vault.Token{Value: k.token(`path "secret/metadata/*" { capabilities = ["read", "list"] }`)}, nil)
		hold(t, c, []verified{
			{ask: vault.Question{Mount: "secret", Path: "app"}, outcome: vault.Exists, version: 1},
			{ask: vault.Question{Mount: "secret", Path: "app", Key: "user"}, outcome: vault.NotChecked, reason: vault.Forbidden, version: 1, says: "secret/app exists"},
			{ask: vault.Question{Mount: "secret", Path: "nothing", Key: "user"}, outcome: vault.PathMissing},
			{ask: vault.Question{Mount: "secret", Path: "empty"}, outcome: vault.PathMissing},
			{ask: vault.Question{Mount: "secret", Path: "gone", Key: "user"}, outcome: vault.VersionDeleted, version: 1},
			{ask: vault.Question{Mount: "secret", Path: "burnt", Version: 1}, outcome: vault.VersionDestroyed, version: 1},
			{ask: vault.Question{Mount: "secret", Path: "burnt", Version: 7}, outcome: vault.VersionMissing, version: 2},
		})
	})
	t.Run("a right to one secret alone", func(t *testing.T) {
		c := k.connect(vault.Token{Value: k.token(`path "secret/subkeys/app" { capabilities = ["read"] }`)}, nil)
		hold(t, c, []verified{
			{ask: vault.Question{Mount: "secret", Path: "app", Key: "user"}, outcome: vault.Exists, version: 1},
			{ask: vault.Question{Mount: "secret", Path: "app", Key: "usr"}, outcome: vault.KeyMissing, version: 1, nearest: []string{"user"}},
			{ask: vault.Question{Mount: "secret", Path: "gone", Key: "user"}, outcome: vault.NotChecked, reason: vault.Forbidden},
		})
	})
	t.Run("a namespace on the Community edition", func(t *testing.T) {
		// It ignores the header, and so the question is about what there is.
		hold(t, k.connect(login, nil), []verified{{ask: vault.Question{Namespace: "team-a", Mount: "secret", Path: "app", Key: "user"}, outcome: vault.Exists, version: 1}})
	})
}

func TestVaultNotChecked(t *testing.T) {
	k := startKeeper(t)
	k.furnish()
	policy := vault.VerifyPolicy([]string{"secret"}, nil)
	all := []vault.Question{{Mount: "secret", Path: "app", Key: "user"}, {Path: "team/kv/shop/payment"}, {Mount: "old", Path: "app"}, {Mount: "secret", Path: "gone"}}

	notChecked := func(c *vault.Connection, reason vault.Reason) {
		t.Helper()
		for i, a := range c.Verify(t.Context(), all) {
			if a.Outcome != vault.NotChecked || a.Reason != reason || a.Next == "" {
				t.Errorf("%+v: %+v, want not checked because of %s", all[i], a, reason)
			}
		}
	}
	refused := func(login vault.Login, reason vault.Reason) {
		t.Helper()
		_, err := vault.Connect(t.Context(), vault.Target{Address: k.URL, Limits: vault.Limits{Wait: time.Millisecond}}, login)
		var failed *vault.Error
		if !errors.As(err, &failed) || failed.Reason != reason {
			t.Errorf("Connect returned %v, want %s", err, reason)
		}
	}

	refused(vault.Token{Value: vault.NewCredential("hvs.wrong")}, vault.BadToken)
	refused(vault.Token{}, vault.NoToken)

	revoked := k.token(policy)
	c := k.connect(vault.Token{Value: revoked}, nil)
	token := k.token(policy)
	sealed := k.connect(vault.Token{Value: token}, nil)

	accessors := k.must("LIST", "auth/token/accessors", "")["data"].(map[string]any)["keys"].([]any)
	for _, accessor := range accessors {
		looked := k.must(http.MethodPost, "auth/token/lookup-accessor", fmt.Sprintf(`{"accessor":%q}`, accessor))
		if policies := fmt.Sprint(looked["data"].(map[string]any)["policies"]); strings.Contains(policies, "test-") {
			k.must(http.MethodPost, "auth/token/revoke-accessor", fmt.Sprintf(`{"accessor":%q}`, accessor))
			break
		}
	}
	// One of the two has gone; which one the order of accessors decides.
	gone := 0
	for _, c := range []*vault.Connection{c, sealed} {
		if a := c.Verify(t.Context(), all[:1])[0]; a.Reason == vault.BadToken && a.Outcome == vault.NotChecked {
			gone++
		}
	}
	if gone != 1 {
		t.Errorf("%d tokens are unknown, want 1", gone)
	}

	k.must(http.MethodPut, "sys/seal", "")
	notChecked(sealed, vault.Sealed)
	refused(vault.Token{Value: token}, vault.Sealed)
	refused(vault.AppRole{RoleID: "x", SecretID: token}, vault.Sealed)
	k.must(http.MethodPut, "sys/unseal", `{"key":"`+k.Key+`"}`)

	if err := k.Down(); err != nil {
		t.Fatal(err)
	}
	notChecked(sealed, vault.Unreachable)
	refused(vault.Token{Value: token}, vault.Unreachable)
}

func TestVaultRateLimit(t *testing.T) {
	k := startKeeper(t)
	k.furnish()
	c := k.connect(vault.Token{Value: k.token(vault.VerifyPolicy([]string{"secret"}, nil))}, nil)
	k.must(http.MethodPost, "sys/quotas/rate-limit/small", `{"rate":2,"interval":"1m","path":"secret/"}`)
	var questions []vault.Question
	for i := range 10 {
		questions = append(questions, vault.Question{Mount: "secret", Path: fmt.Sprintf("app%d", i), KVVersion: 2})
	}
	limited := 0
	for _, a := range c.Verify(t.Context(), questions) {
		switch {
		case a.Outcome == vault.NotChecked && a.Reason == vault.RateLimited:
			limited++
		case a.Outcome != vault.PathMissing:
			t.Errorf("%+v", a)
		}
	}
	if limited < 8 {
		t.Errorf("%d of 10 questions were rate limited, want at least 8", limited)
	}
	if asked := len(slices.DeleteFunc(k.requests(0), func(r requested) bool { return !strings.HasPrefix(r.Path, "secret/subkeys/app") })); asked > 40 {
		t.Errorf("%d requests reached Vault", asked)
	}
}
