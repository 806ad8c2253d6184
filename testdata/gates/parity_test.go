package gates

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/testdata/cluster"
)

// notAtAdmission are the checks that a webhook cannot run, each with the reason. It
// is the whole list of differences between a file and an AdmissionReview, and must
// not grow without a reason as good as these.
var notAtAdmission = map[string]string{
	"manifest-unreadable": "what cannot be read is never sent to the API server",
	"duplicate-key":       "what is sent is JSON that kubectl has made, in which the last key has won",
	"duplicate-object":    "a review holds one object, and not the tree that it is applied with",

	"reference-store-missing": "a review does not say which stores there are",
	"secret-producer-missing": "a review does not say what else is applied",

	"config-map-missing":                       policyOnTrees,
	"deployment-without-alert":                 policyOnTrees,
	"flux-dependency-cycle":                    policyOnTrees,
	"flux-source-missing":                      policyOnTrees,
	"horizontal-pod-autoscaler-target-missing": policyOnTrees,
	"ingress-backend-missing":                  policyOnTrees,
	"ingress-host-duplicated":                  policyOnTrees,
	"namespace-missing":                        policyOnTrees,
	"network-policy-missing":                   policyOnTrees,
	"pod-disruption-budget-missing":            policyOnTrees,
	"pod-disruption-budget-unsatisfiable":      policyOnTrees,
	"service-account-missing":                  policyOnTrees,
	"service-port-missing":                     policyOnTrees,
	"service-selects-nothing":                  policyOnTrees,
	"single-replica":                           policyOnTrees,
}

// policyOnTrees is why the policies that look at a whole tree are in the list.
const policyOnTrees = "a review holds one object, and not what is applied with it"

// settledByTree are the checks that say nothing in a file where another part of the
// tree makes up for the finding, each with what a review does not show of it.
var settledByTree = map[string]string{
	"helm-release-version-floating": "the patch of an overlay that gives the version",
}

// ofOwners is the category of checks that judge files by CODEOWNERS and by what a
// change does to it. They say nothing of an object, and a tree, what is staged and a
// range are different changes to them.
const ofOwners = "owners"

// onlyAtAdmission are the checks that only a webhook runs, each with the reason.
var onlyAtAdmission = map[string]string{
	"unresolved-secret":       "an encrypted value or a reference is right in a file, and at admission nobody resolves it any more",
	"long-lived-token":        "it depends on who asks for the token",
	"last-applied-secret":     "the annotation is added by kubectl apply",
	"helm-release-unreadable": "a release is stored by Helm at installation",
}

// found is what a gate says of one object: a check and a field.
type found struct{ check, field string }

// placed is a finding with its line.
type placed struct {
	found
	line uint32
}

// subject is one object of a repository.
type subject struct {
	file   string
	object manifest.Object
}

// TestParity judges every object of the example repositories as a file, staged, in
// a range, and by the webhook behind the API server as CREATE and as UPDATE. With
// GATEHOUSE_CORPORA, a folder of public repositories, those are judged too.
func TestParity(t *testing.T) {
	c := cluster.Start(t, cluster.Options{})
	if err := c.InstallSealedSecrets(t.Context()); err != nil {
		t.Fatal(err)
	}
	dirs := repositories(t)
	var all []*manifest.Document
	for _, dir := range dirs {
		all = append(all, objectsOf(t, dir)...)
	}
	prepare(t, c, all)
	for _, dir := range dirs {
		name := filepath.Base(filepath.Dir(dir)) + "-" + filepath.Base(dir)
		if !strings.HasPrefix(dir, "..") {
			name = "corpora-" + filepath.Base(dir)
		}
		t.Run(name, func(t *testing.T) { testParity(t, c, dir) })
	}
}

func repositories(t *testing.T) []string {
	t.Helper()
	dirs, err := filepath.Glob("../repos/*/[cf]*[ny]")
	if err != nil || len(dirs) < 4 {
		t.Fatalf("found %d example repositories, want at least 4 (%v)", len(dirs), err)
	}
	corpora := os.Getenv("GATEHOUSE_CORPORA")
	if corpora == "" {
		t.Log("the public repositories were left out: GATEHOUSE_CORPORA names no folder")
		return dirs
	}
	more, err := filepath.Glob(filepath.Join(corpora, "*"))
	if err != nil || len(more) == 0 {
		t.Fatalf("no repositories in %s (%v)", corpora, err)
	}
	return append(dirs, more...)
}

