package conftest

import "slices"

// Kinds returns the only kinds of objects of which a namespace can say something, in
// order, or nil for any.
func (n *Namespace) Kinds() []string {
	kinds := []string{}
	for _, rule := range n.guards {
		for _, body := range rule {
			if body.kinds == nil {
				return nil
			}
			kinds = append(kinds, body.kinds...)
		}
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}
