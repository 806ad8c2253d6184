package manifest

func applyDefaults(root *Node, object Object) {}
