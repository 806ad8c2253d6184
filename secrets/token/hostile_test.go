package token

import (
	"bytes"
	"encoding/base64"
	"math/rand/v2"
	"strings"
	"testing"
)

// workOn returns how many bytes are read more than once.
func workOn(text []byte) int {
	f := finder{text: text}
	f.scan()
	return f.work
}

// Twice the text is at most twice the work, whatever it is made of.
func TestTimeIsLinear(t *testing.T) {
	nested := "A"
	for len(nested) < 1<<10 {
		nested = base64.StdEncoding.EncodeToString([]byte(nested + strings.Repeat(" text", 9)))
	}
	lines := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("some text "), 57)) + "\n"
	for _, piece := range []string{
		"A", "eyJ", "-eyJ", "eyJ.", "eyJhbGciOiJIUzI1NiJ9.", "://", "://a:b", "@", "://a:b@", "-----BEGIN ", "-----BEGIN RSA PRIVATE" + " KEY-----",
		"-----BEGIN PRIVATE" + " KEY-----\n", "PRIVATE" + " KEY", `\n`, "=", "password=", ";password=", "Server=a;password=b;", "~", "8Q~", "ghp_", "/ghp_", "-glpat-",
		"/MII", "=QUJD", "=IGEg", nested, lines, lines[:76] + "\n", "sk-ant-api03-", ".", "a.", "A:", "Authorization: Basic ", "\"auth\": \"", "1//0", "/1//0",
		"hooks.slack.com/services/", "https://", "%3D", `\u003d`, "xoxb-1", "-fm2_", "-ya29.", "\"private_key\": \"",
	} {
		text := bytes.Repeat([]byte(piece), (1<<20)/len(piece))
		half, whole := workOn(text[:len(text)/2]), workOn(text)
		if whole > 3*half+1<<20 {
			t.Errorf("%.30q: %d bytes of work for half a megabyte, %d for one", piece, half, whole)
		}
		if whole > 400*len(text) {
			t.Errorf("%.30q: %d bytes of work a byte", piece, whole/len(text))
		}
	}
}

func TestNothingIsAllocatedForNothing(t *testing.T) {
	text := manifests(1 << 20)
	if n := testing.AllocsPerRun(5, func() { Find(text) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzFind(f *testing.F) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, id := range []string{"github-pat", "gitlab-pat", "jwt", "url-password", "age-secret-key", "base64 npm-token", "slack-webhook", "discord-bot-token", "azure-client-secret", "sendgrid-key", "bitwarden-token"} {
		f.Add([]byte("a: " + credential(rng, id) + "\nb: 1"))
	}
	f.Add([]byte("-----BEGIN PRIVATE" + " KEY-----\nAAAA\n-----END PRIVATE" + " KEY-----"))
	f.Add([]byte(`{"auth": "` + credential(rng, "base64 url-password") + `"}`))
	f.Add([]byte("Server=a;User Id=b;Password=" + drawn(rng, "[a-z]{9}") + ";"))
	for _, text := range []string{"password=a;Server=b", "\npassword=a;Server=b", "\n;password=a", "?password=", "://?password=a&b", "a:b@tcp(c)/d", "a:b#@(c)/", "https://a:b#c@d", "https://a@b:c#@d@e"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		before := bytes.Clone(text)
		hits := Find(text)
		if !bytes.Equal(text, before) {
			t.Fatal("the text was changed")
		}
		if MayHold(text) != (hits != nil) {
			t.Fatalf("MayHold says %v of %d hits", hits == nil, len(hits))
		}
		end := 0
		for _, hit := range hits {
			if hit.Start < end || hit.End <= hit.Start || hit.End > len(text) || hit.Family == nil || hit.Evidence == "" {
				t.Fatalf("hit %+v after %d in %d bytes", hit, end, len(text))
			}
			end = hit.End
			if hit.Family.inContext {
				continue
			}
			value := string(text[hit.Start:hit.End])
			if _, ok := Match(value); !ok && value == strings.TrimSpace(value) {
				t.Fatalf("%s: Match does not agree on %q", hit.Family.ID, value)
			}
		}
		if MatchNamed("AWS_SECRET_ACCESS_KEY", string(text)); len(text) > 0 {
			MatchNamed(string(text), string(text))
		}
	})
}
