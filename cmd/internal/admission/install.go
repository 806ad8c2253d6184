package admission

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"regexp"
	"text/template"
)

//go:embed install.yaml
var installTemplate string

// Install says what is to be installed.
type Install struct {
	Namespace     string
	Image         string
	Mode          Mode
	FailurePolicy string // Ignore or Fail
	CABundle      []byte // PEM; without it cert-manager issues the certificate

	Asked []Asked  // what policies ask for besides what the webhook is always called for
	Open  []string // the IDs of policies that look at objects of any kind
}

// Asked are the resources of some groups for which the webhook is called, and when.
type Asked struct {
	Groups, Resources, Operations []string
}

// Forms of what is put into the manifests (k8s.io/apimachinery, IsDNS1123Label;
// github.com/distribution/reference, Grammar).
const (
	namespaceForm = `^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`
	groupForm     = `^(\*|[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?)?$`
	resourceForm  = `^(\*|[a-z0-9][-a-z0-9]{0,62})(/(\*|[a-z0-9][-a-z0-9]{0,62}))?$`
	imageForm     = `^[a-zA-Z0-9][-a-zA-Z0-9._/:@]{0,511}$`
)

// Manifests writes the objects that bring the webhook into a cluster, as YAML.
// Equal arguments give equal bytes. The error names the part of i that is wrong.
func Manifests(i Install) ([]byte, error) {
	if err := i.check(); err != nil {
		return nil, err
	}
	t, err := template.New("install").Parse(installTemplate)
	if err != nil {
		return nil, fmt.Errorf("read the manifests of the webhook: %w", err)
	}
	values := struct {
		Install
		CABundle, Path string
	}{i, base64.StdEncoding.EncodeToString(i.CABundle), Path}
	var out bytes.Buffer
	if err := t.Execute(&out, values); err != nil {
		return nil, fmt.Errorf("write the manifests of the webhook: %w", err)
	}
	return append(bytes.TrimSpace(out.Bytes()), '\n'), nil
}

// check keeps out what would be no value of one field in YAML.
func (i Install) check() error {
	if !regexp.MustCompile(namespaceForm).MatchString(i.Namespace) {
		return fmt.Errorf("namespace %q: must be a lower-case DNS label", i.Namespace)
	}
	if !regexp.MustCompile(imageForm).MatchString(i.Image) {
		return fmt.Errorf("image %q: must be the name of an image", i.Image)
	}
	if _, err := ParseMode(string(i.Mode)); err != nil {
		return err
	}
	if i.FailurePolicy != "Ignore" && i.FailurePolicy != "Fail" {
		return fmt.Errorf("unknown failure policy %q: must be Ignore or Fail", i.FailurePolicy)
	}
	for _, a := range i.Asked {
		if err := a.check(); err != nil {
			return err
		}
	}
	return checkBundle(i.CABundle)
}

func (a Asked) check() error {
	for form, words := range map[string][]string{groupForm: a.Groups, resourceForm: a.Resources, `^(CREATE|UPDATE|DELETE)$`: a.Operations} {
		for _, word := range words {
			if !regexp.MustCompile(form).MatchString(word) {
				return fmt.Errorf("a policy asks for %q, which is no API group, kind or operation", word)
			}
		}
	}
	return nil
}

// checkBundle takes only certificates: a bundle is public, and a key in it would
// not be.
func checkBundle(bundle []byte) error {
	for rest := bundle; len(bytes.TrimSpace(rest)) > 0; {
		block, after := pem.Decode(rest)
		if block == nil || block.Type != "CERTIFICATE" {
			return errors.New("the CA bundle must hold certificates in PEM and nothing else")
		}
		rest = after
	}
	return nil
}
