package rego

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// TestRandomGuards holds that what a Guard leaves out would not have held: random rules
// of all forms that it reads, and of some that it does not, over random objects.
func TestRandomGuards(t *testing.T) {
	const policies = 1200
	rng := rand.New(rand.NewPCG(2, 3))
	w := newWitness()
	for range policies {
		choices := make([]byte, 100+rng.IntN(500))
		for i := range choices {
			choices[i] = byte(rng.Uint32())
		}
		w.judge(t, choices, 40)
		if t.Failed() {
			return
		}
	}
	t.Logf("%d of %d policies compile; over %d objects %d held and %d were left out", w.compiled, policies, w.asked, w.held, w.leftOut)
	if w.compiled < policies/3 || w.held < w.asked/50 || w.leftOut < w.asked/5 {
		t.Error("too little is tried")
	}
}

// FuzzGuard does so for rules by the fuzzer's choice.
func FuzzGuard(f *testing.F) {
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(5, seed))
		choices := make([]byte, 120)
		for i := range choices {
			choices[i] = byte(rng.Uint32())
		}
		f.Add(choices)
	}
	w := newWitness()
	f.Fuzz(func(t *testing.T, choices []byte) { w.judge(t, choices, 10) })
}

// witness judges random policies by their guards and by Rego.
type witness struct {
	rng                            *rand.Rand
	objects                        []witnessed
	compiled, asked, held, leftOut int
}

type witnessed struct {
	node *manifest.Node
	term *ast.Term
}

func newWitness() *witness {
	w := &witness{rng: rand.New(rand.NewPCG(7, 11))}
	for range 2000 {
		n := randomObject(w.rng)
		w.objects = append(w.objects, witnessed{n, NewObject(n).Term})
	}
	return w
}

func (w *witness) judge(t *testing.T, choices []byte, objects int) {
	t.Helper()
	texts, version := randomPolicy(choices)
	modules := map[string]*ast.Module{}
	var parsed []*ast.Module
	for name, text := range texts {
		m, faults := Parse(name, text, version)
		if len(faults) > 0 {
			t.Fatalf("%v in\n%s", faults, text)
		}
		modules[name] = m
		parsed = append(parsed, m.Copy())
	}
	program, faults := Compile(modules)
	if len(faults) > 0 {
		return // a variable that has no value, mostly
	}
	query, err := program.Prepare(ast.MustParseBody("count(data.a.deny) > 0"))
	if err != nil {
		t.Fatal(err)
	}
	w.compiled++
	leaves := leaver(parsed)
	for range objects {
		o := w.objects[w.rng.IntN(len(w.objects))]
		holds := false
		err := query.Each(t.Context(), Given{Input: o.term}, func(topdown.QueryResult) error { holds = true; return nil })
		if err != nil {
			continue // two values of one rule; what is not asked cannot fail
		}
		w.asked++
		why := leaves(o.node)
		if why != "" {
			w.leftOut++
		}
		if !holds {
			continue
		}
		w.held++
		if why != "" {
			t.Errorf("it holds for %s, and is left out by %s:\n%s\n%s", o.term, why, texts["lib.rego"], texts["a.rego"])
			return
		}
	}
}

// leaver tells by what the rules named deny are left out for an object, or "".
func leaver(modules []*ast.Module) func(*manifest.Node) string {
	guard := NewGuard(modules, Shape{Object: "input", Kinds: []string{"input.kind"}, Versions: []string{"input.a"}})
	type body struct {
		kinds, versions []string
		needs           Numbers
		condition       *Condition
	}
	var fields Fields
	var bodies []body
	for _, m := range modules {
		for _, r := range m.Rules {
			if m.Package.Path.String() != "data.a" || r.Head.Name != "deny" {
				continue
			}
			b := body{kinds: guard.Kinds(r), versions: guard.Versions(r), condition: guard.Condition(r)}
			for _, need := range guard.Needs(r) {
				if number, ok := fields.Number(need); ok {
					b.needs.Add(number)
				}
			}
			bodies = append(bodies, b)
		}
	}
	return func(object *manifest.Node) (why string) {
		has := fields.Of(object)
		for _, b := range bodies {
			switch {
			case b.kinds != nil && !slices.Contains(b.kinds, object.Get("kind").Str()):
				why = "its kind"
			case b.versions != nil && !slices.Contains(b.versions, object.Get("a").Str()):
				why = "its version"
			case !b.needs.Within(has):
				why = "the fields that it needs"
			case !b.condition.Possible(object):
				why = "its condition"
			default:
				return ""
			}
		}
		return why
	}
}

