package settings

import (
	"embed"
	"io/fs"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/rogpeppe/go-internal/txtar"
)

//go:embed testdata/*.txtar
var testdata embed.FS

type readCase struct {
	name, text string
	want       []Setting
}

// readCases are the files of the archives in testdata. In them a setting stands as
// «key¦value», one that is commented out as «#key¦value», and one whose value has
// escapes as «key == "decoded"¦as written».
var readCases = func() []readCase {
	var cases []readCase
	names, err := fs.Glob(testdata, "testdata/*.txtar")
	if err != nil {
		panic(err)
	}
	for _, name := range names {
		data, err := testdata.ReadFile(name)
		if err != nil {
			panic(err)
		}
		for _, f := range txtar.Parse(data).Files {
			cases = append(cases, unmark(f.Name, string(f.Data)))
		}
	}
	return cases
}()

func unmark(name, marked string) readCase {
	const open, parted, closed = "«", "¦", "»"
	c := readCase{name: name}
	var text strings.Builder
	var inner []int
	for marked != "" {
		i := strings.IndexAny(marked, open+closed)
		if i < 0 {
			text.WriteString(marked)
			break
		}
		text.WriteString(marked[:i])
		marked = marked[i:]
		rest, ok := strings.CutPrefix(marked, open)
		if !ok {
			marked = strings.TrimPrefix(marked, closed)
			s := &c.want[inner[len(inner)-1]]
			inner = inner[:len(inner)-1]
			s.End = text.Len()
			if s.Value == "" {
				s.Value = text.String()[s.At:]
			}
			continue
		}
		head, rest, _ := strings.Cut(rest, parted)
		marked = rest
		key, decoded, _ := strings.Cut(head, " == ")
		value, _ := strconv.Unquote(decoded)
		key, comment := strings.CutPrefix(key, "#")
		inner = append(inner, len(c.want))
		c.want = append(c.want, Setting{Key: key, Value: value, At: text.Len(), Comment: comment})
	}
	c.text = text.String()
	return c
}

func TestRead(t *testing.T) {
	for _, c := range readCases {
		t.Run(c.name, func(t *testing.T) {
			got := Read(c.name, []byte(c.text))
			if diff := cmp.Diff(c.want, got, cmpopts.IgnoreFields(Setting{}, "KeyAt", "Quoted")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			for _, s := range got {
				if wrong := wellPlaced(c.text, s); wrong != "" {
					t.Errorf("%s: %+v", wrong, s)
				}
			}
		})
	}
}

func TestReadTellsWhereTheKeyStands(t *testing.T) {
	for _, c := range []struct {
		name, text, key string
		quoted          bool
	}{
		{"a.env", "# x\nexport DB_PASSWORD='x'\n", "DB_PASSWORD", true},
		{"a.properties", "a=1\ndb.password : x\n", "db.password", false},
		{"a.ini", "[s]\npassword = x\n", "password", false},
		{"a.toml", "[s]\npassword = \"x\"\n", "password", true},
		{"a.tf", "resource \"a\" \"b\" {\n  password = \"x\"\n}\n", "password", true},
		{"a.py", "D = {'PASSWORD': 'x'}\n", "PASSWORD", true},
		{"a.xml", "<a><password>x</password></a>", "password", false},
		{"a.xml", "<a password='x'/>", "password", true},
		{"a.sql", "INSERT INTO u (id, password) VALUES (1, 'x');", "password", true},
		{"a.csv", "id,password\n1,x\n", "password", false},
		{"a.sh", "app --password x\n", "password", false},
		{"a.netrc", "machine h login u password x", "password", false},
		{"a.conf", "proxy_set_header Authorization \"x\";", "Authorization", true},
	} {
		got := Read(c.name, []byte(c.text))
		if len(got) == 0 {
			t.Errorf("%s: no setting in %q", c.name, c.text)
			continue
		}
		s := got[len(got)-1]
		if !strings.HasPrefix(c.text[s.KeyAt:], c.key) || c.text[s.At:s.End] != s.Value || s.Quoted != c.quoted {
			t.Errorf("%s: %+v of %q", c.name, s, c.text)
		}
	}
}

// TestReadLeavesOut holds the texts in which a careless reader sees a setting.
func TestReadLeavesOut(t *testing.T) {
	for _, c := range []struct{ name, text string }{
		{"a.py", "password = get_secret('db/password')\n"},
		{"a.py", "if password == 'x': pass\n"},
		{"a.py", "raise ValueError('password: x')\n"},
		{"a.js", "const p = process.env.PASSWORD;\n"},
		{"a.js", "if (a !== 'password') f('x');\n"},
		{"a.tf", "password = var.password\n"},
		{"a.tf", "password = data.vault.x[\"password\"]\n"},
		{"a.go", "password := os.Getenv(\"PASSWORD\")\n"},
		{"a.rb", "password = node['db']['password']\n"},
		{"a.rb", "# This sets the password of \"bob\" to what he likes.\n"},
		{"Jenkinsfile", "environment { PW = credentials('pw') }\n"},
		{"a.sh", "mysql -u root -p shop\n"},
		{"a.sh", "cat <<< x\n"},
		{"a.env", "# Set the password to what you like.\n"},
		{"README.md", "password=x\na=b\nc=d\n"},
		{"a.yaml", "password: x\n"},
		{"a.json", `{"password": "x"}`},
		{"notes", "The password = is up to you.\nAsk bob.\n"},
		{"LICENSE", "a=b\nc=d\ne=f\n"},
		{"shadow", "root:*:1:\nbin:!:1:\nx::1:\n"},
	} {
		if got := Read(c.name, []byte(c.text)); len(got) > 0 {
			t.Errorf("%s: %+v of %q", c.name, got, c.text)
		}
	}
}
