package config

import (
	"errors"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

var ignorePlace = cmpopts.IgnoreFields(checks.Waiver{}, "Source", "At")

func day(t testing.TB, text string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// twoWaivers are one by object and one by path.
func twoWaivers(t testing.TB) []checks.Waiver {
	return []checks.Waiver{
		{
			Check: "host-path", Object: manifest.Object{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "shop", Name: "web"},
			Field: `spec.template.spec.volumes[name=logs].hostPath`, Reason: "old debt: to be removed", Owner: "team-shop", Expires: day(t, "2026-12-31"),
		},
		{Check: "private-key", File: "test/key.pem", Reason: "test key", Owner: "yes", Expires: day(t, "2027-01-01"), Value: digestOfNothing},
	}
}

const twoEntries = `  - check: host-path
    object:
      apiVersion: apps/v1
      kind: Deployment
      namespace: shop
      name: web
    field: spec.template.spec.volumes[name=logs].hostPath
    reason: "old debt: to be removed"
    owner: team-shop
    expires: 2026-12-31
  - check: private-key
    path: test/key.pem
    reason: test key
    owner: "yes"
    expires: 2027-01-01
    value: "` + digestOfNothing + `"
`

const oneEntry = "  - check: host-path\n    path: a\n    reason: r\n    owner: o\n    expires: 2026-12-31\n"

// shifted is text with the first blanks of each line taken away or added.
func shifted(text, from, to string) string {
	return strings.ReplaceAll("\n"+strings.TrimSuffix(text, "\n"), "\n"+from, "\n"+to)[1:] + "\n"
}

func TestAddWaivers(t *testing.T) {
	tests := []struct{ name, existing, want string }{
		{"no file", "", newWaiversFile + twoEntries},
		{"only comments", "# ours\n\n# still", "# ours\n\n# still\n" + newWaiversFile + twoEntries},
		{"no list", "version: 1\n", "version: 1\nwaivers:\n" + twoEntries},
		{"no list and no end of line", "version: 1 # x", "version: 1 # x\nwaivers:\n" + twoEntries},
		{"an empty list", "version: 1\nwaivers: # none yet\n# but soon\n", "version: 1\nwaivers: # none yet\n# but soon\n" + twoEntries},
		{"one entry", "version: 1\nwaivers:\n" + oneEntry, "version: 1\nwaivers:\n" + oneEntry + twoEntries},
		{"not indented", "version: 1\nwaivers:\n" + shifted(oneEntry, "  ", ""), "version: 1\nwaivers:\n" + shifted(oneEntry, "  ", "") + shifted(twoEntries, "  ", "")},
		{
			"far indented", "version: 1\nwaivers:\n" + shifted(oneEntry, "  ", "      "),
			"version: 1\nwaivers:\n" + shifted(oneEntry, "  ", "      ") + shifted(twoEntries, "  ", "      "),
		},
		{
			"wide dashes", "version: 1\nwaivers:\n-   check: host-path\n    path: a\n    reason: r\n    owner: o\n    expires: 2026-12-31\n",
			"version: 1\nwaivers:\n-   check: host-path\n    path: a\n    reason: r\n    owner: o\n    expires: 2026-12-31\n" +
				strings.ReplaceAll(twoEntries, "  - ", "-   "),
		},
		{
			"a dash on its own line", "version: 1\nwaivers:\n  - # why\n    check: host-path\n    path: a\n    reason: r\n    owner: o\n    expires: 2026-12-31\n",
			"version: 1\nwaivers:\n  - # why\n    check: host-path\n    path: a\n    reason: r\n    owner: o\n    expires: 2026-12-31\n" + twoEntries,
		},
		{
			"comments, blanks and no end of line", "# ours\nversion: 1\n\nwaivers: # all\n\n  # first\n" + oneEntry + "    # last",
			"# ours\nversion: 1\n\nwaivers: # all\n\n  # first\n" + oneEntry + "    # last\n" + twoEntries,
		},
		{
			"an entry in braces", "version: 1\nwaivers:\n  - {check: host-path, path: a, reason: r, owner: o, expires: 2026-12-31}\n",
			"version: 1\nwaivers:\n  - {check: host-path, path: a, reason: r, owner: o, expires: 2026-12-31}\n" + twoEntries,
		},
		{
			"text of many lines at the end", "version: 1\nwaivers:\n  - check: host-path\n    path: a\n    owner: o\n    expires: 2026-12-31\n    reason: |+\n      - a\n      # b\n\n",
			"version: 1\nwaivers:\n  - check: host-path\n    path: a\n    owner: o\n    expires: 2026-12-31\n    reason: |+\n      - a\n      # b\n\n" + twoEntries,
		},
		{
			"a key behind the list", "waivers:\n" + oneEntry + "\n# the format\nversion: 1\n",
			"waivers:\n" + oneEntry + twoEntries + "\n# the format\nversion: 1\n",
		},
		{
			"CRLF", strings.ReplaceAll("version: 1\nwaivers:\n"+oneEntry, "\n", "\r\n"),
			strings.ReplaceAll("version: 1\nwaivers:\n"+oneEntry+twoEntries, "\n", "\r\n"),
		},
		{"a byte-order mark", "\ufeffversion: 1\nwaivers:\n" + oneEntry, "\ufeffversion: 1\nwaivers:\n" + oneEntry + twoEntries},
		{"a document marker before it", "---\nversion: 1\nwaivers:\n" + oneEntry, "---\nversion: 1\nwaivers:\n" + oneEntry + twoEntries},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := AddWaivers("w.yaml", []byte(test.existing), twoWaivers(t), known())
			if err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(test.want, string(got)); diff != "" {
				t.Errorf("the file (-want +got):\n%s", diff)
			}
			read, err := ReadWaivers("w.yaml", got, known())
			if err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(twoWaivers(t), read[len(read)-2:], ignorePlace); diff != "" {
				t.Errorf("the waivers (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAddNothing(t *testing.T) {
	existing := "version: 1\nwaivers: []\n"
	got, err := AddWaivers("w.yaml", []byte(existing), nil, known())
	if err != nil || string(got) != existing {
		t.Errorf("the file is %q, error %v", got, err)
	}
}

func TestAddWaiversRefusesFiles(t *testing.T) {
	tests := []struct{ name, existing, want string }{
		{"brackets", "version: 1\nwaivers: []\n", `w.yaml:2:1: the list is written in brackets, to which nothing can be appended; write "waivers:" alone on its line`},
		{"braces", "{version: 1}\n", "w.yaml:1:1: the file is written in braces"},
		{"JSON", `{"version": 1, "waivers": []}`, "w.yaml:1:1: the file is written in braces"},
		{"an end marker", "version: 1\nwaivers:\n" + oneEntry + "...\n", "w.yaml:8:1: a document marker ends the list; remove this line"},
		{"a start marker behind", "version: 1\nwaivers:\n" + oneEntry + "---\n", "w.yaml:8:1: a document marker ends the list"},
		{"an explicit key", "version: 1\n? waivers\n:\n" + oneEntry, `w.yaml:2:3: "waivers:" does not begin its line`},
		{"null", "version: 1\nwaivers: null\n", "nothing can be appended to this file without changing what it says"},
		{"bare carriage returns", "version: 1\rwaivers:\r", "w.yaml:1:1: a line ends with a bare carriage return"},
		{"a fault", "version: 1\nwaivers:\n  - check: host-path\n", "w.yaml:3:5: expires is missing"},
		{"broken", "version: 1\nwaivers:\n  - check: [\n", "w.yaml:3:"},
		{"markers only", "---\n---\n", "w.yaml:1:1: the file is empty"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := AddWaivers("w.yaml", []byte(test.existing), twoWaivers(t), known())
			if err == nil || got != nil {
				t.Fatalf("the file is %q, error %v", got, err)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want %q", err, test.want)
			}
		})
	}
}

func TestAddWaiversRefusesWaivers(t *testing.T) {
	base := twoWaivers(t)[0]
	tests := []struct {
		name   string
		change func(*checks.Waiver)
		want   string
	}{
		{"unknown check", func(w *checks.Waiver) { w.Check = "gone" }, `unknown check "gone"`},
		{"a check of trust", func(w *checks.Waiver) { w.Check = "waiver-expired" }, "are never waived"},
		{"no date", func(w *checks.Waiver) { w.Expires = time.Time{} }, "it has no date on which it expires"},
		{"a date of five digits", func(w *checks.Waiver) { w.Expires = w.Expires.AddDate(9000, 0, 0) }, "expires must be a date"},
		{"no owner", func(w *checks.Waiver) { w.Owner = " " }, "owner is empty"},
		{"no reason", func(w *checks.Waiver) { w.Reason = "" }, "reason is missing"},
		{"rotated by nobody", func(w *checks.Waiver) { w.Check, w.Rotated.On = "private-key", w.Expires }, "needs the digest"},
		{"rotated, of no secret", func(w *checks.Waiver) { w.Rotated = checks.Rotation{By: "a", On: w.Expires} }, "only waivers of checks of the category secrets"},
		{"no subject", func(w *checks.Waiver) { w.Object = manifest.Object{} }, "neither an object nor a path"},
		{"half an object", func(w *checks.Waiver) { w.Object.Kind = "" }, "object.kind is missing"},
		{"a glob", func(w *checks.Waiver) { w.File = "apps/*" }, "is a glob"},
		{"a value", func(w *checks.Waiver) { w.Value = digestOfNothing }, "have a value"},
		{"a secret without a value", func(w *checks.Waiver) { w.Check = "private-key" }, "needs the digest"},
		{"a control character", func(w *checks.Waiver) { w.Reason = "a\x1bb" }, "holds a character that cannot stand in the file"},
		{"no UTF-8", func(w *checks.Waiver) { w.Owner = "a\xff" }, "holds a character that cannot stand in the file"},
		{"no UTF-8 in a name", func(w *checks.Waiver) { w.Object.Name = "a\xff" }, "holds a character that cannot stand in the file"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := base
			test.change(&w)
			_, err := AddWaivers("w.yaml", nil, []checks.Waiver{base, w}, known())
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "waiver 2 of 2: ") {
				t.Errorf("the error is %v, want %q", err, test.want)
			}
			var list Errors
			if errors.As(err, &list) {
				t.Errorf("a fault of a waiver is told as one of the file: %v", list)
			}
		})
	}
}

// TestScalars holds that any text reads back as itself, whatever YAML would make
// of it unquoted.
func TestScalars(t *testing.T) {
	texts := []string{
		"plain words", "a, b; c (d) [e]", "yes", "No", "null", "~", "1", "1e3", "0x1", "1:30", ".inf", "2026-12-31", "- a", "a: b", "a #b", "#a",
		"'", `"`, `\`, "{{ x }}", "[a]", "*a", "&a", "!a", "%a", "@a", "`a", "|", ">", "?", "a ", " a", "a\nb", "a\tb", "ü", "日本", "😀", "a\u2028b", "\u0600",
		"\ufeff", "---", "...", "a---", "x=y", "<<", "true", "y", strings.Repeat("long ", 500) + "x",
	}
	for _, text := range texts {
		w := twoWaivers(t)[0]
		w.Reason, w.Owner, w.Field = text, text, ""
		got, err := AddWaivers("w.yaml", nil, []checks.Waiver{w}, known())
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		read, err := ReadWaivers("w.yaml", got, known())
		if err != nil || read[0].Reason != text || read[0].Owner != text {
			t.Errorf("%q reads back as %+v, error %v", text, read, err)
		}
	}
}
