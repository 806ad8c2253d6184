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
	w := walker{visit: visit}
	w.walk(n)
}

type walker struct {
	visit func(path func() string, n *Node) bool
	steps []step
}

type step struct {
	parent *Node
	index  int
}

func (w *walker) walk(n *Node) {
	if !w.visit(w.path, n) {
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
		b = appendStep(b, s.parent, s.index)
	}
	return string(b)
}

func appendStep(b []byte, parent *Node, index int) []byte {
	if parent.Kind == Map {
		return appendField(b, parent.Items[index].Key)
	}
	if key, value := mergeKey(parent, index); key != "" {
		b = append(b, '[')
		b = append(b, key...)
		b = append(b, '=')
		b = append(b, value...)
		return append(b, ']')
	}
	b = append(b, '[')
	b = strconv.AppendInt(b, int64(index), 10)
	return append(b, ']')
}

// JoinField appends the field name key to path, in the notation of Walk.
func JoinField(path, key string) string {
	return string(appendField([]byte(path), key))
}

// JoinItem appends item index of list to path, in the notation of Walk.
func JoinItem(path string, list *Node, index int) string {
	return string(appendStep([]byte(path), list, index))
}

func appendField(b []byte, key string) []byte {
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

// mergeKey returns the merge key of an item and its value, where the item is a
// map, the value is a short scalar, and no sibling has the same.
func mergeKey(list *Node, index int) (key, value string) {
	item := &list.Items[index]
	for _, key := range mergeKeys {
		v := item.Get(key)
		if v == nil || v.Kind != String && v.Kind != Number || v.Text == "" || len(v.Text) > 128 || !isWordDotted(v.Text) {
			continue
		}
		if uniqueInList(list, index, key, v.Text) {
			return key, v.Text
		}
		return "", ""
	}
	return "", ""
}

func uniqueInList(list *Node, index int, key, value string) bool {
	for i := range list.Items {
		if i == index {
			continue
		}
		if other := list.Items[i].Get(key); other != nil && other.Text == value {
			return false
		}
	}
	return true
}

func isWordDotted(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c != '.' && c != '/' && c != ':' && !isWord(s[i:i+1]) {
			return false
		}
	}
	return true
}
