// Command skips reads the output of "go test -json" for another system. The command
// prints the output of each failed test, the skipped tests with their reasons, and
// the numbers of packages and tests.
//
//	skips LIST           fails if a test failed, or if LIST is not the list of skipped tests
//	skips -update LIST   writes the list of skipped tests
//
// Each line of the list has the package, the name of the test and the reason,
// separated by tabs. A test that skips itself must have a line in the list. Without
// this rule, a change could make all tests of another system skip themselves, and the
// checks would still succeed.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run executes the program with the given arguments.
func run(args []string, in io.Reader, out io.Writer) error {
	flags := flag.NewFlagSet("skips", flag.ContinueOnError)
	update := flags.Bool("update", false, "Write the list.")
	if err := flags.Parse(args); err != nil {
		return err
	}
	list := flags.Arg(0)
	found, err := read(in, out)
	if err != nil {
		return err
	}
	skipped := found.skipList()
	found.print(out, skipped)
	if *update {
		return os.WriteFile(list, []byte(strings.Join(skipped, "")), 0o644)
	}
	expected, err := os.ReadFile(list)
	if err != nil {
		return err
	}
	return errors.Join(found.failure(), compare(slices.Collect(strings.Lines(string(expected))), skipped, list))
}

// compare returns an error that contains each difference between two lists.
func compare(want, got []string, list string) error {
	var errs []error
	for _, line := range got {
		if !slices.Contains(want, line) {
			errs = append(errs, fmt.Errorf("%s does not list a skipped test: %s", list, strings.TrimSpace(line)))
		}
	}
	for _, line := range want {
		if !slices.Contains(got, line) {
			errs = append(errs, fmt.Errorf("%s lists a test that was not skipped: %s", list, strings.TrimSpace(line)))
		}
	}
	return errors.Join(errs...)
}

// event is a line in the output of "go test -json" (go doc test2json).
type event struct{ Action, Package, Test, Output string }

// module is the path of the module, with the slash before the folder of a package.
const module = "github.com/ghcr-publish/ghcr-publish"

// key identifies a test. The name of the test is empty for the whole package.
type key struct{ pkg, test string }

// results contains the last state of each test and of each package.
type results struct {
	states map[key]string
	output map[key][]string
}

// read reads all events. read copies each line that is not an event, such as an error
// of the compiler, to the output.
func read(in io.Reader, out io.Writer) (*results, error) {
	r := &results{states: map[key]string{}, output: map[key][]string{}}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Fprintln(out, lines.Text())
			continue
		}
		r.add(e)
	}
	return r, lines.Err()
}

func (r *results) add(e event) {
	pkg := "." + strings.TrimPrefix(e.Package, module)
	k := key{pkg, e.Test}
	switch e.Action {
	case "output", "build-output":
		r.output[k] = append(r.output[k], e.Output)
	case "pass", "fail", "skip":
		r.states[k] = e.Action
	}
}

// The method "of" returns the tests or the packages with the given state, sorted by
// name.
func (r *results) of(state string, tests bool) []key {
	var out []key
	for k, s := range r.states {
		if s == state && (k.test != "") == tests {
			out = append(out, k)
		}
	}
	slices.SortFunc(out, func(a, b key) int {
		return strings.Compare(a.pkg+"\t"+a.test, b.pkg+"\t"+b.test)
	})
	return out
}

// skipList returns the lines of the skipped tests.
func (r *results) skipList() []string {
	var out []string
	for _, k := range r.of("skip", true) {
		out = append(out, k.pkg+"\t"+k.test+"\t"+reason(r.output[k])+"\n")
	}
	return out
}

// reason returns the text that a test logged before it ended (FILE:LINE: TEXT).
// reason omits the file and the line, because they change often. In a test script,
// the command [CONDITION] skip 'TEXT' contains the reason.
func reason(output []string) string {
	for _, line := range slices.Backward(output) {
		if _, text, ok := strings.Cut(line, "] skip '"); ok {
			return strings.TrimRight(text, "'\n")
		}
		if _, text, ok := strings.Cut(line, ".go:"); ok {
			_, text, _ = strings.Cut(text, ": ")
			return strings.TrimSpace(text)
		}
	}
	return ""
}

// print prints the output of failed tests, the skipped tests and the numbers.
func (r *results) print(out io.Writer, skipped []string) {
	for _, k := range r.of("fail", true) {
		fmt.Fprintf(out, "--- %s %s\n%s", k.pkg, k.test, strings.Join(r.output[k], ""))
	}
	for _, k := range r.of("fail", false) {
		fmt.Fprintf(out, "--- %s\n%s", k.pkg, strings.Join(r.output[k], ""))
	}
	for _, line := range skipped {
		fmt.Fprint(out, "skipped: ", line)
	}
	for _, tests := range []bool{true, false} {
		name := map[bool]string{true: "tests", false: "packages"}[tests]
		fmt.Fprintf(out, "%s: %d passed, %d failed, %d skipped\n", name, len(r.of("pass", tests)), len(r.of("fail", tests)), len(r.of("skip", tests)))
	}
}

// failure returns an error if a test or a package failed, or if no test passed.
func (r *results) failure() error {
	if n := len(r.of("fail", false)) + len(r.of("fail", true)); n > 0 {
		return fmt.Errorf("%d tests and packages failed", n)
	}
	if len(r.of("pass", true)) == 0 {
		return errors.New("no test passed")
	}
	return nil
}
