//go:build integration && linux

package ci

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/random"
)

// maxCleanup is the maximum memory, in KiB, of a cleanup of 10,000 versions.
const maxCleanup = 96 << 10

// scenarioFolder contains the scenarios of the command "cleanup".
var scenarioFolder = filepath.Join(top, "internal", "cleanup", "testdata")

// A shell runs the two commands of docs/local.md for each scenario: the command serve, and the
// command that serve prints.
func TestAShellRunsEachScenarioOfCleanup(t *testing.T) {
	program := programOf(t)
	for _, name := range []string{"cleanup.json", "more.json"} {
		file := filepath.Join(scenarioFolder, name)
		all, err := ghcrtest.ReadSeeds(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range all {
			t.Run(s.ID, func(t *testing.T) {
				runInShell(t, program, file, s)
			})
		}
	}
}

func runInShell(t *testing.T, program, file string, s *ghcrtest.Seed) {
	t.Helper()
	lines := linesOfServe(t, program, "--seed", file+"#"+s.ID)
	var script strings.Builder
	url, token := "", ""
	for _, line := range lines {
		if strings.HasPrefix(line, "export ") {
			script.WriteString(line + "\n")
		}
		url, token = after(line, "export GITHUB_SERVER_URL=", url), after(line, "export GITHUB_TOKEN=", token)
	}
	command := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, "# ghcr-publish ") })
	script.WriteString(strings.TrimPrefix(lines[command], "# ") + "\n")
	run := exec.CommandContext(t.Context(), "sh", "-c", script.String())
	run.Env = []string{"HOME=" + t.TempDir(), "RUNNER_TEMP=" + t.TempDir(), "PATH=" + filepath.Dir(program) + ":" + os.Getenv("PATH")}
	out, err := run.CombinedOutput()
	want := s.Expected
	if (err != nil) != (want.Error != "") || want.Error != "" && !strings.Contains(string(out), "("+want.Error+")") {
		t.Errorf("%v, want the error %q\n%s", err, want.Error, out)
	}
	if got, kept := versionsOf(t, url, token, s), slices.Sorted(slices.Values(want.Kept)); !slices.Equal(got, kept) {
		t.Errorf("the server has %q, want %q\n%s", got, kept, out)
	}
}

// after returns the rest of a line after a prefix, or the other text.
func after(line, prefix, other string) string {
	if rest, ok := strings.CutPrefix(line, prefix); ok {
		return rest
	}
	return other
}

// versionsOf returns the sorted labels of the versions in GitHub's API.
func versionsOf(t *testing.T, url, token string, s *ghcrtest.Seed) []string {
	t.Helper()
	labels := map[string]string{}
	for label, digest := range s.Digests() {
		labels[digest] = label
	}
	owner, name, _ := strings.Cut(s.Name(), "/")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/api/v3/orgs/"+owner+"/packages/container/"+strings.ReplaceAll(name, "/", "%2F")+"/versions?per_page=100", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var list []struct{ Name string }
	if response.StatusCode == http.StatusOK {
		err = json.NewDecoder(response.Body).Decode(&list)
	}
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, v := range list {
		out = append(out, labels[v.Name])
	}
	slices.Sort(out)
	return out
}

// The undo list of a run that the system kills contains each version that the run deleted and
// each tag that it removed, and an undo restores the package. Before the undo, each version
// has its parts.
func TestAKilledCleanupCanBeUndone(t *testing.T) {
	program := programOf(t)
	cases := []struct {
		name, id string
		fault    ghcrtest.Fault
	}{
		{"after the first deletion", "C05", ghcrtest.Fault{Method: http.MethodDelete}},
		{"after the second deletion", "C05", ghcrtest.Fault{Method: http.MethodDelete, After: 1}},
		{"between two images", "C90", ghcrtest.Fault{Method: http.MethodDelete, After: 2}},
		{"after the deletion of an image with a referrer", "C10", ghcrtest.Fault{Method: http.MethodDelete}},
		{"after the deletion of the package", "C41", ghcrtest.Fault{Method: http.MethodDelete}},
		{"while a small manifest has the tag", "C58", ghcrtest.Fault{Method: http.MethodPut, Path: "/manifests/"}},
		{"after the removal of a tag", "C58", ghcrtest.Fault{Method: http.MethodDelete}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s, err := ghcrtest.ReadSeed(filepath.Join(scenarioFolder, "cleanup.json") + "#" + c.id)
			if err != nil {
				t.Fatal(err)
			}
			server := ghcrtest.Start(t, ghcrtest.Config{Open: &ghcrtest.Open{}, Seed: s})
			before := stateOf(server, s)
			undo := killed(t, program, server, s, c.fault)
			if between := stateOf(server, s); maps.Equal(before, between) {
				t.Fatal("the run changed nothing")
			}
			args := []string{"cleanup", "--undo", undo}
			restore := exec.CommandContext(t.Context(), program, args...)
			restore.Env = append(server.Env(s.Repository()), "HOME="+t.TempDir())
			if out, err := restore.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			for name, digest := range before {
				if after := stateOf(server, s); after[name] != digest {
					t.Errorf("%s is %q after the undo, want %s", name, after[name], digest)
				}
			}
		})
	}
}

