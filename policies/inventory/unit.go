package inventory

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
)

// agent is a folder that Flux or Argo CD applies, and what it does to it.
type agent struct {
	dir string
	by  string
	settings
	file string // in which the agent stands
	// anywhere tells that the namespaces are filled in later.
	anywhere bool
}

// agents are the folders that agents apply. One whose path is filled in later applies
// each folder that fits.
func (b *tree) agents(facts []checks.Fact) []agent {
	var list []agent
	for _, f := range facts {
		if f.Kind != agentFact {
			continue
		}
		a := agent{dir: f.Key, settings: settingsOf(f.Values), file: f.Where.File}
		if len(f.Values) > 0 {
			a.by = strings.TrimPrefix(f.Values[0], "by=")
		}
		for _, space := range []*string{&a.namespace, &a.standard} {
			if isFilled(*space) {
				*space, a.anywhere = "", true
			}
		}
		dirs := b.meant(a)
		if len(dirs) == 0 {
			dirs = []string{a.dir}
		}
		for _, dir := range dirs {
			a.dir = dir
			list = append(list, a)
		}
	}
	return list
}

// meant are the folders that the path of an agent may mean. It is from the root of a
// repository, which may lie within what is judged, or of an artifact made of a part of it.
func (b *tree) meant(a agent) (dirs []string) {
	if a.dir == chart || b.folders[a.dir] && a.dir != "." {
		return nil
	}
	if !isFilled(a.dir) {
		for root := path.Dir(a.file); root != "." && root != "/"; root = path.Dir(root) {
			if at := path.Join(root, a.dir); b.folders[at] && a.dir != "." {
				return []string{at}
			}
		}
	}
	if a.dir == "." {
		return nil
	}
	fits := func(dir string) bool { return dir == a.dir || strings.HasSuffix(dir, "/"+a.dir) }
	if isFilled(a.dir) {
		fits = filledPath(a.dir).MatchString
	}
	for _, dir := range b.foldersCalled(path.Base(a.dir)) {
		if fits(dir) {
			if dirs = append(dirs, dir); len(dirs) > mostMeant {
				return nil
			}
		}
	}
	return dirs
}

// isFilled holds for a text in which something is filled in later.
func isFilled(text string) bool { return strings.Contains(text, "{{") || strings.Contains(text, "${") }

var holes = regexp.MustCompile(`\\\{\\\{.*?\\\}\\\}|\\\$\\\{.*?\\\}`)

// filledPath are the paths that a path with parts that are filled in later may become.
// A whole path that is filled in may be any.
func filledPath(dir string) *regexp.Regexp {
	text := regexp.QuoteMeta(dir)
	if holes.ReplaceAllString(text, "") == "" {
		return regexp.MustCompile(`^$`)
	}
	re, err := regexp.Compile("^(.*/)?" + holes.ReplaceAllString(text, `[^/]+`) + "$")
	if err != nil {
		return regexp.MustCompile(`^$`)
	}
	return re
}

// applied is what an agent applies. What lies outside of the tree opens its namespace.
func (b *tree) applied(a agent) Unit {
	space := a.namespace
	if space == "" {
		space = a.standard
	}
	switch _, isBuild := b.builds[a.dir]; {
	case a.dir == chart || b.layout.InChart(a.dir+"/x") || !b.folders[a.dir]:
		c := &content{open: space == ""}
		if space != "" {
			c.spaces = []string{space}
		}
		u := b.unit(path.Dir(a.file), c, a.file)
		u.Anywhere = a.anywhere || a.by == byFlux && a.dir != chart && space == ""
		return u
	case isBuild:
		return b.placedBy(a, b.build(a.dir))
	default:
		return b.placedBy(a, b.plain(a))
	}
}

// placedBy does to a folder what its agent says.
func (b *tree) placedBy(a agent, c *content) Unit {
	for _, name := range a.components {
		all := *c
		b.take(&all, a.dir, name)
		c = &all
	}
	b.used[a.dir] = true
	out := b.transform(c, a.dir, a.settings)
	if a.standard != "" {
		for i := range out.objects {
			if o := &out.objects[i]; o.Namespace == "" && !clusterScoped(o.Object.Object) {
				o.Namespace = a.standard
			}
		}
		if out.open {
			out.open, out.spaces = false, append(out.spaces, a.standard)
		}
	}
	return b.unit(a.dir, out, a.file)
}

// plain is what an agent applies of a folder without a kustomization: Flux all below it,
// Argo CD the folder alone.
func (b *tree) plain(a agent) *content {
	key := folderBy{a.dir, a.by == byArgo}
	if b.plains[key] == nil {
		b.plains[key] = b.plainly(a)
	}
	// Whoever adds to what is shared adds to a copy.
	c := *b.plains[key]
	c.objects, c.labels, c.spaces = slices.Clip(c.objects), slices.Clip(c.labels), slices.Clip(c.spaces)
	return &c
}

