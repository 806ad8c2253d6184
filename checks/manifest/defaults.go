package manifest

import (
	_ "embed"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// recordedDefaults is what a real API server fills in, recorded from it: rows in
// the order in which they are to be applied.
//
//go:embed defaults.json
var recordedDefaults []byte

// applyDefaults fills in an object of a built-in kind what the API server would:
// the rows of its kind, then those of PodSpec in its pod template. A row applies
// wherever what holds its field is there, the field is not, and its conditions
// hold. The object must be normalized, and is changed.
func applyDefaults(root *Node, object Object) {
	table := defaults()
	for i := range table.rows[object.APIVersion+" "+object.Kind] {
		table.rows[object.APIVersion+" "+object.Kind][i].apply(root)
	}
	for _, spec := range podSpecs(root) {
		for i := range table.rows[podSpecKind] {
			table.rows[podSpecKind][i].apply(spec)
		}
	}
}

const podSpecKind = "v1 PodSpec"

type defaultTable struct {
	rows map[string][]defaultRow // by "apiVersion kind"
}

// defaultRow says what one absent field becomes.
type defaultRow struct {
	holder []string // the way to the map that holds the field
	field  string   // "*" copies every entry that is missing in holder from a map
	value  *Node
	from   []string
	as     string
	remove bool
	zero   bool // a zero value that is written counts as absent
	when   []defaultCondition
}

// defaultCondition has exactly one of its tests set.
type defaultCondition struct {
	path   []string
	In     []string `json:"in"`     // the text is one of these
	Is     *bool    `json:"is"`     // the boolean is this
	Set    *bool    `json:"set"`    // the field is there, or is not
	Latest *bool    `json:"latest"` // the image's tag is latest, or is not
	Only   []string `json:"only"`   // the map has no other fields than these
}

// defaults reads the recorded table. The file is part of the program, so that a
// fault in it is one of the program; the tests read every row.
var defaults = sync.OnceValue(func() defaultTable {
	table, err := readDefaults(recordedDefaults)
	if err != nil {
		return defaultTable{}
	}
	return table
})

func readDefaults(text []byte) (defaultTable, error) {
	var file struct {
		Rows []struct {
			Group, Version, Kind, Path, From, As, Computed string
			Value                                          json.RawMessage
			Remove, Zero                                   bool
			When                                           map[string]defaultCondition
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return defaultTable{}, err
	}
	table := defaultTable{rows: map[string][]defaultRow{}}
	for _, r := range file.Rows {
		if r.Computed != "" {
			continue
		}
		steps := pathSteps(r.Path)
		row := defaultRow{holder: steps[:len(steps)-1], field: steps[len(steps)-1], as: r.As, remove: r.Remove, zero: r.Zero}
		if r.From != "" {
			row.from = pathSteps(r.From)
		}
		if r.Value != nil {
			docs, err := parseJSON(chunk{r.Value, 1}, DefaultLimits())
			if err != nil {
				return defaultTable{}, err
			}
			row.value = &docs[0].root
		}
		for path, c := range r.When {
			c.path = pathSteps(path)
			row.when = append(row.when, c)
		}
		kind := strings.TrimPrefix(r.Group+"/"+r.Version, "/") + " " + r.Kind
		table.rows[kind] = append(table.rows[kind], row)
	}
	return table, nil
}

// pathSteps splits a path of the table: names joined by dots, [] for each item of
// a list, ["key"] for a key that is no plain name.
func pathSteps(path string) []string {
	var steps []string
	for path != "" {
		if rest, ok := strings.CutPrefix(path, "[]"); ok {
			steps, path = append(steps, "[]"), rest
			continue
		}
		if rest, ok := strings.CutPrefix(path, `["`); ok {
			key, after, _ := strings.Cut(rest, `"]`)
			steps, path = append(steps, key), after
			continue
		}
		path = strings.TrimPrefix(path, ".")
		end := strings.IndexAny(path, ".[")
		if end < 0 {
			end = len(path)
		}
		if end > 0 {
			steps = append(steps, path[:end])
		}
		path = path[end:]
	}
	return steps
}

func (r *defaultRow) apply(root *Node) {
	holder := r.holder
	if r.field == "*" {
		// The map that takes the entries may have to be made.
		holder = holder[:len(holder)-1]
	}
	trail := make([]*Node, 1, len(holder)+1)
	trail[0] = root
	r.descend(trail, holder)
}

// descend follows the way to every holder. trail are the nodes on the way so far.
func (r *defaultRow) descend(trail []*Node, rest []string) {
	at := trail[len(trail)-1]
	if len(rest) == 0 {
		if at.Kind == Map && r.holds(trail) {
			r.fill(at, trail)
		}
		return
	}
	if rest[0] == "[]" {
		if at.Kind == List {
			for i := range at.Items {
				r.descend(append(trail, &at.Items[i]), rest[1:])
			}
		}
		return
	}
	if next := at.Get(rest[0]); next != nil {
		r.descend(append(trail, next), rest[1:])
	}
}

func (r *defaultRow) fill(holder *Node, trail []*Node) {
	switch {
	case r.field == "*":
		r.copyEntries(holder, trail)
	case r.remove:
		holder.Items = without(holder.Items, r.field)
	case r.given(holder):
	case r.value != nil:
		r.set(holder, filledIn(r.field, r.value, holder))
	case r.from != nil:
		if source := r.resolve(r.from, trail); source != nil {
			n := filledIn(r.field, source, holder)
			switch r.as {
			case "lower case":
				n.Text = strings.ToLower(n.Text)
			case "list kind":
				n.Text += "List"
			}
			r.set(holder, n)
		}
	}
}

// given tells whether the field is there.
func (r *defaultRow) given(holder *Node) bool {
	n := holder.Get(r.field)
	if n == nil {
		return false
	}
	isZero := n.Kind == String && n.Text == "" || n.Kind == Number && n.Text == "0" || n.Kind == Bool && n.Text == "false"
	return !(r.zero && isZero)
}

func (r *defaultRow) set(holder *Node, value Node) {
	holder.Items = append(without(holder.Items, r.field), value)
}

// filledIn is value as a field of holder, placed where holder is.
func filledIn(key string, value, holder *Node) Node {
	n := *value
	n.Items = slices.Clone(value.Items)
	place(&n, holder.Place())
	n.Key, n.KeyAt = key, Pos{}
	return n
}

// copyEntries copies the entries that a map lacks from another map beside it.
func (r *defaultRow) copyEntries(parent *Node, trail []*Node) {
	source := r.resolve(r.from[:len(r.from)-1], trail)
	if source == nil || source.Kind != Map || len(source.Items) == 0 {
		return
	}
	key := r.holder[len(r.holder)-1]
	target := parent.Get(key)
	if target == nil {
		parent.Items = append(parent.Items, Node{Key: key, Kind: Map, At: parent.Place()})
		target = &parent.Items[len(parent.Items)-1]
	}
	for i := range source.Items {
		if target.Get(source.Items[i].Key) == nil {
			target.Items = append(target.Items, filledIn(source.Items[i].Key, &source.Items[i], target))
		}
	}
}

// resolve follows a path that takes the same list items as the way to the holder.
func (r *defaultRow) resolve(path []string, trail []*Node) *Node {
	same := 0
	for same < len(path) && same < len(trail)-1 && path[same] == r.holder[same] {
		same++
	}
	at := trail[same]
	for _, step := range path[same:] {
		if step == "[]" {
			return nil
		}
		at = at.Get(step)
	}
	return at
}

func (r *defaultRow) holds(trail []*Node) bool {
	for _, c := range r.when {
		if !c.holds(r.resolve(c.path, trail)) {
			return false
		}
	}
	return true
}

func (c defaultCondition) holds(n *Node) bool {
	switch {
	case c.In != nil:
		return n != nil && n.Kind == String && slices.Contains(c.In, n.Text)
	case c.Is != nil:
		return (n != nil && n.Kind == Bool && n.Text == "true") == *c.Is
	case c.Set != nil:
		return (n != nil) == *c.Set
	case c.Latest != nil:
		return isLatest(n.Str()) == *c.Latest
	}
	if n == nil {
		return true
	}
	return !slices.ContainsFunc(n.Items, func(f Node) bool { return !slices.Contains(c.Only, f.Key) })
}

// imageReference is a name, a tag and a digest, by the grammar of
// github.com/distribution/reference.
var imageReference = sync.OnceValue(func() *regexp.Regexp {
	const (
		name = `[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*`
		part = `(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])`
		host = `(?:` + part + `(?:\.` + part + `)*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?`
	)
	return regexp.MustCompile(`^(?:` + host + `/)?` + name + `(?:/` + name + `)*(?::(\w[\w.-]{0,127}))?` +
		`(@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9A-Fa-f]{32,})?$`)
})

// isLatest tells whether the API server takes an image for one with the tag
// latest. What is no reference is not.
func isLatest(image string) bool {
	if len(image) == 64 && strings.Trim(image, "0123456789abcdef") == "" {
		return false
	}
	m := imageReference().FindStringSubmatch(image)
	return m != nil && (m[1] == "latest" || m[1] == "" && m[2] == "")
}
