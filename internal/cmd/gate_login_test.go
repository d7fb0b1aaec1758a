package cmd_test

import (
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// started starts the program in a process of its own, and returns when the script of the gate
// has written the file "pid" with its process ID.
func (s *stage) started() (program *exec.Cmd, script *os.Process) {
	s.t.Helper()
	self, err := os.Executable()
	s.check(err)
	program = exec.CommandContext(s.t.Context(), self)
	program.Env = append(s.environ(), "GHCR_PUBLISH_TEST_MAIN=1", "HOME="+s.dir, "DOCKER_CONFIG="+s.dir)
	s.check(program.Start())
	for range 2000 {
		if raw, err := os.ReadFile(filepath.Join(s.dir, "pid")); err == nil && strings.HasSuffix(string(raw), "\n") {
			id, err := strconv.Atoi(strings.TrimSpace(string(raw)))
			s.check(err)
			script, err = os.FindProcess(id)
			s.check(err)
			return program, script
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.t.Fatal("the gate did not start")
	return nil, nil
}

// folders lists the folders of gates.
func (s *stage) folders() []string {
	s.t.Helper()
	out, err := filepath.Glob(filepath.Join(s.dir, "ghcr-publish-gate-*"))
	s.check(err)
	return out
}

// The runner can kill the program during the gate. The program then cannot remove the login,
// so the post step removes it.
func TestPostStepRemovesTheLoginOfAKilledGate(t *testing.T) {
	t.Parallel()
	s := gated(newStage(t, acme()), `test -s "$DOCKER_CONFIG/config.json"; echo $$ >"$STAGE/pid"; exec sleep 300`)
	source, _ := layout(t)
	s.with("source", source, "tags", "1")
	program, script := s.started()
	s.check(program.Process.Kill())
	_ = program.Wait() // The error reports that the program was killed.
	_ = script.Kill()  // The runner kills all processes of the step.
	if left := s.folders(); len(left) != 1 {
		t.Fatalf("the folders are %q, want one folder with the login", left)
	}
	state, err := parseFile(s.read("STATE"))
	s.check(err)
	s.env["STATE_gate"], s.env["GHCR_PUBLISH_STAGE"] = state["gate"], "post"
	s.run().succeeds()
	if left := s.folders(); len(left) > 0 {
		t.Errorf("the folders %q exist after the post step", left)
	}
	s.run().succeeds()
	if tags := s.server.Tags("acme/web"); len(tags) > 0 {
		t.Errorf("the tags %q exist", tags)
	}
}

// The script gets its login only in its Docker config file. No variable contains a token, in
// plain text or as a part of base64 text.
func TestGateHasNoTokenInItsEnvironment(t *testing.T) {
	t.Parallel()
	s := gated(newStage(t, acme()), `env >"$STAGE/environment"; test -s "$DOCKER_CONFIG/config.json"`)
	encoded := base64.StdEncoding.EncodeToString([]byte("x-access-token:" + canary))
	hidden := map[string]string{
		"GITHUB_TOKEN": canary, "GH_TOKEN": "another", "CR_PAT": "another", "GH_ENTERPRISE_TOKEN": "another", "NODE_AUTH_TOKEN": canary,
		"ACTIONS_RUNTIME_TOKEN": "another", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "another", "ACTIONS_ID_TOKEN_REQUEST_URL": "https://token.test",
		"DOCKER_AUTH_CONFIG": `{"auths":{"ghcr.io":{"auth":"` + encoded + `"}}}`, "GIT_CONFIG_VALUE_0": "AUTHORIZATION: basic " + encoded,
		"STATE_other": "another", "GITHUB_ENV": s.env["GITHUB_ENV"], "GITHUB_STATE": s.env["GITHUB_STATE"],
	}
	for name, value := range hidden {
		s.env[name] = value
	}
	s.env["KEPT"] = "yes"
	source, _ := layout(t)
	s.with("source", source, "tags", "1").run().succeeds()
	raw, err := os.ReadFile(filepath.Join(s.dir, "environment"))
	s.check(err)
	var names []string
	for line := range strings.Lines(string(raw)) {
		name, _, _ := strings.Cut(line, "=")
		names = append(names, name)
		if _, bad := hidden[name]; bad || strings.HasPrefix(name, "INPUT_") {
			t.Errorf("the script got the variable %s", name)
		}
	}
	if !slices.Contains(names, "KEPT") || strings.Contains(string(raw), canary) || strings.Contains(string(raw), encoded) {
		t.Errorf("the environment of the script is %q", names)
	}
}
