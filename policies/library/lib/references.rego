# METADATA
# title: What pods refer to
# description: |
#   The ConfigMaps that the pods of the object cannot start without, by the field that
#   names them.
package gatehouse.lib.references

import data.gatehouse.lib.pods

# config_maps[field] is the name of a ConfigMap that a pod needs.
config_maps[field] := source.configMapRef.name if {
	some path, spec in pods.specs
	some list in pods.lists
	some i, container in spec[list]
	some j, source in container.envFrom
	needed(source.configMapRef)
	field := pods.field(path, list, i, sprintf(".envFrom[%d].configMapRef.name", [j]))
}

config_maps[field] := variable.valueFrom.configMapKeyRef.name if {
	some path, spec in pods.specs
	some list in pods.lists
	some i, container in spec[list]
	some j, variable in container.env
	needed(variable.valueFrom.configMapKeyRef)
	field := pods.field(path, list, i, sprintf(".env[%d].valueFrom.configMapKeyRef.name", [j]))
}

config_maps[field] := volume.configMap.name if {
	some path, spec in pods.specs
	some i, volume in spec.volumes
	needed(volume.configMap)
	field := pods.field(path, "volumes", i, ".configMap.name")
}

config_maps[field] := source.configMap.name if {
	some path, spec in pods.specs
	some i, volume in spec.volumes
	some j, source in volume.projected.sources
	needed(source.configMap)
	field := pods.field(path, "volumes", i, sprintf(".projected.sources[%d].configMap.name", [j]))
}

needed(reference) if not reference.optional
