package manifest

import "strconv"

// Walk calls visit for n and everything in it, parents first, with the field
// path of each as kubectl explain writes it: fields joined by dots, list items
// as [name=x] where the item has a merge key that is unique in its list, else as
// [3]; keys that are not plain words in quotes, as in data["tls.crt"]. Where
// visit returns false the children are left out.
//
// path is only built when the visitor calls it.
func (n *Node) Walk(visit func(path func() string, n *Node) bool) {
	w := walker{visit: visit, names: itemNames{}}
	w.at = w.path
	w.walk(n)
}

type walker struct {
	visit func(path func() string, n *Node) bool
	at    func() string // the method path
	steps []step
	names itemNames
}

type step struct {
	parent *Node
	index  int
}

func (w *walker) walk(n *Node) {
	if !w.visit(w.at, n) {
		return
	}
	for i := range n.Items {
		w.steps = append(w.steps, step{n, i})
		w.walk(&n.Items[i])
		w.steps = w.steps[:len(w.steps)-1]
	}
}

func (w *walker) path() string {
	b := make([]byte, 0, 64)
	for _, s := range w.steps {
		if s.parent.Kind == Map {
			b = appendField(b, s.parent.Items[s.index].Key)
		} else {
			b = w.names.appendItem(b, s.parent, s.index)
		}
	}
	return string(b)
}

// JoinField appends the field name key to path, in the notation of Walk.
func JoinField(path, key string) string {
	return string(appendField([]byte(path), key))
}

// JoinItem appends item index of list to path, in the notation of Walk.
func JoinItem(path string, list *Node, index int) string {
	return string(itemNames{}.appendItem([]byte(path), list, index))
}

// maxPathKey is the length at which a key is cut off in a path. The longest key
// that Kubernetes allows, that of a label, has 317 bytes.
const maxPathKey = 320

func appendField(b []byte, key string) []byte {
	if len(key) > maxPathKey {
		key = key[:maxPathKey] + "…"
	}
	if !isWord(key) {
		b = append(b, '[')
		b = strconv.AppendQuote(b, key)
		return append(b, ']')
	}
	if len(b) > 0 {
		b = append(b, '.')
	}
	return append(b, key...)
}

func isWord(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-', c == '$':
		default:
			return false
		}
	}
	return s != ""
}

// mergeKeys are the fields by which Kubernetes merges list items (the
// patchMergeKey tags of k8s.io/api), most usual first.
var mergeKeys = [...]string{"name", "containerPort", "mountPath", "devicePath", "key", "ip", "port", "topologyKey", "type"}

// itemNames writes the items of lists. For long lists it holds, by list, how many
// items have a merge key, so that naming all of them costs one pass.
type itemNames map[*Node]map[nameField]int

type nameField struct{ key, value string }

// manyItems is the size from which a list pays for a count of its merge keys.
const manyItems = 32

func (names itemNames) appendItem(b []byte, list *Node, index int) []byte {
	b = append(b, '[')
	if field, ok := names.mergeKey(list, index); ok {
		b = append(b, field.key...)
		b = append(b, '=')
		b = append(b, field.value...)
	} else {
		b = strconv.AppendInt(b, int64(index), 10)
	}
	return append(b, ']')
}

// mergeKey returns the merge key of an item and its value, where the item is a
// map, the value is a short scalar, and no sibling has the same.
func (names itemNames) mergeKey(list *Node, index int) (nameField, bool) {
	item := &list.Items[index]
	for _, key := range mergeKeys {
		if v := item.Get(key); isName(v) {
			field := nameField{key, v.Text}
			return field, names.count(list, field) == 1
		}
	}
	return nameField{}, false
}

func isName(v *Node) bool {
	return v != nil && (v.Kind == String || v.Kind == Number) && v.Text != "" && len(v.Text) <= 128 && isWordDotted(v.Text)
}

// count returns how many items of list have field.
func (names itemNames) count(list *Node, field nameField) int {
	if len(list.Items) < manyItems {
		n := 0
		for i := range list.Items {
			if v := list.Items[i].Get(field.key); isName(v) && v.Text == field.value {
				n++
			}
		}
		return n
	}
	counts, ok := names[list]
	if !ok {
		counts = countNames(list)
		names[list] = counts
	}
	return counts[field]
}

func countNames(list *Node) map[nameField]int {
	counts := make(map[nameField]int, len(list.Items))
	for i := range list.Items {
		for _, key := range mergeKeys {
			if v := list.Items[i].Get(key); isName(v) {
				counts[nameField{key, v.Text}]++
			}
		}
	}
	return counts
}

func isWordDotted(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c != '.' && c != '/' && c != ':' && !isWord(s[i:i+1]) {
			return false
		}
	}
	return true
}
