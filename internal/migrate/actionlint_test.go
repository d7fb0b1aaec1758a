//go:build integration

package migrate

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestActionlintFindsNothingNew runs actionlint from PATH on each golden pair.
// The migrated file must have no finding that the original does not have.
func TestActionlintFindsNothingNew(t *testing.T) {
	t.Parallel()
	tool, err := exec.LookPath("actionlint")
	if err != nil {
		t.Skip("actionlint is not in PATH; it is one of the tools in .github/tools")
	}
	for _, dir := range goldenCases(t) {
		if strings.HasPrefix(filepath.Base(dir), "composite-") {
			continue // actionlint reads workflows only
		}
		before := lint(t, tool, filepath.Join(dir, "before.yml"))
		for _, finding := range lint(t, tool, filepath.Join(dir, "after.yml")) {
			if !slices.Contains(before, finding) {
				t.Errorf("%s: new finding: %s", dir, finding)
			}
		}
	}
}

var position = regexp.MustCompile(`^[^ ]+:\d+:\d+: `)

// lint returns the findings without their positions, because edits change the
// positions.
func lint(t *testing.T, tool, file string) []string {
	t.Helper()
	cmd := exec.Command(tool, "-no-color", "-oneline", "-shellcheck=", "-pyflakes=", filepath.Base(file))
	cmd.Dir = filepath.Dir(file)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		t.Fatalf("running actionlint on %s: %v", file, err)
	}
	var findings []string
	for line := range strings.Lines(string(out)) {
		findings = append(findings, position.ReplaceAllString(strings.TrimSpace(line), ""))
	}
	return findings
}