// folderBy is a folder without a kustomization and the kind of its agent.
type folderBy struct {
	dir  string
	argo bool
}

func (b *tree) plainly(a agent) *content {
	c := &content{}
	files := b.files.applied(a)
	if b.exceeds(len(files)) {
		return &content{open: true}
	}
	for _, file := range files {
		if b.layout.Plain(file) && isManifest(file) {
			b.take(c, "", file)
		}
	}
	for _, file := range b.broken.applied(a) {
		if b.layout.Plain(file) {
			c.open = true
		}
	}
	if a.by == byArgo {
		return c
	}
	for _, dir := range b.built.below(a.dir) {
		if dir != a.dir && !b.builds[dir].component && !b.inBuild(path.Dir(dir), a.dir) {
			b.used[dir] = true
			b.take(c, "", dir)
		}
	}
	return c
}

// inBuild tells whether dir, or a folder between it and top, has a kustomization.
func (b *tree) inBuild(dir, top string) bool {
	for ; dir == top || strings.HasPrefix(dir, top+"/"); dir = path.Dir(dir) {
		if _, ok := b.builds[dir]; ok {
			return true
		}
	}
	return false
}

// unit names what a folder holds. agent is the file of the object that applies it.
func (b *tree) unit(dir string, c *content, agent string) Unit {
	u := Unit{Dir: dir, Objects: c.objects, Labels: c.labels, Open: c.open, Spaces: c.spaces}
	if u.Environment = b.environment(dir + "/x"); u.Environment == "" && agent != "" {
		u.Environment = b.environment(agent)
	}
	u.Example = isExample(b.layout.Below(dir+"/x")) || agent != "" && isExample(b.layout.Below(agent))
	return u
}

// loose are the folders of files that nothing in the tree applies.
func (b *tree) loose() []Unit {
	byDir := map[string]*content{}
	for _, file := range b.files {
		if b.reached[file] || !b.layout.Plain(file) || !isManifest(file) {
			continue
		}
		dir := b.looseFolder(file)
		if byDir[dir] == nil {
			byDir[dir] = &content{}
		}
		b.take(byDir[dir], "", file)
	}
	for file := range b.unread {
		if c := byDir[b.looseFolder(file)]; c != nil && !b.reached[file] {
			c.open = true
		}
	}
	var units []Unit
	for _, dir := range sorted(byDir) {
		u := b.unit(dir, byDir[dir], "")
		u.Loose = true
		units = append(units, u)
	}
	return units
}

// isManifest tells whether kubectl and the agents take a file of a folder.
func isManifest(file string) bool {
	switch path.Ext(file) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}

// looseFolder is the folder of a part of an environment, or the folder of the file.
func (b *tree) looseFolder(file string) string {
	parts := strings.Split(path.Dir(file), "/")
	for i, part := range parts {
		if isEnvironmentName(part) || i > 0 && holdsEnvironments(parts[i-1]) {
			return path.Join(parts[:min(i+2, len(parts))]...)
		}
	}
	return path.Dir(file)
}

// environment is the environment of a file: the one that is configured, or what its
// folders are called. Overlays with names of their own are none: several of them may be
// applied to one place.
func (b *tree) environment(file string) string {
	if name := b.layout.Environment(file); name != "" {
		return name
	}
	parts := strings.Split(strings.ToLower(path.Dir(file)), "/")
	for i, part := range parts {
		if i > 0 && holdsEnvironments(parts[i-1]) || isEnvironmentName(part) {
			return environmentOf(part)
		}
	}
	return ""
}

// environmentOf is one of several names of an environment.
func environmentOf(name string) string {
	for _, same := range [][]string{{"dev", "development"}, {"int", "integration"}, {"stage", "staging"}, {"pre", "preprod", "preproduction"}, {"live", "prod", "production"}} {
		if slices.Contains(same, name) {
			return same[len(same)-1]
		}
	}
	return name
}

func isEnvironmentName(name string) bool {
	return slices.Contains(checks.EnvironmentNames(), strings.ToLower(name))
}

// holdsEnvironments knows the names of folders whose folders are each deployed to a
// place of their own.
func holdsEnvironments(name string) bool {
	switch strings.ToLower(name) {
	case "clusters", "environments", "envs", "stages":
		return true
	}
	return false
}

// isExample tells whether a file lies among examples or tests.
func isExample(file string) bool {
	parts := strings.Split(strings.ToLower(path.Dir(file)), "/")
	for i, part := range parts {
		if isEnvironmentName(part) && i > 0 && holdsEnvironments(parts[i-1]) {
			continue
		}
		for _, word := range []string{"example", "sample", "test", "fixture", "demo", "archive", "template", "docs", "e2e", "hack", "scratch", "snippet"} {
			if strings.Contains(part, word) {
				return true
			}
		}
	}
	return false
}
