package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// switches say how the application misbehaves. The zero value behaves well.
//
// In the environment a switch is SWITCH_ and its name in capitals, for example
// SWITCH_CRASH_AFTER=3s. In the file it is a line such as "crash-after = 3s";
// empty lines and those that begin with # do not count. The file wins.
type switches struct {
	crashAtStart bool          // end before anything else
	crashAfter   time.Duration // end so long after the start
	exitCode     int           // of either crash
	unready      bool          // never be ready
	unreadyAfter time.Duration // be ready no more so long after the start
	slowStart    time.Duration // accept connections only so long after the start
	allocate     int           // megabytes to take, and use, at the start
	burn         time.Duration // keep a processor busy so long after the start
	drain        time.Duration // answer on connections kept alive so long after SIGTERM
}

const (
	environmentPrefix = "SWITCH_"
	// fileVariable names the file with switches.
	fileVariable = "SWITCHES_FILE"
	defaultFile  = "/etc/app/switches"

	defaultExitCode = 1
	defaultDrain    = time.Second
	// most bounds every duration, so that a mistake does not run for ever.
	most = 10 * time.Minute
	// mostMegabytes bounds what is allocated, for the case that nothing else
	// does.
	mostMegabytes = 1024
	mostExitCode  = 255
)

// setters read the value of each switch.
var setters = map[string]func(*switches, string) error{
	"crash-at-start": func(s *switches, v string) error { return parseBool(&s.crashAtStart, v) },
	"crash-after":    func(s *switches, v string) error { return parseDuration(&s.crashAfter, v) },
	"exit-code":      func(s *switches, v string) error { return parseInt(&s.exitCode, v, mostExitCode) },
	"unready":        func(s *switches, v string) error { return parseBool(&s.unready, v) },
	"unready-after":  func(s *switches, v string) error { return parseDuration(&s.unreadyAfter, v) },
	"slow-start":     func(s *switches, v string) error { return parseDuration(&s.slowStart, v) },
	"allocate":       func(s *switches, v string) error { return parseInt(&s.allocate, v, mostMegabytes) },
	"burn":           func(s *switches, v string) error { return parseDuration(&s.burn, v) },
	"drain":          func(s *switches, v string) error { return parseDuration(&s.drain, v) },
}

// readSwitches reads the switches of an environment and of the file it names.
// Only the default file may be missing.
func readSwitches(environment []string) (switches, error) {
	s := switches{exitCode: defaultExitCode, drain: defaultDrain}
	file := ""
	for _, entry := range environment {
		name, value, _ := strings.Cut(entry, "=")
		if name == fileVariable {
			file = value
		}
		short, ours := strings.CutPrefix(name, environmentPrefix)
		if !ours {
			continue
		}
		if err := s.set(strings.ToLower(strings.ReplaceAll(short, "_", "-")), value); err != nil {
			return s, fmt.Errorf("variable %s: %w", name, err)
		}
	}
	missingOK := file == ""
	if missingOK {
		file = defaultFile
	}
	err := s.readFile(file)
	if missingOK && errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return s, err
}

func (s *switches) readFile(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, value, _ := strings.Cut(line, "=")
		if err := s.set(strings.TrimSpace(key), strings.TrimSpace(value)); err != nil {
			return fmt.Errorf("%s, line %d: %w", name, number, err)
		}
	}
	return lines.Err()
}

func (s *switches) set(name, value string) error {
	set, ok := setters[name]
	if !ok {
		return fmt.Errorf("there is no switch %q: use one of %s", name, strings.Join(slices.Sorted(maps.Keys(setters)), ", "))
	}
	if err := set(s, value); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func parseBool(into *bool, text string) error {
	value, err := strconv.ParseBool(text)
	if err != nil {
		return fmt.Errorf("%q is neither true nor false", text)
	}
	*into = value
	return nil
}

func parseInt(into *int, text string, most int) error {
	value, err := strconv.Atoi(text)
	if err != nil || value < 0 || value > most {
		return fmt.Errorf("%q is no number from 0 to %d", text, most)
	}
	*into = value
	return nil
}

func parseDuration(into *time.Duration, text string) error {
	value, err := time.ParseDuration(text)
	if err != nil || value < 0 || value > most {
		return fmt.Errorf("%q is no duration from 0s to %s, such as 1.5s", text, most)
	}
	*into = value
	return nil
}