func testParity(t *testing.T, c *cluster.Cluster, dir string) {
	work := t.TempDir()
	if err := os.CopyFS(work, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	asFile := judged(t, work, "check")
	must(t, work, "git", "init", "-q", "-b", "main")
	must(t, work, "git", "commit", "-q", "--allow-empty", "-m", "base")
	must(t, work, "git", "checkout", "-q", "-b", "change")
	must(t, work, "git", "add", "--force", ".")
	staged := judged(t, work, "check", "--staged")
	if diff := cmp.Diff(asFile, staged, cmp.AllowUnexported(subject{}, found{}, placed{})); diff != "" {
		t.Errorf("staged differs from the files (-files +staged):\n%s", diff)
	}
	must(t, work, "git", "commit", "-q", "--no-verify", "-m", "all")
	inRange := judged(t, work, "check", "--base", "main")
	if diff := cmp.Diff(asFile, inRange, cmp.AllowUnexported(subject{}, found{}, placed{})); diff != "" {
		t.Errorf("the range differs from the files (-files +range):\n%s", diff)
	}
	atAdmission(t, c, work, asFile)
}

// judged runs a check and gives its findings by object.
func judged(t *testing.T, dir string, args ...string) map[subject][]placed {
	t.Helper()
	r := command(t, dir, nil, program, append(args, "-o", "json", "--no-cache")...)
	var report struct {
		Findings []struct {
			Check, Category, File, Field string
			Line                         uint32
			Object                       manifest.Object
		}
	}
	if err := json.Unmarshal([]byte(r.stdout), &report); err != nil {
		t.Fatalf("gatehouse %v: exit %d: %v\n%s", args, r.code, err, r.stderr)
	}
	out := map[subject][]placed{}
	for _, f := range report.Findings {
		if f.Category == ofOwners {
			continue
		}
		s := subject{f.File, f.Object}
		out[s] = append(out[s], placed{found{f.Check, f.Field}, f.Line})
	}
	return out
}

// expected are the findings on a document that a webhook has, too. An object that
// stands twice in a file is two reviews, so lines tell whose they are.
func expected(asFile map[subject][]placed, d *manifest.Document) []found {
	var out []found
	for _, p := range asFile[subject{d.File, d.Object}] {
		if notAtAdmission[p.check] == "" && p.line >= d.At().Line && p.line <= max(d.Root.EndLine(), d.At().Line) {
			out = append(out, p.found)
		}
	}
	return sorted(out)
}

func sorted(list []found) []found {
	slices.SortFunc(list, func(a, b found) int { return strings.Compare(a.check+a.field, b.check+b.field) })
	return list
}

// atAdmission sends every object of a tree to the API server and compares what the
// webhook finds.
func atAdmission(t *testing.T, c *cluster.Cluster, dir string, asFile map[subject][]placed) {
	documents := objectsOf(t, dir)
	name := "parity-" + strings.ToLower(strings.ReplaceAll(filepath.Base(t.Name()), "+", "-"))
	w := startWebhook(t, c, name, map[string]any{}, "--mode", "observe")
	w.waitUntilCalled(t, c, "default")

	counts := map[string]int{}
	for _, d := range documents {
		want := expected(asFile, d)
		object := asMap(t, d)
		created, err := send(t, c, w, object)
		var refusal *cluster.Refusal
		switch {
		case errors.As(err, &refusal) && refusal.Reason == "AlreadyExists":
			// The namespaces are there, and an object that waits for its end; both can
			// be updated.
			counts["there already"]++
		case err != nil:
			counts["refused by the API server"]++
			t.Logf("%s: %s is refused: %.200v", d.File, d.Object, err)
			continue
		default:
			counts["created"]++
			compare(t, d, "CREATE", want, created)
		}
		updated, ok := update(t, c, w, object)
		if !ok {
			counts["not updated"]++
			continue
		}
		counts["updated"]++
		compare(t, d, "UPDATE", want, updated)
	}
	t.Logf("%d objects: %v", len(documents), counts)
	// Public repositories hold much that an API server refuses: old versions, and
	// names to be filled in.
	ours := !strings.Contains(t.Name(), "corpora")
	if judged := counts["created"] + counts["there already"]; ours && (judged*10 < len(documents)*9 || counts["updated"]*10 < judged*9) {
		t.Errorf("too few objects were compared: %v of %d", counts, len(documents))
	}
}

func compare(t *testing.T, d *manifest.Document, operation string, want, got []found) {
	t.Helper()
	got = slices.DeleteFunc(got, func(f found) bool {
		return onlyAtAdmission[f.check] != "" || settledByTree[f.check] != "" && !slices.Contains(want, f)
	})
	if diff := cmp.Diff(want, sorted(got), cmp.AllowUnexported(found{}), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s: %s as %s (-file +admission):\n%s", d.File, d.Object, operation, diff)
	}
}

// objectsOf are the objects of a tree that could be applied.
func objectsOf(t *testing.T, dir string) []*manifest.Document {
	t.Helper()
	var out []*manifest.Document
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			if e != nil && e.Name() == ".git" {
				return filepath.SkipDir
			}
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		for _, d := range manifest.Read(filepath.ToSlash(relative), text, manifest.DefaultLimits()).Documents {
			// The API server calls no webhook for what registers webhooks and policies,
			// and a kustomization is never applied.
			if d.IsObject() && !d.Templated && d.Object.Name != "" && d.Object.Group() != "kustomize.config.k8s.io" && d.Object.Group() != "admissionregistration.k8s.io" {
				out = append(out, d)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// documentsOf are the objects of a manifest as maps.
func documentsOf(t *testing.T, text string) []map[string]any {
	t.Helper()
	var out []map[string]any
	for _, d := range manifest.Read("x.yaml", []byte(text), manifest.DefaultLimits()).Documents {
		out = append(out, asMap(t, d))
	}
	if len(out) == 0 {
		t.Fatalf("there is no object in:\n%s", text)
	}
	return out
}

func asMap(t *testing.T, d *manifest.Document) map[string]any {
	t.Helper()
	text, err := json.Marshal(d.Root.Value())
	if err != nil {
		t.Fatal(err)
	}
	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil {
		t.Fatal(err)
	}
	return object
}

// prepare makes the API server take the kinds and namespaces of the objects.
func prepare(t *testing.T, c *cluster.Cluster, documents []*manifest.Document) {
	t.Helper()
	admin := c.Client(cluster.Admin)
	versions, err := admin.APIVersions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	type kind struct{ group, kind string }
	custom := map[kind]*cluster.CustomKind{}
	namespaces := map[string]bool{}
	for _, d := range documents {
		if d.Object.Namespace != "" {
			namespaces[d.Object.Namespace] = true
		}
		group := d.Object.Group()
		if !strings.Contains(group, ".") || isServed(t, admin, versions, d.Object) || strings.HasSuffix(group, ".k8s.io") {
			continue
		}
		k := kind{group, d.Object.Kind}
		if custom[k] == nil {
			custom[k] = &cluster.CustomKind{Group: group, Kind: d.Object.Kind, Namespaced: d.Object.Namespace != ""}
		}
		if !slices.Contains(custom[k].Versions, d.Object.Version()) {
			custom[k].Versions = append(custom[k].Versions, d.Object.Version())
		}
		custom[k].Namespaced = custom[k].Namespaced || d.Object.Namespace != ""
	}
	for _, k := range custom {
		if err := c.InstallKinds(t.Context(), *k); err != nil {
			t.Logf("kind %s %s is left out: %v", k.Group, k.Kind, err)
		}
	}
	for name := range namespaces {
		if err := admin.CreateNamespace(t.Context(), name, nil); err != nil {
			t.Logf("namespace %q is left out: %v", name, err)
		}
	}
}

func isServed(t *testing.T, admin *cluster.Client, versions []string, o manifest.Object) bool {
	t.Helper()
	if !slices.Contains(versions, o.APIVersion) {
		return false
	}
	list, err := admin.Resources(t.Context(), o.APIVersion)
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(list, func(r cluster.Resource) bool { return r.Kind == o.Kind })
}

// send creates an object in a dry run and returns what the webhook found.
func send(t *testing.T, c *cluster.Cluster, w *webhook, object map[string]any) ([]found, error) {
	t.Helper()
	w.forget()
	r, err := c.Client(cluster.Developer).Create(t.Context(), object, cluster.Write{DryRun: true})
	if err == nil {
		err = r.Err()
	}
	if err != nil {
		return nil, err
	}
	return findingsOf(t, w, object, "CREATE"), nil
}

// findingsOf reads what the webhook found in an object. Other parts of the API
// server write objects of their own meanwhile.
func findingsOf(t *testing.T, w *webhook, object map[string]any, operation string) []found {
	t.Helper()
	meta, _ := object["metadata"].(map[string]any)
	name, _ := meta["name"].(string)
	prefix, _ := meta["generateName"].(string)
	r, ok := w.next(t, func(r review) bool {
		return r.Kind == object["kind"] && r.Operation == operation && (r.Name == name || prefix != "" && strings.HasPrefix(r.Name, prefix))
	})
	if !ok {
		t.Errorf("the API server took %s %s and did not ask the webhook", object["kind"], name)
	}
	var out []found
	for _, f := range r.Findings {
		out = append(out, found{f.Check, f.Field})
	}
	return out
}

// update stores the object without its faults, unless it is there, and then
// updates it in a dry run.
func update(t *testing.T, c *cluster.Cluster, w *webhook, object map[string]any) ([]found, bool) {
	t.Helper()
	client := c.Client(cluster.Developer)
	stored, err := client.Create(t.Context(), cleaned(object), cluster.Write{})
	created := err == nil && stored.Err() == nil
	if !created {
		stored, err = client.Get(t.Context(), object, cluster.Write{})
	}
	if err != nil || stored.Err() != nil {
		return nil, false
	}
	before, err := stored.Object()
	if err != nil {
		t.Fatal(err)
	}
	if created {
		defer func() {
			if _, err := client.Delete(t.Context(), before, cluster.Write{}); err != nil {
				t.Errorf("delete: %v", err)
			}
		}()
	}
	after := merged(object, before)
	w.forget()
	r, err := client.Replace(t.Context(), after, cluster.Write{DryRun: true})
	if err != nil || r.Err() != nil {
		return nil, false
	}
	return findingsOf(t, w, after, "UPDATE"), true
}

// cleaned is an object without what the checks of today find in it: a Secret
// without its values.
func cleaned(object map[string]any) map[string]any {
	if object["kind"] != "Secret" {
		return object
	}
	out := map[string]any{}
	for k, v := range object {
		if k != "stringData" && k != "data" {
			out[k] = v
		}
	}
	switch object["type"] {
	case nil, "", "Opaque":
	default:
		// The values that a type asks for must be there, and the type cannot change.
		return object
	}
	return out
}

// merged is what kubectl replace sends: the object as written, under the name and
// version that are stored.
func merged(object, stored map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range object {
		out[k] = v
	}
	meta := map[string]any{}
	if written, ok := object["metadata"].(map[string]any); ok {
		for k, v := range written {
			meta[k] = v
		}
	}
	storedMeta, _ := stored["metadata"].(map[string]any)
	meta["name"], meta["resourceVersion"] = storedMeta["name"], storedMeta["resourceVersion"]
	out["metadata"] = meta
	// What the server allocates and then keeps must be sent as it is.
	if spec, ok := stored["spec"].(map[string]any); ok && (object["kind"] == "Service" || object["kind"] == "Job" || object["kind"] == "PersistentVolumeClaim" || object["kind"] == "Pod") {
		out["spec"] = spec
	}
	return out
}

// TestTheListOfDifferencesIsCurrent fails where a check is listed that does not
// exist, or a reason is missing.
func TestTheListOfDifferencesIsCurrent(t *testing.T) {
	var listing struct {
		Checks []struct{ ID, Kind string }
	}
	if err := json.Unmarshal([]byte(must(t, ".", program, "explain", "-o", "json")), &listing); err != nil {
		t.Fatal(err)
	}
	known := map[string]string{}
	for _, c := range listing.Checks {
		known[c.ID] = c.Kind
	}
	for id, reason := range notAtAdmission {
		if known[id] == "" || reason == "" {
			t.Errorf("%s: kind %q, reason %q", id, known[id], reason)
		}
	}
}
