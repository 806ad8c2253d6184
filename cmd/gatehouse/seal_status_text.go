package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
)

// text is a table of the objects, and of the certificates that they are sealed with.
func (r statusResult) text(now time.Time) string {
	var b strings.Builder
	if len(r.Objects) == 0 {
		b.WriteString("there is no Secret, and nothing that makes one\n")
	} else {
		w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "FILE\tOBJECT\tMETHOD\tKEYS\tCERTIFICATE\tCHANGED\tDRIFT")
		for _, o := range r.Objects {
			fmt.Fprintln(w, strings.Join(o.cells(now), "\t"))
		}
		_ = w.Flush() // writes to memory
	}
	if len(r.Certificates) > 0 {
		b.WriteString("\n")
	}
	for _, c := range r.Certificates {
		b.WriteString(c.text() + "\n")
	}
	return b.String()
}

// cells are the columns of one row. None is empty, and none can break the table.
func (o objectStatus) cells(now time.Time) []string {
	object := "-"
	if !o.Object.IsZero() {
		object = o.Object.String()
	}
	cells := []string{fmt.Sprintf("%s:%d", o.File, o.Line), object, o.how(), fmt.Sprint(o.Keys + o.Clear + o.Awaiting + o.Broken), o.certificateText(), o.age(now), strings.Join(o.Drift, "; ")}
	for i, cell := range cells {
		cells[i] = printable(cell)
		if cell == "" {
			cells[i] = "-"
		}
	}
	return cells
}

// how is the method, with the scope or for how many it is encrypted.
func (o objectStatus) how() string {
	switch {
	case o.Scope != "":
		return o.Method + ", " + o.Scope
	case len(o.Recipients) > 0:
		return o.Method + ", " + counted(len(o.Recipients), "recipient")
	}
	return o.Method
}

func (o objectStatus) certificateText() string {
	text := o.Certificate
	if len(o.SealedWith) == 1 && o.Certificate != certificateUnrecorded {
		text += " " + shortFingerprint(o.SealedWith[0])
	}
	if o.Bits > 0 {
		text += fmt.Sprintf(", RSA %d", o.Bits)
	}
	return text
}

// shortFingerprint is enough of a fingerprint for people to tell a few apart.
func shortFingerprint(fingerprint string) string {
	const enough = len("sha256:") + 12
	if len(fingerprint) > enough {
		return fingerprint[:enough] + "…"
	}
	return fingerprint
}

// age is how long ago the file was changed.
func (o objectStatus) age(now time.Time) string {
	if o.Changed == nil {
		return "not committed"
	}
	text := "today"
	if days := int(now.Sub(*o.Changed) / (24 * time.Hour)); days > 0 {
		text = counted(days, "day") + " ago"
	}
	if o.Uncommitted {
		text += ", and since"
	}
	return text
}

func (c certificateStatus) text() string {
	text := "certificate " + printable(c.File)
	if c.Fingerprint != "" {
		text += fmt.Sprintf(": %s, RSA %d, valid until %s", c.Fingerprint, c.Bits, c.NotAfter.UTC().Format(time.DateOnly))
	}
	if len(c.Drift) > 0 {
		text += ": " + printable(strings.Join(c.Drift, "; "))
	}
	return text
}
