package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// lastAppliedAnnotation is where kubectl's client-side apply keeps the object as it was given.
const lastAppliedAnnotation = "kubectl.kubernetes.io/last-applied-configuration"

// Write says how an object is written. The zero value is what kubectl does by default.
type Write struct {
	Namespace    string // for a namespaced object that names none; empty: default
	DryRun       bool   // admission runs, nothing is stored
	FieldManager string // empty: kubectl
	Force        bool   // Apply takes over fields of other managers
}

// Create posts the object, as kubectl create does. An object with generateName and no name gets one from the server.
func (c *Client) Create(ctx context.Context, object map[string]any, w Write) (*Response, error) {
	place, err := c.place(ctx, object, w)
	if err != nil {
		return nil, err
	}
	return c.Do(ctx, http.MethodPost, place.collection+w.query(), place.object)
}

// Apply patches the object server-side, as kubectl apply --server-side does: it is created or updated.
func (c *Client) Apply(ctx context.Context, object map[string]any, w Write) (*Response, error) {
	place, err := c.place(ctx, object, w)
	if err != nil {
		return nil, err
	}
	return c.Send(ctx, http.MethodPatch, place.path()+w.query(), "application/apply-patch+yaml", place.object)
}

// Replace puts the object in place of the stored one, as kubectl replace does. Without a resourceVersion it always wins.
func (c *Client) Replace(ctx context.Context, object map[string]any, w Write) (*Response, error) {
	place, err := c.place(ctx, object, w)
	if err != nil {
		return nil, err
	}
	return c.Do(ctx, http.MethodPut, place.path()+w.query(), place.object)
}

// Get reads the stored object of the same apiVersion, kind, namespace and name.
func (c *Client) Get(ctx context.Context, object map[string]any, w Write) (*Response, error) {
	place, err := c.place(ctx, object, w)
	if err != nil {
		return nil, err
	}
	return c.Do(ctx, http.MethodGet, place.path(), nil)
}

// Delete removes the stored object of the same apiVersion, kind, namespace and name.
func (c *Client) Delete(ctx context.Context, object map[string]any, w Write) (*Response, error) {
	place, err := c.place(ctx, object, w)
	if err != nil {
		return nil, err
	}
	return c.Do(ctx, http.MethodDelete, place.path()+query(map[string]string{"dryRun": w.dryRun()}), nil)
}

// Path returns where the API server keeps the object, for requests of its subresources.
func (c *Client) Path(ctx context.Context, object map[string]any, w Write) (string, error) {
	place, err := c.place(ctx, object, w)
	if err != nil {
		return "", err
	}
	return place.path(), nil
}

// WithLastApplied returns a copy of the object with the annotation of kubectl's client-side apply: the object itself,
// with a map of annotations even if it is empty, as one line of JSON. Create of the copy is what kubectl apply does
// with an object that does not exist yet.
func WithLastApplied(object map[string]any) (map[string]any, error) {
	applied, metadata := maps.Clone(object), maps.Clone(mapping(object["metadata"]))
	annotations := maps.Clone(mapping(metadata["annotations"]))
	delete(annotations, lastAppliedAnnotation)
	applied["metadata"], metadata["annotations"] = metadata, annotations
	line, err := json.Marshal(applied)
	if err != nil {
		return nil, err
	}
	annotations[lastAppliedAnnotation] = string(line) + "\n"
	return applied, nil
}

// CreateNamespace creates a namespace with the labels; nil for none.
func (c *Client) CreateNamespace(ctx context.Context, name string, labels map[string]string) error {
	response, err := c.Create(ctx, map[string]any{
		"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": name, "labels": labels},
	}, Write{})
	if err != nil {
		return err
	}
	return response.Err()
}

func (w Write) dryRun() string {
	if w.DryRun {
		return "All"
	}
	return ""
}

func (w Write) query() string {
	manager := w.FieldManager
	if manager == "" {
		manager = "kubectl"
	}
	force := ""
	if w.Force {
		force = "true"
	}
	return query(map[string]string{"fieldManager": manager, "dryRun": w.dryRun(), "force": force})
}

// placed is an object with its address; the object names its namespace.
type placed struct {
	object     map[string]any
	collection string
	name       string
}

func (p placed) path() string { return p.collection + "/" + url.PathEscape(p.name) }

