package manifest

// fieldSet collects the fields of a map under unique keys.
type fieldSet struct {
	node   *Node
	index  map[string]int
	merged map[int]bool // by index: the field is not written in this map
}

// manyFields is the size from which a map pays for an index.
const manyFields = 12

// set adds a field or replaces the one of the same key, which it returns.
// twice tells that both are written in this map.
func (f *fieldSet) set(field Node, written bool) (earlier Node, twice bool) {
	*f.next() = field
	return f.keep(written)
}

// next returns a new field at the end of the map, to be filled in and kept.
func (f *fieldSet) next() *Node {
	f.node.Items = append(f.node.Items, Node{})
	return &f.node.Items[len(f.node.Items)-1]
}

// keep does for the field that next returned what set does.
func (f *fieldSet) keep(written bool) (earlier Node, twice bool) {
	last := len(f.node.Items) - 1
	i := f.find(f.node.Items[last].Key, last)
	if i < 0 {
		i = last
		if f.index != nil {
			f.index[f.node.Items[last].Key] = last
		}
	} else {
		earlier, twice = f.node.Items[i], written && !f.merged[i]
		f.node.Items[i] = f.node.Items[last]
		f.node.Items = f.node.Items[:last]
		written = written || !f.merged[i]
	}
	f.mark(i, !written)
	return earlier, twice
}

func (f *fieldSet) mark(i int, merged bool) {
	switch {
	case !merged:
		delete(f.merged, i)
	case f.merged == nil:
		f.merged = map[int]bool{i: true}
	default:
		f.merged[i] = true
	}
}

// find returns the index of the field named key among the first n, or -1.
func (f *fieldSet) find(key string, n int) int {
	if f.index == nil && n >= manyFields {
		f.index = make(map[string]int, 2*n)
		for i := range n {
			f.index[f.node.Items[i].Key] = i
		}
	}
	if f.index != nil {
		if i, ok := f.index[key]; ok {
			return i
		}
		return -1
	}
	for i := range n {
		if f.node.Items[i].Key == key {
			return i
		}
	}
	return -1
}
