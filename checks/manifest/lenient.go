package manifest

import (
	"bytes"
	"errors"
	"io"
	"slices"

	yamlv2 "go.yaml.in/yaml/v2"
	"sigs.k8s.io/yaml"
)

// lenientBytes is the size up to which a chunk is read leniently.
const lenientBytes = 1 << 20

// parseLenient reads the first document of a chunk that the YAML reader with
// positions refuses and the one of Kubernetes (sigs.k8s.io/yaml, on
// go.yaml.in/yaml/v2) does not, so that nothing which kubectl would apply is left
// out. Every node is placed where the chunk begins. whole tells whether the chunk
// holds nothing else.
func parseLenient(c chunk, lim Limits) (doc parsed, whole bool, err error) {
	defer func() {
		if recover() != nil {
			err = errPanic
		}
	}()
	if len(c.text) > lenientBytes {
		return parsed{}, false, errTooLong
	}
	whole, err = firstDocument(c.text, lim)
	if err != nil {
		return parsed{}, false, err
	}
	asJSON, err := yaml.YAMLToJSON(c.text)
	if err != nil {
		return parsed{}, false, err
	}
	docs, err := parseJSON(chunk{asJSON, 1}, lim)
	if err != nil || len(docs) != 1 {
		return parsed{}, false, errors.Join(err, errNotOne)
	}
	at := Pos{firstLine(c), 1}
	place(&docs[0].root, at)
	return docs[0], whole, nil
}

var (
	errNotOne  = errors.New("not exactly one document")
	errTooLong = errors.New("too long to be read leniently")
)

// firstDocument tells whether the first document of text is the only one. It fails
// where Kubernetes cannot read it, and where its aliases, written out as JSON,
// would go over a limit.
func firstDocument(text []byte, lim Limits) (only bool, err error) {
	dec := yamlv2.NewDecoder(bytes.NewReader(text))
	var first, second any
	if err := dec.Decode(&first); err != nil {
		return false, err
	}
	if weight(first, lim.AliasBytes) > lim.AliasBytes {
		return false, overLimit{name: LimitAliasBytes}
	}
	return errors.Is(dec.Decode(&second), io.EOF), nil
}

// weight is about the size of v as JSON, as far as it matters: counting ends
// where it is over limit.
func weight(v any, limit int64) int64 {
	n := int64(8)
	switch v := v.(type) {
	case string:
		n += int64(len(v))
	case []any:
		for _, item := range v {
			if n += weight(item, limit-n); n > limit {
				return n
			}
		}
	case map[any]any:
		for key, value := range v {
			if n += weight(key, limit-n) + weight(value, limit-n); n > limit {
				return n
			}
		}
	}
	return n
}

// place moves a whole tree to one position. What the tree shares with others stays
// where it is.
func place(n *Node, at Pos) {
	n.At, n.Style = at, Plain
	if n.KeyAt != (Pos{}) {
		n.KeyAt = at
	}
	n.Items = slices.Clone(n.Items)
	for i := range n.Items {
		place(&n.Items[i], at)
	}
}
