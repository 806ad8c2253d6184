package token

import (
	"encoding/base64"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fields puts drawn values where a text names a family in braces: "a: {github-pat}".
func fields(rng *rand.Rand, text string) string {
	for {
		from, to := strings.Index(text, "⟨"), strings.Index(text, "⟩")
		if from < 0 {
			return text
		}
		name := text[from+len("⟨") : to]
		text = text[:from] + credential(rng, name) + text[to+len("⟩"):]
	}
}

// credential writes a value of a family, or base64 of one: "base64 github-pat".
func credential(rng *rand.Rand, name string) string {
	if inner, ok := strings.CutPrefix(name, "base64 "); ok {
		return base64.StdEncoding.EncodeToString([]byte(credential(rng, inner)))
	}
	if inner, ok := strings.CutPrefix(name, "line of "); ok {
		return "export TOKEN=" + credential(rng, inner) + "\n"
	}
	if built[name] != nil {
		return built[name](rng)
	}
	family := known().byID[name]
	if family == nil {
		return drawn(rng, name)
	}
	return summed(name, drawn(rng, family.forms[0]))
}

func TestFind(t *testing.T) {
	for _, c := range []struct {
		text string
		want string // IDs, with ? after that of an example
	}{
		// Where a token begins and ends.
		{"⟨github-pat⟩", "github-pat"},
		{"a⟨github-pat⟩", ""},
		{"_⟨github-pat⟩", ""},
		{"⟨github-pat⟩a", ""},
		{"⟨github-pat⟩_", ""},
		{"https://x-access-token:⟨github-pat⟩@github.com/a/b.git", "github-pat"},
		{"https://host/?t=⟨gitlab-pat⟩&x=1", "gitlab-pat"},
		{"⟨github-pat⟩,⟨npm-token⟩;⟨gitlab-pat⟩", "github-pat npm-token gitlab-pat"},
		{"a\\t⟨github-pat⟩\\n", "github-pat"},
		{"\\u003d⟨github-pat⟩", "github-pat"},
		{"token%3D⟨github-pat⟩", "github-pat"},
		{"The token ⟨sendgrid-key⟩.", "sendgrid-key"},
		// Base64 around it.
		{"key: ⟨base64 github-pat⟩", "github-pat"},
		{"key: ⟨base64 base64 github-pat⟩", "github-pat"},
		{"key: ⟨base64 base64 base64 github-pat⟩", "github-pat"},
		{"key: ⟨base64 line of github-pat⟩", "github-pat"},
		{"key=⟨base64 url-password⟩", "url-password"},
		// URLs.
		{"postgres://postgres:postgres@db/x", "url-password"},
		{"redis://:⟨[a-z]{9}⟩@cache:6379", "url-password"},
		{"amqp://a:b@c@rabbit:5672/", "url-password"},
		{"https://app:⟨[a-z]{6}⟩#⟨[a-z]{6}⟩@git.example.org/x", "url-password"},
		{"https://app@example.org:⟨[a-z]{6}⟩!#@⟨[a-z]{6}⟩@git.example.org", "url-password"},
		{"https://git.example.org#section:⟨[a-z]{6}⟩@x", ""},
		{"http://localhost:3000#⟨[a-z]{6}⟩@x", ""},
		{"https://app@git.example.org/x#a:b@c", ""},
		{"dsn: app:⟨[a-z]{9}⟩@tcp(db:3306)/app?parseTime=true", "mysql-data-source"},
		{"DSN=app:⟨[a-z]{6}⟩/x?#@⟨[a-z]{6}⟩@unix(/run/mysqld.sock)/app", "mysql-data-source"},
		{"\"app:⟨[a-z]{9}⟩@(db:3306)/\"", "mysql-data-source"},
		{"app:${PASSWORD}@tcp(db:3306)/app", ""},
		{"%s:%s@tcp(%s)/%s", ""},
		{"call me@(home) or mail:me@(x y)/z", ""},
		{"Password=⟨[A-Za-z0-9]{9}⟩;Server=db;User Id=sa", "connection-string-password"},
		{"jdbc:postgresql://u:⟨[a-z]{9}⟩@db/x", "url-password"},
		{"http://${USER}:${PASSWORD}@db/", ""},
		{"http://user:$(PASSWORD)@db/", ""},
		{"http://user:{{ .password }}@db/", ""},
		{"http://<user>:<password>@db/", ""},
		{"http://u:$PASSWORD@db/", ""},
		{"http://u:%s@db/", ""},
		{"http://u:****@db/", ""},
		{"http://u:@db/", ""},
		{"http://u@db/", ""},
		{"https://cdn.example.com:8080/npm/vue@3.2", ""},
		{"git@github.com:a/b.git", ""},
		{"image: registry:5000/a@sha256:⟨[0-9a-f]{64}⟩", ""},
		{"http://u:password@db/", "url-password?"},
		{"http://u:xxxx@db/", "url-password?"},
		// Connection strings and headers.
		{"Server=db;Database=x;User Id=sa;Password=⟨[A-Za-z0-9]{9}⟩;", "connection-string-password"},
		{"Server=db;Uid=sa;Pwd=⟨[A-Za-z0-9]{9}⟩", "connection-string-password"},
		{"Server=db;User Id=sa;Password=${P};", ""},
		{"jdbc:mysql://db/x?user=a&password=⟨[A-Za-z0-9]{9}⟩&ssl=1", "connection-string-password"},
		{`"Password=⟨[A-Za-z0-9]{9}⟩;Server=db;User Id=sa"`, "connection-string-password"},
		{"dsn: host=db user=app password=⟨[A-Za-z0-9]{9}⟩ dbname=app", "connection-string-password"},
		{"a: 1\npassword=⟨[A-Za-z0-9]{9}⟩", ""},
		{"\nPassword=⟨[A-Za-z0-9]{9}⟩;Server=db;User Id=sa", "connection-string-password"},
		{"set user password=⟨[A-Za-z0-9]{9}⟩", ""},
		{"x; password=⟨[A-Za-z0-9]{9}⟩", ""},
		{"AccountName=a;AccountKey=⟨[A-Za-z0-9]{86}⟩==;EndpointSuffix=core", "azure-account-key"},
		{"Authorization: Basic ⟨base64 user:[a-z0-9]{12}⟩", "authorization-basic"},
		{`-H "Authorization: Bearer ⟨[a-f0-9]{32}⟩"`, "authorization-bearer"},
		{"Authorization: Bearer ⟨github-pat⟩", "github-pat"},
		{"Authorization: Bearer your-access-token", ""},
		{"Authorization: Bearer $TOKEN", ""},
		{`{"auths":{"ghcr.io":{"auth":"⟨base64 user:[a-z0-9]{12}⟩"}}}`, "docker-auth"},
		{`auth: not-base64-of-any-pair`, ""},
		// Placeholders.
		{"AKIAIOSFODNN7EXAMPLE", "aws-access-key-id?"},
		{"ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "github-pat?"},
		{"glpat-XXXXXXXXXXXXXXXXXXXX", "gitlab-pat?"},
		{"ghp_" + "0123456789" + "0123456789" + "0123456789" + "012345", "github-pat?"},
		{"glpat-my-very-secret-token", "gitlab-pat?"},
		// What looks like credentials and is none.
		{"name: sk-controller-manager-deployment-with-a-long-name", ""},
		{"checksum/config: ⟨[0-9a-f]{64}⟩", ""},
		{"password: ENC[AES256_GCM,data:⟨[A-Za-z0-9]{40}⟩,iv:⟨[A-Za-z0-9]{43}⟩=,tag:⟨[A-Za-z0-9]{22}⟩==,type:str]", ""},
		{"encryptedData:\n  a: AgB⟨[A-Za-z0-9]{600}⟩", ""},
		{"caBundle: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1J⟨[A-Za-z0-9]{600}⟩", ""},
		{"uid: ⟨[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}⟩", ""},
		{"AROA⟨[A-Z2-7]{16}⟩ AIDA⟨[A-Z2-7]{16}⟩", ""},
		{"eyJ-eyJ-eyJ.eyJ.eyJ", ""},
	} {
		text := fields(rand.New(rand.NewPCG(3, 5)), c.text)
		var got []string
		for _, hit := range Find([]byte(text)) {
			id := hit.Family.ID
			if hit.Example {
				id += "?"
			}
			got = append(got, id)
		}
		if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s\n%s", c.text, diff)
		}
		if MayHold([]byte(text)) != (len(got) > 0) {
			t.Errorf("%s: MayHold says %v", c.text, len(got) == 0)
		}
	}
}

func TestProofs(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	for id, want := range map[string]Proof{
		"github-pat": Checksum, "github-fine-grained-pat": Checksum, "vercel-token": Checksum, "npm-token": Checksum, "grafana-service-token": Checksum, "bitbucket-app-password": Checksum,
		"age-secret-key": Checksum, "nostr-key": Checksum, "stellar-seed": Checksum, "jwt": Structure, "slack-bot-token": Structure,
		"gitlab-pat": Prefix, "gcp-api-key": Prefix,
	} {
		value := credential(rng, id)
		hit, ok := Match(" " + value + "\n")
		if !ok || hit.Proof != want || hit.Family.ID != id || hit.Start != 1 || hit.End != 1+len(value) {
			t.Errorf("%s: %v, %v", id, ok, hit)
		}
		if !strings.Contains(hit.Evidence, hit.Family.Title) && id != "jwt" || strings.Contains(hit.Evidence, value) {
			t.Errorf("%s: because %s", id, hit.Evidence)
		}
	}
	routable := summed("gitlab-pat", drawn(rng, gitlab("glpat-")[2]))
	if hit, ok := Match(routable); !ok || hit.Proof != Checksum {
		t.Errorf("a routable token: %v", hit)
	}
}

// A wrong checksum lowers the proof and keeps the hit: older tokens have none. A
// character too few ends it.
func TestNearMisses(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 9))
	for _, id := range []string{"github-pat", "npm-token", "grafana-service-token", "bitbucket-app-password", "age-secret-key"} {
		value := []byte(credential(rng, id))
		swapped := value[len(value)-1]
		value[len(value)-1] = map[bool]byte{true: '2', false: '3'}[swapped != '2']
		hit, ok := Match(string(value))
		if !ok || hit.Proof != Prefix || hit.Family.ID != id {
			t.Errorf("%s with a wrong checksum: %v %v", id, ok, hit)
		}
		if hit, ok := Match(string(value[:len(value)-1])); ok {
			t.Errorf("%s without its last character: %v", id, hit)
		}
	}
}

