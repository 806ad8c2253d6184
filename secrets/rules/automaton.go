package rules

import (
	"bytes"
	"strings"
)

// automaton tells in one pass which of many words stand in a text, in any case
// of ASCII letters. It is the one of Aho and Corasick (1975), with every step
// written out. Its zero value knows no words.
type automaton struct {
	class   [256]uint16 // of a byte: 0 where no word has it
	classes int
	step    []uint32 // by state and class
	ends    [][]int  // by state: the words that end there
	words   []string // where they are too many for the table; step is nil then
}

// mostStates bounds the table, to some 100 MB where every byte is used and a few
// MB for what people write.
const mostStates = 100_000

// newAutomaton makes an automaton of words in lower case, none of them empty.
func newAutomaton(words []string) *automaton {
	a := &automaton{classes: 1}
	total := 1
	for _, w := range words {
		total += len(w)
		for i := range len(w) {
			if a.class[w[i]] == 0 {
				a.class[w[i]] = uint16(a.classes)
				a.classes++
			}
		}
	}
	if total > mostStates {
		return &automaton{words: words}
	}
	for c := byte('A'); c <= 'Z'; c++ {
		a.class[c] = a.class[c+'a'-'A']
	}
	a.plant(words)
	a.link()
	return a
}

// plant makes the tree of the words. A step to state 0 is none.
func (a *automaton) plant(words []string) {
	a.step, a.ends = make([]uint32, a.classes), make([][]int, 1)
	for n, w := range words {
		at := 0
		for i := range len(w) {
			slot := at*a.classes + int(a.class[w[i]])
			if a.step[slot] == 0 {
				a.step[slot] = uint32(len(a.ends))
				a.step = append(a.step, make([]uint32, a.classes)...)
				a.ends = append(a.ends, nil)
			}
			at = int(a.step[slot])
		}
		a.ends[at] = append(a.ends[at], n)
	}
}

// link fills the missing steps with those of the longest suffix that begins a
// word, breadth first, so that the steps of shorter ones are there.
func (a *automaton) link() {
	suffix := make([]uint32, len(a.ends))
	queue := make([]uint32, 0, len(a.ends))
	for _, next := range a.step[:a.classes] {
		if next != 0 {
			queue = append(queue, next)
		}
	}
	for i := 0; i < len(queue); i++ {
		at := int(queue[i])
		back := int(suffix[at])
		a.ends[at] = append(a.ends[at], a.ends[back]...)
		for c := range a.classes {
			slot, fallback := at*a.classes+c, a.step[back*a.classes+c]
			if next := a.step[slot]; next != 0 {
				suffix[next] = fallback
				queue = append(queue, next)
			} else {
				a.step[slot] = fallback
			}
		}
	}
}

// in tells for each word whether it stands in the text.
func (a *automaton) in(text []byte, count int) []bool {
	found := make([]bool, count)
	if a.step == nil {
		lower := bytes.ToLower(text)
		for i, w := range a.words {
			found[i] = bytes.Contains(lower, []byte(w))
		}
		return found
	}
	missing, at := count, 0
	for _, b := range text {
		at = int(a.step[at*a.classes+int(a.class[b])])
		for _, n := range a.ends[at] {
			if !found[n] {
				found[n] = true
				missing--
			}
		}
		if missing == 0 {
			break
		}
	}
	return found
}

// foldsFromAfar tells whether a text holds a letter from outside of ASCII that is
// the same letter as one of ASCII in another case: the Kelvin sign (k) and the
// long s.
func foldsFromAfar(text []byte) bool {
	return bytes.Contains(text, []byte("\u212a")) || bytes.Contains(text, []byte("\u017f"))
}

func isASCII(s string) bool { return !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 }) }
