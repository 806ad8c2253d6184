package sops

import (
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// refusals are files that are not encrypted, each with a part of the reason and the
// line of it. No reason may hold hunter22.
var refusals = []struct {
	what, name, in string
	want           string
	line           int
}{
	{"broken YAML", "a.yaml", "data: {a: hunter22\n", "cannot be read", 0},
	{"a tab", "a.yaml", "data:\n\ta: hunter22\n", "cannot be read", 0},
	{"a list", "a.yaml", "- hunter22\n", "SOPS encrypts maps alone", 1},
	{"a single value", "a.yaml", "hunter22\n", "SOPS encrypts maps alone", 1},
	{"nothing", "a.yaml", "", "encrypts nothing", 0},
	{"comments alone", "a.yaml", "# hunter22\n", "encrypts nothing", 0},
	{"a template", "a.yaml", "{{ if .Values.x }}\ndata:\n  a: hunter22\n{{ end }}\n", "template", 0},
	{"a number as key", "a.yaml", "data:\n  1: hunter22\n", "a key is no text", 2},
	{"a key twice", "a.yaml", "data:\n  a: x\n  a: hunter22\n", "twice", 3},
	{"the key of SOPS", "a.yaml", "data: {a: hunter22}\nsops: hunter22\n", "no map stands under it", 2},
	{"a rule that covers nothing", "a.yaml", "spec:\n  a: hunter22\n", "encrypts nothing", 0},
	{"a number that is too large", "a.yaml", "data:\n  a: 18446744073709551615\n", "larger than SOPS can hold", 2},
	{"more digits than a float has", "a.yaml", "data:\n  a: 0.12345678901234567891\n", "more digits", 2},
	{"more digits than a float has in JSON", "a.json", "{\"data\":\n {\"a\": 12345678901234567890}}", "more digits", 2},
	{"a date", "a.yaml", "data:\n  a: 2026-01-02\n", "a date without quotes", 2},
	{"a tag", "a.yaml", "data:\n  a: !secret hunter22\n", "has a tag", 2},
	{"binary", "a.yaml", "data:\n  a: !!binary aHVudGVyMjI=\n", "has a tag", 2},
	{"what is encrypted", "a.yaml", "data:\n  a: ENC[AES256_GCM,hunter22]\n", "encrypted already", 2},
	{"an alias of a value", "a.yaml", "data:\n  a: &x hunter22\n  b: *x\n", "an alias names a value", 3},
	{"an alias of a map", "a.yaml", "base: &x\n  p: hunter22\ndata: *x\n", "an alias names a value", 3},
	{"a merge of values", "a.yaml", "data:\n  a: &x {p: hunter22}\n  b:\n    <<: *x\n", "an alias names a value", 4},
	{"an empty comment in a list", "a.yaml", "data:\n  a:\n    - hunter22\n    #\n    - b\n", "an empty comment in a list", 4},
	{"a lone carriage return", "a.yaml", "data:\n  a: hunter22\r  b: c\n", "only some readers", 2},
	{"a line separator", "a.yaml", "data:\n  a: \"hunter22\u2028\"\n", "only some readers", 2},
	{"UTF-16", "a.yaml", "\xff\xfed\x00a\x00", "no UTF-8", 0},
	{"an empty first document", "a.yaml", "---\n---\ndata: {a: hunter22}\n", "the first document is empty", 0},
	{"a block without an end", "a.yaml", "data: {a: hunter22}\nb: |\n  c", "ends in a block", 2},
	{"broken JSON", "a.json", `{"data": {"a": "hunter22"`, "can be read", 0},
	{"a JSON list", "a.json", `["hunter22"]`, "an object", 1},
	{"a JSON key twice", "a.json", `{"data": {"a": "x", "a": "hunter22"}}`, "twice", 1},
	{"no character in JSON", "a.json", `{"data": {"a": "hunter22\ud800"}}`, "stands for no character", 1},
	{"no line of dotenv", "a.env", "data=x\nhunter22\n", "neither empty, nor a comment", 2},
	{"a name of SOPS in dotenv", "a.env", "data=hunter22\nsops_x=hunter22\n", "", 0},
	{"no line of INI", "a.ini", "[data]\nhunter22\n", "neither a section", 2},
	{"lines that go on in INI", "a.ini", "[data]\na = hunter22 \\\n b\n", "goes on", 2},
	{"a comment behind a value of INI", "a.ini", "[data]\na = hunter22 # b\n", "only some readers", 2},
	{"quotes of INI that do not close", "a.ini", "[data]\na = `hunter22\n", "not closed", 0},
	{"a key of INI twice", "a.ini", "[data]\na = x\na = hunter22\n", "twice", 3},
	{"deep", "a.yaml", "data: " + strings.Repeat("[", 300) + "hunter22" + strings.Repeat("]", 300) + "\n", "cannot be read", 0},
	{"aliases of aliases", "a.yaml", bomb(), "cannot be read", 0},
}

func bomb() string {
	var b strings.Builder
	b.WriteString("a0: &a0 [hunter22, hunter22]\n")
	for i := 1; i < 40; i++ {
		n, last := string(rune('0'+i%10))+string(rune('a'+i/10)), string(rune('0'+(i-1)%10))+string(rune('a'+(i-1)/10))
		if i == 1 {
			last = "0"
		}
		b.WriteString("a" + n + ": &a" + n + " [*a" + last + ", *a" + last + "]\n")
	}
	return strings.ReplaceAll(b.String(), "*a0]", "*a0]")
}

func TestRefusals(t *testing.T) {
	alice := newPerson(t)
	for _, tt := range refusals {
		t.Run(tt.what, func(t *testing.T) {
			r, err := Encrypt(tt.name, []byte(tt.in), Options{Rule: dataRule(alice)})
			if err == nil {
				t.Fatalf("encrypted:\n%s", r.Text)
			}
			e, ok := err.(*Error)
			if !ok || e.File != tt.name {
				t.Errorf("got %T for %s", err, e.File)
			}
			if !strings.Contains(err.Error(), tt.want) || tt.line > 0 && e.Line != tt.line {
				t.Errorf("got %q, want %q in line %d", err, tt.want, tt.line)
			}
			if strings.Contains(err.Error()+e.Fix, "hunter22") {
				t.Errorf("the error shows a value: %v", err)
			}
		})
	}
}

// TestRules reads a .sops.yaml as the gate does.
func TestRules(t *testing.T) {
	alice := newPerson(t)
	text := "creation_rules:\n  - path_regex: \\.sops\\.yaml$\n    encrypted_regex: ^(data|stringData)$\n    mac_only_encrypted: true\n    age: " + alice.recipient().ID +
		"\n  - path_regex: aws\n    kms: arn:aws:kms:eu-west-1:1:key/a+arn:aws:iam::1:role/r\n    aws_profile: dev\n" +
		"  - path_regex: groups\n    shamir_threshold: 2\n    key_groups:\n      - kms: [{arn: \"arn:aws:kms:eu-west-1:1:key/b\", role: r, context: {k: v}, aws_profile: p}]\n      - age: [" + alice.recipient().ID + "]\n"
	file := manifest.Read(".sops.yaml", []byte(text), manifest.DefaultLimits())
	config, faults := sealed.ReadConfig(file)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	rule := NewRule(file, *config.Rule("x.sops.yaml"))
	out := mustEncrypt(t, "x.sops.yaml", secretYAML, Options{Rule: rule})
	if found := sealed.SOPS(manifest.Read("x.sops.yaml", out, manifest.DefaultLimits()), config.Rule("x.sops.yaml"), nil); len(found) > 0 {
		t.Errorf("the gate finds %v", found)
	}
	if got := NewRule(file, *config.Rule("aws.yaml")).Groups[0][0]; got.Role != "arn:aws:iam::1:role/r" || got.Profile != "dev" || got.ID != "arn:aws:kms:eu-west-1:1:key/a" {
		t.Errorf("got %+v", got)
	}
	groups := NewRule(file, *config.Rule("groups.yaml"))
	if got := groups.Groups[0][0]; got.Role != "r" || got.Profile != "p" || got.Context["k"] != "v" || groups.Threshold != 2 {
		t.Errorf("got %+v, threshold %d", got, groups.Threshold)
	}
	if bin := mustEncrypt(t, "x.sops.yaml.bin", "hunter22", Options{Rule: rule}); strings.Contains(string(bin), "encrypted_regex") {
		t.Error("a binary file has a rule of what to encrypt")
	}
}

// TestNotes tells what SOPS does not keep.
func TestNotes(t *testing.T) {
	alice := newPerson(t)
	r, err := Encrypt("a.yaml", []byte("data:\n  a: yes\n  b: 0x10\n  c: plain\n  d: >\n    two\n    lines\n  e: \"x\"\n"), Options{Rule: dataRule(alice)})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, n := range r.Notes {
		got = append(got, n.Path)
	}
	if strings.Join(got, " ") != "data.a data.b data.d" || !strings.Contains(r.Notes[0].Text, "boolean for Kubernetes") {
		t.Errorf("got %v", r.Notes)
	}
}
