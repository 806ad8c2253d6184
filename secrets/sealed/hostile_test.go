package sealed_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// judge runs everything that this package has over one text.
func judge(name string, text []byte) []sealed.Fault {
	f := manifest.Read(name, text, manifest.DefaultLimits())
	c, list := sealed.ReadConfig(f)
	rule := c.Rule(name)
	if rule == nil && len(c.Rules) > 0 {
		rule = &c.Rules[0]
	}
	list = append(list, sealed.SOPS(f, rule, f)...)
	var blobs []sealed.Blob
	for _, d := range f.Documents {
		list = append(list, sealed.SealedSecret(d, sealed.Options{Old: d})...)
		blobs = append(blobs, sealed.Blobs(d)...)
	}
	sealed.Reused(blobs)
	sealed.Moved(blobs, blobs)
	sealed.Recognise(text)
	sealed.SOPSMetadata(f)
	return list
}

// hostile texts are as large as their number says.
var hostile = map[string]func(n int) string{
	"one ciphertext under many keys": func(n int) string {
		value := base64.StdEncoding.EncodeToString(append(make([]byte, 1, 300), make([]byte, 299)...))
		return "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: a, namespace: b}\nspec:\n  encryptedData:\n" + numbered(n/10, "    k%d: AQ"+value[2:]+"\n")
	},
	"actions":        func(n int) string { return template(strings.Repeat("{{ default \"", n)) },
	"open actions":   func(n int) string { return template(strings.Repeat("{{", n)) },
	"pairs":          func(n int) string { return template(strings.Repeat("password: x\\n", n)) },
	"values of SOPS": func(n int) string { return "data:\n" + numbered(n, "  k%d: ENC[AES256_GCM,\n") + someMetadata },
	"clear values":   func(n int) string { return "data:\n" + numbered(n, "  - v%d\n") + someMetadata },
	"recipients":     func(n int) string { return "sops:\n  mac: x\n  age:\n" + numbered(n, "  - recipient: a%d\n") },
	"comments": func(n int) string {
		return strings.Repeat("# a\n", n) + "data: x\n" + someMetadata + "  encrypted_comment_regex: b\n"
	},
	"comments and values": func(n int) string {
		return numbered(n, "# a\nk%d: x\n") + someMetadata + "  unencrypted_comment_regex: z\n"
	},
	"an expression": func(n int) string {
		return numbered(n, "kkkkkkkk%d: x\n") + someMetadata + "  encrypted_regex: " + strings.Repeat("(.?k){30}", 20) + "\n"
	},
	"a long key": func(n int) string {
		return strings.Repeat("k", n) + ":\n" + numbered(n/20, "  k%d: x\n") + someMetadata
	},
	"long text": func(n int) string {
		return "data: ENC[AES256_GCM,data:" + strings.Repeat(",iv:,tag:,type:", n) + "\n" + someMetadata
	},
	"documents": func(n int) string {
		return strings.Repeat("data: x\nsops: {mac: y, lastmodified: z, version: v}\n---\n", n/10)
	},
	"rules":            func(n int) string { return "creation_rules:\n" + numbered(n, "  - path_regex: a%d\n") },
	"unknown fields":   func(n int) string { return "creation_rules:\n  -\n" + numbered(n, "    path_regey%d: a\n") },
	"many expressions": func(n int) string { return "creation_rules:\n  - age: [" + strings.Repeat("a,", n) + "b]\n" },
	"age":              func(n int) string { return "age-encryption.org/v1\n" + strings.Repeat("-> a b\nAAAA\n", n) },
	"OpenPGP":          func(n int) string { return strings.Repeat("\x84\x01\x03", n) },
	"dotenv":           func(n int) string { return numbered(n, "sops_age__list_%d__map_enc=x\n") + "sops_mac=x\n" },
	"deep dotenv":      func(n int) string { return "sops_" + strings.Repeat("a__map_", n) + "=x\nsops_mac=x\n" },
	"sections":         func(n int) string { return numbered(n, "[s%d]\na = b\n") + "[sops]\nmac = x\n" },
}

const someMetadata = "sops:\n  mac: x\n  lastmodified: y\n  version: z\n"

