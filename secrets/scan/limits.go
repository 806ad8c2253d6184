package scan

import (
	"fmt"

	"github.com/gatehouse-dev/gatehouse/secrets/settings"
)

// Names of the limits, as they stand in reasons and in the documentation.
const (
	LimitDepth    = "embedded-depth"
	LimitBytes    = "embedded-bytes"
	LimitInflated = "inflated-bytes"
	LimitLiteral  = "literal-bytes"
	LimitLine     = "settings-line-bytes"
	LimitOneValue = "one-value-bytes"
	LimitRead     = "embedded-document" // before the name of the limit of package manifest that was met
)

// maxInflated is the size at which secrets.Decode cuts what was compressed.
const maxInflated = 1 << 20

// Limits lists the limits by name with their values and what they bound, for
// documentation.
func Limits() [][3]string {
	return append([][3]string{
		{LimitDepth, fmt.Sprint(maxEmbedded), "texts that stand in one another and are read as documents or settings"},
		{LimitBytes, mebibytes(maxEmbeddedBytes), "size of a text inside a document that is read as one"},
		{LimitRead, fmt.Sprint(insideLimits().Nodes), "maps, lists and values of one document that stands as a text in another"},
		{LimitInflated, mebibytes(maxInflated), "size to which a compressed value is unpacked"},
		{LimitLiteral, fmt.Sprintf("%d KiB", maxLiteral>>10), "size of a literal in an action of a template, or of what a variable falls back on"},
		{LimitLine, fmt.Sprintf("%d KiB", maxLine>>10), "length of a value of one line that is read as settings"},
		{LimitOneValue, fmt.Sprintf("%d KiB", maxOneValue>>10), "size of a file that is read as one value"},
	}, settings.Limits()...)
}

func mebibytes(n int) string { return fmt.Sprintf("%d MiB", n>>20) }

// over says, once for each limit, that it kept something on a line from being
// searched.
func (s *scanner) over(limit string, line uint32) {
	if s.options.Limit == nil || s.limited[limit] {
		return
	}
	if s.limited == nil {
		s.limited = map[string]bool{}
	}
	s.limited[limit] = true
	s.options.Limit(limit, max(line, 1))
}

// settingsOf reads the settings of a text of which the first line is the given line
// of the file.
func (s *scanner) settingsOf(format settings.Format, text []byte, line uint32) []settings.Setting {
	return settings.ReadWithin(format, text, func(limit string, _ int) { s.over(limit, line) })
}
