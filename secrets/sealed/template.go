package sealed

import (
	"encoding/json"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// plaintext finds what stands in the clear in a SealedSecret.
func (s *inspection) plaintext() {
	root, template := s.doc.Root, s.doc.Root.Lookup("spec", "template")
	for _, meta := range []*manifest.Node{root.Get("metadata"), template.Get("metadata")} {
		s.lastApplied(meta.Get("annotations"))
	}
	s.misplaced(root.Get("data"))
	s.misplaced(root.Get("stringData"))
	s.misplaced(template.Get("stringData"))
	if data := root.Lookup("spec", "data"); data != nil && data.Kind == manifest.Map {
		s.misplaced(data)
	}
	s.misplaced(root.Lookup("spec", "stringData"))
	data := template.Get("data")
	if data == nil || data.Kind != manifest.Map {
		return
	}
	for i := range data.Items {
		if item := &data.Items[i]; item.Kind == manifest.String {
			s.templated(item)
		}
	}
}

// misplaced reports plaintext in a field that a SealedSecret does not have.
func (s *inspection) misplaced(data *manifest.Node) {
	if data == nil || data.Kind != manifest.Map {
		return
	}
	for i := range data.Items {
		item := &data.Items[i]
		if item.Kind == manifest.Null || item.Text == "" && len(item.Items) == 0 || isHole(item.Text) {
			continue
		}
		s.add(fault(onNoField, item, "a SealedSecret has no such field, so that this has no effect and stands in the clear: seal it under spec.encryptedData"))
	}
}

// lastAppliedAnnotations hold a copy of an object that was applied (sealed-secrets,
// StripLastAppliedAnnotations; carvel kapp, for the third).
var lastAppliedAnnotations = [...]string{
	"kubectl.kubernetes.io/last-applied-configuration",
	"kubecfg.ksonnet.io/last-applied-configuration",
	"kapp.k14s.io/original",
}

// longestCopy bounds what is read of an annotation: annotations have 256 KiB at most.
const longestCopy = 256 << 10

func (s *inspection) lastApplied(annotations *manifest.Node) {
	for _, name := range lastAppliedAnnotations {
		n := annotations.Get(name)
		if n.Str() == "" || len(n.Text) > longestCopy {
			continue
		}
		var object struct {
			Kind       string         `json:"kind"`
			Data       map[string]any `json:"data"`
			StringData map[string]any `json:"stringData"`
		}
		if json.Unmarshal([]byte(n.Text), &object) == nil && object.Kind == "Secret" && len(object.Data)+len(object.StringData) > 0 {
			s.add(fault(onLastApplied, n, "the annotation holds a copy of the Secret with its values: take it out"))
		}
	}
}

// longestTemplate bounds the templates that are searched for literals.
const longestTemplate = 1 << 20

// templated judges the literals of one entry of spec.template.data.
func (s *inspection) templated(n *manifest.Node) {
	if len(n.Text) > longestTemplate {
		return
	}
	judge := s.options.Plaintext
	if judge == nil {
		judge = PlainByKey
	}
	actions, text := splitTemplate(n.Text)
	if len(actions) == 0 {
		if judge(n.Key, n.Text) {
			s.add(fault(onTemplate, n, "the template is not sealed, and this value stands in it: seal it under spec.encryptedData"))
			return
		}
	}
	for _, action := range actions {
		if literal := literalOf(action); literal != "" && judge(n.Key, literal) {
			s.add(fault(onTemplate, n, "a literal in the template stands for the value: seal it under spec.encryptedData and refer to it"))
			return
		}
	}
	if key := pairIn(text, judge); key != "" {
		s.add(fault(onTemplate, n, "the template holds a value of %q in the clear: seal it under a key of its own and refer to it", key))
	}
}

// actionMark stands in a text for an action.
const actionMark = "\x00"

// splitTemplate returns the actions of a template and its text, with a mark where an
// action stood.
func splitTemplate(template string) (actions []string, text string) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(template, "{{")
		b.WriteString(before)
		if !found {
			return actions, b.String()
		}
		action, after, closed := strings.Cut(rest, "}}")
		if !closed {
			b.WriteString("{{" + rest)
			return actions, b.String()
		}
		b.WriteString(actionMark)
		actions = append(actions, action)
		template = after
	}
}

// literalOf returns the string that an action writes whatever the data: one that
// stands alone, or the one that a default falls back to.
func literalOf(action string) string {
	action = strings.TrimSpace(strings.Trim(strings.TrimSpace(action), "-"))
	if text, rest := quoted(action); text != "" && (rest == "" || strings.HasPrefix(rest, "|")) {
		return text
	}
	for _, word := range [...]string{"default ", "coalesce ", "ternary "} {
		if _, after, found := strings.Cut(action, word); found {
			text, _ := quoted(strings.TrimSpace(after))
			return text
		}
	}
	return ""
}

// quoted reads the string with which text begins.
func quoted(text string) (inner, rest string) {
	if text == "" || text[0] != '"' && text[0] != '`' {
		return "", text
	}
	end := strings.IndexByte(text[1:], text[0])
	if end < 0 {
		return "", text
	}
	return text[1 : 1+end], strings.TrimSpace(text[2+end:])
}

// pairIn returns the key of the first line "key: value" or "key=value" whose value is
// a literal that must not stand there, or of a URL with a password.
func pairIn(text string, judge func(key, literal string) bool) string {
	if strings.Count(text, "\n") == 0 && !strings.ContainsAny(text, ":=") {
		return ""
	}
	for line := range strings.Lines(text) {
		if password := passwordOf(line); password != "" && judge("password", password) {
			return "password"
		}
		at := strings.IndexAny(line, ":=")
		if at < 0 {
			continue
		}
		key := strings.Trim(line[:at], " \t\"'-{,")
		value := strings.Trim(strings.TrimSpace(line[at+1:]), `"',`)
		if isPlainKey(key) && value != "" && !strings.Contains(value, actionMark) && !isHole(value) && judge(key, value) {
			return key
		}
	}
	return ""
}

// passwordOf returns the password in the URL of a line, or "".
func passwordOf(line string) string {
	_, rest, found := strings.Cut(line, "://")
	if !found {
		return ""
	}
	end := strings.IndexAny(rest, "/ \t\r\n\"'")
	if end >= 0 {
		rest = rest[:end]
	}
	at := strings.LastIndexByte(rest, '@')
	if at < 0 {
		return ""
	}
	_, password, found := strings.Cut(rest[:at], ":")
	if !found || strings.Contains(password, actionMark) || isHole(password) {
		return ""
	}
	return password
}

func isPlainKey(key string) bool {
	if key == "" || len(key) > 64 {
		return false
	}
	for i := 0; i < len(key); i++ {
		if c := key[i]; !isAlnum(c) && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}

// The ends of keys that name a secret, in lower case and without signs between the
// words. Longer words, as passwordFile, name something else.
var secretEnds = [...]string{"password", "passwd", "passphrase", "pwd", "secret", "token", "apikey", "accesskey", "secretkey", "privatekey",
	"credential", "credentials", "clientsecret", "encryptionkey", "signingkey", "dockerconfigjson", "tls.key"}

// PlainByKey judges a literal by the name of its key: it is what judges where
// Options.Plaintext does not.
func PlainByKey(key, literal string) bool {
	literal = strings.TrimSpace(literal)
	if len(literal) < 4 || looksUnfinished(literal) || isHole(literal) || literal == "true" || literal == "false" || literal == "null" {
		return false
	}
	key = strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(key))
	for _, end := range secretEnds {
		if strings.HasSuffix(key, end) {
			return true
		}
	}
	return false
}