var randomFields = []string{"a", "b", "list", "kind"}

// randomObject is a small tree of few names and values, so that rules often hold.
func randomObject(rng *rand.Rand) *manifest.Node {
	n := randomNode(rng, 3)
	n.Kind, n.Text = manifest.Map, ""
	if rng.IntN(4) > 0 {
		n.Items = slices.DeleteFunc(n.Items, func(item manifest.Node) bool { return item.Key == "kind" })
		n.Items = append(n.Items, manifest.Node{Key: "kind", Kind: manifest.String, Text: []string{"Pod", "Service", "x"}[rng.IntN(3)]})
	}
	for i := range n.Items {
		if n.Items[i].Key == "" {
			n.Items[i].Key = fmt.Sprintf("%s%d", randomFields[i%len(randomFields)], i)
		}
	}
	return &n
}

func randomNode(rng *rand.Rand, depth int) manifest.Node {
	kind := rng.IntN(10)
	switch {
	case depth == 0 || kind < 3:
		return randomScalar(rng)
	case kind < 8:
		n := manifest.Node{Kind: manifest.Map}
		for _, key := range randomFields {
			if rng.IntN(3) == 0 {
				continue
			}
			item := randomNode(rng, depth-1)
			if key == "list" && rng.IntN(4) > 0 {
				item = randomList(rng, depth-1)
			}
			item.Key = key
			n.Items = append(n.Items, item)
		}
		return n
	}
	return randomList(rng, depth-1)
}

func randomList(rng *rand.Rand, depth int) manifest.Node {
	n := manifest.Node{Kind: manifest.List}
	for range rng.IntN(4) {
		n.Items = append(n.Items, randomNode(rng, max(depth, 0)))
	}
	return n
}

func randomScalar(rng *rand.Rand) manifest.Node {
	all := []manifest.Node{
		{Kind: manifest.String, Text: "x"}, {Kind: manifest.String, Text: "y"}, {Kind: manifest.String}, {Kind: manifest.String, Text: "x:y"},
		{Kind: manifest.String, Text: "1"}, {Kind: manifest.String, Text: "true"}, {Kind: manifest.String, Text: "Pod"},
		{Kind: manifest.Number, Text: "0"}, {Kind: manifest.Number, Text: "1"}, {Kind: manifest.Number, Text: "2"}, {Kind: manifest.Number, Text: "1.0"},
		{Kind: manifest.Number, Text: "-1"}, {Kind: manifest.Number, Text: "1e400"},
		{Kind: manifest.Bool, Text: "true"}, {Kind: manifest.Bool, Text: "false"}, {Kind: manifest.Null},
	}
	return all[rng.IntN(len(all))]
}

// author writes a policy by choices; where they are at an end, by the first of what
// there is to choose.
type author struct {
	choices []byte
	old     bool // in v0
	vars    []string
	names   int

	values, sets, objects, flags, functions []string // the rules that may be named by now
	said                                    []string // the terms of this body
}

func (a *author) pick(n int) int {
	if len(a.choices) == 0 {
		return 0
	}
	c := a.choices[0]
	a.choices = a.choices[1:]
	return int(c) % n
}

func (a *author) one(list ...string) string { return list[a.pick(len(list))] }

// randomPolicy is a package a with a rule deny, and a package lib that it imports.
func randomPolicy(choices []byte) (map[string]string, Version) {
	a := &author{choices: choices}
	version, head := V1, "package %s\n"
	if a.pick(3) == 1 {
		a.old, version, head = true, V0, "package %s\nimport future.keywords.in\nimport future.keywords.every\n"
	}
	lib := fmt.Sprintf(head, "lib") + a.rules("")
	for _, list := range []*[]string{&a.values, &a.sets, &a.objects, &a.flags, &a.functions} {
		for i := range *list {
			(*list)[i] = "lib." + (*list)[i]
		}
	}
	text := fmt.Sprintf(head, "a") + "import data.lib\n" + a.rules("own_")
	for range 1 + a.pick(2) {
		text += a.rule(a.one(`deny contains "x"`, `deny contains msg`), "")
	}
	return map[string]string{"lib.rego": lib, "a.rego": text}, version
}

