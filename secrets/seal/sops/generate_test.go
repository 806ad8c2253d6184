package sops

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// generator writes YAML that people might write. Every value and comment that a rule
// may cover has the mark in every one of its lines.
type generator struct {
	*rand.Rand
	unit    int
	dash    int
	odd     bool // spellings that SOPS has no place for
	rule    Rule
	b       strings.Builder
	n       int
	anchors []string
	inFlow  bool
}

const mark = "S3CR3T"

var generatedRules = []sealed.Selection{
	{},
	{Field: "encrypted_regex", Text: "^(data|stringData)$"},
	{Field: "encrypted_suffix", Text: "_secret"},
	{Field: "unencrypted_suffix", Text: "_clear"},
	{Field: "unencrypted_regex", Text: "^(kind|metadata|apiVersion)$"},
	{Field: "encrypted_comment_regex", Text: "sops:encrypt"},
	{Field: "unencrypted_comment_regex", Text: "sops:clear"},
}

func newGenerator(seed int, odd bool) *generator {
	g := &generator{Rand: rand.New(rand.NewPCG(uint64(seed), 7)), odd: odd}
	g.unit = 2 + 2*g.IntN(2)
	g.dash = g.unit * g.IntN(2)
	g.rule.Selection = generatedRules[seed%len(generatedRules)]
	g.rule.MACOnlyEncrypted = g.IntN(4) == 0
	return g
}

func (g *generator) one(list ...string) string { return list[g.IntN(len(list))] }

func (g *generator) maybe(percent int) bool { return g.IntN(100) < percent }

