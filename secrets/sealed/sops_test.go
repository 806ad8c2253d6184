package sealed_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
	"github.com/google/go-cmp/cmp"
)

func secretTree() tree {
	return tree{
		{"apiVersion", "v1"}, {"kind", "Secret"},
		{"metadata", tree{{"name", "db"}, {"namespace", "web"}}},
		{"stringData", tree{{"user", "app"}, {"password", canary}, {"port", 5432}, {"enabled", true}, {"empty", ""}, {"nothing", nil}, {"hosts", []any{"a.example", "b.example"}}}},
	}
}

func TestSoundFilesHaveNoFaults(t *testing.T) {
	files := map[string]secretFile{}
	for _, rule := range []string{"", "unencrypted_suffix: _unencrypted", "encrypted_regex: ^(data|stringData)$", "unencrypted_regex: ^(apiVersion|kind|metadata)$", "encrypted_suffix: Data"} {
		for _, only := range []bool{false, true} {
			f := newFile(secretTree())
			f.rule, f.macOnly = rule, only
			files[fmt.Sprintf("%s, MAC of encrypted only: %v", rule, only)] = f
		}
	}
	many := newFile(secretTree())
	many.age = []string{alice, bob, carol}
	files["three recipients"] = many
	for name, f := range files {
		t.Run(name, func(t *testing.T) {
			text := f.yaml()
			file := read(t, "db.sops.yaml", text)
			if err := decrypt(file, f.key); err != nil {
				t.Fatalf("the test encrypts badly: %v\n%s", err, text)
			}
			if !sealed.IsSOPS(file) {
				t.Fatal("it is not recognised")
			}
			if got := sealed.SOPS(file, nil, file); len(got) > 0 {
				t.Errorf("faults: %v\n%s", got, text)
			}
			before := newFile(secretTree())
			if got := sealed.SOPS(file, nil, read(t, "db.sops.yaml", before.yaml())); len(got) > 0 {
				t.Errorf("faults against a file with another data key: %v", got)
			}
		})
	}
}

func TestMetadata(t *testing.T) {
	f := newFile(secretTree())
	f.age = []string{alice, bob}
	m, ok := sealed.SOPSMetadata(read(t, "a.yaml", f.yaml()))
	if !ok || m.Version != "3.13.0" || len(m.Groups) != 1 || m.Threshold != 1 || !m.LastModified.Equal(today) {
		t.Fatalf("metadata: %+v, %v", m, ok)
	}
	if m.Groups[0][0].ID != alice || m.Groups[0][1].Type != "age" || m.Selection.Field != "encrypted_regex" {
		t.Errorf("metadata: %+v", m)
	}
	if _, ok := sealed.SOPSMetadata(read(t, "a.yaml", "sops:\n  enabled: true\n  version: 3.13.0\n")); ok {
		t.Error("a map that is called sops is no metadata")
	}
}

// A change is one way to damage a file of SOPS by hand. It returns "" where it does not
// apply.
type change func(r *rand.Rand, lines []string) []string

// swap exchanges two lines of the values, pick chooses one that holds a text.
func pick(r *rand.Rand, lines []string, holds string) int {
	end := len(lines)
	for i, line := range lines {
		if line == "sops:" {
			end = i
		}
	}
	for range 50 {
		i := r.IntN(end)
		if strings.Contains(lines[i], holds) && strings.Contains(strings.TrimRight(lines[i], " "), ": ") {
			return i
		}
	}
	return -1
}

func value(line string) (key, text string) {
	key, text, _ = strings.Cut(line, ": ")
	return key, text
}

