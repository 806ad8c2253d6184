package settings

import "strings"

var shells = map[string]bool{"sh": true, "bash": true, "ash": true, "dash": true, "zsh": true, "ksh": true, "busybox": true, "su": true}

// flags are the one-letter flags of a program that take a password: joined to it,
// as its next word, or only behind a login.
type flags struct {
	joined, apart, login byte
}

// passwordFlags are from the manual page of each program. mysql's -p takes its
// password joined: in "mysql -p shop" the word is the database.
var passwordFlags = map[string]flags{
	"mysql": {joined: 'p'}, "mysqldump": {joined: 'p'}, "mysqladmin": {joined: 'p'}, "mysqlimport": {joined: 'p'}, "mysqlshow": {joined: 'p'}, "mysqlcheck": {joined: 'p'}, "mysqlsh": {joined: 'p'},
	"mysqlslap": {joined: 'p'}, "mariadb": {joined: 'p'}, "mariadb-dump": {joined: 'p'}, "mariadb-admin": {joined: 'p'}, "mariadb-check": {joined: 'p'}, "mariadb-backup": {joined: 'p'}, "mydumper": {apart: 'p'},
	"mongo": {'p', 'p', 0}, "mongosh": {'p', 'p', 0}, "mongodump": {'p', 'p', 0}, "mongorestore": {'p', 'p', 0}, "mongoexport": {'p', 'p', 0}, "mongoimport": {'p', 'p', 0},
	"sshpass": {'p', 'p', 0}, "cqlsh": {apart: 'p'}, "sqlcmd": {'P', 'P', 0}, "bcp": {'P', 'P', 0}, "isql": {'P', 'P', 0}, "redis-cli": {apart: 'a'}, "keydb-cli": {apart: 'a'}, "valkey-cli": {apart: 'a'},
	"ldapsearch": {'w', 'w', 0}, "ldapadd": {'w', 'w', 0}, "ldapmodify": {'w', 'w', 0}, "ldapdelete": {'w', 'w', 0}, "ldappasswd": {'w', 'w', 0}, "ldapwhoami": {'w', 'w', 0},
	"zip": {apart: 'P'}, "unzip": {apart: 'P'}, "7z": {joined: 'p'}, "7za": {joined: 'p'}, "useradd": {apart: 'p'}, "usermod": {apart: 'p'}, "rabbitmqadmin": {apart: 'p'},
	"mosquitto_pub": {apart: 'P'}, "mosquitto_sub": {apart: 'P'}, "snmpwalk": {apart: 'A'}, "snmpget": {apart: 'A'}, "ipmitool": {apart: 'P'}, "xfreerdp": {apart: 'p'}, "psexec": {apart: 'p'},
	"docker": {login: 'p'}, "podman": {login: 'p'}, "nerdctl": {login: 'p'}, "buildah": {login: 'p'}, "skopeo": {login: 'p'}, "helm": {login: 'p'}, "oras": {login: 'p'}, "crane": {login: 'p'}, "az": {login: 'p'},
	"oc": {login: 'p'}, "cf": {login: 'p'}, "regctl": {login: 'p'}, "ibmcloud": {login: 'p'}, "openssl": {apart: 'k'}, "argocd": {}, "curl": {}, "htpasswd": {}, "influx": {apart: 'p'}, "kinit": {}, "smbclient": {},
}

// short reads a one-letter flag that takes a password.
func (c *call) short(i int, name string) bool {
	f := passwordFlags[c.program]
	w := &c.words[i]
	if w.value[0] != '-' || len(w.value)-len(name) != 1 || name == "" {
		return false
	}
	letter := name[0]
	keyAt := w.at + 1
	switch {
	case len(name) > 1 && letter == f.joined && name[1] != '=' && !isLongFlag(name):
		c.addWord(c.program+".password", keyAt, w, 2, len(w.value))
		return true
	case len(name) == 1 && (letter == f.apart || letter == f.login && c.login) && letter != 0 && i+1 < len(c.words):
		next := &c.words[i+1]
		c.addWord(c.program+".password", keyAt, next, 0, len(next.value))
		return true
	}
	return false
}

// isLongFlag tells the long flags that some programs take with one dash.
func isLongFlag(name string) bool { return name == "password" || strings.HasPrefix(name, "password=") }

// userFlags take a user with the password behind it.
var userFlags = map[string]bool{"u": true, "user": true, "U": true, "proxy-user": true, "a": true, "auth": true, "creds": true, "src-creds": true, "dest-creds": true, "basic-auth": true}

var userSeparators = map[string]string{"smbclient": "%", "lftp": ","}

// withUser are the programs that take user:password behind one of userFlags.
var withUser = map[string]bool{"curl": true, "http": true, "https": true, "etcdctl": true, "smbclient": true, "lftp": true, "skopeo": true, "httpie": true, "mc": true, "elasticdump": true, "ab": true, "podman": true, "buildah": true}

// credentials reads the user:password that stands behind a flag.
func (c *call) credentials(name string, keyAt int, w *word, from int) bool {
	if !withUser[c.program] && len(name) < 4 {
		return false
	}
	separator := ":"
	if s, ok := userSeparators[c.program]; ok {
		separator = s
	}
	i := strings.Index(w.value[from:], separator)
	if i < 0 || strings.Contains(w.value[from:], "://") {
		return false
	}
	key := "password"
	if c.program != "" {
		key = c.program + ".password"
	}
	c.addWord(key, keyAt, w, from+i+len(separator), len(w.value))
	return true
}

