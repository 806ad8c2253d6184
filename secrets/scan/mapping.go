package scan

import (
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
	"github.com/gatehouse-dev/gatehouse/secrets/settings"
)

// shape is what the keys of a map say of it, found in one pass.
type shape struct {
	kind, version string
	name          *manifest.Node // of a pair
	isPair        bool           // a name and a value stand side by side
	op, pointer   *manifest.Node // of a JSON patch
	isSchema      bool
	hasData       bool           // it has the values of a Secret, and is no reference to one
	target        string         // the kind that a patch is for
	command       *manifest.Node // the words that stand before those of args
	image         string
	file          string // the name of the file whose content stands beside it
	sensitive     bool   // it is an output of Terraform that is said to be secret
	resource      string // the type of a resource of Terraform
}

func (w *walker) shapeOf(n *manifest.Node) shape {
	var s shape
	var typed, properties, value bool
	for i := range n.Items {
		child := &n.Items[i]
		switch child.Key {
		case "kind":
			s.kind = child.Str()
		case "apiVersion":
			s.version = child.Str()
		case "op":
			s.op = child
		case "command", "entrypoint", "EntryPoint", "Entrypoint":
			s.command = child
		case "image", "Image":
			s.image = child.Str()
		case "target":
			s.target = child.Get("kind").Str()
		case "path":
			s.pointer, s.file = child, fileNameOf(child)
		case "filename", "dest", "destination":
			s.file = fileNameOf(child)
		case "type":
			s.resource = child.Str()
			typed = typed || child.Kind != manifest.String || isSchemaType(child.Text)
		case "$ref", "allOf", "anyOf", "oneOf", "$schema", "x-kubernetes-preserve-unknown-fields":
			typed = true
		case "properties":
			properties = child.Kind == manifest.Map
		case "sensitive":
			s.sensitive = child.Text == "true"
		}
		s.hasData = s.hasData || child.Kind != manifest.Null && dataKey(child.Key) != ""
		if child.Kind == manifest.String && isNameKey(child.Key) && (s.name == nil || child.Key == "name" || child.Key == "key" && s.name.Key != "name") {
			s.name = child
		}
		value = value || isValueKey(child.Key) && (child.Kind == manifest.String || child.Kind == manifest.Number)
	}
	s.isPair = s.name != nil && value
	s.isSchema = properties && typed
	if w.inside == nil && len(w.shadow.byPath) > 0 {
		for _, shadowed := range w.shadow.byPath["kind"] {
			if len(w.steps) == 0 && shadowed.Str() == "Secret" {
				s.kind = "Secret"
			}
		}
	}
	return s
}

// isSchemaType knows the types of JSON Schema. A resource of Azure has a type and
// properties as well.
func isSchemaType(name string) bool {
	switch name {
	case "object", "array", "string", "number", "integer", "boolean", "null", "":
		return true
	}
	return false
}

// isNameKey knows the keys under which the name of a pair stands: of Kubernetes,
// Tekton, Argo, compose and CI files, and of CloudFormation and ECS.
func isNameKey(key string) bool {
	switch key {
	case "name", "key", "Name", "Key", "ParameterKey", "parameterKey", "variable", "envName", "parameter_key", "ParameterName", "OptionName":
		return true
	}
	return false
}

func isValueKey(key string) bool {
	switch key {
	case "value", "Value", "ParameterValue", "parameterValue", "default", "defaultValue", "parameter_value", "stringValue", "plainText", "plaintext":
		return true
	}
	return false
}

func (w *walker) mapping(n *manifest.Node, st state) {
	s := w.shapeOf(n)
	if w.sops != nil && !st.quiet {
		st = w.sops.narrow(n.Key, st)
	}
	if private := privateMember(n); private != nil && !st.schema {
		w.webKey(n, private, st)
		return
	}
	switch {
	case isEncryptedItem(n):
	case isV1(s.version) && s.kind == "Secret" && s.hasData:
		w.secret(n, st)
	case isV1(s.version) && s.kind == "ConfigMap":
		w.configMap(n, st)
	case s.op != nil && s.pointer != nil && s.op.Kind == manifest.String && strings.HasPrefix(s.pointer.Str(), "/"):
		w.patchOperation(n, s, st)
	case s.isPair && !st.schema:
		w.pair(n, s, st)
	case s.isSchema && !st.schema:
		st.quiet, st.schema = true, true
		w.plainFields(n, s, st)
	default:
		w.plainFields(n, s, w.ofKind(s, st))
	}
}

// isV1 tells whether an object is of the core group, or its version is left out as
// in a patch.
func isV1(version string) bool { return version == "v1" || version == "" }

// ofKind is what the kind of an object says of what stands in it.
func (w *walker) ofKind(s shape, st state) state {
	if s.kind == "" || s.version == "" {
		return st
	}
	st.above, st.pushed, st.key, st.kind = "", false, "", s.kind
	if isQuietKind(s.kind) {
		st.quiet = true
	}
	st.schema = st.schema || s.kind == "CustomResourceDefinition"
	return st
}

