package sops

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestHostileSizes gives files that are made to cost much. Each is encrypted and
// opened, or refused, in about linear time.
func TestHostileSizes(t *testing.T) {
	alice := newPerson(t)
	all := Rule{Groups: []Group{{alice.recipient()}}}
	costly := dataRule(alice)
	costly.Selection.Text = "(a|b|ab)*c{1,900}"
	byComment := dataRule(alice)
	byComment.Selection.Field, byComment.Selection.Text = "encrypted_comment_regex", "x"
	numbered := func(format string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	for _, tt := range []struct {
		what, name, in string
		rule           Rule
		refused        string
	}{
		{"many values below a long key", "a.json", `{"` + strings.Repeat("k", 100_000) + `":[` + strings.Repeat(`"x",`, 50_000) + `1]}`, all, "too long"},
		{"many comments", "a.yaml", "data: x\n" + strings.Repeat("# c\n", 10_000) + "b: z\n", all, ""},
		{"many comments in brackets", "a.yaml", "data:\n" + strings.Repeat("  - [x, # c\n    z]\n", 3_000), all, ""},
		{"many comments that SOPS does not see", "a.yaml", strings.Repeat("--- # c\ndata: x\n", 1_000), all, ""},
		{"more values than there may be", "a.yaml", "data: [" + strings.Repeat("x, ", 200_000) + "z]\n", all, "go over the limit"},
		{"many documents", "a.yaml", strings.Repeat("---\ndata: x\n", 1_000), all, ""},
		{"a costly expression", "a.yaml", "data:\n" + numbered("  ab%d: x\n", 50_000), costly, "takes too long"},
		{"many comments that count", "a.yaml", "data: x\n" + strings.Repeat("# x c\n", 10_000) + "b: z\n", byComment, ""},
		{"a long value", "a.yaml", "data: " + strings.Repeat("x", 2_000_000) + "\n", all, ""},
		{"a long block", "a.yaml", "data: |\n" + strings.Repeat("  x\n", 100_000), all, ""},
		{"more lines than there may be", "a.env", strings.Repeat("A=x\n", 300_000), all, "more than"},
		{"many sections", "a.ini", strings.Repeat("[s]\na = b\n", 10_000), all, ""},
	} {
		start := time.Now()
		r, err := Encrypt(tt.name, []byte(tt.in), Options{Rule: tt.rule})
		switch {
		case tt.refused != "":
			if err == nil || !strings.Contains(err.Error(), tt.refused) {
				t.Errorf("%s: got %v", tt.what, err)
			}
		case err != nil:
			t.Errorf("%s: %v", tt.what, err)
		default:
			if mustDecrypt(t, tt.name, r.Text, alice.keys()) != tt.in {
				t.Errorf("%s: decrypted it is another", tt.what)
			}
		}
		if took := time.Since(start); took > 2*time.Minute {
			t.Errorf("%s: took %s", tt.what, took)
		}
	}
}
