package settings

import "strings"

// Configurations of routers and switches in the form of Cisco's IOS, which others have
// taken over: a line is a command of words, and a digit before a password tells how it
// is written.

// routerLines are the beginnings of lines that only such configurations have.
var routerLines = []string{
	"enable secret ", "enable password ", "snmp-server community ", "snmp-server host ", "snmp-server user ", "service password-encryption", "service timestamps ", "aaa new-model", "line vty ", "line con ",
	"tacacs-server ", "radius-server ", "crypto isakmp ", "switchport ", "ip http server", "interface GigabitEthernet", "interface FastEthernet", "interface Ethernet", "interface Vlan", "ip address dhcp", "no ip ",
	"ip ospf message-digest-key ", "key chain ",
}

func isLineOfRouter(line string) bool {
	word, _, found := strings.Cut(line, " ")
	switch word {
	case "enable", "snmp-server", "service", "aaa", "line", "tacacs-server", "radius-server", "crypto", "switchport", "ip", "interface", "no", "key":
	default:
		return false
	}
	if !found {
		return false
	}
	for _, begin := range routerLines {
		if strings.HasPrefix(line, begin) {
			return true
		}
	}
	return false
}

// router reads the passwords of each line.
func (r *reader) router(from, to int) {
	r.eachLine(from, to, func(at, end int) {
		words := r.fields(at, end, 2*maxDirective)
		first := words[0].value
		if first[0] == '!' || first[0] == '#' || first == "no" || first == "default" {
			return
		}
		if first == "snmp-server" {
			r.snmpServer(words)
			return
		}
		for i := range words {
			if at := passwordBehind(words, i); at > 0 {
				r.ofRouter(words, at)
				return
			}
		}
	})
}

// passwordBehind is the index of the password that word i announces, or 0.
func passwordBehind(words []word, i int) int {
	at := i + 1
	switch words[i].value {
	case "password", "secret", "key-string", "authentication-key", "pre-shared-key", "shared-secret", "area-password", "domain-password", "auth-password", "priv-password", "wpa-psk":
		if words[i].value == "authentication-key" && at+2 < len(words) && words[at+1].value == "md5" {
			at += 2 // of NTP, with a number before it
		}
	case "message-digest-key":
		at += 2
	case "key":
		if i > 0 && !announcesKey(words[:i]) || at == len(words) || words[at].value == "config-key" || words[at].value == "chain" {
			return 0
		}
		if i == 0 && at+1 == len(words) && isNumber(words[at].value) {
			return 0 // the number of a key in a chain of them
		}
	case "authentication":
		if words[0].value != "standby" && words[0].value != "vrrp" && words[0].value != "glbp" || at < len(words) && words[at].value == "md5" {
			return 0
		}
	case "isakmp":
		if at++; at >= len(words) || words[at-1].value != "key" {
			return 0 // crypto isakmp key x address y
		}
	default:
		return 0
	}
	for at < len(words) && (words[at].value == "text" || words[at].value == "ascii" || words[at].value == "local" || words[at].value == "remote" || words[at].value == "md5") {
		at++
	}
	if at+1 < len(words) && len(words[at].value) == 1 && isDigit(words[at].value[0]) {
		if words[at].value == "6" {
			return 0 // encrypted with the key of the device
		}
		at++
	}
	if at >= len(words) {
		return 0
	}
	return at
}

// announcesKey tells the lines on which a password stands behind "key".
func announcesKey(words []word) bool {
	switch words[0].value {
	case "tacacs-server", "radius-server", "tacacs", "radius", "server-private", "client":
		return true
	}
	return false
}

func isNumber(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

// ofRouter adds a password, under the first word of its line.
func (r *reader) ofRouter(words []word, at int) {
	r.secret(words[0].value, words[0].at, words[at].at, words[at].end)
}

// snmpServer reads the communities and users of SNMP. The community "public" is the one
// that everybody is meant to know.
func (r *reader) snmpServer(words []word) {
	for i := 1; i < len(words); i++ {
		switch words[i].value {
		case "community":
			if i == 1 && len(words) > 2 {
				i++
				if len(words[i].value) == 1 && i+1 < len(words) {
					i++
				}
				r.community(words[0], words[i], words[len(words)-1].value)
			}
			return
		case "2c", "1":
			if words[1].value == "host" && i+1 < len(words) {
				r.community(words[0], words[i+1], "")
			}
			return
		case "auth", "priv":
			if words[1].value == "user" && i+2 < len(words) {
				at := i + 2
				if isNumber(words[at].value) && at+1 < len(words) {
					at++ // the size of the key
				}
				r.ofRouter(words, at)
			}
		case "location", "contact":
			return
		}
	}
}

// community adds a community string of SNMP, by which devices know each other.
func (r *reader) community(key, value word, access string) {
	if value.value == "public" && !strings.EqualFold(access, "RW") {
		return
	}
	r.secret(key.value, key.at, value.at, value.end)
}