var changes = map[string]change{
	"nothing": func(_ *rand.Rand, lines []string) []string { return lines },
	"clear value": func(r *rand.Rand, lines []string) []string {
		if i := pick(r, lines, `: "`); i >= 0 {
			key, _ := value(lines[i])
			lines[i] = key + `: "changed"`
		}
		return lines
	},
	"plaintext in place of a ciphertext": func(r *rand.Rand, lines []string) []string {
		if i := pick(r, lines, "ENC["); i >= 0 {
			key, _ := value(lines[i])
			lines[i] = key + `: "` + canary + `"`
		}
		return lines
	},
	"key of a ciphertext": func(r *rand.Rand, lines []string) []string {
		if i := pick(r, lines, "ENC["); i >= 0 {
			key, text := value(lines[i])
			lines[i] = key + "2: " + text
		}
		return lines
	},
	"key of a clear value": func(r *rand.Rand, lines []string) []string {
		if i := pick(r, lines, `: "`); i >= 0 {
			key, text := value(lines[i])
			lines[i] = key + "2: " + text
		}
		return lines
	},
	"values exchanged": func(r *rand.Rand, lines []string) []string {
		i, j := pick(r, lines, "ENC["), pick(r, lines, "ENC[")
		if i >= 0 && j >= 0 {
			a, x := value(lines[i])
			b, y := value(lines[j])
			lines[i], lines[j] = a+": "+y, b+": "+x
		}
		return lines
	},
	"value copied": func(r *rand.Rand, lines []string) []string {
		i, j := pick(r, lines, "ENC["), pick(r, lines, "ENC[")
		if i >= 0 && j >= 0 {
			a, _ := value(lines[i])
			_, y := value(lines[j])
			lines[i] = a + ": " + y
		}
		return lines
	},
	"line taken out": func(r *rand.Rand, lines []string) []string {
		if i := pick(r, lines, ": "); i >= 0 {
			return append(lines[:i:i], lines[i+1:]...)
		}
		return lines
	},
	"lines exchanged": func(r *rand.Rand, lines []string) []string {
		if i := pick(r, lines, "ENC["); i >= 0 && strings.Contains(lines[i+1], "ENC[") {
			lines[i], lines[i+1] = lines[i+1], lines[i]
		}
		return lines
	},
	"date": func(_ *rand.Rand, lines []string) []string {
		for i, line := range lines {
			if strings.Contains(line, "lastmodified:") {
				lines[i] = strings.Replace(line, "2026-05-04", "2026-05-05", 1)
			}
		}
		return lines
	},
}

// Every change by hand that makes SOPS refuse the file is found, and nothing is said of
// one that it takes: both over many files, with the reader and the MAC of SOPS as the
// judge.
func TestFaultsAgreeWithDecryption(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	refused, taken := 0, 0
	for i := range 150 {
		f := randomFile(r)
		text := f.yaml()
		before := read(t, "a.yaml", text)
		if err := decrypt(before, f.key); err != nil {
			t.Fatalf("the test encrypts badly: %v\n%s", err, text)
		}
		for name, change := range changes {
			changed := strings.Join(change(r, strings.Split(text, "\n")), "\n")
			after := manifest.Read("a.yaml", []byte(changed), manifest.DefaultLimits())
			if len(after.Broken) > 0 || len(after.Documents) != 1 || len(after.Documents[0].Duplicates) > 0 {
				continue
			}
			err := decrypt(after, f.key)
			faults := sealed.SOPS(after, nil, before)
			mustNotQuote(t, faults, canary)
			certain := slices.ContainsFunc(faults, func(f sealed.Fault) bool { return f.Certain })
			if err != nil && len(faults) == 0 || err == nil && certain {
				t.Fatalf("file %d, %s: SOPS says %v, faults %v\nbefore:\n%s\nafter:\n%s", i, name, err, rules(faults), text, changed)
			}
			if err != nil {
				refused++
			} else {
				taken++
			}
		}
	}
	if refused < 300 || taken < 300 {
		t.Errorf("too little was tried: %d refused, %d taken", refused, taken)
	}
}

func randomFile(r *rand.Rand) secretFile {
	f := newFile(tree{{"apiVersion", "v1"}, {"kind", "Secret"}, {"metadata", tree{{"name", "db"}, {"note", "x"}}}, {"data", randomTree(r, 2)}, {"rest", randomTree(r, 1)}})
	f.rule = []string{"", "encrypted_regex: ^(data|stringData)$", "unencrypted_regex: ^(apiVersion|kind|metadata|rest)$", "encrypted_suffix: ta"}[r.IntN(4)]
	f.macOnly = r.IntN(3) == 0
	return f
}

func randomTree(r *rand.Rand, depth int) tree {
	var t tree
	for i := range 2 + r.IntN(4) {
		key := fmt.Sprintf("k%d", i)
		switch n := r.IntN(8); {
		case n == 0 && depth > 0:
			t = append(t, field{key, randomTree(r, depth-1)})
		case n == 1:
			t = append(t, field{key, []any{"one", "two", r.IntN(9)}})
		case n == 2:
			t = append(t, field{key, r.IntN(1000)})
		case n == 3:
			t = append(t, field{key, r.IntN(2) == 0})
		case n == 4:
			t = append(t, field{key, ""})
		default:
			t = append(t, field{key, fmt.Sprintf("value-%d", r.IntN(1000))})
		}
	}
	return t
}

