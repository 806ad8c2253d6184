package reference

import (
	"bytes"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// OfText returns the references in a file that has no documents, or whose documents a
// template engine has still to make: those of Terraform, and what argocd-vault-plugin,
// bank-vaults, vals and SOPS write into settings. Prose and programs are not looked at:
// what stands there is no reference.
func OfText(f *manifest.File) []Reference {
	t := readText(f)
	if t == nil {
		return nil
	}
	list := t.references()
	offsets := make([]int, len(list))
	for i := range list {
		offsets[i] = list[i].Start
	}
	for i, at := range t.positions(offsets) {
		list[i].At = at
	}
	return list
}

// FaultsOfText judges the references of OfText.
func FaultsOfText(f *manifest.File, o Options) []Fault {
	t := readText(f)
	if t == nil {
		return nil
	}
	var list []Fault
	for _, v := range t.vals {
		for _, one := range v.faults(nil, o) {
			one.Start, one.End = v.start, v.end
			list = append(list, one)
		}
	}
	for _, p := range t.placeholders {
		j := judge{doc: &manifest.Document{Root: &manifest.Node{}}}
		j.placeholder(avp{}, inlineText{}, p)
		list = append(list, j.list...)
	}
	for _, r := range t.terraform {
		if r.Dialect == Terraform && r.Engine == KV2 && strings.HasPrefix(r.Path, "data/") {
			one := fault(onDataExtra, nil, "the name begins with data/, which the provider puts in by itself")
			one.Start, one.End = r.Start, r.End
			list = append(list, one)
		}
	}
	for _, r := range t.references() {
		for _, one := range slices.Concat(r.shared(), r.foreign(o)) {
			one.Start, one.End = r.Start, r.End
			list = append(list, one)
		}
	}
	list = list[:min(len(list), mostFaults)]
	offsets := make([]int, len(list))
	for i := range list {
		offsets[i] = list[i].Start
	}
	for i, at := range t.positions(offsets) {
		list[i].At = at
	}
	return list
}

// readableText is a file of settings and what was found in it.
type readableText struct {
	text         string
	vals         []valsValue
	placeholders []placeholder
	terraform    []Reference
	sops         []Reference
}

// mostTextBytes is the size of the largest text that is searched.
const mostTextBytes = 8 << 20

// readText searches a file; nil where it is none of settings.
func readText(f *manifest.File) *readableText {
	if len(f.Text) > mostTextBytes || f.Form == manifest.FormBinary || !utf8.Valid(f.Text) {
		return nil
	}
	base, ext := path.Base(f.Path), strings.ToLower(path.Ext(f.Path))
	t := &readableText{text: string(f.Text)}
	switch {
	case ext == ".tf":
		t.terraform = terraform(t.text)
		return t
	case len(f.Documents) > 0 || !isSettings(base, ext) && len(f.Templated) == 0:
		return nil
	}
	if !bytes.Contains(f.Text, []byte("ref+")) && !bytes.Contains(f.Text, []byte("<path:")) && !bytes.Contains(f.Text, []byte("hc_vault")) {
		return nil
	}
	comments := commentLines(t.text)
	for _, v := range valsValues(t.text, true) {
		if !comments.holds(v.start) {
			t.vals = append(t.vals, v)
		}
	}
	for _, p := range (avp{}).placeholders(t.text) {
		if !comments.holds(p.start) {
			t.placeholders = append(t.placeholders, p)
		}
	}
	t.sops = flatTransit(t.text)
	return t
}

// isSettings knows the names of files of settings that are no YAML.
func isSettings(base, ext string) bool {
	switch ext {
	case ".env", ".ini", ".properties", ".toml", ".conf", ".cfg", ".tfvars", ".gotmpl", ".tpl", ".tmpl":
		return true
	}
	return strings.HasPrefix(base, ".env")
}

// references are those that t holds, in the order of its dialects.
func (t *readableText) references() []Reference {
	list := slices.Concat(t.terraform, t.sops)
	for _, v := range t.vals {
		r := v.reference()
		r.Start, r.End = v.start, v.end
		list = append(list, r)
	}
	for _, p := range t.placeholders {
		if r, ok := (avp{}).reference(p); ok {
			r.Start, r.End = p.start, p.end
			list = append(list, r)
		}
	}
	list = list[:min(len(list), mostReferences)]
	for i := range list {
		list[i].Address = withoutUser(list[i].Address)
	}
	return list
}

// positions are the places of offsets, in any order: columns count UTF-16 units.
func (t *readableText) positions(offsets []int) []manifest.Pos {
	order := make([]int, len(offsets))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return offsets[a] - offsets[b] })
	out := make([]manifest.Pos, len(offsets))
	at, line, column := 0, uint32(1), uint32(1)
	for _, i := range order {
		for _, r := range t.text[at:offsets[i]] {
			switch {
			case r == '\n':
				line, column = line+1, 1
			case r > 0xFFFF:
				column += 2
			default:
				column++
			}
		}
		at = offsets[i]
		out[i] = manifest.Pos{Line: line, Column: column}
	}
	return out
}

// spans are parts of a text in order.
type spans [][2]int

// holds tells whether an offset lies in one of the parts.
func (s spans) holds(offset int) bool {
	_, found := slices.BinarySearchFunc(s, offset, func(span [2]int, offset int) int {
		switch {
		case span[1] <= offset:
			return -1
		case span[0] > offset:
			return 1
		}
		return 0
	})
	return found
}

// commentLines are the lines that are comments in all files of settings.
func commentLines(text string) (found spans) {
	at := 0
	for line := range strings.Lines(text) {
		if trimmed := strings.TrimLeft(line, " \t"); strings.HasPrefix(trimmed, "#") || strings.HasPrefix(trimmed, "//") || strings.HasPrefix(trimmed, ";") {
			found = append(found, [2]int{at, at + len(line)})
		}
		at += len(line)
	}
	return found
}

// flatTransit reads the keys of Vault in a dotenv or INI file of SOPS, whose metadata is
// flat: sops_hc_vault__list_0__map_vault_address=… (sops, stores/flatten.go).
func flatTransit(text string) (found []Reference) {
	const mark = "hc_vault__list_"
	byIndex := map[string]*Reference{}
	var order []string
	at := 0
	for line := range strings.Lines(text) {
		start := at
		at += len(line)
		key, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), "=")
		_, rest, marked := strings.Cut(key, mark)
		if !ok || !marked {
			continue
		}
		index, field, _ := strings.Cut(rest, "__map_")
		r := byIndex[index]
		if r == nil {
			r = &Reference{Dialect: SOPSVault, Backend: "vault", Engine: Transit}
			byIndex[index] = r
			order = append(order, index)
		}
		value = strings.Trim(strings.TrimSpace(value), `"`)
		switch strings.TrimSpace(field) {
		case "vault_address":
			r.Address, r.Start, r.End = value, start, start+len(strings.TrimRight(line, "\r\n"))
		case "engine_path":
			r.Mount = trimSlashes(value)
		case "key_name":
			r.Path = "keys/" + value
		}
	}
	for _, index := range order {
		if r := byIndex[index]; r.Address != "" {
			r.Request = r.Mount + "/" + r.Path
			found = append(found, *r)
		}
	}
	return found
}
