package cmd

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// readSeed reads the scenario in the flag --seed. If the flag is empty, readSeed returns
// nil.
func readSeed(path string) (*ghcrtest.Seed, error) {
	if path == "" {
		return nil, nil
	}
	s, err := ghcrtest.ReadSeed(path)
	if errors.Is(err, fs.ErrNotExist) {
		file, _, _ := strings.Cut(path, "#")
		return nil, inputFile{
			input: "seed", named: "--seed", path: file, code: codeSeed,
			hint: "Set --seed to a file with one scenario, or to FILE#ID for a scenario of a list.",
		}.unreadable(err)
	}
	if err != nil {
		return nil, &diag.Error{
			Code: codeSeed, Side: diag.Input, Err: diag.NotJSON(err), Title: fmt.Sprintf("The server cannot use the scenario %q", path),
			Hint: "Set --seed to a file with one scenario, or to FILE#ID for a scenario of a list. Correct the scenario if the message names a field.",
		}
	}
	return s, nil
}

// serveScenario prints the command that runs a scenario on a server, and exports the event of
// the scenario. It returns the path of the file of the event, or "".
func serveScenario(out io.Writer, s *ghcrtest.Seed, host string) (string, error) {
	fmt.Fprintf(out, "# To run the scenario, export the variables, and enter this command:\n# %s\n", scenarioCommand(s, host))
	event := s.Options.Event
	if event.Name == "" {
		return "", nil
	}
	path, err := writeEvent(event)
	if err != nil {
		return "", fmt.Errorf("writing the event of the scenario: %w", err)
	}
	fmt.Fprintf(out, "export GITHUB_EVENT_NAME=%s\nexport GITHUB_EVENT_PATH=%s\n", event.Name, shellQuote(path))
	return path, nil
}

// scenarioCommand returns the command "cleanup" with the rules of a scenario. The rules name
// the digests of the server. Each line of a rule is one flag. Without a rule dry-run, the
// command deletes.
func scenarioCommand(s *ghcrtest.Seed, host string) string {
	rules := s.RulesFor(host)
	if rules["dry-run"] == "" {
		rules["dry-run"] = "false"
	}
	words := []string{"ghcr-publish", "cleanup", host + "/" + s.Name()}
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		for value := range strings.SplitSeq(rules[name], "\n") {
			words = append(words, "--"+name+"="+shellQuote(value))
		}
	}
	return strings.Join(words, " ")
}

// writeEvent writes the payload of an event to a temporary file.
func writeEvent(e ghcrtest.SeedEvent) (path string, err error) {
	f, err := os.CreateTemp("", "ghcr-publish-event-*.json")
	if err != nil {
		return "", err
	}
	defer f.Close()
	payload := map[string]any{"action": e.Action, "number": e.Number, "pull_request": map[string]any{"number": e.Number}}
	return f.Name(), json.NewEncoder(f).Encode(payload)
}

// shellQuote quotes a word for a POSIX shell.
func shellQuote(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