// rules are one rule of each form.
func (a *author) rules(prefix string) string {
	var b strings.Builder
	add := func(list *[]string, name string, write func(name string)) {
		if a.pick(3) > 0 {
			write(prefix + name)
			*list = append(*list, prefix+name)
		}
	}
	add(&a.values, "value", func(name string) {
		switch a.pick(4) {
		case 1:
			b.WriteString("default " + name + " := " + a.constant() + "\n")
		case 2:
			b.WriteString(name + " := " + a.term() + "\n")
			return
		}
		b.WriteString(a.rule(name+" := VALUE", ""))
	})
	add(&a.sets, "set", func(name string) {
		for range 1 + a.pick(2) {
			b.WriteString(a.rule(name+" contains VALUE", ""))
		}
	})
	add(&a.objects, "map", func(name string) {
		for range 1 + a.pick(2) {
			b.WriteString(a.rule(name+a.one(`["k"]`, `[KEY]`, `.a.b`, `.l`)+" := VALUE", ""))
		}
	})
	add(&a.flags, "flag", func(name string) {
		if a.pick(4) == 1 {
			b.WriteString("default " + name + " := " + a.one("true", "false") + "\n")
		}
		for range 1 + a.pick(2) {
			b.WriteString(a.rule(name, a.one("", "", "", " else := true")))
		}
	})
	add(&a.functions, "f", func(name string) {
		a.vars = append(a.vars, "p")
		b.WriteString(a.ruleWith(name+"(p)", "", []string{"p"}))
		a.vars = nil
	})
	return b.String()
}

func (a *author) rule(head, end string) string { return a.ruleWith(head, end, nil) }

func (a *author) ruleWith(head, end string, vars []string) string {
	a.vars, a.said = slices.Clone(vars), nil
	var body []string
	for range 1 + a.pick(2) + a.pick(2)*a.pick(2) {
		body = append(body, a.expr())
	}
	if strings.Contains(head, "msg") {
		body = append(body, "msg := "+a.one(`"x"`, `sprintf("%v", [`+a.term()+`])`))
	}
	if strings.Contains(head, "VALUE") {
		value := a.term()
		if len(a.vars) > 0 && a.pick(2) == 0 {
			value = a.vars[a.pick(len(a.vars))]
		}
		body = append(body, "result := "+value)
		head = strings.Replace(head, "VALUE", a.one("result", "result", value), 1)
	}
	if strings.Contains(head, "KEY") {
		body = append(body, "key := "+a.one(`"k"`, `"a"`))
		head = strings.Replace(head, "KEY", "key", 1)
	}
	a.vars = nil
	if a.old {
		if set, key, ok := strings.Cut(head, " contains "); ok {
			head = set + "[" + key + "]"
		}
		return head + " {\n\t" + strings.Join(body, "\n\t") + "\n}" + end + "\n"
	}
	return head + " if {\n\t" + strings.Join(body, "\n\t") + "\n}" + end + "\n"
}

func (a *author) expr() string {
	switch a.pick(20) {
	case 0, 1:
		return a.negated(a.term())
	case 2, 3, 4:
		return a.negated(a.compared())
	case 5:
		return a.negated(a.term() + " in " + a.one(`{"x", 1, null}`, `["x", true]`, `{"Pod", "Service"}`, a.term()))
	case 6:
		return a.negated(a.constant() + " in " + a.term())
	case 7:
		from := a.collection()
		return "some " + a.one("", "", "_, ") + a.declared() + " in " + from
	case 8:
		return a.let(a.one("input.list[_]", "input", "object.get(input, \"a\", {})"))
	case 9:
		return a.let(a.term())
	case 10:
		pair := "[" + a.term() + ", " + a.term() + "]"
		return fmt.Sprintf(a.one("[%s, _] := ", "[_, %s] := "), a.declared()) + pair
	case 11:
		return "every e in " + a.collection() + " { " + a.one("e == ", "e != ") + a.constant() + " }"
	case 12:
		return a.negated(a.one("startswith(", "endswith(", "contains(") + a.term() + ", " + a.one(`"x"`, `""`, `"y"`) + ")")
	case 13:
		return a.negated(`regex.match("` + a.one("^x", "y$", ".") + `", ` + a.term() + ")")
	case 14, 15:
		return a.negated(a.flag())
	case 16:
		return a.negated(a.call())
	case 17:
		return a.one("print(", "is_string(", "not is_null(", "0 < count(", "1 != count(") + a.term() + ")"
	case 18:
		return a.negated(a.one(a.term(), a.flag()) + ` with input as ` + a.one(`{}`, `{"a": 1, "b": {"a": "x"}}`, "input.a", "input.list[0]"))
	}
	return a.negated(a.one("count", "0 == count") + "([1 | " + a.one("", "x := ") + a.term() + "])")
}

