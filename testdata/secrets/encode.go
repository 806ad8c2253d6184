package corpus

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf16"
)

// encode writes a value in another form.
func encode(name, value string) (string, error) {
	switch name {
	case "b64":
		return base64.StdEncoding.EncodeToString([]byte(value)), nil
	case "b64url":
		return base64.RawURLEncoding.EncodeToString([]byte(value)), nil
	case "b64wrap":
		return wrap(base64.StdEncoding.EncodeToString([]byte(value)), 76), nil
	case "hex":
		return hex.EncodeToString([]byte(value)), nil
	case "percent":
		return url.QueryEscape(value), nil
	case "json":
		return jsonText(value)
	case "gz":
		return gzipped([]byte(value))
	case "echo": // adds the line end that echo writes
		return value + "\n", nil
	case "trim":
		return strings.TrimSpace(value), nil
	}
	return "", fmt.Errorf("unknown encoder %q", name)
}

// jsonText is a value as it stands between the quotes of a JSON string.
func jsonText(value string) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return "", fmt.Errorf("encode JSON: %w", err)
	}
	return strings.Trim(strings.TrimSpace(b.String()), `"`), nil
}

func wrap(text string, width int) string {
	var lines []string
	for len(text) > width {
		lines = append(lines, text[:width])
		text = text[width:]
	}
	return strings.Join(append(lines, text), "\n")
}

func gzipped(data []byte) (string, error) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		return "", fmt.Errorf("compress: %w", err)
	}
	if err := w.Close(); err != nil {
		return "", fmt.Errorf("compress: %w", err)
	}
	return b.String(), nil
}

// inForm writes a text with other line ends or in another encoding.
func inForm(form, text string) ([]byte, error) {
	switch form {
	case "":
		return []byte(text), nil
	case "crlf":
		return []byte(strings.ReplaceAll(text, "\n", "\r\n")), nil
	case "utf8bom":
		return append([]byte{0xEF, 0xBB, 0xBF}, text...), nil
	case "utf16le":
		return inUTF16(binary.LittleEndian, text), nil
	case "utf16be":
		return inUTF16(binary.BigEndian, text), nil
	}
	return nil, fmt.Errorf("unknown form %q", form)
}

func inUTF16(order binary.AppendByteOrder, text string) []byte {
	data := order.AppendUint16(nil, 0xFEFF)
	for _, unit := range utf16.Encode([]rune(text)) {
		data = order.AppendUint16(data, unit)
	}
	return data
}

// pack puts the files whose path is "archive!member" into gzipped tar archives.
// Their labels stand on line 1 of the archive.
func pack(files []File) ([]File, error) {
	members := map[string][]File{}
	var packed []File
	for _, f := range files {
		if archive, _, inside := strings.Cut(f.Path, "!"); inside {
			members[archive] = append(members[archive], f)
			continue
		}
		packed = append(packed, f)
	}
	for archive, list := range members {
		slices.SortFunc(list, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
		f, err := packOne(archive, list)
		if err != nil {
			return nil, fmt.Errorf("pack %s: %w", archive, err)
		}
		packed = append(packed, f)
	}
	return packed, nil
}

func packOne(archive string, members []File) (File, error) {
	out := File{Path: archive}
	var b bytes.Buffer
	zipped := gzip.NewWriter(&b)
	w := tar.NewWriter(zipped)
	for _, m := range members {
		_, name, _ := strings.Cut(m.Path, "!")
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(m.Data))}); err != nil {
			return File{}, err
		}
		if _, err := w.Write(m.Data); err != nil {
			return File{}, err
		}
		for _, l := range m.Labels {
			l.Line, l.EndLine, l.member = 1, 1, name
			l.Path = name + "!" + l.Path
			out.Labels = append(out.Labels, l)
		}
	}
	if err := w.Close(); err != nil {
		return File{}, err
	}
	if err := zipped.Close(); err != nil {
		return File{}, err
	}
	out.Data = b.Bytes()
	return out, nil
}
