package token

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// drawn writes a value of a form. No value stands in this file, so that none is
// mistaken for a leak.
func drawn(rng *rand.Rand, pattern string) string {
	var b strings.Builder
	for _, p := range (sets{}).compile(&Family{}, pattern).pieces {
		b.WriteString(p.literal)
		if p.set == nil {
			continue
		}
		var members []byte
		for c := range 256 {
			if p.set[c] {
				members = append(members, byte(c))
			}
		}
		n := p.min
		if p.max > p.min {
			n += rng.IntN(min(p.max-p.min, 40) + 1)
		}
		for i := range n {
			c := members[rng.IntN(len(members))]
			for len(members) > 40 && i >= n-2 && !isLetter(c) && !isDigit(c) || c == '.' {
				c = members[rng.IntN(len(members))]
			}
			b.WriteByte(c)
		}
	}
	return b.String()
}

func b64(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// built writes the values whose parts hang together.
var built = map[string]func(*rand.Rand) string{
	"telegram-bot-token": func(r *rand.Rand) string { return drawn(r, "[1-9]{1}[0-9]{8}:AA[A-Za-z0-9]{33}") },
	"terraform-cloud-token": func(r *rand.Rand) string {
		return drawn(r, "[A-Za-z0-9]{14}.atlasv1.[A-Za-z0-9]{67}")
	},
	"discord-bot-token": func(r *rand.Rand) string {
		return b64(drawn(r, "[1-9]{1}[0-9]{17}")) + drawn(r, ".[A-Za-z0-9]{6}.[A-Za-z0-9]{38}")
	},
	"azure-client-secret":         func(r *rand.Rand) string { return drawn(r, "[A-Za-z0-9]{3}8Q~[A-Za-z0-9]{34}") },
	"azure-devops-pat":            func(r *rand.Rand) string { return drawn(r, "[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}") },
	"azure-storage-key":           func(r *rand.Rand) string { return drawn(r, "[A-Za-z0-9/]{76}+ASt[A-Za-z0-9]{6}==") },
	"azure-function-key":          func(r *rand.Rand) string { return drawn(r, "[A-Za-z0-9]{44}AzFu[A-Za-z0-9]{6}==") },
	"mailgun-api-key":             func(r *rand.Rand) string { return drawn(r, "[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}") },
	"mailchimp-api-key":           func(r *rand.Rand) string { return drawn(r, "[0-9a-f]{32}-us[1-9]{2}") },
	"maxmind-license-key":         func(r *rand.Rand) string { return drawn(r, "[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk") },
	"artifactory-reference-token": func(r *rand.Rand) string { return b64("reftkn:" + drawn(r, "01:1[0-9]{9}:[A-Za-z0-9]{27}")) },
	"intercom-token": func(r *rand.Rand) string {
		return b64("tok:"+drawn(r, "[0-9a-f]{8}_[0-9a-f]{4}_[0-9a-f]{4}_[0-9a-f]{4}_[0-9a-f]{12}:1:0")) + "="
	},
	"bitbucket-data-center-token": func(r *rand.Rand) string { return "BBDC-" + b64(drawn(r, "[1-9]{12}:[A-Za-z]{20}")) },
	"npm-registry-auth":           func(r *rand.Rand) string { return "_auth=" + b64("deploy:"+drawn(r, "[A-Za-z0-9]{23}")) },
	"elastic-api-key":             func(r *rand.Rand) string { return b64(drawn(r, "[A-Za-z0-9]{20}:[A-Za-z0-9]{22}")) + "=" },
	"grafana-api-key": func(r *rand.Rand) string {
		return b64(fmt.Sprintf(`{"k":"%s","n":"deploy","id":1}`, drawn(r, "[A-Za-z0-9]{32}")))
	},
	"jwt": func(r *rand.Rand) string {
		return b64(`{"alg":"HS256","typ":"JWT"}`) + "." + b64(`{"sub":"`+drawn(r, "[0-9]{9}")+`","iat":1700000000}`) + drawn(r, ".[A-Za-z0-9_-]{43}")
	},
	"jwe": func(r *rand.Rand) string {
		return b64(`{"alg":"dir","enc":"A256GCM"}`) + drawn(r, "..[A-Za-z0-9]{16}.[A-Za-z0-9]{60}.[A-Za-z0-9]{22}")
	},
	"kubernetes-service-account-token": func(r *rand.Rand) string {
		return b64(`{"alg":"RS256","kid":"k"}`) + "." + b64(`{"iss":"kubernetes/serviceaccount","sub":"system:serviceaccount:default:`+drawn(r, "[a-z]{9}")+`"}`) + drawn(r, ".[A-Za-z0-9_-]{342}")
	},
	"anthropic-key":       func(r *rand.Rand) string { return drawn(r, "sk-ant-api03-[A-Za-z0-9_-]{93}AA") },
	"anthropic-admin-key": func(r *rand.Rand) string { return drawn(r, "sk-ant-admin01-[A-Za-z0-9_-]{93}AA") },
	"azure-sas":           func(r *rand.Rand) string { return drawn(r, "sig=[A-Za-z0-9]{20}%2F[A-Za-z0-9]{22}%3D") },
	"der-private-key":     derKey,
	"url-password":        func(r *rand.Rand) string { return "postgres://app:" + drawn(r, "[A-Za-z0-9]{12}") + "@db:5432/app" },
	"mysql-data-source":   func(r *rand.Rand) string { return "app:" + drawn(r, "[A-Za-z0-9]{12}") + "@tcp(db:3306)/app" },
	"stellar-seed":        func(r *rand.Rand) string { return stellar(r) },
	"age-secret-key": func(r *rand.Rand) string {
		return strings.ToUpper(bech32("age-secret-key-", drawn(r, "["+bech32Digits+"]{52}")))
	},
	"age-pq-secret-key": func(r *rand.Rand) string {
		return strings.ToUpper(bech32("age-secret-key-pq-", drawn(r, "["+bech32Digits+"]{52}")))
	},
	"age-plugin-identity": func(r *rand.Rand) string {
		return strings.ToUpper(bech32("age-plugin-yubikey-", drawn(r, "["+bech32Digits+"]{30}")))
	},
	"nostr-key": func(r *rand.Rand) string { return bech32("nsec", drawn(r, "["+bech32Digits+"]{52}")) },
	"putty-private-key": func(r *rand.Rand) string {
		return drawn(r, "PuTTY-User-Key-File-[23]{1}: ssh-ed25519\nEncryption: none")
	},
}

// bech32 joins a prefix, data and their checksum (BIP 173).
func bech32(prefix, data string) string {
	sum := uint32(1)
	for _, c := range []byte(prefix) {
		sum = polymod(sum, c>>5)
	}
	sum = polymod(sum, 0)
	for _, c := range []byte(prefix) {
		sum = polymod(sum, c&31)
	}
	for _, c := range []byte(data) {
		sum = polymod(sum, byte(strings.IndexByte(bech32Digits, c)))
	}
	for range 6 {
		sum = polymod(sum, 0)
	}
	sum ^= 1
	tail := make([]byte, 6)
	for i := range tail {
		tail[i] = bech32Digits[sum>>(5*(5-i))&31]
	}
	return prefix + "1" + data + string(tail)
}

// summed ends a drawn value with the checksum of its family.
func summed(id, value string) string {
	base36 := func(n uint32) string { return fmt.Sprintf("%07s", strconv.FormatUint(uint64(n), 36)) }
	switch {
	case id == "github-fine-grained-pat":
		sum := sha256.Sum256([]byte(value[:77]))
		return value[:77] + base32.StdEncoding.EncodeToString(sum[:5]) + value[85:]
	case id == "npm-token", id == "vercel-token", id == "netbird-token", strings.HasPrefix(id, "github-") && value[3] == '_':
		body := value[:len(value)-6]
		sum := base62(crc32.ChecksumIEEE([]byte(body[4:])))
		return body + string(sum[:])
	case strings.HasPrefix(id, "gitlab-") && len(value) > 12 && value[len(value)-10] == '.':
		body := value[:len(value)-7]
		return body + base36(crc32.ChecksumIEEE([]byte(body)))
	case id == "grafana-service-token":
		body := value[:len(value)-8]
		sum := crc32.ChecksumIEEE([]byte(body[:len(body)-1]))
		return body + fmt.Sprintf("%02x%02x%02x%02x", byte(sum), byte(sum>>8), byte(sum>>16), byte(sum>>24))
	case strings.HasPrefix(id, "atlassian-api") || strings.HasPrefix(id, "bitbucket-a") || id == "trello-token":
		body := value[:len(value)-8]
		return body + fmt.Sprintf("%08X", crc32.ChecksumIEEE([]byte(body)))
	}
	return value
}

// places are texts that a value can stand in.
var places = []string{"%s", "token: %s\n", `{"token":"%s"}`, "TOKEN=%s\n", "a '%s' b", "key = \"%s\"", `"a\n%s\n"`, "--token=%s --x", "- %s, b"}

func TestFamiliesAreFound(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 11))
	for _, family := range Families() {
		forms := family.forms
		if family.names != nil {
			continue
		}
		if built[family.ID] != nil {
			forms = []string{""}
		}
		if len(forms) == 0 && !isKeyID(family.ID) && !contextual[family.ID] {
			t.Errorf("%s: nothing tests it", family.ID)
		}
		for _, pattern := range forms {
			missed, other := 0, map[string]int{}
			const rounds = 20
			for round := range rounds {
				var value string
				if make := built[family.ID]; make != nil {
					value = make(rng)
				} else {
					value = summed(family.ID, drawn(rng, pattern))
				}
				place := places[round%len(places)]
				text := strings.Replace(place, "%s", value, 1)
				hits := Find([]byte(text))
				at := strings.Index(place, "%s")
				if len(hits) != 1 || hits[0].Start != at || hits[0].Family.ID != family.ID {
					missed++
					for _, hit := range hits {
						other[hit.Family.ID]++
					}
				} else if hits[0].Example {
					other["example"]++
				}
			}
			if missed > 3 {
				t.Errorf("%s %s: %d of %d missed; found %v", family.ID, pattern, missed, rounds, other)
			}
			if other["example"] > 1 {
				t.Errorf("%s %s: %d of %d taken for examples", family.ID, pattern, other["example"], rounds)
			}
		}
	}
}

func isKeyID(id string) bool {
	return strings.HasSuffix(id, "private-key") || id == "gcp-service-account-key"
}

// contextual are the families that other tests are about.
var contextual = map[string]bool{"connection-string-password": true, "authorization-basic": true, "authorization-bearer": true, "docker-auth": true}

func TestThereAreTwoHundredFamilies(t *testing.T) {
	id := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)+$|^jw[te]$|^paseto$`)
	seen := map[string]bool{}
	for _, family := range Families() {
		if !id.MatchString(family.ID) || seen[family.ID] || family.Title == "" {
			t.Errorf("family %q (%s)", family.ID, family.Title)
		}
		seen[family.ID] = true
	}
	if len(seen) < 200 {
		t.Errorf("%d families", len(seen))
	}
	t.Logf("%d families", len(seen))
}
