package settings

import (
	"strings"
	"testing"
	"time"
)

// hostile are what makes a careless reader look at the rest of the text again and
// again, when a text is made of it.
var hostile = []string{
	"A", "'", "\"", "`", "\\", "(", "[", "{", "<", "$(", "${", "{{", "<<A\n", "<<A ", "a='", "a=\"\n", "a=`\n", "\"\\", "\"\\\"'", "/*", "<!--", "<a>", "<a b='", "<![CDATA[", "-- '", "#'", "# a='b\n",
	"a{", "a[", "a(", "k = {\n", "a=b\n", "a=b ", "a.", "a.b[", "\"\"\"", "'''", "$$", "x '", "values('a',", "insert into a(b) values('c');", "k=\\\n", "@\"", "|| 'a'", "a:", "[a]\nb=c\n", "\n", "\r\n", " ", "\t",
	"<auth-user-pass>\n", "--set a=b,", "sh -c 'a' ", "echo a | ", "machine a password b ", "::a ", "?", "=>", "<<<A\n", "=<<A\n", "a=<<A\n", "e'", "copy a(b) from stdin\n", "FROM\n#\\\n", "RUN a\\\n", "%", "&lt;", "\x00", "\xff",
	"K=\"$(\"", "\"$(", "`a", "set ", ";", "'\"", "\"\"'", "a=\"$(a \"", "[a", "<b", "</b>", "a<<-A\n\tb\n", "sh '''", "%{", "data = <<A\na=b\n", "ENV <", "ENV a=b;\n",
	": PSK ", ": PSK \"a", "a : EAP b\n", "register => a:b@", "register => a:b@c\n", "key 7 ", "key 0 a\n", "snmp-server community ", "a b Cleartext-Password := ", "a:{b}c\n", "Unseal Key 1: a\n", "provider :a, 'b', 'c'\n",
	"provider :a, (", "{ 'a':", "mysql_password(", "a => b ", "--a=b ", "user=a:b\n", "password is `", "| `a` ", "a b cifs c=d,\n", "c=d,", "CREATE USER a PASSWORD 'b';", "psql -c \"CREATE USER a PASSWORD 'b'\"\n",
	"echo 'a' > b\n", "cat > .env <<A\n", "INSERT INTO a (name, value) VALUES ('b', 'c');", "VALUES ('a', ", "DO $$ ", "@Value(\"${a:b}\")", "{{a ", "a={{ b, ", "allow a:b\n", "createUser a SHA b AES c\n",
}

// TestReadIsLinear reads texts that are hostile, in every format: eight times the text
// may not take much more than eight times as long. What is quadratic takes 64 times.
func TestReadIsLinear(t *testing.T) {
	const unsuspicious, most = 60 * time.Millisecond, 32
	size := 1 << 17
	if testing.Short() {
		size = 1 << 15 // the race detector makes all of it ten times slower
	}
	for _, unit := range hostile {
		whole := strings.Repeat(unit, size/len(unit))
		part := whole[:len(whole)/8]
		for name, read := range readers() {
			if timeOf(1, read, whole) < unsuspicious {
				continue
			}
			long, short := timeOf(3, read, whole), timeOf(3, read, part)
			if long > unsuspicious && long > most*short {
				t.Errorf("%s: %v for %d bytes of %q, %v for an eighth of them", name, long, len(whole), unit, short)
			}
		}
	}
}

// timeOf is the least time of several that a text takes.
func timeOf(times int, read func(string), text string) time.Duration {
	least := time.Hour
	for range times {
		start := time.Now()
		read(text)
		least = min(least, time.Since(start))
	}
	return least
}

func readers() map[string]func(string) {
	all := map[string]func(string){
		"Command of a script": func(text string) { Command([]string{"sh", "-c", text}) },
		"Command":             func(text string) { Command(strings.SplitAfter(text, " ")) },
		"Pairs":               func(text string) { Pairs(text) },
		"Embedded":            func(text string) { Embedded("", text) },
	}
	for _, format := range allFormats {
		all[string(format)] = func(text string) { ReadAs(format, []byte(text)) }
	}
	return all
}

// TestReadIsBounded reads a text whose paths are long and whose keys are many: what
// is kept may not grow faster than the text.
func TestReadIsBounded(t *testing.T) {
	const lines = 1 << 15
	text := "[" + strings.Repeat("section", 100) + "]\n" + strings.Repeat("a=b\n", lines)
	kept := 0
	for _, s := range ReadAs(INI, []byte(text)) {
		kept += len(s.Key)
	}
	if most := 6*len(text) + 1<<17; kept > most {
		t.Errorf("%d bytes of keys for a text of %d, want at most %d", kept, len(text), most)
	}
}
