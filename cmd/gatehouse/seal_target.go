package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-dev/gatehouse/cmd/internal/source"
	"github.com/gatehouse-dev/gatehouse/secrets/seal"
)

// target is a certificate that files are sealed for.
type target struct {
	certificate seal.Certificate
	from        string // where it comes from, for people
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
const fetchOne = "gatehouse seal cert --fetch --output pub-sealed-secrets.pem gets the one that the controller uses now"

// howToGetOne is the next step where there is none.
const howToGetOne = fetchOne + "\n" +
	"      or with kubeseal: kubeseal --fetch-cert > pub-sealed-secrets.pem\n" +
	"      then commit that file, or name it with --cert"

// namedTarget reads the certificate that the caller names, which must be good even if
// nothing is sealed; nil where none is named.
func (s *sealing) namedTarget(flag string) (*target, error) {
	switch flag {
	case "":
		return nil, nil
	case "-":
		text, err := readAllUpTo(s.stdin, maxCertificate)
		if err != nil {
			return nil, usage("read the certificate from standard input: %s", err)
		}
		return s.targetOf(text, "standard input")
	}
	return s.readTarget(flag, flag)
}

// sourceExitOf is sourceExit with the command that mends what cannot be seen.
func sourceExitOf(err error) error {
	var incomplete *source.Incomplete
	if errors.As(err, &incomplete) {
		return exit{code: exitIncomplete, message: incomplete.Reason, hint: incomplete.Mend}
	}
	return sourceExit(err)
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

func (s *sealing) readTarget(path, from string) (*target, error) {
	if lower := strings.ToLower(path); strings.HasPrefix(lower, "http://") || strings.HasPrefix(lower, "https://") {
		return nil, exit{code: exitUsage, message: "a certificate is not fetched over the network: whoever answers there could read what is sealed",
			hint: "save it with curl --output pub-sealed-secrets.pem " + shellWord(path) + ", compare its fingerprint with the cluster's, and name the file"}
	}
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		err = errors.New("it is a folder")
	}
	if err != nil {
		return nil, exit{code: exitUsage, message: fmt.Sprintf("the certificate in %s cannot be read: %s", from, cause(err)), hint: fetchOne}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, usage("the certificate in %s cannot be read: %s", from, cause(err))
	}
	defer f.Close()
	text, err := readAllUpTo(f, maxCertificate)
	if err != nil {
		return nil, usage("the certificate in %s cannot be read: %s", from, cause(err))
	}
	return s.targetOf(text, from)
}

// cause is an error of the file system without the path, which stands before it.
func cause(err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

func (s *sealing) targetOf(text []byte, from string) (*target, error) {
	certificate, err := seal.ParseCertificate(text, s.now())
	if err != nil {
		return nil, exit{code: exitUsage, message: fmt.Sprintf("the certificate in %s cannot be used: %s", from, err), hint: fetchOne}
	}
	return &target{certificate: certificate, from: from}, nil
}

// words tell for whom is sealed, and of an end that is near.
func (t *target) words(now time.Time) (whom, near string) {
	c := t.certificate
	whom = fmt.Sprintf("sealing for the certificate %s of %s, RSA %d, valid until %s", c.Fingerprint, t.from, c.Bits, c.NotAfter.UTC().Format(time.DateOnly))
	if left := c.NotAfter.Sub(now); left < soon {
		near = fmt.Sprintf("it expires in %s: fetch the new one", counted(int(left/(24*time.Hour)), "day"))
	}
	return whom, near
}
