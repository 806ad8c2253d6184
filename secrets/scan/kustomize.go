package scan

import (
	"path"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
	"github.com/gatehouse-dev/gatehouse/secrets/settings"
	"github.com/gatehouse-dev/gatehouse/secrets/token"
)

// Source is a file that a generator of kustomize makes a Secret or a ConfigMap of.
type Source struct {
	Path string          // from the root of the repository
	As   secrets.Context // Held for a secretGenerator, Named for a configMapGenerator
	Key  string          // the key that the whole file becomes; "" for a file of NAME=value lines
	Name string          // of the generated object
}

// Sources returns the files that the generators of a kustomization read, in its
// order. A path that leads out of the repository is left out.
func Sources(f *manifest.File) []Source {
	var out []Source
	for _, d := range f.Documents {
		if f.Form != manifest.FormKustomization && d.Object.Group() != "kustomize.config.k8s.io" {
			continue
		}
		out = append(out, sourcesOf(f.Path, d.Root.Get("secretGenerator"), secrets.Held)...)
		out = append(out, sourcesOf(f.Path, d.Root.Get("configMapGenerator"), secrets.Named)...)
	}
	return out
}

func sourcesOf(kustomization string, generators *manifest.Node, as secrets.Context) []Source {
	if generators == nil {
		return nil
	}
	var out []Source
	add := func(file, key, name string) {
		joined := path.Join(path.Dir(kustomization), file)
		if file == "" || path.IsAbs(file) || joined == ".." || strings.HasPrefix(joined, "../") {
			return
		}
		out = append(out, Source{joined, as, key, name})
	}
	for i := range generators.Items {
		g := &generators.Items[i]
		name := g.Get("name").Str()
		for _, file := range texts(g.Get("files")) {
			key, from, ok := strings.Cut(file, "=")
			if !ok {
				key, from = path.Base(file), file
			}
			add(from, key, name)
		}
		for _, file := range append(texts(g.Get("envs")), g.Get("env").Str()) {
			add(file, "", name)
		}
	}
	return out
}

// texts returns the texts of a list.
func texts(list *manifest.Node) []string {
	if list == nil {
		return nil
	}
	var out []string
	for i := range list.Items {
		if text := list.Items[i].Str(); text != "" {
			out = append(out, text)
		}
	}
	return out
}

// generators walks the field secretGenerator or configMapGenerator, which was
// entered.
func (w *walker) generators(n *manifest.Node, st state) {
	st.place, st.above, st.pushed = Generator, "", false
	if n.Key == "secretGenerator" {
		st.in = secrets.Held
	}
	w.items(n, func(_ int, generator *manifest.Node) {
		if generator.Kind != manifest.Map {
			return
		}
		w.fields(generator, func(child *manifest.Node) {
			switch child.Key {
			case "literals":
				w.generatorLiterals(child, st)
			case "options", "metadata":
				named := st
				named.in = secrets.Named
				w.node(child, named)
			}
		})
	})
}

// generatorLiterals judges items of the form NAME=value. kustomize takes quotes
// around the value off.
func (w *walker) generatorLiterals(n *manifest.Node, st state) {
	if n.Kind != manifest.List {
		return
	}
	w.items(n, func(_ int, item *manifest.Node) {
		key, text, ok := strings.Cut(item.Str(), "=")
		if !ok {
			return
		}
		if w.isFilled(item) {
			w.filled(item, key, st)
			return
		}
		if w.judge(item, value{key: key, text: strings.Trim(text, `"'`), raw: text}, st) {
			w.noteTokens(item)
			return
		}
		w.tokensIn(item, key, st)
	})
}

// source judges a file as what a generator of kustomize makes of it, and tells
// whether nothing is left to judge.
func (s *scanner) source(from Source) bool {
	if from.Key != "" {
		return s.wholeFile(from)
	}
	for _, setting := range s.settingsOf(settings.Dotenv, s.file.Text, 1) {
		if setting.Comment {
			if a := classify(setting.Key, setting.Value, secrets.Named); secrets.Promise(setting.Key) == secrets.Promises && countsInComment(a.Class, setting.Value) {
				s.addSetting(Setting, setting, a)
			}
			continue
		}
		a := secrets.Classify(setting.Key, setting.Value, from.As)
		if a.Truncated {
			s.over(LimitInflated, s.lines.at(setting.At).Line)
		}
		if from.As == secrets.Held && isWorthSaying(a.Class) || from.As != secrets.Held && isLoud(a.Class, secrets.Promise(setting.Key), false) {
			s.addSetting(Generator, setting, a)
		}
	}
	s.hits = token.Find(s.file.Text)
	s.tokens()
	s.rules()
	return true
}

// wholeFile judges a file that becomes the value of one key. What a ConfigMap holds
// is a file like any other.
func (s *scanner) wholeFile(from Source) bool {
	if from.As != secrets.Held {
		return false
	}
	text := string(s.file.Text)
	a := secrets.Classify(from.Key, text, secrets.Held)
	if a.Truncated {
		s.over(LimitInflated, 1)
	}
	if isWorthSaying(a.Class) {
		s.found = append(s.found, Found{
			Place: Generator, Key: from.Key, At: manifest.Pos{Line: 1, Column: 1}, EndLine: s.lines.at(len(text)).Line, Answer: a, Value: text, Raw: text,
		})
	}
	return true
}
