package main

import (
	"cmp"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/gatehouse-dev/gatehouse/cmd/internal/config"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/fetch"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/kubeconfig"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/source"
	"github.com/gatehouse-dev/gatehouse/secrets/seal"
	proofs "github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// Where the controller is installed if nobody says otherwise, as for kubeseal.
const (
	controllerNamespace = "kube-system"
	controllerName      = "sealed-secrets-controller"
)

func (p program) sealCertCommand() *cli.Command {
	return &cli.Command{
		Name:      "cert",
		Usage:     "show or pin the certificate that Secrets are sealed with",
		ArgsUsage: "[FILE]",
		Description: "It prints the fingerprint, the validity and the key size of the certificate in FILE, of the one on standard\n" +
			"input (FILE is -), of the one at --url, or of those that the repository has. --output writes it as PEM and\n" +
			"prints what pins it in .gatehouse/config.yaml.\n\n" +
			"--fetch asks the controller of --controller-namespace and --controller-name (SEALED_SECRETS_CONTROLLER_NAMESPACE\n" +
			"and SEALED_SECRETS_CONTROLLER_NAME) through the API server that the kubeconfig names (KUBECONFIG, or\n" +
			"~/.kube/config; not in CI). Where there is none, or its user logs in by a program, it prints the command of\n" +
			"kubectl to run instead. --url takes https, or http to this machine, as after kubectl port-forward.\n\n" +
			"Exit codes: 0 done; 2 nobody should seal with the certificate, or there is none; 3 it cannot be fetched.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "fetch", Usage: "fetch the certificate from the controller, or print the command that does"},
			&cli.StringFlag{Name: "context", Usage: "with --fetch, the `CONTEXT` of the kubeconfig (default: its current one)"},
			&cli.StringFlag{Name: "url", Usage: "fetch the certificate from `URL`; without a path from /v1/cert.pem there"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write the certificate to `PATH`"},
			&cli.StringFlag{Name: "controller-namespace", Usage: "`NAMESPACE` of the controller (default: " + controllerNamespace + ")"},
			&cli.StringFlag{Name: "controller-name", Usage: "`NAME` of the service of the controller (default: " + controllerName + ")"},
		},
		OnUsageError: onUsageError,
		Action:       p.sealCert,
	}
}

func (p program) sealCert(c *cli.Context) error {
	file, address := c.Args().First(), c.String("url")
	switch {
	case c.NArg() > 1:
		return usage("seal cert takes one FILE, and %d were given", c.NArg())
	case file != "" && address != "":
		return usage("FILE and --url exclude each other")
	case c.Bool("fetch") && (file != "" || address != ""):
		return usage("--fetch asks the controller, and takes neither a FILE nor --url")
	case file == "-":
		text, err := readAllUpTo(p.stdin, maxCertificate)
		if err != nil {
			return exit{code: exitIncomplete, message: fmt.Sprintf("read the certificate from standard input: %s", err)}
		}
		return p.pinCertificate(c, "standard input", text)
	case address != "":
		text, err := fetchCertificate(c.Context, address)
		if err != nil {
			return err
		}
		return p.pinCertificate(c, address, text)
	case file != "":
		text, err := readCertificateFile(file)
		if err != nil {
			return err
		}
		return p.pinCertificate(c, file, text)
	}
	if c.Bool("fetch") {
		return p.fetchFromController(c)
	}
	if c.String("output") != "" || c.IsSet("controller-namespace") || c.IsSet("controller-name") {
		_, err := fmt.Fprintln(p.stdout, p.fetchCommand(c))
		return err
	}
	return p.showCommitted(c)
}

// fetchCommand is the command that asks the controller by the service proxy of the API
// server, and has this program look at the answer.
// fetchFromController asks the controller through the API server of the kubeconfig.
func (p program) fetchFromController(c *cli.Context) error {
	access, err := p.kubeAccess(c.String("context"))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, kubeconfig.ErrProgram) {
		fmt.Fprintf(p.stderr, "gatehouse: %s: run\n", printable(err.Error()))
		_, err := fmt.Fprintln(p.stdout, p.fetchCommand(c))
		return err
	}
	if err != nil {
		return exit{code: exitIncomplete, message: "the certificate cannot be fetched: " + printable(err.Error()), hint: p.fetchCommand(c)}
	}
	text, err := access.Get(c.Context, p.controllerPath(c), maxCertificate)
	if err != nil {
		return exit{code: exitIncomplete, message: "the certificate cannot be fetched: " + printable(err.Error()),
			hint: "name the controller with --controller-namespace and --controller-name; or run " + p.fetchCommand(c)}
	}
	return p.pinCertificate(c, access.String()+p.controllerPath(c), text)
}

