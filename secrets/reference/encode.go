package reference

import (
	"encoding/json"
	"fmt"
)

// What this package takes from a document is a value of its own, so that a tree can be
// judged document by document: Encode writes it as one line of text, and the function
// named Decode… reads it again, less its Node. A text that Encode did not write is an
// error.

// Encode writes r as a line of text.
func (r Reference) Encode() string { return encode(r) }

// Encode writes n as a line of text.
func (n Need) Encode() string { return encode(n) }

// Encode writes s as a line of text.
func (s Store) Encode() string { return encode(s) }

// Encode writes d as a line of text.
func (d Demand) Encode() string { return encode(d) }

// Encode writes p as a line of text.
func (p Product) Encode() string { return encode(p) }

// DecodeReference reads what Reference.Encode wrote.
func DecodeReference(text string) (Reference, error) { return decode[Reference](text, "reference") }

// DecodeNeed reads what Need.Encode wrote.
func DecodeNeed(text string) (Need, error) { return decode[Need](text, "need") }

// DecodeStore reads what Store.Encode wrote.
func DecodeStore(text string) (Store, error) { return decode[Store](text, "store") }

// DecodeDemand reads what Demand.Encode wrote.
func DecodeDemand(text string) (Demand, error) { return decode[Demand](text, "demand") }

// DecodeProduct reads what Product.Encode wrote.
func DecodeProduct(text string) (Product, error) { return decode[Product](text, "product") }

func encode(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // structs of strings, numbers and booleans can be written
	}
	return string(text)
}

func decode[T any](text, what string) (T, error) {
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return *new(T), fmt.Errorf("decode a %s: the text is none that was encoded", what)
	}
	return v, nil
}
