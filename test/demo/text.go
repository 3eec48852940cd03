package main

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// stopwatch writes seconds so that they stand in one column.
func stopwatch(d time.Duration) string { return fmt.Sprintf("%7.1f s", d.Seconds()) }

// wrap breaks a text between words into lines of at most width characters, a
// longer word aside.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width:
			lines = append(lines, line)
			line = word
		default:
			line += " " + word
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// lineDiff returns the lines that turn one text into another, each with "- "
// or "+ " before it, in the order of the texts.
func lineDiff(before, after string) []string {
	old, now := strings.Split(before, "\n"), strings.Split(after, "\n")
	common := commonLines(old, now)
	var diff []string
	for i, j := 0, 0; i < len(old) || j < len(now); {
		switch {
		case i < len(old) && j < len(now) && old[i] == now[j]:
			i, j = i+1, j+1
		case i < len(old) && (j == len(now) || common[i+1][j] >= common[i][j+1]):
			diff = append(diff, "- "+old[i])
			i++
		default:
			diff = append(diff, "+ "+now[j])
			j++
		}
	}
	return diff
}

// commonLines returns how many lines the rests of two texts have in common at
// most, in their order: at [i][j] without the first i and j lines.
func commonLines(a, b []string) [][]int {
	common := make([][]int, len(a)+1)
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	return common
}

// cut shortens a line.
func cut(text string, width int) string {
	runes := []rune(text)
	if len(runes) <= width {
		return text
	}
	return string(runes[:width-1]) + "…"
}

// plain are the characters a shell takes as they are.
const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=:,@%+"

// shellLine writes words so that they can be pasted into a shell.
func shellLine(words []string) string {
	quoted := make([]string, 0, len(words))
	for _, word := range words {
		if word == "" || strings.Trim(word, plain) != "" {
			word = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
		quoted = append(quoted, word)
	}
	return strings.Join(quoted, " ")
}

// like tells whether a text has the form of a pattern, in which a "*" stands
// for anything, such as a pod's name.
func like(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return text == pattern
	}
	rest, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		at := strings.Index(rest, part)
		if at < 0 {
			return false
		}
		rest = rest[at+len(part):]
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}

// count writes a number with its noun: "1 pod", "3 pods".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
