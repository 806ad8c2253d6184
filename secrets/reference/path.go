package reference

import "strings"

// Paths of KV version 2, as the API of Vault has them: the mount, then data (metadata,
// subkeys), then the path of the secret. https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2

const dataSegment = "/data/"

// trimSlashes takes away what the client of Vault takes away, too (path.Join in
// vault/api, client.go).
func trimSlashes(path string) string { return strings.Trim(path, "/") }

// splitData splits a path of the API of KV version 2 at its data segment. ok is false
// where it has none, or nothing before or behind it.
func splitData(path string) (mount, rest string, ok bool) {
	mount, rest, ok = strings.Cut(trimSlashes(path), dataSegment)
	return mount, rest, ok && mount != "" && rest != ""
}

// withoutData is a path less the data segment of KV version 2.
func withoutData(path string) string {
	if mount, rest, ok := splitData(path); ok {
		return mount + "/" + rest
	}
	return trimSlashes(path)
}

// hasTraversal tells whether a path goes up. The client of Vault cleans paths, so that
// it reads another one than is written.
func hasTraversal(path string) bool {
	for segment := range strings.SplitSeq(path, "/") {
		if segment == ".." {
			return true
		}
	}
	return false
}

// readAt writes to r a path of the API as a tool asks for it.
func (r *Reference) readAt(path string) {
	path = trimSlashes(path)
	r.Backend, r.Path = "vault", path
	if isHole(path) {
		return
	}
	r.Request = path
	if mount, rest, ok := splitData(path); ok {
		r.Engine, r.Mount, r.Path = KV2, mount, rest
	}
}

// below writes to r a path below a mount that is given for itself.
func (r *Reference) below(mount, path string, engine Engine) {
	r.Backend, r.Engine, r.Mount, r.Path = "vault", engine, trimSlashes(mount), trimSlashes(path)
	switch {
	case isHole(r.Mount) || isHole(r.Path) || r.Mount == "" || r.Path == "":
	case engine == KV2:
		r.Request = r.Mount + dataSegment + r.Path
	default:
		r.Request = r.Mount + "/" + r.Path
	}
}

// logical is the path by which people know a secret: mount and path, without data/.
func (r Reference) logical() string {
	if r.Mount == "" {
		return r.Path
	}
	return r.Mount + "/" + r.Path
}

// request is what External Secrets asks Vault for where a remoteRef has a key: the rules
// of buildPath (external-secrets, providers/v1/vault, client_get.go). The data segment
// is put in for KV version 2 only. A mount that stands at the beginning of the key is
// not written twice, and only then is a data/ behind it taken for that of the API.
func (s Store) request(key string) (mount, path, request string) {
	if s.HasMount {
		path = key
		if below, ok := strings.CutPrefix(key, s.Mount+"/"); ok {
			path = below
			if s.Engine == KV2 {
				path = strings.TrimPrefix(path, "data/")
			}
		}
		if s.Engine == KV2 {
			return s.Mount, path, s.Mount + dataSegment + path
		}
		return s.Mount, path, s.Mount + "/" + path
	}
	if s.Engine != KV2 {
		return "", key, key
	}
	if mount, path, ok := strings.Cut(key, dataSegment); ok {
		return mount, path, key
	}
	mount, path, ok := strings.Cut(key, "/")
	if !ok {
		return mount, "", mount + "/data"
	}
	return mount, path, mount + dataSegment + path
}

// withoutUser is an address less the user and the password that may stand in it.
func withoutUser(address string) string {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return address
	}
	end := strings.IndexByte(rest, '/')
	if end < 0 {
		end = len(rest)
	}
	return scheme + "://" + rest[strings.LastIndexByte(rest[:end], '@')+1:]
}

// shared are the faults that a path may have in every dialect.
func (r Reference) shared() (faults []Fault) {
	if hasTraversal(r.Path) || hasTraversal(r.Mount) {
		f := fault(onTraversal, r.Node, "the path goes up with .., and so names another secret than it shows")
		f.Start, f.End = r.Start, r.End
		faults = append(faults, f)
	}
	return faults
}
