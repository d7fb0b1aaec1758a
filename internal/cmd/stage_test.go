package cmd_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/cmd"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// canary is the token of the tests. No output of a run may contain it, except the
// runner command that masks it. It has the long form of tokens (docs/ghcr.md, New
// installation token format).
var canary = "ghs_1234567_Canary7tYq0ZsWvRkLm3PbNc9XhJd2FgUe5A" + strings.Repeat("q7-W_x0k", 24) + "." + strings.Repeat("Zm9v-YmFy_", 24) + "." + "sig-Canary0123456789"

// TestMain sets an empty folder for the login file of Docker, so that the tests do not
// use the logins of the user.
func TestMain(m *testing.M) {
	if os.Getenv("GHCR_PUBLISH_TEST_MAIN") != "" { // a test runs the program in a separate process
		os.Exit(cmd.Main(context.Background(), os.Args[1:], cmd.System()))
	}
	if calls := os.Getenv(builderVariable); calls != "" { // a test runs docker buildx
		if err := runBuilder(os.Args[1:], calls); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	dir, err := os.MkdirTemp("", "action-test-")
	if err == nil {
		err = os.Setenv("DOCKER_CONFIG", dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// stage is the environment of a run: an embedded ghcr.io and the environment
// variables of a workflow step of acme/web on the branch main.
type stage struct {
	t      *testing.T
	server *ghcrtest.Server
	env    map[string]string
	stdin  string
	dir    string
}

// acme returns the configuration of the server for most tests: an organization with a
// public repository, whose job may write packages.
func acme() ghcrtest.Config {
	return ghcrtest.Config{
		Owners:       []ghcrtest.Owner{{Login: "acme"}, {Login: "other"}},
		Repositories: []ghcrtest.Repository{{Name: "acme/web"}, {Name: "acme/hidden", Visibility: ghcrtest.Private}},
		Credentials: []ghcrtest.Credential{{
			Secret: canary, Kind: ghcrtest.ActionsToken, Actor: "octocat", Repository: "acme/web", Packages: ghcrtest.Write,
		}},
	}
}

func newStage(t *testing.T, c ghcrtest.Config) *stage {
	t.Helper()
	s := &stage{t: t, server: ghcrtest.Start(t, c), dir: t.TempDir(), env: map[string]string{}}
	for _, pair := range s.server.Env("acme/web") {
		key, value, _ := strings.Cut(pair, "=")
		s.env[key] = value
	}
	delete(s.env, "GITHUB_TOKEN") // the runner does not set it
	maps.Copy(s.env, map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main",
		"GITHUB_SHA": strings.Repeat("c", 40), "GITHUB_RUN_ID": "1", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_WORKFLOW": "release",
		"INPUT_TOKEN": canary, "RUNNER_TEMP": s.dir,
		"DOCKER_HOST": "unix://" + s.dir + "/docker.sock", // not the engine of this machine
	})
	for _, name := range []string{"OUTPUT", "STATE", "ENV", "STEP_SUMMARY"} {
		s.env["GITHUB_"+name] = filepath.Join(s.dir, name)
	}
	s.event(map[string]any{"repository": map[string]any{
		"full_name": "acme/web", "default_branch": "main", "visibility": "public",
		"owner": map[string]any{"login": "acme", "type": "Organization"},
	}})
	return s
}

// with sets inputs of the step. The arguments are pairs of a name and a value.
func (s *stage) with(pairs ...string) *stage {
	for i := 0; i < len(pairs); i += 2 {
		s.env["INPUT_"+strings.ToUpper(pairs[i])] = pairs[i+1]
	}
	return s
}

// event sets the payload of the event.
func (s *stage) event(payload any) *stage {
	s.t.Helper()
	raw, err := json.Marshal(payload)
	s.check(err)
	path := filepath.Join(s.dir, "event.json")
	s.check(os.WriteFile(path, raw, 0o600))
	s.env["GITHUB_EVENT_PATH"] = path
	return s
}

func (s *stage) check(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// image returns a repository on the registry of the stage.
func (s *stage) image(name string) string { return s.server.Host() + "/" + name }

// run runs one step, or the program at a terminal if arguments are given.
func (s *stage) run(args ...string) result {
	s.t.Helper()
	return s.runIn(context.Background(), args...)
}

func (s *stage) runIn(ctx context.Context, args ...string) result {
	s.t.Helper()
	for _, name := range []string{"OUTPUT", "STATE", "ENV", "STEP_SUMMARY"} {
		if path := s.env["GITHUB_"+name]; strings.HasPrefix(path, s.dir) {
			s.check(os.RemoveAll(path)) // the runner gives every step new files
		}
	}
	s.server.Reset()
	var stdout, stderr bytes.Buffer
	code, runErr := cmd.Run(ctx, args, cmd.Process{
		Getenv: func(key string) string { return s.env[key] }, Environ: s.environ,
		Stdin: strings.NewReader(s.stdin), Stdout: &stdout, Stderr: &stderr,
		Sleep: func(ctx context.Context, _ time.Duration) error { return context.Cause(ctx) },
	})
	r := result{t: s.t, code: code, err: runErr, stdout: stdout.String(), stderr: stderr.String(), requests: s.server.Requests()}
	output, state, env := s.read("OUTPUT"), s.read("STATE"), s.read("ENV")
	r.summary = s.read("STEP_SUMMARY")
	var err error
	if r.outputs, err = parseFile(output); err != nil {
		s.t.Errorf("reading GITHUB_OUTPUT as the runner does: %v", err)
	}
	r.hasValidReport(s.env["INPUT_COMMAND"])
	r.noSecrets(output, state, env)
	r.noRunnerCommand(s.env["GITHUB_ACTIONS"] == "true")
	return r
}

// environ returns the environment for the programs that a run starts.
func (s *stage) environ() []string {
	var out []string
	for key, value := range s.env {
		out = append(out, key+"="+value)
	}
	return out
}

func (s *stage) read(name string) string {
	path := s.env["GITHUB_"+name]
	raw, err := os.ReadFile(path)
	if folder, statErr := os.Stat(path); statErr == nil && folder.IsDir() {
		return "" // each system has another error for this case
	}
	if err != nil && !os.IsNotExist(err) && path != "" {
		s.t.Fatal(err)
	}
	return string(raw)
}
