package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/config"
	"github.com/gatehouse-dev/gatehouse/secrets/seal"
	proofs "github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// certificate is what SealedSecrets should be sealed with by some settings; zero where
// that is not known. One that nobody should seal with any more is one all the same.
func (v *statusView) certificate(settings config.Seal) seal.Certificate {
	names, err := certificatesAt(v.place, settings)
	if err != nil {
		return seal.Certificate{}
	}
	var found []seal.Certificate
	for _, name := range names {
		if c := v.certificateIn(name, settings); !c.IsZero() {
			found = append(found, c)
		}
	}
	if len(found) != 1 {
		return seal.Certificate{}
	}
	return found[0]
}

// certificateIn looks at one certificate, and lists it once.
func (v *statusView) certificateIn(name string, settings config.Seal) seal.Certificate {
	known := slices.IndexFunc(v.result.Certificates, func(c certificateStatus) bool { return c.File == name })
	if known >= 0 {
		return v.result.Certificates[known].certificate
	}
	row := certificateStatus{File: name, Drift: []string{}}
	text, err := v.place.read(name)
	parsed := anyCertificate(text)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		row.Drift = append(row.Drift, "the configuration names it, and it is not there")
	case err != nil:
		row.Drift = append(row.Drift, fmt.Sprintf("it cannot be read: %s", unpathed(err)))
	case parsed == nil:
		_, err := seal.ParseCertificate(text, v.now())
		row.Drift = append(row.Drift, fmt.Sprint(err))
	default:
		row.Fingerprint, row.NotAfter = proofs.Fingerprint(parsed), &parsed.NotAfter
		for _, f := range proofs.Certificate(parsed, v.now(), soon) {
			row.Drift = append(row.Drift, f.Reason)
		}
		if settings.Fingerprint != "" && settings.Certificate == name && settings.Fingerprint != row.Fingerprint {
			row.Drift = append(row.Drift, "it is not the one whose fingerprint the configuration has")
		}
		// At a time when it is valid, to learn whether it can be sealed with otherwise.
		if row.certificate, err = seal.ParseCertificate(text, parsed.NotBefore); err != nil && len(row.Drift) == 0 {
			row.Drift = append(row.Drift, err.Error())
		}
		row.Bits = row.certificate.Bits
	}
	v.result.Certificates = append(v.result.Certificates, row)
	return row.certificate
}

// sopsConfig is the .sops.yaml that counts for a file, and what is wrong with it; nil
// where there is none.
func (v *statusView) sopsConfig(name string) (c *sopsConfigStatus, fault string) {
	for folder := path.Dir(name); ; folder = path.Dir(folder) {
		at := path.Join(folder, ".sops.yaml")
		if c = v.rules[at]; c == nil {
			c = readSOPSConfig(v.place, at)
			v.rules[at] = c
		}
		if c.there {
			return c, c.fault
		}
		if folder == "." || folder == "/" {
			return nil, ""
		}
	}
}

// sopsConfigStatus is a .sops.yaml, or that there is none.
type sopsConfigStatus struct {
	proofs.Config
	there bool
	fault string
}

func readSOPSConfig(pl place, at string) *sopsConfigStatus {
	text, err := pl.read(at)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &sopsConfigStatus{}
	case err != nil:
		return &sopsConfigStatus{there: true, fault: fmt.Sprintf("%s cannot be read: %s", at, unpathed(err))}
	}
	c, faults := proofs.ReadConfig(manifest.Read(at, text, manifest.DefaultLimits()))
	status := &sopsConfigStatus{Config: c, there: true}
	if len(faults) > 0 {
		status.fault = fmt.Sprintf("%s:%d: %s", at, max(faults[0].At.Line, 1), faults[0].Reason)
	}
	return status
}
