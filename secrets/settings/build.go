package settings

import "strings"

// dockerfile reads ENV, ARG and LABEL, and the commands that the others run.
func (r *reader) dockerfile(from, to int) {
	for at := from; at < to; {
		at = r.skipBlanks(at, to)
		if at < to && r.text[at] == '#' {
			end := r.lineEnd(at, to)
			r.commentedInstruction(at, end)
			at = end + 1
			continue
		}
		end := r.instructionEnd(at, to)
		r.instruction(at, end)
		at = end + 1
	}
}

// instructionEnd is the end of an instruction: lines that end with a backslash, and
// comments between them, belong to it, and so do its here-documents.
func (r *reader) instructionEnd(at, to int) int {
	end := r.logicalEnd(at, to)
	for end < to && end > at && r.text[end-1] != '\n' && r.continues(at, end) {
		end = r.logicalEnd(end+1, to)
	}
	line := r.text[at:end]
	if i := strings.Index(line, "<<"); i >= 0 && len(line) < 1<<12 && !strings.Contains(line, "<<<") {
		marker := strings.TrimLeft(line[i+2:], "-~")
		marker = strings.Trim(marker[:len(marker)-len(strings.TrimLeft(marker, `"'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789`))], `"'`)
		if marker != "" && end < to {
			if _, next := r.heredocEnd(end+1, to, marker); next > 0 {
				return max(end, next-1)
			}
		}
	}
	return end
}

// continues tells whether the last line of an instruction is a comment between
// continued lines, behind which it goes on.
func (r *reader) continues(at, end int) bool {
	start := strings.LastIndexByte(r.text[at:end], '\n') + 1
	line := strings.TrimLeft(r.text[at+start:end], " \t")
	return start > 0 && strings.HasPrefix(line, "#")
}

func (r *reader) instruction(at, end int) {
	wordAt, wordEnd := r.wordAt(at, end)
	at = r.skipBlanks(wordEnd, end)
	switch strings.ToUpper(r.text[wordAt:wordEnd]) {
	case "ENV", "ARG", "LABEL":
		r.environment(at, end)
	case "RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK", "SHELL":
		r.run(at, end)
	case "ONBUILD":
		r.instruction(at, end)
	}
}

// commentedInstruction reads an instruction that is commented out.
func (r *reader) commentedInstruction(at, end int) {
	for at < end && (r.text[at] == '#' || isBlank(r.text[at])) {
		at++
	}
	word, _, _ := strings.Cut(r.text[at:end], " ")
	if word == "ENV" || word == "ARG" || word == "RUN" {
		outer := r.comment
		r.comment = true
		r.instruction(at, end)
		r.comment = outer
		return
	}
	r.commented(at, end, "=")
}

// environment reads "K=v K2=v2", or "K v" with the value to the end of the line.
func (r *reader) environment(at, end int) {
	keyEnd := r.keyEnd(at, end)
	if keyEnd < end && isBlank(r.text[keyEnd]) {
		lit := r.value(keyEnd, end, end, "")
		r.add(Setting{Key: r.text[at:keyEnd], Value: lit.value, KeyAt: at, At: lit.at, End: lit.end, Quoted: lit.quoted})
		return
	}
	for at < end {
		if c := r.text[at]; isSpace(c) || c == '\\' {
			at++
			continue
		}
		stop := (&script{reader: r, to: end}).wordEnd(at)
		w := r.shellWord(at, stop)
		r.keyValue(&w, 0, "")
		at = max(stop, at+1)
	}
}

// run reads a command in the form of a shell or as a JSON list of words.
func (r *reader) run(at, end int) {
	for strings.HasPrefix(r.text[at:end], "--") || strings.HasPrefix(r.text[at:end], "CMD") {
		_, wordEnd := r.wordAt(at, end)
		at = min(r.skipBlanks(wordEnd, end), end)
	}
	if at >= end || r.text[at] != '[' {
		r.inside(Shell, at, end)
		return
	}
	var words []word
	for i := at + 1; i < end && len(words) < maxWords; i++ {
		if r.text[i] != '"' {
			continue
		}
		stop := r.closing('"', i+1, end, true)
		if stop < 0 {
			break
		}
		words = append(words, r.shellWord(i, stop+1))
		i = stop
	}
	if len(words) > 0 {
		r.command(words, nil)
	}
}

