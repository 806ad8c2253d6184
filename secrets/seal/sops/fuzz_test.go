package sops

import (
	"bytes"
	"context"
	"encoding/base64"
	"strings"
	"testing"
)

// formatNames are names of files of each format.
var formatNames = [...]string{"a.yaml", "a.json", "a.env", "a.ini", "a.bin"}

// FuzzFile encrypts, opens and changes texts of any kind. Whatever comes of them,
// nothing fails but with an *Error that shows no value; what was encrypted opens
// again, to the byte but for what notes say; and encrypted files that were changed are
// refused or read.
func FuzzFile(f *testing.F) {
	alice := newPerson(f)
	for seed := range 40 {
		name, source, _ := generatedFile(seed, alice)
		f.Add(string(source), byte(strings.Index("yj", name[2:3])), byte(seed))
	}
	for _, r := range refusals {
		for i, name := range formatNames {
			if name == r.name && len(r.in) < 4000 {
				f.Add(r.in, byte(i), byte(1))
			}
		}
	}
	f.Add("# c\nA=x\\ny\r\n\nB=\n", byte(2), byte(0))
	f.Add("A=x\r", byte(2), byte(0))
	f.Add("0: 0:\r", byte(3), byte(0))
	f.Add("; c\n[s]\na = `x` ; y\nb=\"\"\"x\ny\"\"\"\n", byte(3), byte(0))
	f.Fuzz(func(t *testing.T, source string, format, rule byte) {
		name := formatNames[int(format)%len(formatNames)]
		o := Options{Keys: alice.keys(), Now: testTime}
		o.Rule.Groups = []Group{{alice.recipient()}}
		o.Rule.Selection = generatedRules[int(rule)%len(generatedRules)]
		r, err := Encrypt(name, []byte(source), o)
		noValueShown(t, name, source, err, r.Notes)
		if err == nil && r.Changed {
			checkFuzzed(t, name, source, r, o)
		}
		plain, err := Decrypt(name, []byte(source), o)
		noValueShown(t, name, source, err, nil)
		_, err = Set(name, []byte(source), Place{Path: []string{"a", "0"}}, []byte("set-by-test"), o)
		noValueShown(t, name, source, err, nil)
		_, err = Complete(name, []byte(source), o)
		noValueShown(t, name, source, err, nil)
		_, err = Edit(name, []byte(source), append(plain, "\nx: new\n"...), o)
		noValueShown(t, name, source, err, nil)
	})
}

func checkFuzzed(t *testing.T, name, source string, r Result, o Options) {
	t.Helper()
	plain, err := Decrypt(name, r.Text, o)
	if err != nil {
		t.Fatalf("decrypt: %v", err)
	}
	if len(r.Notes) == 0 && string(plain) != source {
		t.Errorf("decrypted: %q", plain)
	}
	again, err := Encrypt(name, r.Text, o)
	if err != nil || again.Changed {
		t.Errorf("encrypted again: %v, changed %v", err, again.Changed)
	}
	edited, err := Edit(name, r.Text, plain, o)
	if err != nil || edited.Changed {
		t.Errorf("edited without a change: %v, changed %v", err, edited.Changed)
	}
	// One byte is changed by hand: that is found, or no value is another one.
	for _, at := range []int{len(r.Text) / 5, len(r.Text) / 3} {
		spoilt := bytes.Clone(r.Text)
		spoilt[at] ^= 1
		_, err := Decrypt(name, spoilt, o)
		noValueShown(t, name, source, err, nil)
	}
}

// noValueShown holds an error and notes to showing no value that stands once in the
// file, so that it is no name or key of it.
func noValueShown(t *testing.T, name, source string, err error, notes []Note) {
	t.Helper()
	said := ""
	if err != nil {
		e, ok := err.(*Error)
		if !ok {
			t.Fatalf("got the error %T", err)
		}
		said = e.Error() + e.Fix
		if strings.Contains(said, "a fault of this program") {
			t.Fatalf("%s panics on %q", name, source)
		}
	}
	for _, n := range notes {
		said += n.Text
	}
	if said == "" {
		return
	}
	f, readErr := read(name, []byte(source), Options{}.withDefaults(name))
	if readErr != nil {
		return
	}
	for _, s := range f.spellings() {
		if len(s.value.text) >= 8 && strings.Count(source, s.value.text) == 1 && strings.Contains(said, s.value.text) {
			t.Errorf("%q shows the value of %s", said, s.path)
		}
	}
}

// turning is a Service that everybody can open, so that a file of one process opens in
// another.
type turning struct{}

func (turning) turn(key []byte) []byte {
	out := bytes.Clone(key)
	for i := range out {
		out[i] ^= 0x5a
	}
	return out
}

func (s turning) Wrap(_ context.Context, r Recipient, key []byte) (Recipient, []byte, error) {
	return r, []byte(base64.StdEncoding.EncodeToString(s.turn(key))), nil
}

func (s turning) Unwrap(_ context.Context, _ Recipient, wrapped []byte) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(string(wrapped))
	return s.turn(raw), err
}

// FuzzEncrypted opens and changes encrypted files of which parts were changed. What is
// made of one opens again.
func FuzzEncrypted(f *testing.F) {
	o := Options{Keys: Keys{Cloud: turning{}}, Now: testTime}
	o.Rule.Groups = []Group{{{Type: "kms", ID: "arn:aws:kms:eu-west-1:1:key/a"}}}
	for seed := range 60 {
		name, source, generated := generatedFile(seed, newPerson(f))
		o.Rule.Selection = generated.Rule.Selection
		if r, err := Encrypt(name, source, o); err == nil {
			f.Add(string(r.Text), byte(strings.Index("yj", name[2:3])), seed%2 == 0)
		}
	}
	o.Rule.Selection = generatedRules[0]
	for i, source := range []string{"# c\nA=x\nB=\n", "; c\n[s]\na = `x`\nb=\"\"\"x\ny\"\"\"\n", "bytes"} {
		f.Add(string(mustEncrypt(f, formatNames[i+2], source, o)), byte(i+2), false)
	}
	f.Fuzz(func(t *testing.T, source string, format byte, accept bool) {
		name := formatNames[int(format)%len(formatNames)]
		o := o
		o.AcceptMismatch = accept
		plain, err := Decrypt(name, []byte(source), o)
		noValueShown(t, name, source, err, nil)
		check := func(what string, r Result, err error) {
			noValueShown(t, name, source, err, r.Notes)
			if err != nil || !r.Changed {
				return
			}
			if _, err := Decrypt(name, r.Text, Options{Keys: o.Keys}); err != nil && (name != "a.bin" || causeOf(err) != Broken) {
				t.Errorf("%s: the result does not open: %v\n%s", what, err, r.Text)
			}
		}
		at := Place{Path: []string{"data", "a"}}
		r, err := Set(name, []byte(source), at, []byte("set by\na test"), o)
		check("set", r, err)
		r, err = Unset(name, []byte(source), at, o)
		check("unset", r, err)
		r, err = Complete(name, []byte(source), o)
		check("complete", r, err)
		r, err = Edit(name, []byte(source), bytes.Replace(plain, []byte(mark), []byte("edited"), 1), o)
		check("edit", r, err)
		two := o
		two.Rule.Groups = []Group{{o.Rule.Groups[0][0], {Type: "kms", ID: "arn:aws:kms:eu-west-1:1:key/b"}}}
		r, err = UpdateRecipients(name, []byte(source), two)
		check("add a recipient", r, err)
	})
}