// place finds the address of an object through discovery.
func (c *Client) place(ctx context.Context, object map[string]any, w Write) (placed, error) {
	apiVersion, _ := object["apiVersion"].(string)
	kind, _ := object["kind"].(string)
	resource, err := c.cluster.resources.find(ctx, c.cluster.Client(Admin), apiVersion, kind)
	if err != nil {
		return placed{}, err
	}
	metadata := mapping(object["metadata"])
	name, _ := metadata["name"].(string)
	root := groupVersionPath(apiVersion)
	if !resource.Namespaced {
		return placed{object: object, collection: root + "/" + resource.Name, name: name}, nil
	}
	namespace, _ := metadata["namespace"].(string)
	if namespace == "" {
		namespace = w.Namespace
		if namespace == "" {
			namespace = "default"
		}
		metadata = maps.Clone(metadata)
		metadata["namespace"] = namespace
		object = maps.Clone(object)
		object["metadata"] = metadata
	}
	return placed{object: object, collection: root + "/namespaces/" + url.PathEscape(namespace) + "/" + resource.Name, name: name}, nil
}

// Resource is one entry of the discovery of a group and version. Subresources have a slash in their name.
type Resource struct {
	Name       string   `json:"name"`
	Namespaced bool     `json:"namespaced"`
	Kind       string   `json:"kind"`
	Verbs      []string `json:"verbs"`
}

// Resources returns what the API server serves of an apiVersion ("v1", "apps/v1").
func (c *Client) Resources(ctx context.Context, apiVersion string) ([]Resource, error) {
	response, err := c.Do(ctx, http.MethodGet, groupVersionPath(apiVersion), nil)
	if err != nil {
		return nil, err
	}
	if err := response.Err(); err != nil {
		return nil, fmt.Errorf("discover %s: %w", apiVersion, err)
	}
	var list struct {
		Resources []Resource `json:"resources"`
	}
	if err := json.Unmarshal(response.Body, &list); err != nil {
		return nil, fmt.Errorf("discover %s: %w", apiVersion, err)
	}
	return list.Resources, nil
}

// APIVersions returns every apiVersion that the API server serves, "v1" first.
func (c *Client) APIVersions(ctx context.Context) ([]string, error) {
	response, err := c.Do(ctx, http.MethodGet, "/apis", nil)
	if err != nil {
		return nil, err
	}
	if err := response.Err(); err != nil {
		return nil, fmt.Errorf("discover groups: %w", err)
	}
	var list struct {
		Groups []struct {
			Versions []struct {
				GroupVersion string `json:"groupVersion"`
			} `json:"versions"`
		} `json:"groups"`
	}
	if err := json.Unmarshal(response.Body, &list); err != nil {
		return nil, fmt.Errorf("discover groups: %w", err)
	}
	versions := []string{"v1"}
	for _, group := range list.Groups {
		for _, version := range group.Versions {
			versions = append(versions, version.GroupVersion)
		}
	}
	return versions, nil
}

// resourceIndex remembers discovery; a kind it does not know is asked for again, since definitions come and go.
type resourceIndex struct {
	mutex sync.Mutex
	known map[string]Resource // by apiVersion and kind
}

func newResourceIndex() *resourceIndex { return &resourceIndex{known: map[string]Resource{}} }

func (x *resourceIndex) find(ctx context.Context, admin *Client, apiVersion, kind string) (Resource, error) {
	x.mutex.Lock()
	defer x.mutex.Unlock()
	if resource, known := x.known[apiVersion+" "+kind]; known {
		return resource, nil
	}
	resources, err := admin.Resources(ctx, apiVersion)
	if err != nil {
		return Resource{}, err
	}
	for _, resource := range resources {
		if !strings.Contains(resource.Name, "/") {
			x.known[apiVersion+" "+resource.Kind] = resource
		}
	}
	resource, known := x.known[apiVersion+" "+kind]
	if !known {
		return Resource{}, fmt.Errorf("the API server serves no kind %q in apiVersion %q", kind, apiVersion)
	}
	return resource, nil
}

func groupVersionPath(apiVersion string) string {
	if strings.Contains(apiVersion, "/") {
		return "/apis/" + apiVersion
	}
	return "/api/" + apiVersion
}

// mapping returns the value as a map, never nil.
func mapping(value any) map[string]any {
	if m, ok := value.(map[string]any); ok {
		return m
	}
	return map[string]any{}
}
