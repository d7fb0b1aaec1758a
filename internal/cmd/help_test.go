package cmd_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ghcr-publish/ghcr-publish/internal/input"
)

// helpPages lists the commands of the program that have help.
func helpPages() []string {
	command, _ := input.Find("command")
	return append([]string{"serve", "try", "version", "help", "completion"}, command.Values...)
}

func TestHelpFitsOnOneScreen(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme()).atTerminal()
	pages := [][]string{{"--help"}, {"help"}}
	for _, name := range helpPages() {
		pages = append(pages, []string{name, "--help"})
	}
	for _, args := range pages {
		help := s.run(args...).succeeds().stdout
		if n := strings.Count(help, "\n"); n > 40 {
			t.Errorf("%q prints %d lines, want at most 40", args, n)
		}
		assertColumns(t, args, help)
	}
}

func TestCompleteHelpFitsTheWidthOfATerminal(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme()).atTerminal()
	for _, name := range helpPages() {
		args := []string{"help", name, "--all"}
		assertColumns(t, args, s.run(args...).succeeds().stdout)
	}
}

func assertColumns(t *testing.T, args []string, help string) {
	t.Helper()
	for line := range strings.Lines(help) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
			t.Errorf("%q prints a line of %d columns, want at most 80: %s", args, n, line)
		}
	}
}

// flagLine matches a line of the help that starts the description of a flag.
var flagLine = regexp.MustCompile(`(?m)^  (?:-[a-z], )?--([a-z-]+) `)

func TestCompleteHelpDescribesEachFlagOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme()).atTerminal()
	command, _ := input.Find("command")
	for _, name := range command.Values {
		help := s.run("help", name, "--all").succeeds().stdout
		count := map[string]int{}
		for _, match := range flagLine.FindAllStringSubmatch(help, -1) {
			count[match[1]]++
		}
		for _, in := range input.For(input.Command(name)) {
			want := 1
			if in.NoFlag {
				want = 0
			}
			if count[in.Name] != want {
				t.Errorf("help %s --all describes --%s %d times, want %d", name, in.Name, count[in.Name], want)
			}
			delete(count, in.Name)
		}
		for _, own := range []string{"token-stdin", "help"} {
			if count[own] != 1 {
				t.Errorf("help %s --all describes --%s %d times, want 1", name, own, count[own])
			}
		}
	}
}

// A flag that the short help does not describe is at least counted in the line of its
// group.
func TestShortHelpCountsEveryFlag(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme()).atTerminal()
	group := regexp.MustCompile(`(?m)^  [A-Z][a-z]+ \((\d+)\): --`)
	command, _ := input.Find("command")
	for _, name := range command.Values {
		short := s.run(name, "--help").succeeds().stdout
		all := s.run("help", name, "--all").succeeds().stdout
		counted := len(flagLine.FindAllString(short, -1)) + 1 // --help
		for _, match := range group.FindAllStringSubmatch(short, -1) {
			n, _ := strconv.Atoi(match[1]) // the pattern permits only digits
			counted += n
		}
		if want := len(flagLine.FindAllString(all, -1)); counted != want {
			t.Errorf("%s --help describes and counts %d flags, want %d", name, counted, want)
		}
	}
}