// kubeAccess is the API server of the person's kubeconfig; fs.ErrNotExist where there
// is none. Of several files in KUBECONFIG the first counts.
func (p program) kubeAccess(name string) (kubeconfig.Access, error) {
	file, _, _ := strings.Cut(p.personal("KUBECONFIG"), string(os.PathListSeparator))
	if home := p.personal("HOME"); file == "" && home != "" {
		file = filepath.Join(home, ".kube", "config")
	}
	if _, err := os.Stat(file); file == "" || err != nil {
		return kubeconfig.Access{}, fmt.Errorf("there is no kubeconfig: %w", fs.ErrNotExist)
	}
	return kubeconfig.Read(file, name)
}

// controllerPath is where the API server hands on the certificate of the controller.
func (p program) controllerPath(c *cli.Context) string {
	namespace := cmp.Or(c.String("controller-namespace"), p.personal("SEALED_SECRETS_CONTROLLER_NAMESPACE"), controllerNamespace)
	name := cmp.Or(c.String("controller-name"), p.personal("SEALED_SECRETS_CONTROLLER_NAME"), controllerName)
	return fmt.Sprintf("/api/v1/namespaces/%s/services/http:%s:8080/proxy/v1/cert.pem", url.PathEscape(namespace), url.PathEscape(name))
}

func (p program) fetchCommand(c *cli.Context) string {
	return fmt.Sprintf("kubectl get --raw %s | gatehouse seal cert - --output %s", shellWord(p.controllerPath(c)), shellWord(cmp.Or(c.String("output"), committedCertificates()[0])))
}

// showCommitted tells of the certificates that the repository has.
func (p program) showCommitted(c *cli.Context) error {
	s, err := p.open(c.Context, door{path: "."})
	if err != nil {
		return sourceExitOf(err)
	}
	defer s.close()
	pl := folderPlace(s.set.Root)
	var bad error
	seen := map[string]bool{}
	for _, environment := range append([]config.Environment{{}}, s.settings.Config.Environments...) {
		settings := s.settings.Config.SealFor(environment.Name)
		names, err := certificatesAt(pl, settings)
		if err != nil {
			return usage("look for certificates: %s", unpathed(err))
		}
		for _, name := range names {
			if seen[name] {
				continue
			}
			seen[name] = true
			if err := p.showPinned(pl, name, settings); err != nil && bad == nil {
				bad = err
			}
		}
	}
	if len(seen) == 0 {
		return exit{code: exitUsage, message: "there is no certificate here", hint: p.fetchCommand(c)}
	}
	return bad
}

// showPinned tells of one certificate of the repository, and whether it is the pinned one.
func (p program) showPinned(pl place, name string, settings config.Seal) error {
	text, err := pl.read(name)
	if err != nil {
		return exit{code: exitUsage, message: fmt.Sprintf("the certificate %s cannot be read: %s", name, unpathed(err)), hint: fetchOne}
	}
	if err := p.showCertificate(name, text); err != nil {
		return err
	}
	if settings.Certificate != name || settings.Fingerprint == "" {
		fmt.Fprintln(p.stdout, "  pinned       no fingerprint in "+config.ConfigPath)
		return nil
	}
	if parsed := anyCertificate(text); proofs.Fingerprint(parsed) != settings.Fingerprint {
		return exit{code: exitUsage, message: fmt.Sprintf("%s is not the certificate whose fingerprint %s has: that is %s", name, config.ConfigPath, settings.Fingerprint),
			hint: "find out which one is the cluster's, and correct the other"}
	}
	fmt.Fprintln(p.stdout, "  pinned       as in "+config.ConfigPath)
	return nil
}

// showCertificate prints the facts of a certificate. The error says why nobody should
// seal with it.
func (p program) showCertificate(from string, text []byte) error {
	if parsed := anyCertificate(text); parsed != nil {
		fmt.Fprintf(p.stdout, "%s\n  fingerprint  %s\n", printable(from), proofs.Fingerprint(parsed))
		if usable, err := seal.ParseCertificate(text, parsed.NotBefore); err == nil {
			fmt.Fprintf(p.stdout, "  key          RSA %d\n", usable.Bits)
		}
		fmt.Fprintf(p.stdout, "  valid        %s until %s\n", parsed.NotBefore.UTC().Format(time.DateOnly), parsed.NotAfter.UTC().Format(time.DateOnly))
	}
	certificate, err := seal.ParseCertificate(text, p.now())
	if err != nil {
		return exit{code: exitUsage, message: fmt.Sprintf("nobody should seal with the certificate in %s: %s", printable(from), err), hint: fetchOne}
	}
	if left := certificate.NotAfter.Sub(p.now()); left < soon {
		fmt.Fprintf(p.stderr, "gatehouse: it expires in %s: fetch the new one\n", counted(int(left/(24*time.Hour)), "day"))
	}
	return nil
}

