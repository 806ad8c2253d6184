package report

import (
	"strings"
	"testing"
)

func TestShow(t *testing.T) {
	tests := []struct {
		name, in string
		limit    int
		want     string
	}{
		{"plain", "apps/db.yaml", 20, "apps/db.yaml"},
		{"letters of all kinds", "äé漢😀", 20, "äé漢😀"},
		{"line ends", "a\nb\r\nc\td", 20, `a\nb\r\nc\td`},
		{"terminal", "\x1b[31m\x07\x7f\u009b", 40, `\u001b[31m\u0007\u007f\u009b`},
		{"direction", "\u202etxt\u2066", 20, `\u202etxt\u2066`},
		{"no width", "a\u200bb\u00adc\ufeff", 40, `a\u200bb\u00adc\ufeff`},
		{"blanks that look like one", "a\u00a0b\u2003c", 20, `a\u00a0b\u2003c`},
		{"beyond the first plane", "\U000e0041", 20, `\U000e0041`},
		{"no UTF-8", "a\xffb\xc3(", 20, `a\xffb\xc3(`},
		{"no characters at all", "\ufffe\uffff", 20, `\ufffe\uffff`},
		{"as long as may be", "éééééééééé", 10, "éééééééééé"},
		{"longer", "ééééééééééé", 10, "ééééééééé…"},
		{"longer by its escapes", "\n\n\n\n\n\n", 10, `\n\n\n\n\…`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := show(test.in, test.limit); got != test.want {
				t.Errorf("show(%q, %d) = %q, want %q", test.in, test.limit, got, test.want)
			}
		})
	}
}

func TestShowLines(t *testing.T) {
	if got, want := showLines("\n a\r\n\tb\x1b\n", 100), "a\n\tb\\u001b"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := showLines(strings.Repeat("\r\n", 5)+strings.Repeat("a\r\n", 20), 5), "a\na\n…"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLogLine(t *testing.T) {
	tests := []struct{ in, want string }{
		{"a :: b", "a :: b"},
		{"::error::x", `\u003a:error::x`},
		{"  ::error::x", `  \u003a:error::x`},
		{"see ##[error]x", `see ##\u005berror]x`},
		{"##vso[task.complete]", `##vso\u005btask.complete]`},
		{"###[a]", `###\u005ba]`},
		{"## heading [a]", "## heading [a]"},
	}
	for _, test := range tests {
		if got := logLine(test.in); got != test.want {
			t.Errorf("logLine(%q) = %q, want %q", test.in, got, test.want)
		}
	}
}

func TestURIPath(t *testing.T) {
	tests := []struct{ in, want string }{
		{"apps/db-1_a.~.yaml", "apps/db-1_a.~.yaml"},
		{"a b/ä#?%:@.yaml", "a%20b/%C3%A4%23%3F%25%3A%40.yaml"},
		{"\xff\n", "%FF%0A"},
	}
	for _, test := range tests {
		if got := uriPath(test.in); got != test.want {
			t.Errorf("uriPath(%q) = %q, want %q", test.in, got, test.want)
		}
	}
}

func TestMarkdownSpans(t *testing.T) {
	tests := []struct{ in, want string }{
		{"run `a|b` now", "run <code>a&#124;b</code> now"},
		{"one ` only", "one &#96; only"},
		{"`a` and `b", "<code>a</code> and &#96;b"},
		{"``", ""},
		{"<b>*x*</b>", "&#60;b&#62;&#42;x&#42;&#60;/b&#62;"},
		{"https://e.example www.e.example", "https&#58;//e.example www&#46;e.example"},
		{"ask @org/team, app@sha256", "ask &#64;&#8203;org/team, app@sha256"},
		{"a\nb", "a<br>b"},
	}
	for _, test := range tests {
		if got := markdownSpans(test.in); got != test.want {
			t.Errorf("markdownSpans(%q) = %q, want %q", test.in, got, test.want)
		}
	}
}
