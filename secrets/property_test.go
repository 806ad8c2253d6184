package secrets

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"strings"
	"testing"
	"time"
)

// canary stands in every value of the table, in turn: no answer may repeat it.
const canary = "Zq7XkW9vB3"

func TestAnswersHoldNoValue(t *testing.T) {
	for _, f := range facts(t) {
		for _, value := range []string{f.value, canary + f.value, f.value + canary, f.value + "\n" + canary, strings.ReplaceAll(f.value, "hunter2", canary)} {
			key := f.key
			if i := len(value); i%2 == 0 {
				key = canary + "." + key
			}
			checkAnswer(t, key, value, Classify(key, value, f.in))
			for _, inner := range Embedded(key, value, f.in) {
				checkAnswer(t, key, value, inner.Answer)
				if inner.At < 0 || inner.At > inner.End || inner.End > len(value) {
					t.Errorf("line %d: a setting stands at %d to %d of %d bytes", f.line, inner.At, inner.End, len(value))
				}
			}
		}
	}
}

func checkAnswer(t *testing.T, key, value string, a Answer) {
	t.Helper()
	if a.Class == "" || a.Evidence == "" {
		t.Errorf("no answer: %+v", a)
	}
	if a.Class == Credential != (a.Family != "") {
		t.Errorf("class %s with the family %q", a.Class, a.Family)
	}
	for _, text := range []string{key, value} {
		for i := 0; i+6 <= len(text) && i < 1<<12; i++ {
			// The words of the evidence have no digits, but for a few names.
			if part := text[i : i+6]; strings.ContainsAny(part, "0123456789") && strings.Contains(a.Evidence+" "+a.Family, part) && !strings.Contains("PKCS8 ASN.1 SHA256", part) {
				t.Errorf("the evidence %q repeats a part of the value", a.Evidence)
			}
		}
	}
}

func FuzzClassify(f *testing.F) {
	for _, fact := range facts(f) {
		f.Add(fact.key, fact.value, byte(fact.in))
	}
	f.Fuzz(func(t *testing.T, key, value string, in byte) {
		context := Context(in % 3)
		checkAnswer(t, key, value, Classify(key, value, context))
		for _, inner := range Embedded(key, value, context) {
			checkAnswer(t, key, value, inner.Answer)
			if inner.At < 0 || inner.At > inner.End || inner.End > len(value) {
				t.Errorf("a setting stands at %d to %d of %d bytes", inner.At, inner.End, len(value))
			}
		}
	})
}

// pathological are texts on which a careless reader takes time that grows with the
// square of their length.
func pathological(n int) map[string]string {
	deep := strings.Repeat("Zq81", n/8)
	for range 5 {
		deep = base64.StdEncoding.EncodeToString([]byte(deep))
	}
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	for range 64 {
		_, _ = w.Write(make([]byte, n))
	}
	_ = w.Close()
	texts := map[string]string{"nested base64": deep[:n], "gzip": base64.StdEncoding.EncodeToString(zipped.Bytes())}
	for _, unit := range []string{"A", " ", "0", "-", "=", "/", ".", "$", "{", "}", "{{", "{{ ", "${", "$(", "((", "<", "<%", "#{", "%(", "%A", "[[", "[", "(", "\"", "'", "\\", "\n", ":", "@", "a:b@", "://", "a://b?c=d&", "ref+", "ref+vault://", "a=b;", "a.b.",
		"<path:", "-----BEGIN ", "-----BEGIN A-----\n", "é", "a\n", "a: b\n", "a=b\n", "{{ default \"", "${a:-", "password: x\n", "- ", "/*", "*/", "x.y/"} {
		texts[unit] = strings.Repeat(unit, n/len(unit))
	}
	return texts
}