// sopsCase is one file that is damaged, judged alone or against what it was.
type sopsCase struct {
	name    string
	damage  func(text string) string
	file    func(*secretFile)
	history bool
	want    []string
}

func cut(from string) func(string) string {
	return func(text string) string {
		var lines []string
		for line := range strings.Lines(text) {
			if !strings.Contains(line, from) {
				lines = append(lines, line)
			}
		}
		return strings.Join(lines, "")
	}
}

func replace(old, with string) func(string) string {
	return func(text string) string { return strings.Replace(text, old, with, 1) }
}

// clear puts plaintext in the place of the value of a key.
func inClear(key, with string) func(string) string {
	return func(text string) string {
		var b strings.Builder
		for line := range strings.Lines(text) {
			if trimmed := strings.TrimSpace(line); strings.HasPrefix(trimmed, key+": ") {
				line = line[:strings.Index(line, key)] + key + ": " + with + "\n"
			}
			b.WriteString(line)
		}
		return b.String()
	}
}

func sopsCases() []sopsCase {
	password := "stringData.password"
	return []sopsCase{
		{"plaintext", inClear("password", canary), nil, false, []string{"sops-clear-value " + password}},
		{"a number in the clear", inClear("port", "5432"), nil, false, []string{"sops-clear-value stringData.port"}},
		{"text behind it", replace(",type:int]", ",type:int] "+canary), nil, false, []string{"sops-grammar stringData.port"}},
		{"text before it", replace("port: ENC", "port: x ENC"), nil, false, []string{"sops-grammar stringData.port"}},
		{"a type that is none", replace(",type:int]", ",type:secret]"), nil, false, []string{"sops-grammar stringData.port"}},
		{"cut off", replace(",type:int]", ""), nil, false, []string{"sops-grammar stringData.port"}},
		{"short nonce", replace(",iv:", ",iv:AAAA,iv:"), nil, false, []string{"sops-grammar stringData.user"}},
		{"no data", inClear("password", "ENC[AES256_GCM,iv:x]"), nil, false, []string{"sops-grammar " + password}},
		{"not base64", inClear("password", "ENC[AES256_GCM,data:%%,iv:,tag:,type:str]"), nil, false, []string{"sops-grammar " + password}},
		{"a word only", inClear("password", "ENC[changed]"), nil, false, []string{"sops-clear-value " + password}},
		{"encrypted for nothing", replace("encrypted_regex: ^(data|stringData)$", "encrypted_regex: ^data$"), nil, false,
			[]string{"sops-encrypted-for-nothing stringData.user", "sops-encrypted-for-nothing stringData.password", "sops-encrypted-for-nothing stringData.port",
				"sops-encrypted-for-nothing stringData.enabled", "sops-encrypted-for-nothing stringData.hosts[0]", "sops-encrypted-for-nothing stringData.hosts[1]"}},
		{"no MAC", cut("  mac: "), nil, false, []string{"sops-metadata sops"}},
		{"MAC in the clear", inClear("mac", "ABCD"), nil, false, []string{"sops-metadata sops.mac"}},
		{"a value in place of the MAC", inClear("mac", encryptValue(random(32), canary, "str", "mac:")), nil, false, []string{"sops-metadata sops.mac"}},
		{"no date", cut("lastmodified"), nil, false, []string{"sops-metadata sops"}},
		{"a date in words", inClear("lastmodified", "yesterday"), nil, false, []string{"sops-metadata sops.lastmodified"}},
		{"two rules", replace("  version:", "  unencrypted_suffix: _x\n  version:"), nil, false, []string{"sops-metadata sops.encrypted_regex"}},
		{"a bad expression", replace("encrypted_regex: ^(data|stringData)$", "encrypted_regex: ^(data"), nil, false, []string{"sops-bad-expression sops.encrypted_regex"}},
		{"no recipient", nil, func(f *secretFile) { f.age = nil }, false, []string{"sops-metadata sops"}},
		{"a recipient with a typo", replace(alice, alice[:20]+"q"+alice[21:]), nil, false, []string{"sops-recipient-invalid sops.age[0].recipient"}},
		{"a private key as recipient", replace(alice, "AGE-SECRET-KEY-1"+strings.Repeat("Q", 58)), nil, false, []string{"sops-recipient-invalid sops.age[0].recipient"}},
		{"a recipient without a key", func(text string) string {
			start := strings.Index(text, "    -----BEGIN")
			end := strings.Index(text, "END AGE ENCRYPTED FILE-----") + len("END AGE ENCRYPTED FILE-----")
			return text[:start] + text[end:]
		}, nil, false, []string{"sops-metadata sops.age[0].enc"}},
		{"key twice", replace("stringData:", "stringData:\n  password: "+canary), nil, false, []string{"sops-clear-value " + password}},
		{"MAC that stayed", replace(`name: "db"`, `name: "other"`), nil, true, []string{"sops-mac-unchanged sops.mac"}},
		{"date that changed", replace("2026-05-04T12", "2026-05-04T13"), nil, true, []string{"sops-mac-unchanged sops.mac"}},
		{"scope of the MAC", replace("  version:", "  mac_only_encrypted: true\n  version:"), nil, true, []string{"sops-mac-unchanged sops.mac"}},
		{"key of a ciphertext", replace("  password: ENC", "  secret: ENC"), nil, true, []string{"sops-value-moved stringData.secret"}},
		{"a document without metadata", func(text string) string {
			return text + "---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: b\nstringData:\n  password: " + canary + "\n"
		}, nil, false, []string{"sops-clear-value stringData.password"}},
		{"a namespace beside it", func(text string) string { return text + "---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: b\n" }, nil, false, nil},
		{"decrypted", func(string) string {
			return "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  password: " + canary + "\n"
		}, nil, true, []string{"sops-decrypted " + password}},
		{"made an ExternalSecret", func(string) string {
			return "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata:\n  name: db\nspec:\n  data: []\n"
		}, nil, true, nil},
	}
}