func TestMatchKnowsFillers(t *testing.T) {
	for _, value := range []string{"ghp_xxxxxxxxxxxx", "xoxb-your-token", "sk-ant-api03-...", "glpat-<your token>", "ghp_YOUR_TOKEN_HERE", "hf_xxxxxxxxx"} {
		if hit, ok := Match(value); !ok || !hit.Example {
			t.Errorf("%s: %v %v", value, ok, hit)
		}
	}
	for _, value := range []string{"", "info", "sk-controller", "key-value-store", "pat-pending", "live_update", "secret_name", "test_mode", "api-gateway-service"} {
		if hit, ok := Match(value); ok {
			t.Errorf("%s: %v", value, hit.Family.ID)
		}
	}
}

func TestMatchTakesWholeAddresses(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 1))
	for id, scheme := range map[string]string{
		"slack-webhook": "https://", "teams-webhook": "https://tenant.", "discord-webhook": "https://canary.", "url-password": "", "dingtalk-webhook": "https://",
	} {
		value := scheme + credential(rng, id)
		if hit, ok := Match(value); !ok || hit.Family.ID != id {
			t.Errorf("%s: %v", id, Find([]byte(value)))
		}
	}
}

func TestKnownSamplesAreExamples(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	for name, value := range map[string]string{
		"GitHub's documentation": "ghp" + "_16C7e42F292c6912E7710c838347Ae178B4a",
		"Stripe's documentation": "sk_test" + "_4eC39HqLyjWDarjtT1zdp7dc",
		"jwt.io":                 b64(`{"alg":"HS256","typ":"JWT"}`) + "." + b64(`{"sub":"1234567890","name":"John Doe","iat":1516239022}`) + drawn(rng, ".[A-Za-z0-9]{43}"),
		"Supabase":               b64(`{"alg":"HS256","typ":"JWT"}`) + "." + b64(`{"iss":"supabase-demo","role":"service_role"}`) + drawn(rng, ".[A-Za-z0-9]{43}"),
	} {
		if hit, ok := Match(value); !ok || !hit.Example {
			t.Errorf("the sample of %s: %v %v", name, ok, hit.Example)
		}
	}
}
