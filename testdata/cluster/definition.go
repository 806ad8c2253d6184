package cluster

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// CustomKind is a kind for which the API server is to take any object.
type CustomKind struct {
	Group      string
	Versions   []string // the first is the stored one
	Kind       string
	Plural     string // empty: derived from the kind
	Namespaced bool
}

// InstallKinds makes the API server take any object of the kinds, by definitions that keep every field, and returns
// when they are served. It never replaces a definition.
func (c *Cluster) InstallKinds(ctx context.Context, kinds ...CustomKind) error {
	admin := c.Client(Admin)
	for _, kind := range kinds {
		response, err := admin.Create(ctx, kind.definition(), Write{})
		if err == nil {
			err = response.Err()
		}
		if err != nil {
			return fmt.Errorf("define %s in %s: %w", kind.Kind, kind.Group, err)
		}
	}
	for _, kind := range kinds {
		for _, version := range kind.Versions {
			if err := c.waitServed(ctx, kind.Group+"/"+version, kind.Kind); err != nil {
				return err
			}
		}
	}
	return nil
}

// InstallSealedSecrets defines SealedSecret as the release of the controller does.
func (c *Cluster) InstallSealedSecrets(ctx context.Context) error {
	servers, err := serversFolder(ctx)
	if err != nil {
		return err
	}
	controller := sealedSecrets()
	program, err := packageFolder(ctx, filepath.Join(servers, controller.name), controller.program)
	if err != nil {
		return err
	}
	definition, err := os.ReadFile(filepath.Join(program, "..", "..", "helm", "sealed-secrets", "crds", "bitnami.com_sealedsecrets.yaml"))
	if err != nil {
		return err
	}
	const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/sealedsecrets.bitnami.com?fieldManager=test"
	response, err := c.Client(Admin).Do(ctx, http.MethodPatch, path, definition)
	if err != nil {
		return err
	}
	if err := response.Err(); err != nil {
		return err
	}
	return c.waitServed(ctx, "bitnami.com/v1alpha1", "SealedSecret")
}

// waitServed returns when discovery shows the kind and its collection can be listed: the API server takes up a new
// definition a moment after it is stored.
func (c *Cluster) waitServed(ctx context.Context, apiVersion, kind string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	admin := c.Client(Admin)
	for {
		err := func() error {
			resources, err := admin.Resources(ctx, apiVersion)
			if err != nil {
				return err
			}
			i := slices.IndexFunc(resources, func(r Resource) bool { return r.Kind == kind && !strings.Contains(r.Name, "/") })
			if i < 0 {
				return errors.New("not in discovery")
			}
			return admin.answersOK(ctx, groupVersionPath(apiVersion)+"/"+resources[i].Name)
		}()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s %s is not served: %w (%w)", apiVersion, kind, err, ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (k CustomKind) definition() map[string]any {
	plural := k.Plural
	if plural == "" {
		plural = pluralOf(strings.ToLower(k.Kind))
	}
	scope := "Cluster"
	if k.Namespaced {
		scope = "Namespaced"
	}
	var versions []any
	for i, version := range k.Versions {
		versions = append(versions, map[string]any{
			"name": version, "served": true, "storage": i == 0,
			"schema": map[string]any{"openAPIV3Schema": map[string]any{
				"type": "object", "x-kubernetes-preserve-unknown-fields": true,
			}},
		})
	}
	return map[string]any{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
		"metadata": map[string]any{
			"name": plural + "." + k.Group,
			// Groups below k8s.io and kubernetes.io are protected and want this said.
			"annotations": map[string]any{"api-approved.kubernetes.io": "unapproved, for a test"},
		},
		"spec": map[string]any{
			"group": k.Group, "scope": scope, "versions": versions,
			"names": map[string]any{"kind": k.Kind, "listKind": k.Kind + "List", "plural": plural, "singular": strings.ToLower(k.Kind)},
		},
	}
}

// pluralOf follows the rule by which generators name resources, exceptions aside.
func pluralOf(singular string) string {
	switch {
	case strings.HasSuffix(singular, "s"), strings.HasSuffix(singular, "x"), strings.HasSuffix(singular, "ch"), strings.HasSuffix(singular, "sh"):
		return singular + "es"
	case strings.HasSuffix(singular, "y") && len(singular) > 1 && !strings.ContainsRune("aeiou", rune(singular[len(singular)-2])):
		return strings.TrimSuffix(singular, "y") + "ies"
	}
	return singular + "s"
}
