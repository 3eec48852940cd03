package report

import (
	"strings"
	"unicode/utf8"
)

// maxText is how long a text in a status may be, in bytes.
const maxText = 1024

// maxReason is how long a reason may be, in bytes. Longer ones are no reasons.
const maxReason = 128

const ellipsis = "…"

// cut returns text as valid UTF-8 of at most limit bytes, cut between
// characters.
func cut(text string, limit int) string {
	text = text[:min(len(text), 2*limit)] // what lies beyond need not be looked at
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= limit {
		return text
	}
	end := max(limit-len(ellipsis), 0)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + ellipsis
}

// around puts a foreign text between our own words and cuts only the foreign
// text.
func around(before, foreign, after string) string {
	return before + cut(foreign, max(maxText-len(before)-len(after), len(ellipsis))) + after
}

// reasonOr returns reason when the API takes it as the reason of a condition,
// else instead.
func reasonOr(reason, instead string) string {
	if isReason(reason) {
		return reason
	}
	return instead
}

// isReason tells whether the API takes text as the reason of a condition: a
// letter, then letters, digits and the signs _ , : of which the last two do
// not end it.
func isReason(text string) bool {
	if text == "" || len(text) > maxReason || !isLetter(text[0]) {
		return false
	}
	for i := range len(text) {
		switch c := text[i]; {
		case isLetter(c), c >= '0' && c <= '9', c == '_':
		case (c == ',' || c == ':') && i < len(text)-1:
		default:
			return false
		}
	}
	return true
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