func TestClassifyIsLinear(t *testing.T) {
	size := 1 << 20
	if testing.Short() {
		size = 1 << 17 // as under the race detector, which takes ten times as long
	}
	for name, text := range pathological(size) {
		for _, in := range []Context{Held, Named, Free} {
			begin := time.Now()
			Classify("app.password", text, in)
			Classify("config", text, in)
			if took := time.Since(begin); took > 10*time.Second {
				t.Errorf("%d bytes of %q took %v in context %d", size, name, took, in)
			} else if testing.Verbose() && took > 300*time.Millisecond {
				t.Logf("%d bytes of %q took %v in context %d", size, name, took, in)
			}
		}
	}
}

func TestEmbeddedSaysWhere(t *testing.T) {
	for _, tt := range []struct{ key, value, want string }{
		{"a.properties", "user=app\n# note\ndb.password=Zq81xkpw\n", "Zq81xkpw"},
		{"a.yaml", "db:\n  user: app\n  password: Zq81xkpw\n", "Zq81xkpw"},
		{"a.yaml", "db:\n  password: \"Zq81xkpw\" # note\n", "\"Zq81xkpw\""},
		{"a.json", `{"db": {"user": "app", "password": "Zq81xkpw"}}`, "\"Zq81xkpw\""},
		{"a.env", "USER=app\nexport DB_PASSWORD='Zq81xkpw'\n", "Zq81xkpw"},
	} {
		found := ""
		for _, inner := range Embedded(tt.key, tt.value, Held) {
			if inner.Answer.Class == Plaintext {
				found = tt.value[inner.At:inner.End]
			}
		}
		if found != tt.want {
			t.Errorf("Embedded(%q) finds %q, want %q", tt.key, found, tt.want)
		}
	}
}

func TestDecode(t *testing.T) {
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	if _, err := w.Write([]byte("a text that is compressed")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, value, want, how string
		ok                     bool
	}{
		{"text", base64.StdEncoding.EncodeToString([]byte("a text?>")), "a text?>", "base64", true},
		{"for URLs", base64.URLEncoding.EncodeToString([]byte("a text?>~~")), "a text?>~~", "base64", true},
		{"without padding", base64.RawStdEncoding.EncodeToString([]byte("some text")), "some text", "base64", true},
		{"in lines", "c29tZSB0ZXh0\nIHRoYXQgaXMg\r\n bG9uZw==\n", "some text that is long", "base64", true},
		{"gzip", base64.StdEncoding.EncodeToString(zipped.Bytes()), "a text that is compressed", "gzip in base64", true},
		{"random", "xIF1zJbnnojFLMSkBp50mx02rHsMK2sjU7mFt4L13hoB7drAaJ8j", "", "", false},
		{"short", "YWI=", "", "", false},
		{"no base64", "some text!", "", "", false},
	} {
		plain, how, ok := Decode(tt.value)
		if plain != tt.want || how != tt.how || ok != tt.ok {
			t.Errorf("%s: %q, %q, %v, want %q, %q, %v", tt.name, plain, how, ok, tt.want, tt.how, tt.ok)
		}
	}
}

func TestInflationIsBounded(t *testing.T) {
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	for range 64 {
		if _, err := w.Write(make([]byte, maxInflated)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if plain, _, ok := Decode(zipped.String()); !ok || len(plain) > maxInflated {
		t.Errorf("Decode yields %d bytes", len(plain))
	}
}

func BenchmarkClassify(b *testing.B) {
	for _, bm := range []struct {
		name, key, value string
		in               Context
	}{
		{"named ordinary", "metadata.labels.app", "frontend", Named},
		{"named image", "spec.containers.image", "registry.example.org/app:1.2.3", Named},
		{"named password", "db.password", "Zq81xkpw", Named},
		{"named template", "db.password", "${DB_PASSWORD}", Named},
		{"held password", "password", "Zq81xkpw", Held},
		{"held weak", "password", "changeme123", Held},
		{"held user", "username", "app", Held},
		{"held properties", "app.properties", "spring.datasource.url=jdbc:postgresql://db/app\nspring.datasource.password=Zq81xkpw\n", Held},
		{"held yaml", "config.yaml", "db:\n  user: app\n  password: Zq81xkpw\n", Held},
		{"free", "", "a text in which nothing stands", Free},
	} {
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Classify(bm.key, bm.value, bm.in)
			}
		})
	}
}
