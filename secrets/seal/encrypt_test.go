package seal

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func sealOnce(t *testing.T, text string, o Options) Result {
	t.Helper()
	o.Certificate = theKeys().certificate
	r, err := File("a.yaml", []byte(text), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// ciphertexts are the sealed values of a file, by object and key.
func ciphertexts(t *testing.T, r Result) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, v := range sealedValues(t, "a.yaml", r) {
		out[v.object.String()+" "+v.key] = v.text
	}
	return out
}

func TestKnownValuesKeepTheirCiphertext(t *testing.T) {
	one := head + "stringData:\n  p: " + canary + "\n  q: " + canary + "\n"
	other := head + "data: {p: VHIwdWI0ZG9yLWNhbmFyeS12YWx1ZQ==, q: YQ==}\n---\n" + strings.Replace(head, "name: a", "name: b", 1) + "stringData:\n  p: " + canary + "\n"
	var known Known
	first := ciphertexts(t, sealOnce(t, one, Options{Known: &known}))
	second := ciphertexts(t, sealOnce(t, other, Options{Known: &known}))
	if first["SealedSecret x/a p"] != second["SealedSecret x/a p"] {
		t.Error("the same value under the same key of the same Secret has two ciphertexts")
	}
	seen := map[string]string{}
	for _, m := range []map[string]string{first, second} {
		for name, c := range m {
			if at, ok := seen[c]; ok && at != name {
				t.Errorf("%s and %s have the same ciphertext", at, name)
			}
			seen[c] = name
		}
	}
	if first["SealedSecret x/a q"] == second["SealedSecret x/a q"] {
		t.Error("two values have the same ciphertext")
	}
	if third := ciphertexts(t, sealOnce(t, one, Options{})); third["SealedSecret x/a p"] == first["SealedSecret x/a p"] {
		t.Error("without Known, the same ciphertext came out twice")
	}
	if shown := fmt.Sprintf("%+v", known); strings.Contains(shown, canary) {
		t.Error("Known keeps a value")
	}
}

func TestValuesAreFoundAgain(t *testing.T) {
	r := sealOnce(t, head+"stringData:\n  password: "+canary+"\n  username: admin\n  hash: $2y$05$abcdefghijklmnopqrstuv01234567890123456789012345678901234\n  todo: changeme\n", Options{})
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"the same", head + "stringData:\n  password: " + canary + "\n  username: admin\n", []string{"password"}},
		{"in base64, in another Secret", strings.Replace(head, "name: a", "name: b", 1) + "data:\n  password: VHIwdWI0ZG9yLWNhbmFyeS12YWx1ZQ==\n", []string{"password"}},
		{"another value", head + "stringData:\n  password: " + canary + "2\n  username: admin\n  todo: changeme\n", nil},
		{"another key", head + "stringData:\n  token: " + canary + "\n", nil},
		{"sealed", string(r.Text), nil},
		{"no manifest", canary, nil},
		{"broken", head + "stringData: [\n", nil},
		{"nothing", "", nil},
	} {
		if diff := cmp.Diff(c.want, r.Values.In("a.yaml", []byte(c.text))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	if shown := fmt.Sprintf("%+v", r); strings.Contains(shown, canary) {
		t.Error("the result keeps a value")
	}
	if got := (Values{}).In("a.yaml", []byte(head+"stringData: {a: b}\n")); got != nil {
		t.Errorf("no values are found in %v", got)
	}
}

func TestValuesAreWiped(t *testing.T) {
	s := secret{values: []value{{plain: []byte(canary)}, {plain: []byte("b")}}}
	kept := [][]byte{s.values[0].plain, s.values[1].plain}
	s.wipe()
	for _, b := range kept {
		if len(bytes.Trim(b, "\x00")) > 0 {
			t.Errorf("%q is left", b)
		}
	}
}