// file writes a file of one document, or of several.
func (g *generator) file() string {
	if g.maybe(20) {
		g.b.WriteString("---\n")
	}
	for i := range 1 + g.IntN(10)/7 {
		if i > 0 {
			g.b.WriteString(g.one("---\n", "--- # next\n", "---\n# head "+mark+"\n", "...\n---\n"))
		}
		g.anchors = nil
		g.document()
	}
	text := g.b.String()
	if g.maybe(15) {
		text = strings.TrimRight(text, "\n")
		if last := text[strings.LastIndex(text, "\n")+1:]; strings.HasPrefix(strings.TrimSpace(last), mark) || strings.HasPrefix(strings.TrimSpace(last), "more") {
			text += "\n" // of a block, which has it in its text
		}
	} else if g.maybe(20) {
		text += "\n# foot " + mark + "\n"
	}
	if g.maybe(15) {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	if g.maybe(5) {
		text = "\uFEFF" + text
	}
	return text
}

func (g *generator) document() {
	g.comment(0)
	if g.maybe(10) {
		g.inFlow = true
		fmt.Fprintf(&g.b, "{kind: Secret, data: {%s: %s, b: %s}, stringData: {c: [%s, 1]}}\n", g.key(), g.scalar(), g.scalar(), g.scalar())
		g.inFlow = false
		return
	}
	g.b.WriteString("apiVersion: v1\n")
	g.b.WriteString(g.one("kind: Secret\n", "kind: \"Secret\" # "+mark+" a\n", "kind: 'Secret'\n"))
	g.b.WriteString("metadata:\n" + strings.Repeat(" ", g.unit) + "name: &name web\n")
	if g.rule.Selection.Field == "encrypted_regex" {
		sp := strings.Repeat(" ", g.unit)
		g.b.WriteString(sp + "labels: &labels {app: *name}\n" + sp + "annotations: *labels\n" + sp + "at: 2026-01-02\n" + sp + "odd: [0x1F, 1_000, ~, 1e3]\n")
	}
	for _, section := range []string{"data", "stringData", "other_secret", "other_clear"}[:2+g.IntN(3)] {
		g.comment(0)
		if g.maybe(15) {
			g.b.WriteString("# sops:encrypt\n")
		} else if g.maybe(15) {
			g.b.WriteString("# sops:clear\n")
		}
		g.b.WriteString(section + ":" + g.one("", "", " # "+mark+" inline") + "\n")
		g.entries(g.unit, 0)
	}
}

func (g *generator) comment(column int) {
	for g.maybe(25) {
		switch g.IntN(4) {
		case 0:
			g.b.WriteString("\n")
		case 1:
			g.b.WriteString(strings.Repeat(" ", column) + "#" + mark + "\n")
		default:
			fmt.Fprintf(&g.b, "%s# %s %s\n", strings.Repeat(" ", column), g.one("note", "see #12", "ключ: x", "- a: b"), mark)
		}
	}
}

func (g *generator) key() string {
	g.n++
	return fmt.Sprintf(g.one("key%d", "tls.crt.%d", "\"quoted %d\"", "'it''s %d'", "with space %d", "a_secret%d_secret", "UPPER-%d", "ünï%d"), g.n)
}

func (g *generator) entries(column, depth int) {
	count := 1 + g.IntN(4)
	sp := strings.Repeat(" ", column)
	for range count {
		g.comment(column)
		key := sp + g.key() + ":"
		switch kind := g.IntN(12); {
		case kind == 0 && depth < 3:
			g.b.WriteString(key + "\n")
			g.entries(column+g.unit, depth+1)
		case kind == 1 && depth < 3:
			g.b.WriteString(key + g.one("", " # "+mark) + "\n")
			g.list(column+g.dash, depth+1)
		case kind == 2:
			g.flow(key)
		case kind == 3:
			g.block(key, column)
		case kind == 4:
			g.b.WriteString(key + g.one("", " ~", " null", " \"\"", " ''", " {}", " []") + g.trailing())
		default:
			g.b.WriteString(key + g.one(" ", " ", "  ", "\n"+sp+strings.Repeat(" ", g.unit)) + g.scalar() + g.trailing())
		}
	}
}

func (g *generator) list(column, depth int) {
	sp := strings.Repeat(" ", column)
	for range 1 + g.IntN(3) {
		g.comment(column)
		switch kind := g.IntN(6); {
		case kind == 0 && depth < 3:
			fmt.Fprintf(&g.b, "%s- %s: %s%s", sp, g.key(), g.scalar(), g.trailing())
			fmt.Fprintf(&g.b, "%s  %s: %s%s", sp, g.key(), g.scalar(), g.trailing())
		case kind == 1 && depth < 3:
			fmt.Fprintf(&g.b, "%s- - %s\n%s  - %s\n", sp, g.scalar(), sp, g.scalar())
		case kind == 2:
			g.block(sp+"-", column)
		default:
			g.b.WriteString(sp + "- " + g.scalar() + g.trailing())
		}
	}
}

func (g *generator) flow(key string) {
	g.inFlow = true
	defer func() { g.inFlow = false }()
	switch g.IntN(3) {
	case 0:
		g.b.WriteString(key + " {a: " + g.scalar() + ", \"b\": " + g.scalar() + "}\n")
	case 1:
		g.b.WriteString(key + " [" + g.scalar() + ",  " + g.scalar() + "]" + g.trailing())
	default:
		column := strings.Repeat(" ", len(key)-len(strings.TrimLeft(key, " "))+g.unit)
		g.b.WriteString(key + " {\n" + column + "a: " + g.scalar() + ", # " + mark + "\n" + column + "b: [1, " + g.scalar() + "]\n" + column + "}\n")
	}
}

func (g *generator) block(key string, column int) {
	sp := strings.Repeat(" ", column+1+g.IntN(4))
	head := g.one("|", "|", "|-")
	if g.odd {
		head = g.one("|", ">", ">-", "|+", "| # "+mark, ">+")
	}
	g.b.WriteString(key + " " + head + "\n")
	for i := range 1 + g.IntN(3) {
		if i > 0 && g.maybe(30) {
			g.b.WriteString("\n")
		}
		g.b.WriteString(sp + mark + " " + g.one("-----BEGIN X-----", "a: b # c", "key=value", "\ttab") + "\n")
		if g.maybe(20) {
			g.b.WriteString(sp + "  more " + mark + "\n")
		}
	}
}

func (g *generator) trailing() string {
	if g.maybe(10) {
		return " # " + mark + " note\n"
	}
	return "\n"
}

func (g *generator) scalar() string {
	g.n++
	anchor := ""
	if g.maybe(5) && !g.inFlow {
		anchor = fmt.Sprintf("&a%d ", g.n)
	}
	if g.odd && g.maybe(30) {
		return anchor + g.one("0x"+fmt.Sprint(42420000+g.n), "1e3", "0"+fmt.Sprint(7770000+g.n), "yes", "On", "True", "1_000", "+5", "1.50", ".5",
			`"\x41 `+mark+`"`, "\""+mark+`\u00e9"`, "!!str "+fmt.Sprint(g.n))
	}
	plain := []string{mark, mark + "-x.y/z", "a b " + mark, "http://u:" + mark + "@h:80/p#f", mark + "==", "é" + mark + "😀", "-" + mark, mark + ": no"[:0], "$" + mark + "!"}
	number := []string{fmt.Sprint(424200000 + g.n), "true", "false", "-12", "0", "3.14", fmt.Sprintf("1%d.5", g.n)}
	switch g.IntN(4) {
	case 0:
		return anchor + "\"" + mark + g.one("", " a", `\n`, `\"q\"`, ": b", " # c", "é", `\\`, " [x]") + "\""
	case 1:
		if g.inFlow { // quotes of this kind stand for none there
			break
		}
		return anchor + "'" + mark + g.one("", " a", "''", ": b", " # c", "{}") + "'"
	case 2:
		return anchor + number[g.IntN(len(number))]
	}
	return anchor + plain[g.IntN(len(plain))]
}

// jsonFile writes JSON.
func (g *generator) jsonFile() string {
	brk, sp, colon := "\n", strings.Repeat(" ", g.unit), ": "
	if g.maybe(30) {
		brk, sp, colon = "", "", g.one(":", ": ")
	} else if g.maybe(30) {
		sp = "\t"
	}
	value := func() string {
		g.n++
		return g.one(`"`+mark+`"`, `"`+mark+` \"q\" é"`, `""`, "null", "true", fmt.Sprint(424200000+g.n), "1.5", `"a\n`+mark+`"`, "{}", "[]", `[1,"`+mark+`",{"k.x":"`+mark+`"}]`)
	}
	var rows []string
	for _, section := range []string{"kind", "data", "stringData", "other_secret"} {
		if section == "kind" {
			rows = append(rows, sp+`"kind"`+colon+`"Secret"`)
			continue
		}
		rows = append(rows, sp+`"`+section+`"`+colon+"{"+brk+sp+sp+`"a"`+colon+value()+","+brk+sp+sp+`"b.c_secret"`+colon+value()+brk+sp+"}")
	}
	text := "{" + brk + strings.Join(rows, ","+brk) + brk + "}"
	if g.maybe(80) {
		text += "\n"
	}
	if g.maybe(20) {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	return text
}