// negated puts a not before an expression, now and then. What has no value elsewhere is
// unsafe behind it.
func (a *author) negated(expr string) string {
	if a.pick(3) < 2 {
		return expr
	}
	return "not " + strings.NewReplacer("[_]", "[0]", "[i]", "[1]").Replace(expr)
}

func (a *author) compared() string {
	op := a.one(" == ", " != ", " < ", " >= ", " > ", " <= ", " = ")
	if a.pick(3) == 1 {
		return a.constant() + op + a.term()
	}
	return a.term() + op + a.constant()
}

func (a *author) constant() string {
	return a.one(`"x"`, `""`, "1", "0", "true", "false", "null", "1.0", `"Pod"`, `"Service"`, `"true"`, "[]", "{}", `["x"]`)
}

func (a *author) flag() string {
	if len(a.flags) == 0 {
		return a.term()
	}
	return a.flags[a.pick(len(a.flags))]
}

func (a *author) call() string {
	if len(a.functions) == 0 {
		return a.compared()
	}
	return a.functions[a.pick(len(a.functions))] + "(" + a.term() + ")"
}

// declared is a new variable, now and then of the name of a rule.
func (a *author) declared() string {
	a.names++
	v := fmt.Sprintf("v%d", a.names)
	if a.pick(6) == 1 {
		v = a.one("own_value", "own_set", "own_flag", "value")
	}
	if !slices.Contains(a.vars, v) {
		a.vars = append(a.vars, v)
	}
	return v
}

func (a *author) let(value string) string { return a.declared() + a.one(" := ", " := ", " = ") + value }

func (a *author) collection() string {
	switch {
	case len(a.sets) > 0 && a.pick(3) == 1:
		return a.sets[a.pick(len(a.sets))]
	case len(a.objects) > 0 && a.pick(4) == 1:
		return a.objects[a.pick(len(a.objects))]
	case a.pick(2) == 0:
		return "input.list"
	}
	return a.term()
}

// term is something of the object, often what was said of before.
func (a *author) term() string {
	if len(a.said) > 0 && a.pick(4) == 1 {
		return a.said[a.pick(len(a.said))]
	}
	t := a.newTerm()
	a.said = append(a.said, t)
	return t
}

func (a *author) newTerm() string {
	switch a.pick(11) {
	case 0, 1, 2:
		return "input" + a.steps(1)
	case 3, 4, 5:
		if len(a.vars) > 0 {
			return a.vars[a.pick(len(a.vars))] + a.steps(0)
		}
	case 6:
		if len(a.values) > 0 {
			return a.values[a.pick(len(a.values))] + a.steps(0)
		}
	case 7:
		if len(a.sets) > 0 {
			return a.sets[a.pick(len(a.sets))] + a.one("[_]", "[_]", "", `["x"]`, "[i]") + a.steps(0)
		}
	case 8:
		if len(a.objects) > 0 {
			return a.objects[a.pick(len(a.objects))] + a.one("[_]", ".k", "", ".a") + a.steps(0)
		}
	case 9, 10:
		return "object.get(input" + a.one("", "", ".a", ".list[_]") + ", " + a.one(`"a"`, `"b"`, `"list"`, `["a"]`, `["a", "b"]`) + ", " + a.one("{}", "{}", "{}", `"x"`, "[]") + ")"
	}
	return "input" + a.steps(1)
}

func (a *author) steps(least int) string {
	var b strings.Builder
	for range least + a.pick(3) {
		b.WriteString(a.one(".a", ".a", ".b", ".b", ".list", ".list[_]", ".list[_]", ".list[_]", "[_]", ".kind", `["a"]`, "[0]", ".list[i]"))
	}
	return b.String()
}
