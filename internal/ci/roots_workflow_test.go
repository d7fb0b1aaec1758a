package ci

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ci/needs"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/sigstore"
)

// The step of roots.yml fails for other keys than the keys in the program, and names the
// commands that update the files. A script takes the place of gh.
func TestRootsWorkflowTellsHowToUpdateTheKeys(t *testing.T) {
	t.Parallel()
	bash := needs.Program(t, "bash")
	steps := workflows(t)["roots.yml"].Jobs["compare"].Steps
	folder := t.TempDir()
	services, err := sigstore.New(sigstore.Config{Form: sigstore.GitHub})
	if err != nil {
		t.Fatal(err)
	}
	embedded, err := os.ReadFile(filepath.Join(top, "internal", "attest", "roots", "public-good.json"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, "verified.jsonl"), append(embedded, services.TrustedRoot("https://sigstore.example")...))
	gh := "#!/bin/sh\n[ \"$*\" = 'attestation trusted-root' ] && cat '" + filepath.Join(folder, "verified.jsonl") + "'\n"
	if err := os.WriteFile(filepath.Join(folder, "gh"), []byte(gh), 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), bash, "-e", "-o", "pipefail", "-c", steps[len(steps)-1].Run)
	cmd.Dir = top
	cmd.Env = append(os.Environ(), "PATH="+folder+string(os.PathListSeparator)+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Error("the step accepts other keys")
	}
	for _, want := range []string{"public-good.json: same", "github.json: different", "roots -update internal/attest/roots", "git add internal/attest/roots"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the output does not contain %q:\n%s", want, out)
		}
	}
}

// If the program contains the keys of GitHub's instance, the documents and the help must not
// say that it contains only the keys of sigstore.dev.
func TestDocumentsNameTheKeysInTheProgram(t *testing.T) {
	t.Parallel()
	_, err := os.Stat(filepath.Join(top, "internal", "attest", "roots", "github.json"))
	for page, text := range map[string]string{
		"docs/attestations.md":           "This release does not contain its keys",
		"docs/pull-and-inspect.md":       "The program contains the keys of sigstore.dev.",
		"internal/input/table_verify.go": "Default: the keys of sigstore.dev, which the program contains.",
	} {
		if only := strings.Contains(read(t, page), text); only != os.IsNotExist(err) {
			t.Errorf("%s says %q: %t, but the keys of GitHub's instance are missing: %t", page, text, only, os.IsNotExist(err))
		}
	}
}
