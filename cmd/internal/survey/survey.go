// Package survey looks at a repository that does not use Gatehouse yet and
// proposes how to begin: a configuration with its environments, the lines for the
// gates, and an account of the tools that stand there already.
//
// It sees a list of paths and reads a bounded number of files through a function.
// It knows no git and no file system, writes nothing, and judges nothing: what it
// proposes is a guess from names, for a person to correct.
package survey

import (
	"path"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
)

// The limits of a survey. What lies over one is left out of the proposal, never
// an error; the summary says so where it matters.
const (
	mostFilesRead        = 10_000   // files read to see what is in them
	mostBytesRead        = 64 << 20 // their size together
	mostCertificatesRead = 100      // files called like a certificate
	largestFileRead      = 1 << 20  // size of one of them
	longestPath          = 1_024    // bytes
	deepestPath          = 64       // folders of a path
	longestName          = 63       // bytes of a name that may be an environment's
	mostEnvironments     = 100
	mostGlobs            = 40        // of one environment
	mostRoots            = 2_000     // folders and files of one environment
	mostMerges           = 200       // steps to fewer globs, of one environment
	mostSteps            = 1_000_000 // comparisons of globs with paths and with each other
	mostSiblings         = 64        // folders of the same folder that are compared with one
	mostTwins            = 64        // files by which two folders are compared
	mostPathsTold        = 20        // paths that a Find or the doubts keep
)

// Survey is what was seen.
type Survey struct {
	// Repository is the name that Look was given.
	Repository string
	// Environments are proposed, from the first to the last of a promotion. No two
	// of them match the same of the paths.
	Environments []checks.Environment
	// WholeRepository tells that the repository is one environment by its name.
	WholeRepository bool
	// Doubts are folders and files that are called like an environment and hold
	// manifests, but are not proposed; in order of their paths.
	Doubts Doubts
	// Finds are the tools that stand already, in a fixed order.
	Finds []Find
	// Configured tells whether there is a Gatehouse configuration already.
	Configured bool
	// Reading says how much the survey rests on.
	Reading Reading

	owners   owners
	silenced silenced
}

// Doubts are paths that were left out of the environments.
type Doubts struct {
	Paths []string // the first of them
	Count int      // all of them
	// MoreEnvironments and MoreGlobs count what was cut off by a limit.
	MoreEnvironments, MoreGlobs int
}

// Reading counts the files that could say by their content what they are.
type Reading struct {
	Files      int // YAML and JSON files whose name does not say what they are
	Read       int // of them, read
	Unreadable int // files of any kind that could not be read or are too large
	Ignored    int // paths that are no clean path from a root, or over a limit
}

// Look surveys a tree. repository is its name, such as "example/platform", or "";
// paths are those of its files, from the root, with slashes, in any order. read
// gives the content of one of them; it is called a bounded number of times (see
// the limits), from one goroutine. An error of
// read leaves the file out. Equal inputs give equal results.
func Look(repository string, paths []string, read func(path string) ([]byte, error)) Survey {
	t := newTree(paths)
	words := newVocabulary()
	named := candidates(t, words)
	c := contents{tree: t, read: read, kinds: map[string][]groupKind{}, unread: map[string]bool{}}
	c.reading.Ignored = len(paths) - len(t.paths) - t.repeated
	c.readManifests(named)
	c.readCertificates()

	s := Survey{Repository: repository}
	s.Environments, s.Doubts = environments(t, words, named, &c)
	if name, ok := words.ofRepository(repository); ok && len(s.Environments) == 0 && c.anyDeployable() {
		s.Environments = []checks.Environment{{Name: name, Paths: []string{"**"}}}
		s.WholeRepository, s.Doubts = true, Doubts{}
	}
	s.silenced = c.readSilenced()
	s.Finds = finds(&c, s.silenced)
	s.owners = surveyOwners(&c)
	s.Configured = t.has(configPath)
	s.Reading = c.reading
	return s
}

// tree is the paths of a repository, each once, in byte order: all files below a
// folder are neighbours.
type tree struct {
	paths    []string
	repeated int // how often a path was given again
}

func newTree(paths []string) tree {
	var t tree
	for _, p := range paths {
		if isClean(p) {
			t.paths = append(t.paths, p)
		}
	}
	slices.Sort(t.paths)
	all := len(t.paths)
	t.paths = slices.Compact(t.paths)
	t.repeated = all - len(t.paths)
	return t
}

func isClean(p string) bool {
	return p != "" && p != "." && len(p) <= longestPath && strings.Count(p, "/") < deepestPath &&
		path.Clean(p) == p && !path.IsAbs(p) && p != ".." && !strings.HasPrefix(p, "../")
}

func (t tree) has(file string) bool {
	_, ok := slices.BinarySearch(t.paths, file)
	return ok
}

// below gives the range of the paths below a folder.
func (t tree) below(dir string) (from, to int) {
	from, _ = slices.BinarySearch(t.paths, dir+"/")
	to, _ = slices.BinarySearch(t.paths, dir+"0") // "0" follows "/"
	return from, to
}

// folders calls visit with each folder above a path, from the top.
func folders(file string, visit func(dir string)) {
	for i := range len(file) {
		if file[i] == '/' {
			visit(file[:i])
		}
	}
}
