package formats

// readJSONC reads JSON with comments.
func readJSONC(data []byte) (any, error) { return readJSON(withoutComments(data)) }

// withoutComments makes a blank of each // and /* */ comment.
func withoutComments(data []byte) []byte {
	out := make([]byte, 0, len(data))
	for i := 0; i < len(data); {
		end := pieceEnd(data, i)
		if data[i] == '/' && end > i+1 {
			out = append(out, ' ')
		} else {
			out = append(out, data[i:end]...)
		}
		i = end
	}
	return out
}

// pieceEnd returns where the text, the comment or the character at i ends.
func pieceEnd(data []byte, i int) int {
	switch {
	case data[i] == '"':
		for j := i + 1; j < len(data); j++ {
			switch data[j] {
			case '\\':
				j++
			case '"':
				return j + 1
			}
		}
		return len(data)
	case data[i] == '/' && i+1 < len(data) && data[i+1] == '/':
		for j := i + 2; j < len(data); j++ {
			if data[j] == '\n' {
				return j
			}
		}
		return len(data)
	case data[i] == '/' && i+1 < len(data) && data[i+1] == '*':
		for j := i + 2; j+1 < len(data); j++ {
			if data[j] == '*' && data[j+1] == '/' {
				return j + 2
			}
		}
		return len(data)
	}
	return i + 1
}
