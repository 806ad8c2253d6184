package cel

import (
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
)

// What a file does not tell and an API server knows is an unknown value: an expression
// whose result does not hang on it gives its result all the same.
const (
	unknownUser int64 = 1 + iota
	unknownAuthorizer
	unknownOptions
	unknownNamespaceOf
	unknownNamespace
	unknownByServer
)

func unknown(what ...int64) *types.Unknown {
	var u *types.Unknown
	for _, id := range what {
		u = types.MergeUnknowns(u, types.NewUnknown(id, types.NewAttributeTrail(requestName)))
	}
	return u
}

// unknownWords say what an expression needs.
var unknownWords = [...]string{
	unknownUser:        "who makes the request (request.userInfo)",
	unknownAuthorizer:  "what the user may do (authorizer)",
	unknownOptions:     "the options of the request",
	unknownNamespaceOf: "the namespace of the object, which does not say it",
	unknownNamespace:   "the Namespace of the object (namespaceObject), which is not among the policies",
	unknownByServer:    "what only the API server fills in",
}

func wordsOf(u *types.Unknown) string {
	var out []string
	for _, id := range u.IDs() {
		if id > 0 && int(id) < len(unknownWords) {
			out = append(out, unknownWords[id])
		}
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), ", and ")
}

// asked notes which gaps the evaluation of one expression has come upon.
type asked struct {
	ids []int64
	// decisive tells that a gap was compared or counted: no result says anything then.
	decisive bool
}

// missing is what the expression needs that has given a value, or an error; nil where
// neither hangs on a gap.
func (a *asked) missing(failed bool) *types.Unknown {
	if len(a.ids) == 0 || !failed && !a.decisive {
		return nil
	}
	return unknown(a.ids...)
}

// gap is a map of which nothing is known. An unknown value would not do: has() takes
// every field of one for present. What is asked of a gap is an error, which && and ||
// leave out of a result that does not hang on it as they leave out what is unknown.
type gap struct {
	what  int64
	asked *asked
}

func (a *asked) gap(what int64) *gap { return &gap{what, a} }

var errGap = errors.New("it is not known")

func (g *gap) error() ref.Val {
	g.asked.ids = append(g.asked.ids, g.what)
	return types.WrapErr(errGap)
}

// Find, Get and Contains are asked for one field.
func (g *gap) Find(ref.Val) (ref.Val, bool)              { return g.error(), false }
func (g *gap) Get(ref.Val) ref.Val                       { return g.error() }
func (g *gap) Contains(ref.Val) ref.Val                  { return g.error() }
func (g *gap) ConvertToType(ref.Type) ref.Val            { return g.error() }
func (g *gap) Value() any                                { g.error(); return nil }
func (g *gap) Iterator() traits.Iterator                 { g.error(); return nil }
func (g *gap) ConvertToNative(reflect.Type) (any, error) { g.error(); return nil, errGap }

// Size and Equal are where another map may answer for this one.
func (g *gap) Size() ref.Val         { g.asked.decisive = true; return g.error() }
func (g *gap) Equal(ref.Val) ref.Val { g.asked.decisive = true; return g.error() }

// Type is of a map over which nothing can go, so that nothing takes it for an empty one.
func (g *gap) Type() ref.Type { g.error(); return gapType }

var gapType = cel.ObjectType("gatehouse.Gap", traits.ContainerType, traits.IndexerType, traits.SizerType)

var _ traits.Mapper = (*gap)(nil)
