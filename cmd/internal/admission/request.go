package admission

import (
	"encoding/json"
	"slices"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// usersOf is who makes a request, as policies see the user.
func usersOf(req *admissionv1.AdmissionRequest) []*manifest.Node {
	user := nodeOf("userInfo", req.UserInfo)
	if user == nil {
		return nil
	}
	return []*manifest.Node{user}
}

// fieldsOf are the other fields of a request, as policies see them. What they say of the
// object is not said of those that a Helm release holds.
func fieldsOf(req *admissionv1.AdmissionRequest, o object) []manifest.Node {
	dryRun := manifest.Node{Key: "dryRun", Kind: manifest.Bool, Text: "false"}
	if req.DryRun != nil && *req.DryRun {
		dryRun.Text = "true"
	}
	fields := []manifest.Node{text("uid", string(req.UID)), dryRun}
	if options := nodeOf("options", json.RawMessage(req.Options.Raw)); options != nil && len(req.Options.Raw) > 0 {
		fields = append(fields, *options)
	}
	if o.release != nil {
		return fields
	}
	fields = append(fields, group("resource", req.Resource.Group, req.Resource.Version, "resource", req.Resource.Resource))
	if req.Name != "" {
		fields = append(fields, text("name", req.Name))
	}
	if req.Namespace != "" {
		fields = append(fields, text("namespace", req.Namespace))
	}
	if req.SubResource != "" {
		fields = append(fields, text("subResource", req.SubResource))
	}
	if kind := req.RequestKind; kind != nil {
		fields = append(fields, group("requestKind", kind.Group, kind.Version, "kind", kind.Kind))
	}
	return slices.Concat(fields, requested(req.RequestResource, req.RequestSubResource))
}

func requested(resource *metav1.GroupVersionResource, sub string) []manifest.Node {
	var fields []manifest.Node
	if resource != nil {
		fields = append(fields, group("requestResource", resource.Group, resource.Version, "resource", resource.Resource))
	}
	if sub != "" {
		fields = append(fields, text("requestSubResource", sub))
	}
	return fields
}

func text(key, value string) manifest.Node {
	return manifest.Node{Key: key, Kind: manifest.String, Text: value}
}

func group(key, group, version, last, name string) manifest.Node {
	return manifest.Node{Key: key, Kind: manifest.Map, Items: []manifest.Node{text("group", group), text("version", version), text(last, name)}}
}

// nodeOf is a value as policies see it; nil where it is none that they could.
func nodeOf(key string, value any) *manifest.Node {
	data, err := json.Marshal(value)
	if err != nil {
		return nil
	}
	limits := manifest.DefaultLimits()
	if depth, values := measure(data); depth > limits.Depth || values > objectValues {
		return nil
	}
	read := manifest.Read(key+".json", data, limits)
	if len(read.Documents) != 1 || len(read.Broken) > 0 {
		return nil
	}
	root := *read.Documents[0].Root
	root.Key = key
	return &root
}
