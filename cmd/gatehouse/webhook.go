package main

import (
	"cmp"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/admission"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/config"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/suggest"
)

// imageName is under which name releases are published as images.
const imageName = "ghcr.io/gatehouse-dev/gatehouse"

func (p program) webhookCommand() *cli.Command {
	return &cli.Command{
		Name:  "webhook",
		Usage: "judge what is applied to a cluster, as an admission webhook",
		Description: "The webhook answers AdmissionReviews over TLS on " + admission.Path + ". It reads nothing of the cluster and needs\n" +
			"no rights in it. `gatehouse webhook manifests` prints what to install.\n\n" +
			"Every call is answered with a decision. What could not be judged is denied in mode enforce, unless\n" +
			"--incomplete says otherwise.\n\n" +
			"A Secret in a cluster is always in plain text, so what counts is who writes it: built-in writers such as\n" +
			"the sealed-secrets controller may, as long as the Secret has the form that they give it. The built-in\n" +
			"writers that run under a service account are\n" + wrapped(admission.Writers()) + ".",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "address", Value: ":8443", Usage: "serve the webhook on `HOST:PORT`"},
			&cli.StringFlag{Name: "metrics-address", Value: "127.0.0.1:8081", Usage: "serve metrics and probes in plain HTTP on `HOST:PORT`; empty for nowhere"},
			&cli.StringFlag{Name: "tls-cert", Usage: "certificate of the webhook, a PEM `FILE` that is read again when it changes"},
			&cli.StringFlag{Name: "tls-key", Usage: "its private key, a PEM `FILE`"},
			&cli.StringFlag{Name: "mode", Value: string(admission.Observe), Usage: "what to do with findings, `MODE`: observe, warn or enforce"},
			&cli.StringFlag{Name: "incomplete", Value: "deny", Usage: "what mode enforce does with what could not be judged, `ANSWER`: allow or deny"},
			&cli.StringFlag{Name: "fail-on", Usage: "deny from this `SEVERITY` on: none, error or warning (default: error)"},
			&cli.StringFlag{Name: "rules", Usage: "take policies, waivers and severities from the .gatehouse/ in `DIR`"},
			&cli.StringFlag{Name: "environment", Usage: "the cluster belongs to this environment, by its `NAME` in the rules"},
			&cli.StringSliceFlag{Name: "writer", Usage: "a built-in writer runs under this service account, `NAME=namespace:serviceaccount`; may be given several times"},
			&cli.BoolFlag{Name: "trust-unbound-writers", Usage: "take a writer's identity also from a token that is bound to no pod"},
			&cli.DurationFlag{Name: "drain", Value: 10 * time.Second, Usage: "go on serving for this `TIME` when told to stop"},
			&cli.IntFlag{Name: "concurrency", Usage: "judge `N` requests at a time (default: four for each processor)"},
		},
		OnUsageError: onUsageError,
		Action:       p.webhook,
		Subcommands: []*cli.Command{{
			Name:  "manifests",
			Usage: "print the objects that install the webhook",
			Description: "They are made to be read, changed and applied: by default everything is only observed, and the API server\n" +
				"goes on without the webhook where it does not answer. cert-manager issues the certificate, unless there\n" +
				"is a --ca-bundle.",
			Flags: []cli.Flag{
				&cli.StringFlag{Name: "namespace", Value: "gatehouse", Usage: "install into this `NAMESPACE`"},
				&cli.StringFlag{Name: "image", Usage: "run this `IMAGE` (default: that of this version)"},
				&cli.StringFlag{Name: "mode", Value: string(admission.Observe), Usage: "what to do with findings, `MODE`: observe, warn or enforce"},
				&cli.StringFlag{Name: "failure-policy", Value: "Ignore", Usage: "what the API server does where the webhook does not answer, `POLICY`: Ignore or Fail"},
				&cli.StringFlag{Name: "rules", Usage: "call the webhook for all that the policies of the .gatehouse/ in `DIR` look at, removals among them"},
				&cli.StringFlag{Name: "ca-bundle", Usage: "PEM `FILE` of the authority that signs the certificate, without cert-manager"},
			},
			OnUsageError: onUsageError,
			Action:       p.webhookManifests,
		}},
	}
}

// wrapped lists names, four a line.
func wrapped(names []string) string {
	var b strings.Builder
	for i, name := range names {
		switch {
		case i == 0:
		case i%4 == 0:
			b.WriteString(",\n")
		default:
			b.WriteString(", ")
		}
		b.WriteString(name)
	}
	return b.String()
}

func (p program) webhook(c *cli.Context) error {
	if word := c.Args().First(); word != "" {
		return usage("webhook takes no argument %q%s; its command is manifests", word, suggest.Sentence(word, []string{"manifests"}))
	}
	if c.String("tls-cert") == "" || c.String("tls-key") == "" {
		return usage("webhook needs --tls-cert and --tls-key: the API server calls it over TLS")
	}
	rules := &admissionRules{program: p, cli: c}
	judge, err := rules.load()
	if err != nil {
		return err
	}
	server, err := admission.Listen(judge, admission.Config{
		Address: c.String("address"), MetricsAddress: c.String("metrics-address"),
		CertFile: c.String("tls-cert"), KeyFile: c.String("tls-key"),
		Drain: max(c.Duration("drain"), 0), Concurrency: max(c.Int("concurrency"), 0), Log: p.stderr, Reload: rules.load,
	})
	if err != nil {
		return exit{code: exitUsage, message: err.Error()}
	}
	return server.Serve(c.Context)
}