// makefile reads the variables of a makefile, and the commands of its recipes.
func (r *reader) makefile(from, to int) {
	for at := from; at < to; {
		end := r.logicalEnd(at, to)
		switch {
		case r.text[at] == '\t':
			for at++; at < end && strings.IndexByte("@-+", r.text[at]) >= 0; {
				at++
			}
			r.inside(Shell, at, end)
		case r.text[at] == '#':
			r.commented(at, end, "=")
		default:
			r.makeLine(at, end)
		}
		at = end + 1
	}
}

func (r *reader) makeLine(at, end int) {
	at, end = r.trim(at, end)
	for _, word := range []string{"export ", "override ", "define ", "private "} {
		if strings.HasPrefix(r.text[at:end], word) {
			at = r.skipBlanks(at+len(word), end)
		}
	}
	keyEnd := r.keyEnd(at, end)
	sep := r.skipBlanks(keyEnd, end)
	if sep < end && r.text[sep] == ':' && (sep+1 == end || strings.IndexByte(":=", r.text[sep+1]) < 0) {
		at = r.skipBlanks(sep+1, end)
		keyEnd = r.keyEnd(at, end)
		sep = r.skipBlanks(keyEnd, end)
	}
	op := sep
	for op < end && strings.IndexByte(":?+!", r.text[op]) >= 0 {
		op++
	}
	if keyEnd == at || op == end || r.text[op] != '=' {
		return
	}
	lit := r.value(op+1, end, end, "#")
	r.add(Setting{Key: r.text[at:keyEnd], Value: lit.value, KeyAt: at, At: lit.at, End: lit.end, Quoted: lit.quoted})
}

// batch reads the scripts of Windows: set K=v, and the words of other commands.
func (r *reader) batch(from, to int) {
	r.eachLine(from, to, func(at, end int) {
		for at < end && (r.text[at] == '@' || isBlank(r.text[at])) {
			at++
		}
		comment := false
		for _, sign := range []string{"rem ", "::"} {
			if end-at > len(sign) && strings.EqualFold(r.text[at:at+len(sign)], sign) {
				at, comment = r.skipBlanks(at+len(sign), end), true
			}
		}
		outer := r.comment
		r.comment = outer || comment
		r.batchLine(at, end, comment)
		r.comment = outer
	})
}

func (r *reader) batchLine(at, end int, comment bool) {
	if !strings.EqualFold(r.text[at:min(end, at+4)], "set ") {
		if !comment {
			r.inside(Shell, at, end)
		}
		return
	}
	at = r.skipBlanks(at+4, end)
	if at < end && r.text[at] == '/' {
		return
	}
	quoted := at < end && r.text[at] == '"'
	if quoted {
		at++
		if i := strings.LastIndexByte(r.text[at:end], '"'); i >= 0 {
			end = at + i
		}
	}
	key, _, ok := strings.Cut(r.text[at:end], "=")
	if !ok || !isKey(strings.TrimSpace(key)) {
		return
	}
	start := at + len(key) + 1
	if lit, ok := r.batchValue(start, end); ok {
		r.add(Setting{Key: strings.TrimSpace(key), Value: lit.value, KeyAt: at, At: lit.at, End: lit.end, Quoted: quoted || lit.quoted})
	}
}

func (r *reader) batchValue(at, end int) (literal, bool) {
	lit := literal{value: r.text[at:end], at: at, end: end}
	if end-at >= 2 && r.text[at] == '"' && r.text[end-1] == '"' {
		lit = literal{value: r.text[at+1 : end-1], at: at + 1, end: end - 1, quoted: true}
	}
	return lit, true
}
