package seal

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// duration is how both operators write one.
var duration = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?(s|m|h)$`)

func isAuth(name string) bool {
	namespace, bare, found := strings.Cut(name, "/")
	if !found {
		return isObjectName(name)
	}
	return isNamespace(namespace) && isObjectName(bare)
}

func (t VaultTarget) version() int {
	if t.Version == 0 {
		return 2
	}
	return t.Version
}

func (t VaultTarget) path() string {
	if t.Path == "" {
		return "{namespace}/{name}"
	}
	return t.Path
}

func (t VaultTarget) refresh() string {
	if t.Refresh == "" {
		return "1h"
	}
	return t.Refresh
}

// variable is one that a path may have.
var variable = regexp.MustCompile(`\{[^{}]*\}`)

// checkTemplate refuses a path that has others than the known variables.
func (t VaultTarget) checkTemplate() (fix string, err error) {
	known := []string{"{env}", "{namespace}", "{name}"}
	for _, v := range variable.FindAllString(t.path(), -1) {
		if !slices.Contains(known, v) {
			return "it may have " + strings.Join(known, ", "), fmt.Errorf("the path %q has %s in it", t.path(), v)
		}
	}
	if strings.Contains(t.path(), "{env}") && t.Env == "" {
		return "name the environment", fmt.Errorf("the path %q has {env} in it, and no environment is known", t.path())
	}
	bare := variable.ReplaceAllString(t.path(), "x")
	if reason := badPath(bare); reason != "" {
		return "", fmt.Errorf("the path %q: %s", t.path(), reason)
	}
	return "", t.checkSegments(bare)
}

// pathOf is the path of one Secret.
func (t VaultTarget) pathOf(s *secret) (string, error) {
	path := strings.NewReplacer("{env}", t.Env, "{namespace}", s.namespace, "{name}", s.name).Replace(t.path())
	if reason := badPath(path); reason != "" {
		return "", fmt.Errorf("its path in Vault would be %q: %s", path, reason)
	}
	return path, t.checkSegments(path)
}

// pathPart is one part of a path.
var pathPart = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

// badPath says why a text is no path, or "".
func badPath(path string) string {
	for part := range strings.SplitSeq(path, "/") {
		switch {
		case part == "":
			return "a part of it is empty"
		case part == "." || part == "..":
			return "it leads elsewhere"
		case !pathPart.MatchString(part):
			return "its parts may have letters, digits, -, _ and . only"
		}
	}
	return ""
}

// checkSegments refuses paths that the readers of references take for other ones: one
// that begins as the paths of the API do, and for the External Secrets Operator one
// that begins with the mount, which it takes off, or that has data in it, which it
// takes for the path of the API (provider/vault/client_get.go, buildPath).
func (t VaultTarget) checkSegments(path string) error {
	begin, _, _ := strings.Cut(path, "/")
	switch {
	case begin == "data" || begin == "metadata":
		return fmt.Errorf("the path %q begins with %s/, which Vault adds itself", path, begin)
	case strings.HasPrefix(path, t.Mount+"/"):
		return fmt.Errorf("the path %q begins with the mount, which is named beside it", path)
	case t.Form == ExternalSecret && t.KeyHasMount && strings.Contains("/"+path+"/", "/data/"):
		return errors.New("a path with the part data cannot be told from one of the API where the store names no mount")
	}
	return nil
}
