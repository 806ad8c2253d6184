package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-dev/gatehouse/cmd/internal/source"
	"github.com/gatehouse-dev/gatehouse/secrets/seal"
)

// target is the certificate that a run seals for.
type target struct {
	certificate seal.Certificate
	from        string // where it comes from, for people
	root        string // of the repository that has it; "" where the caller names it
	announced   bool
}

const (
	maxCertificate = 1 << 20 // bytes of a file that is read for one
	soon           = 30 * 24 * time.Hour
)

// committedCertificates are the files in which people keep the certificate of
// their controller, from the root of the repository.
func committedCertificates() []string {
	return []string{"pub-sealed-secrets.pem", "pub-sealed-secrets.crt", "sealed-secrets.pem", "sealed-secrets.crt"}
}

const certificateFolder = ".gatehouse/certs"

// fetchOne is the next step where a certificate cannot be used.
const fetchOne = "kubeseal --fetch-cert > pub-sealed-secrets.pem fetches the one that the controller uses now"

// howToGetOne is the next step where there is none.
const howToGetOne = fetchOne + "\n" +
	"      or without kubeseal: kubectl get secret --namespace kube-system --selector sealedsecrets.bitnami.com/sealed-secrets-key=active" +
	` --sort-by .metadata.creationTimestamp --output jsonpath='{.items[-1:].data.tls\.crt}' | base64 -d > pub-sealed-secrets.pem` + "\n" +
	"      then commit that file, or name it with --cert"

// openTarget reads the certificate that the caller names; with --cert it must be
// good even if nothing is sealed.
func (s *sealing) openTarget(flag string) error {
	switch {
	case flag == "-":
		text, err := readAllUpTo(s.stdin, maxCertificate)
		if err != nil {
			return usage("read the certificate from standard input: %s", err)
		}
		return s.useCertificate(text, "standard input")
	case flag != "":
		return s.readTarget(flag, flag)
	}
	return nil
}

// findTarget finds the certificate where the caller names none: by the variable,
// else in the repository that holds a folder.
func (s *sealing) findTarget(folder string) error {
	const variable = "SEALED_SECRETS_CERT"
	if path := s.env(variable); path != "" {
		return s.readTarget(path, path+" ("+variable+")")
	}
	root, err := s.rootOf(folder)
	if err != nil {
		return err
	}
	found, err := configuredCertificate(root)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		found, err = certificatesIn(root)
	}
	switch {
	case err != nil:
		return usage("look for a certificate in %s: %s", certificateFolder, err)
	case len(found) == 0:
		return exit{code: exitUsage, message: "there is no certificate to seal with", hint: howToGetOne}
	case len(found) > 1:
		return exit{code: exitUsage, message: "there are several certificates to seal with: " + strings.Join(found, ", "), hint: "name one of them with --cert"}
	}
	text, err := readBelow(root, found[0])
	if err != nil {
		return usage("read the certificate %s: %s", found[0], err)
	}
	if err := s.useCertificate(text, found[0]); err != nil {
		return err
	}
	s.target.root = root
	return nil
}

// serves refuses a file of another repository than that of the certificate, which
// another cluster may read.
func (t target) serves(s *sealing, name, folder string) error {
	if t.root == "" {
		return nil
	}
	root, err := s.rootOf(folder)
	if err != nil || root == t.root {
		return err
	}
	return exit{code: exitUsage, message: fmt.Sprintf("%s: not sealed: the certificate %s belongs to the files in %s", name, t.from, t.root),
		hint: "seal the files of one place at a time, or name the certificate with --cert"}
}

// rootOf is the root of the repository that holds a folder, or the folder itself
// outside of one.
func (s *sealing) rootOf(folder string) (string, error) {
	repo, err := s.repoOf(folder)
	if err != nil || repo == nil {
		return folder, err
	}
	return repo.Root(), nil
}

// sourceExitOf is sourceExit with the command that mends what cannot be seen.
func sourceExitOf(err error) error {
	var incomplete *source.Incomplete
	if errors.As(err, &incomplete) {
		return exit{code: exitIncomplete, message: incomplete.Reason, hint: incomplete.Mend}
	}
	return sourceExit(err)
}

// configuredCertificate is the certificate that the configuration names, if any.
func configuredCertificate(root string) ([]string, error) {
	set, err := openPolicies(folderPlace(root), false)
	if err != nil {
		return nil, configExit(err)
	}
	if set.settings.Config.Certificate == "" {
		return nil, nil
	}
	return []string{set.settings.Config.Certificate}, nil
}

// certificatesIn lists the certificates of a repository: those of the folder, or,
// if it has none, those at the root.
func certificatesIn(root string) ([]string, error) {
	folder, err := os.OpenRoot(root)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	found, err := fs.Glob(folder.FS(), certificateFolder+"/*.pem")
	if err != nil || len(found) > 0 {
		return found, err
	}
	for _, name := range committedCertificates() {
		if info, err := folder.Stat(name); err == nil && info.Mode().IsRegular() {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return found, nil
}

func (s *sealing) readTarget(path, from string) error {
	if lower := strings.ToLower(path); strings.HasPrefix(lower, "http://") || strings.HasPrefix(lower, "https://") {
		return exit{code: exitUsage, message: "a certificate is not fetched over the network: whoever answers there could read what is sealed",
			hint: "save it with curl --output pub-sealed-secrets.pem " + shellWord(path) + ", compare its fingerprint with the cluster's, and name the file"}
	}
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		err = errors.New("it is a folder")
	}
	if err != nil {
		return exit{code: exitUsage, message: fmt.Sprintf("the certificate in %s cannot be read: %s", from, cause(err)), hint: fetchOne}
	}
	f, err := os.Open(path)
	if err != nil {
		return usage("the certificate in %s cannot be read: %s", from, cause(err))
	}
	defer f.Close()
	text, err := readAllUpTo(f, maxCertificate)
	if err != nil {
		return usage("the certificate in %s cannot be read: %s", from, cause(err))
	}
	return s.useCertificate(text, from)
}

// cause is an error of the file system without the path, which stands before it.
func cause(err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

func (s *sealing) useCertificate(text []byte, from string) error {
	certificate, err := seal.ParseCertificate(text, s.now())
	if err != nil {
		return exit{code: exitUsage, message: fmt.Sprintf("the certificate in %s cannot be used: %s", from, err), hint: fetchOne}
	}
	s.target = target{certificate: certificate, from: from}
	return nil
}

// announce tells, once, for whom is sealed.
func (t *target) announce(w io.Writer, now time.Time) {
	if t.announced {
		return
	}
	t.announced = true
	c := t.certificate
	fmt.Fprintf(w, "sealing for the certificate %s of %s, RSA %d, valid until %s\n", c.Fingerprint, t.from, c.Bits, c.NotAfter.UTC().Format(time.DateOnly))
	if left := c.NotAfter.Sub(now); left < soon {
		fmt.Fprintf(w, "it expires in %s: fetch the new one\n", counted(int(left/(24*time.Hour)), "day"))
	}
}
