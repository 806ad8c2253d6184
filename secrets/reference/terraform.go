package reference

import "strings"

// Data sources and ephemeral resources of the Vault provider of Terraform:
// terraform-provider-vault, docs/data-sources.

// terraform reads the blocks of a file of Terraform. It knows no more of the language
// than strings, comments and braces.
func terraform(text string) (found []Reference) {
	s := hclScanner{text: text}
	for len(found) < mostReferences {
		t, ok := s.next()
		if !ok {
			return found
		}
		if s.depth != 0 || t.text != "data" && t.text != "ephemeral" || t.quoted {
			continue
		}
		kind, ok := s.next()
		if !ok || !kind.quoted || !strings.HasPrefix(kind.text, "vault_") {
			continue
		}
		name, ok := s.next()
		if !ok || !name.quoted {
			continue
		}
		attributes := s.block()
		if r, ok := vaultSource(kind.text, attributes); ok {
			r.Start, r.End = t.start, name.end
			found = append(found, r)
		}
	}
	return found
}

// vaultSource is what a block names.
func vaultSource(kind string, a map[string]string) (Reference, bool) {
	r := Reference{Dialect: Terraform, VaultNamespace: a["namespace"], Version: a["version"]}
	switch kind {
	case "vault_kv_secret_v2", "vault_kv_secret_subkeys_v2", "vault_kv_secret_metadata_v2":
		r.below(a["mount"], a["name"], KV2)
	case "vault_kv_secret":
		r.readAt(a["path"])
		r.Engine = KV1
		r.Mount, r.Path = "", trimSlashes(a["path"])
	case "vault_generic_secret":
		r.Backend, r.Path = "vault", trimSlashes(a["path"])
	case "vault_aws_access_credentials", "vault_azure_access_credentials", "vault_database_secret", "vault_gcp_oauth2_access_token":
		r.below(a["backend"]+a["mount"], "creds/"+a["role"]+a["name"], Dynamic)
	default:
		return Reference{}, false
	}
	return r, r.Path != ""
}

// hclScanner splits a text into words, strings and marks.
type hclScanner struct {
	text  string
	at    int
	depth int // open braces
}

type hclToken struct {
	text       string
	quoted     bool
	start, end int
}

func (s *hclScanner) next() (hclToken, bool) {
	for s.at < len(s.text) {
		rest := s.text[s.at:]
		switch c := rest[0]; {
		case c == '#', strings.HasPrefix(rest, "//"):
			s.skip("\n")
		case strings.HasPrefix(rest, "/*"):
			s.skip("*/")
		case strings.HasPrefix(rest, "<<"):
			s.heredoc()
		case c == '"':
			return s.quoted(), true
		case isWordByte(c):
			start := s.at
			for s.at < len(s.text) && (isWordByte(s.text[s.at]) || s.text[s.at] == '-' || s.text[s.at] == '.') {
				s.at++
			}
			return hclToken{s.text[start:s.at], false, start, s.at}, true
		case c == '{' || c == '}' || c == '=' || c == '\n':
			s.at++
			s.depth += strings.Count(string(c), "{") - strings.Count(string(c), "}")
			s.depth = max(0, s.depth)
			return hclToken{string(c), false, s.at - 1, s.at}, true
		default:
			s.at++
		}
	}
	return hclToken{}, false
}

// skip goes behind the next end, or to the end of the text.
func (s *hclScanner) skip(end string) {
	if i := strings.Index(s.text[s.at:], end); i >= 0 {
		s.at += i
		if end != "\n" {
			s.at += len(end)
		}
		return
	}
	s.at = len(s.text)
}

// heredoc skips a text from <<NAME to a line with NAME.
func (s *hclScanner) heredoc() {
	line, _, _ := strings.Cut(s.text[s.at:], "\n")
	name := strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(line, "<<"), "-"))
	s.at += len(line)
	if name == "" || !isWordByte(name[0]) {
		return
	}
	for s.at < len(s.text) {
		s.at++
		line, _, _ := strings.Cut(s.text[s.at:], "\n")
		s.at += len(line)
		if strings.TrimSpace(line) == name {
			return
		}
	}
}

// quoted reads a string. What ${…} in it calls may have quotes of its own.
func (s *hclScanner) quoted() hclToken {
	start, inner := s.at, 0
	for s.at++; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case c == '\\':
			s.at++
		case c == '$' && strings.HasPrefix(s.text[s.at:], "${"):
			inner++
			s.at++
		case c == '}' && inner > 0:
			inner--
		case c == '"' && inner == 0, c == '\n':
			s.at++
			return hclToken{s.text[start+1 : s.at-1], true, start, s.at}
		}
	}
	s.at = len(s.text)
	return hclToken{s.text[start+1:], true, start, s.at}
}

// block reads the attributes at the top of a block that begins here: strings and
// numbers as they are, an expression as one that is filled in.
func (s *hclScanner) block() map[string]string {
	out := map[string]string{}
	outside := s.depth
	if t, ok := s.next(); !ok || t.text != "{" {
		return out
	}
	name := ""
	for {
		t, ok := s.next()
		switch {
		case !ok || s.depth <= outside:
			return out
		case t.text == "\n":
			name = ""
		case t.text == "=" && !t.quoted && name != "" && s.depth == outside+1:
			value, ok := s.next()
			if !ok {
				return out
			}
			if !value.quoted && !isDigits(value.text) {
				value.text = "${" + value.text + "}"
			}
			if _, again := out[name]; !again {
				out[name] = value.text
			}
			name = ""
		case !t.quoted:
			name = t.text
		}
	}
}
