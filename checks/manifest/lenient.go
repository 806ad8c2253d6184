package manifest

import (
	"bytes"
	"errors"
	"io"

	yamlv2 "go.yaml.in/yaml/v2"
	"sigs.k8s.io/yaml"
)

// parseLenient reads a chunk that the YAML reader with positions refuses and the
// one of Kubernetes (sigs.k8s.io/yaml, on go.yaml.in/yaml/v2) does not, so that
// nothing which kubectl would apply is left out. Every node is placed where the
// chunk begins. It succeeds only where the chunk is one whole document.
func parseLenient(c chunk, lim Limits) (doc parsed, err error) {
	defer func() {
		if recover() != nil {
			err = errPanic
		}
	}()
	if err := oneDocument(c.text); err != nil {
		return parsed{}, err
	}
	asJSON, err := yaml.YAMLToJSON(c.text)
	if err != nil {
		return parsed{}, err
	}
	docs, err := parseJSON(chunk{asJSON, 1}, lim)
	if err != nil || len(docs) != 1 {
		return parsed{}, errors.Join(err, errNotOne)
	}
	at := Pos{firstLine(c), 1}
	place(&docs[0].root, at)
	return docs[0], nil
}

var errNotOne = errors.New("not exactly one document")

func oneDocument(text []byte) error {
	dec := yamlv2.NewDecoder(bytes.NewReader(text))
	var v any
	if err := dec.Decode(&v); err != nil {
		return err
	}
	if err := dec.Decode(&v); !errors.Is(err, io.EOF) {
		return errNotOne
	}
	return nil
}

// place moves a whole tree to one position.
func place(n *Node, at Pos) {
	n.At = at
	if n.KeyAt != (Pos{}) {
		n.KeyAt = at
	}
	for i := range n.Items {
		place(&n.Items[i], at)
	}
}
