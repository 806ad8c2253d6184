package manifest

import (
	"encoding/json"
	"reflect"
	"testing"
)

// roundTrip decodes a value into its Go type and encodes it again.
func roundTrip(t *testing.T, v any, typ reflect.Type) (any, bool) {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	typed := reflect.New(typ)
	if err := json.Unmarshal(text, typed.Interface()); err != nil {
		return nil, false
	}
	text, err = json.Marshal(typed.Interface())
	if err != nil {
		return nil, false
	}
	out, err := jsonValue(text)
	if err != nil {
		t.Fatal(err)
	}
	return out, true
}

// dropZero removes the fields with a zero value: those that a round trip writes
// although nobody gave them, and those that it leaves out.
func dropZero(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			if e = dropZero(e); e != nil {
				out[k] = e
			}
		}
		if len(out) == 0 {
			return nil
		}
		return out
	case []any:
		if len(v) == 0 {
			return nil
		}
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = dropZero(e)
		}
		return out
	case string:
		if v == "" {
			return nil
		}
	case bool:
		if !v {
			return nil
		}
	case json.Number:
		if v == "0" {
			return nil
		}
	}
	return v
}
