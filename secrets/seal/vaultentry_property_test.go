package seal

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestVaultEntryChangesItsLines adds a key to generated objects and takes it out again:
// every line that was there stays as it was, the new ones stand together, and afterwards
// the text is the old one, to the byte.
func TestVaultEntryChangesItsLines(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 2000 {
		text := referringObject(random)
		set, err := SetVaultEntry("a.yaml", []byte(text), Selector{}, "new-key", false, Options{})
		if err != nil {
			t.Fatalf("round %d: %v\n%s", round, err, text)
		}
		lines := func(s string) []string { return strings.Split(strings.TrimRight(s, "\r\n"), "\n") }
		before, after := lines(text), lines(string(set.Text))
		if strings.Contains(text, "\r\n") {
			before[len(before)-1] += "\r" // as all others
			after[len(after)-1] += "\r"
		}
		if set.Changed && !addsTogether(before, after) {
			t.Fatalf("round %d: other lines changed (-before +after):\n%s", round, cmp.Diff(text, string(set.Text)))
		}
		back, err := UnsetVaultEntry("a.yaml", set.Text, Selector{}, "new-key", Options{})
		if err != nil || string(back.Text) != text {
			t.Fatalf("round %d: %v (-before +back):\n%s", round, err, cmp.Diff(text, string(back.Text)))
		}
	}
}

// addsTogether tells whether after is before with some lines put in at one place.
func addsTogether(before, after []string) bool {
	more := len(after) - len(before)
	for at := range len(before) + 1 {
		if more > 0 && slices.Equal(before[:at], after[:at]) && slices.Equal(before[at:], after[at+more:]) {
			return true
		}
	}
	return false
}

// referringObject writes an ExternalSecret or a Secret with placeholders in one of many
// ways.
func referringObject(random *rand.Rand) string {
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	quote := func(s string) string { return strings.ReplaceAll(pick("%", `"%"`, "'%'"), "%", s) }
	unit := pick("  ", "    ", "   ")
	comment := func(indent string) string {
		return pick("", "", indent+"# a comment with : and - in it\n", "\n", indent+"#\n"+indent+"# two\n")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s", pick("", "---\n", "# Of the shop.\n", "kind: ConfigMap\napiVersion: v1\ndata:\n  a: |\n    - secretKey: x\n---\n"))
	if random.IntN(3) == 0 {
		placeholders(&b, random, unit, pick, comment)
	} else {
		fmt.Fprintf(&b, "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: a, namespace: b} %s\nspec:\n", pick("", "# named"))
		fmt.Fprintf(&b, "%ssecretStoreRef: {name: vault}\n%s%sdata: %s\n", unit, comment(unit), unit, pick("", "# the keys"))
		dashes := unit + pick("", unit)
		gap := pick(" ", "   ")
		for i := range 1 + random.IntN(4) {
			b.WriteString(comment(dashes))
			entry(&b, dashes, gap, unit, fmt.Sprintf("key%d", i), pick, quote)
		}
		b.WriteString(pick("", unit+"target: {name: a}\n", unit+"refreshInterval: 1h # often\n"))
	}
	text := b.String() + pick("", "---\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: other}\n")
	if random.IntN(4) == 0 {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	if random.IntN(4) == 0 {
		text = strings.TrimRight(text, "\r\n")
	}
	return text
}

// entry writes one item of spec.data.
func entry(b *strings.Builder, dashes, gap, unit, key string, pick func(...string) string, quote func(string) string) {
	inner := dashes + " " + gap
	switch pick("lines", "lines", "reversed", "half", "braces") {
	case "lines":
		fmt.Fprintf(b, "%s-%ssecretKey: %s %s\n%sremoteRef: %s\n%s%skey: shop/a\n%s%sproperty: %s\n", dashes, gap, quote(key), pick("", "# "+key), inner, pick("", "# where"), inner, unit, inner, unit, quote(key))
	case "reversed":
		fmt.Fprintf(b, "%s-%sremoteRef:\n%s%sproperty: %s\n%s%skey: %s\n%ssecretKey: %s\n", dashes, gap, inner, unit, quote(key), inner, unit, quote("shop/a"), inner, key)
	case "half":
		fmt.Fprintf(b, "%s-%ssecretKey: %s\n%sremoteRef: {key: shop/a, property: %s} %s\n", dashes, gap, key, inner, quote(key), pick("", "# "+key))
	default:
		fmt.Fprintf(b, "%s-%s{secretKey: %s, remoteRef: {key: shop/a, property: %s}}\n", dashes, gap, quote(key), key)
	}
}

// placeholders writes a Secret with placeholders.
func placeholders(b *strings.Builder, random *rand.Rand, unit string, pick func(...string) string, comment func(string) string) {
	inner := pick("path:secret/data/shop/a#", "")
	fmt.Fprintf(b, "apiVersion: v1\nkind: Secret\nmetadata:\n%sname: a\n%sannotations: {avp.kubernetes.io/path: secret/data/shop/a}\n", unit, unit)
	section, modifier := pick("stringData", "data"), ""
	if section == "data" {
		modifier = pick(" | base64encode", "| base64encode")
	}
	fmt.Fprintf(b, "%s:\n", section)
	for i := range 1 + random.IntN(4) {
		value := fmt.Sprintf("<%skey%d%s>", inner, i, modifier)
		fmt.Fprintf(b, "%s%skey%d: %s %s\n", comment(unit), unit, i, pick(`"`+value+`"`, "'"+value+"'", value), pick("", "# what"))
	}
}
