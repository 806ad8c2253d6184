package admission

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// Helm keeps a release in a Secret of this type, under this key: base64 of gzip of
// JSON, in the base64 of all Secret data (helm.sh/helm, pkg/storage/driver). A
// release from before compression is not gzip.
const (
	releaseType = "helm.sh/release.v1"
	releaseKey  = "release"
)

// release is a Helm release, as far as it is judged: what Helm renders and sends
// to the API server.
type release struct {
	name     string
	rendered []rendered
}

// rendered is one text of manifests.
type rendered struct {
	name    string
	text    []byte
	sources []templateLine
}

// templateLine says from which template what follows a line was rendered.
type templateLine struct {
	line     uint32
	template string
}

// source is the template from which a line was rendered, or "".
func (r rendered) source(line uint32) string {
	template := ""
	for _, s := range r.sources {
		if s.line > line {
			break
		}
		template = s.template
	}
	return template
}

func isRelease(d *manifest.Document) bool {
	return d.Object.Kind == "Secret" && d.Object.APIVersion == "v1" && d.Root.Get("type").Str() == releaseType
}

func releaseText(d *manifest.Document) string { return d.Root.Lookup("data", releaseKey).Str() }

// errReleaseLimit is why a release is not judged though it may be one.
type errReleaseLimit string

func (e errReleaseLimit) Error() string {
	return "the Helm release is over the limit " + string(e)
}

// errNoRelease is what readRelease returns for a text that is no release.
var errNoRelease = errors.New("the value is no Helm release")

// releases remembers what was read for one request: the gate and its check ask
// for the same text. It is used by one goroutine at a time.
type releases map[string]readRelease

type readRelease struct {
	release release
	err     error
}

// read reads the value under releaseKey as it stands in the Secret. The error is
// errNoRelease or an errReleaseLimit.
func (m releases) read(value string) (release, error) {
	known, ok := m[value]
	if !ok {
		known.release, known.err = parseRelease(value)
		m[value] = known
	}
	return known.release, known.err
}

func parseRelease(value string) (release, error) {
	text, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return release{}, errNoRelease
	}
	packed, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		return release{}, errNoRelease
	}
	return readPacked(packed)
}

// readPacked reads a release as Helm packs it, without the base64 around it.
func readPacked(packed []byte) (release, error) {
	data, err := unpack(packed)
	if err != nil {
		return release{}, err
	}
	var content struct {
		Name     string `json:"name"`
		Manifest string `json:"manifest"`
		Hooks    []struct {
			Path     string `json:"path"`
			Manifest string `json:"manifest"`
		} `json:"hooks"`
	}
	if err := json.Unmarshal(data, &content); err != nil || content.Name == "" {
		return release{}, errNoRelease
	}
	if len(content.Hooks) > releaseHooks {
		return release{}, errReleaseLimit("release-hooks")
	}
	r := release{name: content.Name, rendered: []rendered{newRendered("manifest.yaml", content.Manifest, "")}}
	for i, h := range content.Hooks {
		r.rendered = append(r.rendered, newRendered(fmt.Sprintf("hook-%d.yaml", i), h.Manifest, h.Path))
	}
	return r, r.bound()
}

// unpack inflates packed, which must not become too large, or too much larger.
func unpack(packed []byte) ([]byte, error) {
	if !bytes.HasPrefix(packed, []byte{0x1f, 0x8b}) {
		return packed, nil
	}
	zip, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, errNoRelease
	}
	data, err := io.ReadAll(io.LimitReader(zip, releaseBytes+1))
	switch {
	case err != nil:
		return nil, errNoRelease
	case len(data) > releaseBytes:
		return nil, errReleaseLimit("release-bytes")
	case len(data) > releaseRatio*len(packed):
		return nil, errReleaseLimit("release-ratio")
	}
	return data, nil
}

// bound refuses a release with more in it than one object may have.
func (r release) bound() error {
	values := 0
	for _, text := range r.rendered {
		// What may begin a value in YAML, of which a reader makes far more than its bytes.
		for _, mark := range []string{"\n", ",", "- "} {
			values += bytes.Count(text.text, []byte(mark))
		}
	}
	if values > releaseValues {
		return errReleaseLimit("release-values")
	}
	for _, text := range r.rendered {
		for _, d := range manifest.Read(text.name, text.text, manifest.DefaultLimits()).Documents {
			if bound(d) != nil {
				return errReleaseLimit("secret-keys or duplicate-keys")
			}
		}
	}
	return nil
}

// sourcePrefix begins the comment in which Helm names the template of what follows
// (helm.sh/helm, pkg/action, renderResources).
const sourcePrefix = "# Source: "

func newRendered(name, text, template string) rendered {
	r := rendered{name: name, text: []byte(text)}
	if template != "" {
		r.sources = append(r.sources, templateLine{1, template})
	}
	n := uint32(0)
	for line := range strings.Lines(text) {
		n++
		if source, ok := strings.CutPrefix(line, sourcePrefix); ok {
			r.sources = append(r.sources, templateLine{n, strings.TrimSpace(source)})
		}
	}
	return r
}
