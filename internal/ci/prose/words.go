package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// rule is one line of the word list. A rule consists of a pattern, the number of
// allowed uses, and the words to use instead.
type rule struct {
	line    int // The index is the position of the line in the file.
	pattern *regexp.Regexp
	allowed int
	instead string
}

// parseRules reads a word list. Tabs separate the columns of a line. parseRules
// ignores empty lines and lines that start with "#".
func parseRules(content string) ([]rule, error) {
	var rules []rule
	for i, line := range strings.Split(content, "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		columns := strings.Split(line, "\t")
		if len(columns) != 3 {
			return nil, fmt.Errorf("line %d has %d columns, want 3: pattern, number, words to use", i+1, len(columns))
		}
		pattern, err := regexp.Compile(columns[0])
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		allowed, err := strconv.Atoi(columns[1])
		if err != nil {
			return nil, fmt.Errorf("line %d: the number of allowed uses: %w", i+1, err)
		}
		rules = append(rules, rule{i, pattern, allowed, columns[2]})
	}
	return rules, nil
}

// matches returns the sentences that match the pattern of the rule. A sentence with
// two matches occurs twice.
func (r rule) matches(all []sentence) []sentence {
	var found []sentence
	for _, s := range all {
		for range r.pattern.FindAllString(s.text, -1) {
			found = append(found, s)
		}
	}
	return found
}

// checkFile checks the sentences against the list in the file. If a pattern has more
// uses than allowed, checkFile prints each use. If update is true and no pattern has
// too many uses, checkFile lowers the allowed numbers in the file to the numbers of
// uses. checkFile never increases an allowed number of uses.
func checkFile(path string, all []sentence, update bool, out io.Writer) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	rules, err := parseRules(string(content))
	if err != nil {
		return fmt.Errorf("reading the word list %q: %w", path, err)
	}
	lines := strings.Split(string(content), "\n")
	var broken error
	for _, r := range rules {
		found := r.matches(all)
		if len(found) > r.allowed {
			broken = errors.Join(broken, fmt.Errorf("%s: %d uses, %d allowed; write %s", r.pattern, len(found), r.allowed, r.instead))
			for _, s := range found {
				fmt.Fprintln(out, s)
			}
		}
		allowed := strconv.Itoa(min(r.allowed, len(found)))
		lines[r.line] = strings.Join([]string{r.pattern.String(), allowed, r.instead}, "\t")
	}
	if broken != nil || !update {
		return broken
	}
	return os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600) //nolint:gosec // the path is an argument of this tool
}
