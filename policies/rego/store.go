package rego

import (
	"fmt"

	"github.com/gatehouse-dev/gatehouse/policies/packed"
	"github.com/open-policy-agent/opa/v1/ast"
)

// Stored modules are what the compiler made of modules, as bytes: parsing and compiling
// a module costs ten times what reading it back does. Only this version of the engine
// can read them, so they are made with the program that reads them and a test holds
// them to that.
//
// A module is its words, each once, and then its package and its rules in the order of
// their fields. Numbers are varints; a term is a tag and what belongs to it. Comments,
// annotations and imports are left out: nothing asks for them any more.

// The tags of terms.
const (
	tagNone = iota // there is no term
	tagNull
	tagTrue
	tagFalse
	tagNumber
	tagString
	tagVar
	tagRef
	tagArray
	tagSet
	tagObject
	tagArrayOf // the comprehensions
	tagSetOf
	tagObjectOf
	tagCall
)

// The tags of what an expression consists of.
const (
	exprTerm = iota
	exprCall
	exprEvery
)

// The flags of rules and expressions.
const (
	ruleDefault = 1 << iota
	ruleAssigns
	ruleHasElse
)

const (
	exprNegated = 1 << iota
	exprGenerated
)

// Store gives the modules of p as the compiler left them, by their names. The error
// tells of what cannot be stored.
func (p *Program) Store() (map[string][]byte, error) {
	out := map[string][]byte{}
	for name, m := range p.compiler.Modules {
		var w storer
		w.module(m)
		if w.err != nil {
			return nil, fmt.Errorf("store %s: %w", name, w.err)
		}
		out[name] = w.Bytes()
	}
	return out, nil
}

// StoreTerm gives a term as bytes.
func StoreTerm(t *ast.Term) ([]byte, error) {
	var w storer
	w.term(t)
	return w.Bytes(), w.err
}

// storer writes one module. The first fault is kept.
type storer struct {
	packed.Writer
	err error
}

func (w *storer) at(l *ast.Location) {
	if l == nil {
		l = &ast.Location{}
	}
	w.Int(l.Row)
	w.Int(l.Col)
}

func (w *storer) module(m *ast.Module) {
	w.Word(m.Package.Location.File)
	w.list(m.Package.Path)
	w.Int(len(m.Rules))
	for _, r := range m.Rules {
		w.rule(r)
	}
}

func (w *storer) rule(r *ast.Rule) {
	flags := 0
	if r.Default {
		flags |= ruleDefault
	}
	if r.Head.Assign {
		flags |= ruleAssigns
	}
	if r.Else != nil {
		flags |= ruleHasElse
	}
	w.Int(flags)
	w.at(r.Location)
	w.Word(string(r.Head.Name))
	w.list(r.Head.Reference)
	w.list(r.Head.Args)
	w.term(r.Head.Key)
	w.term(r.Head.Value)
	w.body(r.Body)
	if r.Else != nil {
		w.rule(r.Else)
	}
}

func (w *storer) body(b ast.Body) {
	w.Int(len(b))
	for _, e := range b {
		w.expr(e)
	}
}

func (w *storer) expr(e *ast.Expr) {
	flags := 0
	if e.Negated {
		flags |= exprNegated
	}
	if e.Generated {
		flags |= exprGenerated
	}
	w.Int(flags)
	w.at(e.Location)
	switch terms := e.Terms.(type) {
	case *ast.Term:
		w.Int(exprTerm)
		w.term(terms)
	case []*ast.Term:
		w.Int(exprCall)
		w.list(terms)
	case *ast.Every:
		w.Int(exprEvery)
		w.term(terms.Key)
		w.term(terms.Value)
		w.term(terms.Domain)
		w.body(terms.Body)
	default:
		w.fail(e.Terms)
	}
	w.Int(len(e.With))
	for _, with := range e.With {
		w.term(with.Target)
		w.term(with.Value)
	}
}

func (w *storer) fail(what any) {
	if w.err == nil {
		w.err = fmt.Errorf("there is no form for %T", what)
	}
}

func (w *storer) list(terms []*ast.Term) {
	w.Int(len(terms))
	for _, t := range terms {
		w.term(t)
	}
}

func (w *storer) term(t *ast.Term) {
	if t == nil {
		w.Int(tagNone)
		return
	}
	switch v := t.Value.(type) {
	case ast.Null:
		w.Int(tagNull)
	case ast.Boolean:
		if v {
			w.Int(tagTrue)
			return
		}
		w.Int(tagFalse)
	case ast.Number:
		w.Int(tagNumber)
		w.Word(string(v))
	case ast.String:
		w.Int(tagString)
		w.Word(string(v))
	case ast.Var:
		w.Int(tagVar)
		w.Word(string(v))
	case ast.Ref:
		w.Int(tagRef)
		w.list(v)
	case ast.Call:
		w.Int(tagCall)
		w.list(v)
	case *ast.Array:
		w.Int(tagArray)
		w.Int(v.Len())
		v.Foreach(w.term)
	case ast.Set:
		w.Int(tagSet)
		w.list(v.Slice())
	case ast.Object:
		w.Int(tagObject)
		keys := v.Keys()
		w.Int(len(keys))
		for _, key := range keys {
			w.term(key)
			w.term(v.Get(key))
		}
	case *ast.ArrayComprehension:
		w.Int(tagArrayOf)
		w.term(v.Term)
		w.body(v.Body)
	case *ast.SetComprehension:
		w.Int(tagSetOf)
		w.term(v.Term)
		w.body(v.Body)
	case *ast.ObjectComprehension:
		w.Int(tagObjectOf)
		w.term(v.Key)
		w.term(v.Value)
		w.body(v.Body)
	default:
		w.fail(v)
	}
}