// killed runs a scenario and sends SIGKILL to the program at a request. It returns the path of
// the undo list, and fails the test if the list lacks a deleted version.
func killed(t *testing.T, program string, server *ghcrtest.Server, s *ghcrtest.Seed, at ghcrtest.Fault) string {
	t.Helper()
	temp := t.TempDir()
	args := []string{"cleanup", server.Host() + "/" + s.Name(), "--dry-run=false"}
	for name, value := range s.RulesFor(server.Host()) {
		for line := range strings.SplitSeq(value, "\n") {
			args = append(args, "--"+name+"="+line)
		}
	}
	run := exec.CommandContext(t.Context(), program, args...)
	var out bytes.Buffer
	run.Env, run.Stdout, run.Stderr = append(server.Env(s.Repository()), "HOME="+temp, "RUNNER_TEMP="+temp), &out, &out
	at.Effect = ghcrtest.BeforeAnswer{Do: func() { _ = run.Process.Kill() }}
	server.Inject(at)
	if err := run.Run(); err == nil || run.ProcessState.Exited() {
		t.Fatalf("the run ended before its kill: %v\n%s", err, &out)
	}
	found, err := filepath.Glob(filepath.Join(temp, "ghcr-publish-undo-*.jsonl"))
	if err != nil || len(found) != 1 {
		t.Fatalf("the undo lists are %q, %v", found, err)
	}
	raw, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	entries, err := cleanup.ParseUndo(raw)
	if err != nil {
		t.Fatal(err)
	}
	now := stateOf(server, s)
	for label, digest := range s.Digests() {
		if now[label] == "" && !slices.ContainsFunc(entries, func(e cleanup.Entry) bool { return e.Digest == digest }) {
			t.Errorf("the undo list does not contain the deleted version %s", label)
		}
	}
	return found[0]
}

// stateOf maps the labels of the versions and the tags to digests.
func stateOf(server *ghcrtest.Server, s *ghcrtest.Seed) map[string]string {
	labels := map[string]string{}
	for label, digest := range s.Digests() {
		labels[digest] = label
	}
	out := map[string]string{}
	for _, digest := range server.Versions(s.Name()) {
		out[labels[digest]] = digest
	}
	for _, tag := range server.Tags(s.Name()) {
		out["tag "+tag] = server.Tag(s.Name(), tag)
	}
	return out
}

// A cleanup of 10,000 versions needs little memory, with and without a cache.
func TestMemoryOfACleanupOf10000Versions(t *testing.T) {
	program := programOf(t)
	file := filepath.Join(t.TempDir(), "large.json")
	raw, err := json.Marshal(random.Large(10_000))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{"HOME=" + t.TempDir()}
	host := ""
	for _, line := range linesOfServe(t, program, "--seed", file) {
		if pair, ok := strings.CutPrefix(line, "export "); ok {
			env = append(env, pair)
		}
		host = after(line, "export GITHUB_SERVER_URL=http://", host)
	}
	cache := filepath.Join(t.TempDir(), "cache")
	for _, state := range []string{"without a cache", "with a cache", "with deletions"} {
		args := []string{"cleanup", host + "/acme/app", "--delete=1.0.1?", "--untagged=delete", "--cache", cache, "--dry-run=" + fmt.Sprint(state != "with deletions")}
		if peak := peakOf(t, env, program, args...); peak == 0 || peak > maxCleanup {
			t.Errorf("%s: peak memory was %d KiB, want at most %d", state, peak, maxCleanup)
		}
	}
}
