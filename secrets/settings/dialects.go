package settings

// dialect is what the reader of code has to know of a language: its comments and
// literals, and the forms beside "key = literal" in which it writes settings.
type dialect struct {
	lineComments           []string
	blockOpen, blockClosed string
	quotes                 string // the signs that open a literal
	raw                    string // those of them that know no escape
	plain                  string // those that know only an escaped quote and backslash
	ident                  string // bytes of a name beside letters, digits and "_"
	heredoc                string // the sign of a here-document
	triple                 bool   // three quotes open a literal of several lines
	multiline              bool   // a literal may go over the end of its line
	newline                bool   // a line break ends a statement
	words                  bool   // a name and a literal make a setting: password 'x'
	blocks                 bool   // the words before a brace name what stands in it
	tables                 bool   // headers in brackets name what follows
	tuples                 bool   // {name, "literal"} makes a setting
	symbols                bool   // :name is a name
	optional               bool   // "name?:" declares a name
	doubled                bool   // a doubled quote stands for itself
	titles                 bool   // a literal and a colon at the beginning of a block are its title
}

var dialects = map[Format]dialect{
	TOML:       {lineComments: []string{"#"}, quotes: `"'`, raw: `'`, ident: "-", triple: true, newline: true, tables: true},
	HCL:        {lineComments: []string{"#", "//"}, blockOpen: "/*", blockClosed: "*/", quotes: `"`, ident: "-", heredoc: "<<", newline: true, blocks: true},
	Ruby:       {lineComments: []string{"#"}, quotes: `"'`, plain: `'`, ident: "@$", heredoc: "<<", multiline: true, newline: true, words: true, symbols: true},
	Puppet:     {lineComments: []string{"#"}, quotes: `"'`, plain: `'`, ident: "$", multiline: true, titles: true},
	Bicep:      {lineComments: []string{"//"}, blockOpen: "/*", blockClosed: "*/", quotes: `'`, ident: "@", triple: true, newline: true},
	Groovy:     {lineComments: []string{"//"}, blockOpen: "/*", blockClosed: "*/", quotes: `"'`, ident: "$", triple: true, newline: true, words: true},
	Python:     {lineComments: []string{"#"}, quotes: `"'`, triple: true, newline: true},
	PHP:        {lineComments: []string{"//", "#"}, blockOpen: "/*", blockClosed: "*/", quotes: `"'`, plain: `'`, ident: "$", heredoc: "<<<", multiline: true},
	JavaScript: {lineComments: []string{"//"}, blockOpen: "/*", blockClosed: "*/", quotes: "\"'`", ident: "$", optional: true},
	Go:         {lineComments: []string{"//"}, blockOpen: "/*", blockClosed: "*/", quotes: "\"`", raw: "`", newline: true},
	Java:       {lineComments: []string{"//"}, blockOpen: "/*", blockClosed: "*/", quotes: `"`, ident: "$", triple: true, newline: true},
	Lua:        {lineComments: []string{"--"}, blockOpen: "--[[", blockClosed: "]]", quotes: `"'`},
	Erlang:     {lineComments: []string{"%"}, quotes: `"'`, tuples: true},
	PowerShell: {lineComments: []string{"#"}, blockOpen: "<#", blockClosed: "#>", quotes: `"'`, raw: `"'`, ident: "$-:", multiline: true, newline: true, words: true, doubled: true},
}

// wrappers are the functions that give back the literal they are given: what they
// are assigned to is set to it. By the last part of their name, in lower case.
var wrappers = map[string]bool{
	"string": true, "str": true, "sensitive": true, "nonsensitive": true, "securestring": true, "byte": true, "bytes": true, "tostring": true, "to_s": true, "from": true, "stringptr": true, "ptr": true,
	"base64encode": true, "b64encode": true, "encode": true, "encodebase64": true, "valueof": true, "of": true, "trimspace": true, "unsafeplaintext": true, "unsafe_plain_text": true, "new": true,
	"sqlconnection": true, "npgsqlconnection": true, "mysqlconnection": true, "oracleconnection": true, "create_engine": true, "pointer": true, "strptr": true, "newstring": true, "secretstr": true, "secretvalue": true, "tochararray": true, "nsstring": true, "jsonencode": true,
}

// pairing are the functions of which one argument is the name of a setting and the
// next one its value or its default.
var pairing = map[string]bool{
	"define": true, "putenv": true, "setenv": true, "setproperty": true, "set": true, "put": true, "add": true, "setenvironmentvariable": true, "setdefault": true, "set_default": true, "setitem": true,
	"env": true, "getenv": true, "get": true, "fetch": true, "getproperty": true, "getenvironmentvariable": true, "envor": true, "getenvordefault": true, "getenvdefault": true, "envordefault": true, "getordefault": true,
	"hiera": true, "lookup": true, "environment": true, "systemproperty": true, "property": true, "stringvar": true, "addheader": true, "setheader": true, "setrequestheader": true, "header": true, "append": true,
	"readenvironmentvariable": true, "withenv": true, "config": true, "override": true, "optional": true, "set_config": true, "add_header": true, "envstring": true, "setstring": true, "configure": true,
}

// standIns are the functions that give the first of their arguments that is there.
var standIns = map[string]bool{"coalesce": true, "try": true, "nvl": true, "ifnull": true, "firstnonempty": true, "defaultifblank": true, "defaultifempty": true}

// environment are the functions that give a variable by its name.
var environment = map[string]bool{
	"getenv": true, "get": true, "env": true, "fetch": true, "getenvironmentvariable": true, "getproperty": true, "lookupenv": true, "config": true, "environ": true, "readenvironmentvariable": true,
}

// hashing are the functions of Puppet that make a hash of a password, by the place of it
// among their arguments.
var hashing = map[string]int{
	"postgresql_password": 1, "mysql_password": 0, "pw_hash": 0, "postgresql_acls_password": 0, "htpasswd": 0, "ht_crypt": 0, "ht_md5": 0, "ht_sha1": 0, "ht_bcrypt": 0, "bcrypt_password": 0, "str2saltedsha512": 0, "str2saltedpbkdf2": 0,
}

// passwordThird are the functions that connect to a database and take the password
// as their third argument.
var passwordThird = map[string]bool{"mysqli_connect": true, "mysql_connect": true, "mysql_pconnect": true, "mysqli": true, "pdo": true, "getconnection": true}

// running are the keys whose values are scripts.
var running = map[string]bool{
	"sh": true, "bat": true, "command": true, "code": true, "script": true, "inline": true, "user_data": true, "userdata": true, "run": true, "shell": true, "bash": true, "startup_script": true, "execute": true, "custom_data": true, "metadata_startup_script": true,
}

// declaring are the words that may stand before a name that is declared.
var declaring = map[string]bool{
	"const": true, "let": true, "var": true, "val": true, "final": true, "static": true, "public": true, "private": true, "protected": true, "internal": true, "export": true, "def": true, "local": true,
	"global": true, "string": true, "readonly": true, "define": true, "char*": true, "default": true, "set": true,
}