// plainFields walks the fields of a map that is nothing special itself.
func (w *walker) plainFields(n *manifest.Node, s shape, st state) {
	w.fields(n, func(child *manifest.Node) { w.plainField(s, st, child) })
}

func (w *walker) plainField(s shape, st state, child *manifest.Node) {
	if child.Kind == manifest.List && isWordsKey(child.Key) {
		w.words(child, s.program(child), st)
		return
	}
	switch child.Key {
	case "patch", "patchesStrategicMerge":
		if s.target != "" {
			st.kind = s.target
		}
	case "sops":
		if w.sops != nil && len(w.steps) == 1 {
			return
		}
	case "annotations", "labels":
		if child.Kind == manifest.Map {
			w.annotations(child, st)
			return
		}
	case "stringData":
		if child.Kind == manifest.Map {
			w.heldMap(child, w.templatePlace(st), false)
			return
		}
	case "data":
		if child.Kind == manifest.Map && w.isSecretTemplate(st.kind) {
			w.heldMap(child, w.templatePlace(st), false)
			return
		}
	case "key":
		if s.name != nil && s.name.Key == "name" && isKeyOfSecret(child) {
			w.tokensIn(child, child.Key, st)
			return
		}
	case "literal":
		if strings.HasSuffix(st.kind, "ExternalSecret") && child.Kind == manifest.String {
			st.quiet, st.place = false, Secret
		}
	case "encryptedData":
		if s.version == "" && s.kind == "" && child.Kind == manifest.Map {
			w.sealedValues(child)
			return
		}
	case "secretGenerator", "configMapGenerator":
		if child.Kind == manifest.List {
			w.generators(child, st)
			return
		}
	case "fake":
		if strings.HasSuffix(st.kind, "SecretStore") && child.Kind == manifest.Map {
			w.fakeValues(child)
			return
		}
	case "users":
		if child.Kind == manifest.List && isBasicAuth(w.above(1)) {
			w.accounts(child, st)
			return
		}
	case "list":
		if w.above(1) == "chpasswd" {
			w.accounts(child, st)
			return
		}
	case "source", "script":
		if s.command != nil && child.Kind == manifest.String {
			st.program = interpreterOf(s.command)
		}
	case "test":
		if child.Kind == manifest.List && len(child.Items) > 1 && child.Items[0].Str() == "CMD" {
			w.words(child, nil, st)
			return
		}
	case "instances":
		if child.Kind == manifest.List && w.isState() {
			w.instances(s.resource, child, st)
			return
		}
	case "value":
		if s.sensitive && child.Kind == manifest.String && w.isState() {
			w.secretValue(child, st.key, st)
			return
		}
	case "content", "contents":
		if s.file != "" && w.fileContent(child, s.file, st) {
			return
		}
	case "default":
		if st.schema && st.key != "" && (child.Kind == manifest.String || child.Kind == manifest.Number) {
			quiet := st
			quiet.quiet = false
			w.namedAs(child, st.key, quiet)
			return
		}
	}
	w.node(child, w.below(child, st))
}

// interpreterOf is the format of the scripts that a command runs: its first word that
// is an interpreter tells.
func interpreterOf(command *manifest.Node) settings.Format {
	for _, word := range append(texts(command), command.Str()) {
		if f := settings.Interpreter(word); f != settings.Unknown && f != settings.Shell {
			return f
		}
	}
	return settings.Unknown
}

// below is the state for what stands under a field.
func (w *walker) below(child *manifest.Node, st state) state {
	if st.schema {
		st.key = short(child.Key)
		return st
	}
	if isReferenceKey(child.Key) || child.Kind != manifest.String && isProseKey(child.Key) || namesKeysOf(child) {
		st.quiet = true
	}
	if p := placeBelow(child.Key); p != "" && st.in != secrets.Held {
		st.place, st.above, st.pushed = p, "", false
	}
	if child.Kind == manifest.Map || child.Kind == manifest.List {
		st.key = short(child.Key)
		st.above = pushed(st.above, child.Key)
		st.pushed = w.promise(st.above) >= secrets.Suggests
	}
	return st
}

// pushed appends a key to those above. Three say enough, and bound what a deep
// tree costs.
func pushed(above, key string) string {
	key = short(key)
	if above == "" {
		return key
	}
	if strings.Count(above, ".") >= 2 {
		_, above, _ = strings.Cut(above, ".")
	}
	return short(above + "." + key)
}

// short is the end of a key, which says what it is for, where many values stand
// under one that is very long.
func short(key string) string {
	if len(key) > 2*maxName {
		return key[len(key)-2*maxName:]
	}
	return key
}

// placeBelow is the place that a key begins, or "".
func placeBelow(key string) Place {
	switch key {
	case "env", "environment", "envVars", "extraEnv", "extraEnvVars", "environmentVariables", "Environment", "containerEnv", "envs":
		return Env
	case "values", "valuesObject", "valuesInline", "valuesContent", "set", "setValues", "helmValues":
		return Values
	case "substitute":
		return Env
	}
	return ""
}