// pinCertificate prints the facts of a certificate and, where --output says so, writes
// it, and nothing else of the text.
func (p program) pinCertificate(c *cli.Context, from string, text []byte) error {
	if err := p.showCertificate(from, text); err != nil {
		return err
	}
	output := c.String("output")
	if output == "" {
		return nil
	}
	parsed := anyCertificate(text)
	note, err := writeCertificate(output, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: parsed.Raw}))
	if err != nil {
		return err
	}
	name, err := p.nameInRepository(c.Context, output)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "%s %s\n", printable(output), note)
	if name != "" {
		fmt.Fprintf(p.stdout, "\nTo pin it, write into %s:\nseal:\n  certificate: %s\n  fingerprint: %s\n", config.ConfigPath, yamlWord(name), proofs.Fingerprint(parsed))
	}
	if c.String("url") != "" {
		fmt.Fprintln(p.stderr, "gatehouse: compare the fingerprint with the cluster's: whoever answered could read what is sealed with it")
	}
	return nil
}

// yamlWord writes a path as a value in YAML.
func yamlWord(s string) string {
	if strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./") == "" {
		return s
	}
	return fmt.Sprintf("%q", s)
}

// writeCertificate writes a certificate to a file that is none, or holds another one.
func writeCertificate(path string, text []byte) (note string, err error) {
	refuse := func(err error) (string, error) {
		return "", exit{code: exitUsage, message: fmt.Sprintf("the certificate cannot be written to %s: %s", path, cause(err)), hint: "name another file with --output"}
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return refuse(err)
		}
		_, err = f.Write(text)
		if err = errors.Join(err, f.Close()); err != nil {
			return refuse(errors.Join(err, os.Remove(path)))
		}
		return "is written", nil
	case err != nil:
		return refuse(err)
	case !info.Mode().IsRegular():
		return refuse(errors.New("it is not a regular file"))
	}
	old, err := readCertificateFile(path)
	if err != nil {
		return "", err
	}
	before := anyCertificate(old)
	switch {
	case string(old) == string(text):
		return "holds it already", nil
	case before == nil && len(old) > 0:
		return refuse(errors.New("it holds something else than a certificate"))
	}
	if err := replaceFile(path, old, text); err != nil {
		return refuse(err)
	}
	if before == nil {
		return "is written", nil
	}
	return "is written, in place of " + proofs.Fingerprint(before) + ": gatehouse seal reseal --all seals for the new one", nil
}

// nameInRepository is the path of a file from the root of its repository, or from here;
// "" where the repository does not hold it.
func (p program) nameInRepository(ctx context.Context, path string) (string, error) {
	root := "."
	repo, err := source.Open(ctx, filepath.Dir(path))
	switch {
	case err == nil:
		defer subject{repo: repo}.close()
		root = repo.Root()
	case !errors.Is(err, source.ErrNotRepository):
		return "", sourceExitOf(err)
	}
	name, err := nameBelow(root, path)
	if err != nil || name == ".." || strings.HasPrefix(name, "../") {
		return "", nil
	}
	return name, nil
}

// readCertificateFile reads a file that a person has named.
func readCertificateFile(path string) ([]byte, error) {
	refuse := func(err error) error {
		return exit{code: exitUsage, message: fmt.Sprintf("the certificate in %s cannot be read: %s", path, cause(err)), hint: fetchOne}
	}
	text, err := readBounded(path, maxCertificate)
	if err != nil {
		return nil, refuse(err)
	}
	return text, nil
}

// readBounded reads a regular file of a bounded size, or what a shell gives in the place
// of one (a pipe).
func readBounded(path string, most int64) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, errors.New("it is a folder")
	case !info.Mode().IsRegular() && info.Mode()&fs.ModeNamedPipe == 0:
		return nil, errors.New("it is not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readAllUpTo(f, most)
}

// fetchCertificate asks a server for a certificate. Whoever answers is trusted with all
// that is sealed.
func fetchCertificate(ctx context.Context, address string) ([]byte, error) {
	text, err := fetch.Get(ctx, address, "/v1/cert.pem", maxCertificate)
	var refused *fetch.Refused
	switch {
	case errors.Is(err, fetch.ErrInsecure):
		return nil, exit{code: exitUsage, message: "--url takes https, or http to this machine: who is on the way could put another certificate in its place, and read what is sealed with it",
			hint: "kubectl port-forward --namespace " + controllerNamespace + " service/" + controllerName + " 8080, and then --url http://127.0.0.1:8080"}
	case errors.As(err, &refused):
		return nil, usage("--url %s", refused.Reason)
	case err != nil:
		return nil, exit{code: exitIncomplete, message: fmt.Sprintf("the certificate cannot be fetched: %s", printable(err.Error())), hint: fetchOne}
	}
	return text, nil
}