func TestSOPSFaults(t *testing.T) {
	for _, c := range sopsCases() {
		t.Run(c.name, func(t *testing.T) {
			f := newFile(secretTree())
			if c.file != nil {
				c.file(&f)
			}
			text := f.yaml()
			var old *manifest.File
			if c.history {
				old = read(t, "a.yaml", text)
			}
			if c.damage != nil {
				damaged := c.damage(text)
				if damaged == text {
					t.Fatal("nothing was damaged")
				}
				text = damaged
			}
			got := sealed.SOPS(read(t, "a.yaml", text), nil, old)
			if diff := cmp.Diff(c.want, rules(got)); diff != "" {
				t.Errorf("faults (-want +got):\n%s%s", diff, text)
			}
			mustNotQuote(t, got, canary, "AGE-SECRET-KEY")
			for _, fault := range got {
				if fault.At == (manifest.Pos{}) {
					t.Errorf("%s has no place", fault.Rule)
				}
			}
		})
	}
}

func TestSameCiphertextUnderTwoKeys(t *testing.T) {
	f := newFile(secretTree())
	text := f.yaml()
	_, user := value(lineWith(text, "  user: "))
	got := sealed.SOPS(read(t, "a.yaml", inClear("password", user)(text)), nil, nil)
	if diff := cmp.Diff([]string{"sops-value-twice stringData.password"}, rules(got)); diff != "" {
		t.Error(diff)
	}
	_, item := value(strings.Replace(lineWith(text, "  - ENC"), "- ", "x: ", 1))
	same := strings.Replace(text, lineWith(text, "  - ENC"), "  - "+item+"\n  - "+item, 1)
	if got := sealed.SOPS(read(t, "a.yaml", same), nil, nil); len(got) > 0 {
		t.Errorf("equal items of a list have equal ciphertexts: %v", rules(got))
	}
}

func lineWith(text, holds string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, holds) {
			return strings.TrimRight(line, "\n")
		}
	}
	return ""
}

func TestRemovedRecipientWithTheSameDataKey(t *testing.T) {
	f := newFile(secretTree())
	f.age = []string{alice, bob}
	before := f.yaml()
	f.age = []string{alice}
	values, _, _ := strings.Cut(before, "sops:\n")
	_, metadata, _ := strings.Cut(f.yaml(), "sops:\n")
	_, mac := value(lineWith(before, "  mac: "))
	updated := inClear("mac", mac)(values + "sops:\n" + metadata)
	got := sealed.SOPS(read(t, "a.yaml", updated), nil, read(t, "a.yaml", before))
	if diff := cmp.Diff([]string{"sops-recipient-removed sops"}, rules(got)); diff != "" {
		t.Error(diff)
	}
	if len(got) > 0 && !strings.Contains(got[0].Reason, bob) {
		t.Errorf("the recipient is not named: %s", got[0].Reason)
	}
	rotated := newFile(secretTree())
	if got := sealed.SOPS(read(t, "a.yaml", rotated.yaml()), nil, read(t, "a.yaml", before)); len(got) > 0 {
		t.Errorf("a new data key is what it takes: %v", rules(got))
	}
}
