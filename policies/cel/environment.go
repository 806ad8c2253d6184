package cel

import (
	"fmt"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types/traits"
	"k8s.io/apimachinery/pkg/util/version"
	apiservercel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/apiserver/pkg/cel/library"
)

// Names that expressions use.
const (
	objectName          = "object"
	oldObjectName       = "oldObject"
	paramsName          = "params"
	requestName         = "request"
	namespaceName       = "namespaceObject"
	authorizerName      = "authorizer"
	requestResourceName = "authorizer.requestResource"
	variablesName       = "variables"
)

// declared tells which names an expression may use besides those that all may.
type declared struct{ params, authorizer bool }

// environments are the environments of expressions. Each is made when the first
// expression asks for it.
type environments struct {
	mu   sync.Mutex
	made map[declared]*environment.EnvSet
}

func newEnvironments() *environments {
	return &environments{made: map[declared]*environment.EnvSet{}}
}

// of gives the environment of expressions that know no variables.
func (e *environments) of(d declared) (*environment.EnvSet, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if env := e.made[d]; env != nil {
		return env, nil
	}
	request, namespace := requestType(), namespaceType()
	options := []cel.EnvOption{
		cel.Variable(objectName, cel.DynType),
		cel.Variable(oldObjectName, cel.DynType),
		cel.Variable(namespaceName, namespace.CelType()),
		cel.Variable(requestName, request.CelType()),
	}
	if d.params {
		options = append(options, cel.Variable(paramsName, cel.DynType))
	}
	if d.authorizer {
		options = append(options, cel.Variable(authorizerName, library.AuthorizerType), cel.Variable(requestResourceName, library.ResourceCheckType))
	}
	env, err := extend(environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()), options, request, namespace)
	if err != nil {
		return nil, err
	}
	e.made[d] = env
	return env, nil
}

func extend(base *environment.EnvSet, options []cel.EnvOption, types ...*apiservercel.DeclType) (*environment.EnvSet, error) {
	env, err := base.Extend(environment.VersionedOptions{
		IntroducedVersion: version.MajorMinor(1, 0), EnvOptions: options, DeclTypes: types,
	}, environment.StrictCostOpt)
	if err != nil {
		return nil, fmt.Errorf("make the environment of expressions: %w", err)
	}
	return env, nil
}

// composition is the environments of one policy, in which the variables that are
// already compiled have their types.
type composition struct {
	plain     *environments
	variables *apiservercel.DeclType // nil where the policy has none
	made      map[declared]*environment.EnvSet
}

func (e *environments) compose(hasVariables bool) *composition {
	c := &composition{plain: e, made: map[declared]*environment.EnvSet{}}
	if hasVariables {
		c.variables = apiservercel.NewObjectType("kubernetes.variables", map[string]*apiservercel.DeclField{})
	}
	return c
}

func (c *composition) of(d declared) (*environment.EnvSet, error) {
	plain, err := c.plain.of(d)
	if err != nil || c.variables == nil {
		return plain, err
	}
	if env := c.made[d]; env != nil {
		return env, nil
	}
	env, err := extend(plain, []cel.EnvOption{cel.Variable(variablesName, c.variables.CelType())}, c.variables)
	if err != nil {
		return nil, err
	}
	c.made[d] = env
	return env, nil
}

// declare makes a variable known to the expressions that are compiled from now on.
func (c *composition) declare(name string, t *cel.Type) {
	c.variables.Fields[name] = apiservercel.NewDeclField(name, declTypeOf(t), true, nil, nil)
}

// declTypeOf is the type of a variable for those that use it. What has no better one
// is checked when it is evaluated.
func declTypeOf(t *cel.Type) *apiservercel.DeclType {
	if t == nil {
		return apiservercel.DynType
	}
	for _, simple := range []*apiservercel.DeclType{
		apiservercel.AnyType, apiservercel.BoolType, apiservercel.BytesType, apiservercel.DoubleType, apiservercel.DurationType,
		apiservercel.IntType, apiservercel.NullType, apiservercel.StringType, apiservercel.TimestampType, apiservercel.UintType,
	} {
		if t == simple.CelType() {
			return simple
		}
	}
	if t.HasTrait(traits.ContainerType) && t.HasTrait(traits.IndexerType) {
		switch of := t.Parameters(); len(of) {
		case 1:
			return apiservercel.NewListType(declTypeOf(of[0]), -1)
		case 2:
			return apiservercel.NewMapType(declTypeOf(of[0]), declTypeOf(of[1]), -1)
		}
	}
	return apiservercel.DynType
}

// fields makes the fields of a type; required are those without a question mark.
func object(name string, fields map[string]*apiservercel.DeclType) *apiservercel.DeclType {
	out := make(map[string]*apiservercel.DeclField, len(fields))
	for key, t := range fields {
		required := true
		if key[len(key)-1] == '?' {
			key, required = key[:len(key)-1], false
		}
		out[key] = apiservercel.NewDeclField(key, t, required, nil, nil)
	}
	return apiservercel.NewObjectType(name, out)
}

func listOf(t *apiservercel.DeclType) *apiservercel.DeclType { return apiservercel.NewListType(t, -1) }
func mapOf(t *apiservercel.DeclType) *apiservercel.DeclType {
	return apiservercel.NewMapType(apiservercel.StringType, t, -1)
}

// requestType is the AdmissionRequest that expressions see: no uid, no objects.
func requestType() *apiservercel.DeclType {
	text := apiservercel.StringType
	kind := object("kubernetes.GroupVersionKind", map[string]*apiservercel.DeclType{"group": text, "version": text, "kind": text})
	resource := object("kubernetes.GroupVersionResource", map[string]*apiservercel.DeclType{"group": text, "version": text, "resource": text})
	user := object("kubernetes.UserInfo", map[string]*apiservercel.DeclType{
		"username?": text, "uid?": text, "groups?": listOf(text), "extra?": mapOf(listOf(text)),
	})
	return object("kubernetes.AdmissionRequest", map[string]*apiservercel.DeclType{
		"kind": kind, "resource": resource, "subResource?": text,
		"requestKind": kind, "requestResource": resource, "requestSubResource?": text,
		"name": text, "namespace?": text, "operation": text, "userInfo": user,
		"dryRun?": apiservercel.BoolType, "options?": apiservercel.DynType,
	})
}

// namespaceType is the Namespace that expressions see.
func namespaceType() *apiservercel.DeclType {
	text, when := apiservercel.StringType, apiservercel.TimestampType
	spec := object("kubernetes.NamespaceSpec", map[string]*apiservercel.DeclType{"finalizers": listOf(text)})
	condition := object("kubernetes.NamespaceCondition", map[string]*apiservercel.DeclType{
		"status": text, "type": text, "lastTransitionTime": when, "message": text, "reason": text,
	})
	status := object("kubernetes.NamespaceStatus", map[string]*apiservercel.DeclType{"conditions": listOf(condition), "phase": text})
	meta := object("kubernetes.NamespaceMetadata", map[string]*apiservercel.DeclType{
		"name": text, "generateName": text, "namespace": text, "labels": mapOf(text), "annotations": mapOf(text), "UID": text,
		"creationTimestamp": when, "deletionGracePeriodSeconds": apiservercel.IntType, "deletionTimestamp": when,
		"generation": apiservercel.IntType, "resourceVersion": text, "finalizers": listOf(text),
	})
	return object("kubernetes.Namespace", map[string]*apiservercel.DeclType{"metadata": meta, "spec": spec, "status": status})
}