// named reads the commands that take a name and a value by two flags, such as the
// parameters of a cloud: --name /db/password --value x.
func (r *reader) named(program string, words []word) {
	if program != "aws" && program != "az" && program != "doppler" {
		return
	}
	name := -1
	for i := range words {
		if i+1 == len(words) {
			return
		}
		switch words[i].value {
		case "--name", "-n":
			name = i + 1
		case "--value":
			if name >= 0 {
				r.addWord(strings.Trim(strings.ReplaceAll(words[name].value, "/", "."), "."), words[name].at, &words[i+1], 0, len(words[i+1].value))
			}
		}
	}
}

// position is a command that takes a setting by the place of its words. key is the
// place of the key behind the verb, or -1 where name is it.
type position struct {
	program, verb string
	key           int
	name          string
	value         int
}

var byPosition = []position{
	{"git", "config", 0, "", 1}, {"npm", "config set", 0, "", 1}, {"yarn", "config set", 0, "", 1}, {"pnpm", "config set", 0, "", 1}, {"pip", "config set", 0, "", 1}, {"composer", "config", 0, "", 1}, {"poetry", "config", 0, "", 1},
	{"aws", "configure set", 0, "", 1}, {"pulumi", "config set", 0, "", 1}, {"wp", "config set", 0, "", 1}, {"redis-cli", "config set", 0, "", 1}, {"redis-cli", "auth", -1, "password", 0},
	{"consul", "kv put", 0, "", 1}, {"etcdctl", "put", 0, "", 1}, {"etcdctl", "set", 0, "", 1}, {"setx", "", 0, "", 1}, {"setenv", "", 0, "", 1}, {"set", "", 0, "", 1}, {"snap", "set", 0, "", 1},
	{"rabbitmqctl", "add_user", -1, "password", 1}, {"rabbitmqctl", "change_password", -1, "password", 1}, {"rabbitmqctl", "authenticate_user", -1, "password", 1},
	{"vault", "login", -1, "token", 0}, {"vault", "operator unseal", -1, "unseal key", 0}, {"mc", "alias set", -1, "secret key", 3}, {"mc", "config host add", -1, "secret key", 3},
	{"net", "user", -1, "password", 1}, {"atlas", "config set", 0, "", 1}, {"gcloud", "config set", 0, "", 1},
}

// positions reads a setting that stands at its place behind a verb.
func (c *call) positions() {
	if c.program == "htpasswd" {
		c.htpasswd()
		return
	}
	var plain []*word
	for i := range c.words {
		if v := c.words[i].value; v != "" && v[0] != '-' && len(plain) < 8 && !(c.program == "vault" && isAssigned(v)) {
			plain = append(plain, &c.words[i])
		}
	}
	for _, p := range byPosition {
		if p.program == c.program {
			c.position(p, plain)
		}
	}
	if i := len(plain) - 2; i >= 0 && c.program == "mysqladmin" && plain[i].value == "password" {
		c.addWord("mysqladmin.password", plain[i].at, plain[i+1], 0, len(plain[i+1].value))
	}
}

func (c *call) position(p position, plain []*word) {
	for verb := range strings.FieldsSeq(p.verb) {
		if len(plain) == 0 || !strings.EqualFold(plain[0].value, verb) {
			return
		}
		plain = plain[1:]
	}
	if p.value >= len(plain) {
		return
	}
	key, keyAt, w := p.name, plain[p.value].at, plain[p.value]
	if p.key >= 0 {
		key, keyAt = iniKey(plain[p.key].value), plain[p.key].at
	}
	c.addWord(key, keyAt, w, 0, len(w.value))
}

// htpasswd reads the password that -b puts behind the user.
func (c *call) htpasswd() {
	batch := false
	var last *word
	for i := range c.words {
		if v := c.words[i].value; strings.HasPrefix(v, "-") {
			batch = batch || strings.Contains(v, "b")
		} else {
			last = &c.words[i]
		}
	}
	if batch && last != nil {
		c.addWord("htpasswd.password", last.at, last, 0, len(last.value))
	}
}

// fromInput reads what is piped into a command that takes a password or the value of
// a key from its input.
func (c *call) fromInput() {
	if len(c.input) < 2 || c.input[0].value != "echo" && c.input[0].value != "printf" {
		return
	}
	w := &c.input[len(c.input)-1]
	if key := c.inputKey(); key != "" {
		from := 0
		if c.program == "chpasswd" {
			from = strings.IndexByte(w.value, ':') + 1
		}
		at, _, _ := c.span(w, from, len(w.value))
		c.addWord(key, at, w, from, len(w.value))
	}
}

// inputKey is what the command takes from its input, or "".
func (c *call) inputKey() string {
	if c.program == "chpasswd" || c.program == "passwd" {
		return "password"
	}
	for i := range c.words {
		v := c.words[i].value
		if v == "--password-stdin" || v == "--passphrase-fd" || v == "--stdin" || v == "--with-token" {
			return strings.TrimPrefix(c.program+".password", ".")
		}
		if name, ok := strings.CutPrefix(v, "--from-file="); ok {
			if key, ok := strings.CutSuffix(name, "=/dev/stdin"); ok {
				return key
			}
		}
	}
	return ""
}

// TakesPassword tells whether a program has a one-letter flag that takes a password
// or a login with one.
func TakesPassword(program string) bool {
	f, ok := passwordFlags[program]
	return ok && f != flags{} || withUser[program]
}