// admissionRules are the rules of a webhook, as they lie in their folder.
type admissionRules struct {
	program program
	cli     *cli.Context
	tried   string // which rules were tried last
	failed  error  // what is wrong with them
}

// load gives what judges by the rules, or nil where they are those that were tried
// last. They are read each time, and compiled only where they have changed.
func (r *admissionRules) load() (*admission.Judge, error) {
	set, err := rulesIn(r.cli.String("rules"))
	if err != nil {
		return nil, err
	}
	now := set.settings.Digest + set.identity()
	if now == r.tried {
		return nil, r.failed
	}
	settings, err := r.program.admissionSettings(r.cli, set)
	r.tried, r.failed = now, err
	if err != nil {
		return nil, err
	}
	return admission.New(settings), nil
}

// admissionSettings are what the command line and the rules say.
func (p program) admissionSettings(c *cli.Context, set *policySet) (s admission.Settings, err error) {
	if s.Mode, err = admission.ParseMode(c.String("mode")); err != nil {
		return s, usage("--mode: %s", err)
	}
	switch c.String("incomplete") {
	case "deny":
	case "allow":
		s.AllowIncomplete = true
	default:
		return s, usage("--incomplete: unknown answer %q: must be allow or deny", c.String("incomplete"))
	}
	for _, word := range c.StringSlice("writer") {
		w, err := admission.ParseWriter(word)
		if err != nil {
			return s, usage("--writer: %s", err)
		}
		s.Writers = append(s.Writers, w)
	}
	s.TrustUnboundWriters, s.Now = c.Bool("trust-unbound-writers"), p.now
	rules := set.settings
	if err := configExit(config.RefuseFuture(rules.Waivers, p.now())); err != nil {
		return s, err
	}
	if s.FailOn, err = failOn(c, rules.Config); err != nil {
		return s, err
	}
	s.Checks, s.Rules, s.Waivers, s.Overrides = append(set.builtin(), set.checks()...), rules.Rules(), rules.Waivers, rules.Config.SeverityOverrides()
	s.Layout, s.Local, s.Environment = rules.Config.Layout(), rules.Digest, c.String("environment")
	if faults := set.load().faults; len(faults) > 0 {
		return s, policyFaults(faults).exit()
	}
	return s, knownEnvironment(s.Environment, s.Layout)
}

// rulesIn reads the rules in a folder, or gives those of one that says nothing.
func rulesIn(folder string) (*policySet, error) {
	pl := nowhere()
	if folder != "" {
		if info, err := os.Stat(filepath.Join(folder, config.Folder)); err != nil || !info.IsDir() {
			return nil, usage("--rules %s: there is no folder %s in it", folder, config.Folder)
		}
		pl = folderPlace(folder)
	}
	set, err := openPolicies(pl, false)
	return set, configExit(err)
}

func knownEnvironment(name string, layout checks.Layout) error {
	if name == "" {
		return nil
	}
	var known []string
	for _, e := range layout.Environments {
		known = append(known, e.Name)
	}
	for _, k := range known {
		if k == name {
			return nil
		}
	}
	if len(known) == 0 {
		return usage("--environment %s: the rules name no environments; give --rules with those that do", name)
	}
	return usage("--environment: unknown environment %q%s; the rules have %s", name, suggest.Sentence(name, known), strings.Join(known, ", "))
}

func (p program) webhookManifests(c *cli.Context) error {
	if c.NArg() > 0 {
		return usage("manifests takes no argument %q", c.Args().First())
	}
	install := admission.Install{
		Namespace: c.String("namespace"), Mode: admission.Mode(c.String("mode")), FailurePolicy: c.String("failure-policy"),
		// A tag may not hold the "+" of a version that was built from a work tree.
		Image: cmp.Or(c.String("image"), imageName+":"+strings.ReplaceAll(version(), "+", "-")),
	}
	if file := c.String("ca-bundle"); file != "" {
		bundle, err := os.ReadFile(file)
		if err != nil {
			return usage("--ca-bundle: %s", err)
		}
		if len(bundle) == 0 {
			return usage("--ca-bundle: %s is empty", file)
		}
		install.CABundle = bundle
	}
	if folder := c.String("rules"); folder != "" {
		set, err := rulesIn(folder)
		if err != nil {
			return err
		}
		if faults := set.load().faults; len(faults) > 0 {
			return policyFaults(faults).exit()
		}
		install.Asked, install.Open = calledFor(set.asked())
	}
	text, err := admission.Manifests(install)
	if err != nil {
		return usage("%s", err)
	}
	_, err = p.stdout.Write(text)
	return err
}
