package input_test

import (
	"os"
	"slices"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
)

// hasCode reports whether an error contains an error with the code.
func hasCode(err error, code string) bool {
	return slices.ContainsFunc(diag.All(err), func(e *diag.Error) bool { return e.Code == code })
}

// On Windows, the path dist\new.tar contains the two characters \n. On other systems, these
// two characters are more often a wrong line break.
func TestAPathOfWindowsIsNoLiteralLineBreak(t *testing.T) {
	t.Parallel()
	want := os.PathSeparator != '\\'
	_, publishErr := input.ParsePublish(workflow("INPUT_SOURCE", "", "INPUT_SOURCES", `web=dist\new.tar`))
	_, cleanupErr := input.ParseCleanup(cleanupStep("INPUT_KEEP-USED", `deploy\new`))
	for name, err := range map[string]error{"sources": publishErr, "keep-used": cleanupErr} {
		if got := hasCode(err, input.CodeList); got != want {
			t.Errorf("%s: got %v, want the code %s: %v", name, err, input.CodeList, want)
		}
	}
	// A line break between tags is wrong on all systems.
	if _, err := input.ParsePublish(workflow("INPUT_TAGS", `1.2\nlatest`)); !hasCode(err, input.CodeList) {
		t.Errorf("tags: got %v, want the code %s", err, input.CodeList)
	}
}

func TestAResultFileIsNoPathThatEndsWithASeparator(t *testing.T) {
	t.Parallel()
	for _, separator := range []string{"/", string(os.PathSeparator)} {
		if _, err := input.ParsePublish(workflow("INPUT_DIGEST-FILE", "out"+separator)); !hasCode(err, input.CodeResultFile) {
			t.Errorf("the separator %q: got %v, want the code %s", separator, err, input.CodeResultFile)
		}
	}
}
