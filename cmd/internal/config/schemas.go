package config

import (
	"reflect"

	"github.com/gatehouse-dev/gatehouse/cmd/internal/schema"
)

// Addresses under which the schemas are published, for the "$schema" comments of
// editors.
const (
	ConfigSchemaID  = "https://gatehouse.dev/schemas/config.v1.json"
	WaiversSchemaID = "https://gatehouse.dev/schemas/waivers.v1.json"
)

// ConfigSchema is the JSON Schema of config.yaml, made from Config.
func ConfigSchema() []byte {
	return schema.For(reflect.TypeFor[Config](), schema.Options{
		ID:          ConfigSchemaID,
		Title:       "Gatehouse configuration",
		Description: "The file " + ConfigPath + " of a repository.",
		Closed:      true,
		Either:      map[reflect.Type][][]string{reflect.TypeFor[SecretRule](): {{"regex"}, {"path"}}},
		Enums:       enums(),
	})
}

// WaiversSchema is the JSON Schema of waivers.yaml, made from WaiversFile.
func WaiversSchema() []byte {
	return schema.For(reflect.TypeFor[WaiversFile](), schema.Options{
		ID:          WaiversSchemaID,
		Title:       "Gatehouse waivers",
		Description: "The file " + WaiversPath + " of a repository.",
		Closed:      true,
		Either:      map[reflect.Type][][]string{reflect.TypeFor[Waiver](): {{"reason", "owner", "expires"}, {"rotated"}}},
		Enums:       enums(),
	})
}