func numbered(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

func template(text string) string {
	return "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: a, namespace: b}\nspec:\n  template:\n    data:\n      x: \"" +
		strings.ReplaceAll(text, `"`, `\"`) + "\"\n"
}

// The time for a text grows with its size: ten times the text takes far less than a
// hundred times the time.
func TestHostileTextsTakeLinearTime(t *testing.T) {
	if testing.Short() {
		t.Skip("it measures time, which takes some")
	}
	for name, text := range hostile {
		t.Run(name, func(t *testing.T) {
			file := "a.yaml"
			if strings.Contains(name, "dotenv") {
				file = "a.env"
			} else if name == "sections" {
				file = "a.ini"
			}
			var small, large time.Duration
			for range 3 { // other programs run on the machine as well
				small, large = spent(file, text(4_000)), spent(file, text(40_000))
				if large < 40*small+500*time.Millisecond {
					return
				}
			}
			t.Errorf("%v for one size and %v for ten times it", small, large)
		})
	}
}

func spent(name, text string) time.Duration {
	best := time.Hour
	for range 2 {
		start := time.Now()
		judge(name, []byte(text))
		best = min(best, time.Since(start))
	}
	return best
}

// What is not judged is said.
func TestExpressionsThatTakeTooLong(t *testing.T) {
	for name, text := range map[string]string{
		"too much to match": hostile["an expression"](40_000),
		"too large":         "a: x\n" + someMetadata + "  encrypted_regex: (a{1000}){3}\n",
		"larger yet":        "a: x\n" + someMetadata + "  encrypted_regex: " + strings.Repeat("a{1000}", 200) + "\n",
		"too long":          "a: x\n" + someMetadata + "  encrypted_regex: " + strings.Repeat("a", 3000) + "\n",
	} {
		got := strings.Join(rules(sealed.SOPS(read(t, "a.yaml", text), nil, nil)), "\n")
		if !strings.Contains(got, "sops-bad-expression sops.encrypted_regex") {
			t.Errorf("%s: nothing is said:\n%s", name, got)
		}
	}
}

func TestFaultsOfOneFileAreBounded(t *testing.T) {
	f := read(t, "a.yaml", hostile["clear values"](20_000))
	if got := sealed.SOPS(f, nil, nil); len(got) > 600 || len(got) < 100 {
		t.Errorf("%d faults", len(got))
	}
}

func FuzzJudge(f *testing.F) {
	f.Add("a.yaml", newFile(secretTree()).yaml())
	f.Add("a.env", dotenv(tree{{"A", "b"}}))
	f.Add("a.ini", ini(tree{{"a", tree{{"b", "c"}}}}))
	f.Add("a.yaml", object("web/db", clusterWide, map[string]string{"a": "AgBy3i4OJSWK....."}, "  template:\n    data:\n      x: '{{ default \"y\" .a }}'\n"))
	f.Add(".sops.yaml", "creation_rules:\n  - path_regex: a\n    key_groups:\n      - merge: [{age: ["+alice+"]}]\n        pgp: [ABC]\n    shamir_threshold: 2\n")
	f.Add("a", ageFile("X25519"))
	f.Add("a", pgpMessage(2))
	f.Add("a", ansible(32, 32, 16))
	for name, text := range hostile {
		f.Add(strings.Fields(name)[0]+".yaml", text(20))
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		for _, fault := range judge(name, []byte(text)) {
			if fault.Reason == "" || fault.Kind == "" || fault.Rule == "" {
				t.Errorf("incomplete: %+v", fault)
			}
		}
	})
}

// What is in the clear is in no reason: a file whose every value is the canary.
func FuzzReasonsQuoteNoValue(f *testing.F) {
	f.Add("stringData:\n  password: %\nsops:\n  mac: %\n  lastmodified: %\n  version: %\n  age: [{recipient: %, enc: %}]\n")
	f.Add("apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: a, namespace: b}\nspec:\n  encryptedData: {a: %}\n  template: {data: {password: %}}\nstringData: {a: %}\n")
	f.Add("sops:\n  mac: ENC[AES256_GCM,data:%]\n  pgp: [{fp: %, enc: %}]\n  kms: [{arn: %}]\n  hc_vault: [{vault_address: %, enc: %}]\n  shamir_threshold: %\n")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, ": &") || strings.Count(text, "%") > 50 {
			return
		}
		const value = "Qcanary7Hunter2"
		file := manifest.Read("a.yaml", []byte(strings.ReplaceAll(text, "%", value)), manifest.DefaultLimits())
		list := sealed.SOPS(file, nil, file)
		for _, d := range file.Documents {
			list = append(list, sealed.SealedSecret(d, sealed.Options{Old: d})...)
		}
		for _, fault := range list {
			// Keys and names are shown; the caller redacts one that is called like a value.
			if strings.Contains(fault.Reason, value) && !isKeyIn(file, value) && !isRule(file, value) {
				t.Errorf("%s quotes a value: %s", fault.Rule, fault.Reason)
			}
		}
	})
}

// isKeyIn tells whether a key or a name of the file holds a text.
func isKeyIn(file *manifest.File, text string) bool {
	found := false
	for _, d := range file.Documents {
		found = found || strings.Contains(d.Object.String(), text)
		d.Root.Walk(func(_ func() string, n *manifest.Node) bool {
			found = found || strings.Contains(n.Key, text)
			return !found
		})
	}
	return found
}

// isRule tells whether a rule of coverage holds a text: rules are public, and shown.
func isRule(file *manifest.File, text string) bool {
	m, ok := sealed.SOPSMetadata(file)
	return ok && strings.Contains(m.Selection.Text, text)
}
