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

	"github.com/ghcr-publish/ghcr-publish/internal/cmd"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// canary is the token of every story. It must never be seen in anything that
// a run writes, except in the command that masks it.
const canary = "ghs_Canary7tYq0ZsWvRkLm3PbNc9XhJd2FgUe5A"

// TestMain keeps the login file of whoever runs the tests out of them.
func TestMain(m *testing.M) {
	if os.Getenv("GHCR_PUBLISH_TEST_MAIN") != "" { // a test wants a process of its own
		os.Exit(cmd.Main(context.Background(), os.Args[1:], cmd.System()))
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

// stage is a world in which runs take place: an embedded ghcr.io and the
// environment of a workflow step of acme/web on branch main.
type stage struct {
	t      *testing.T
	server *ghcrtest.Server
	env    map[string]string
	stdin  string
	dir    string
}

// acme is the world of most stories: an organization with a public
// repository, whose job may write packages.
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
	delete(s.env, "GITHUB_TOKEN") // the runner sets none
	maps.Copy(s.env, map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main",
		"GITHUB_SHA": strings.Repeat("c", 40), "GITHUB_RUN_ID": "1", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_WORKFLOW": "release",
		"INPUT_TOKEN": canary, "RUNNER_TEMP": s.dir,
		"DOCKER_HOST": "unix://" + s.dir + "/docker.sock", // never the engine of this machine
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

// with sets inputs of the step: name, value, and so on.
func (s *stage) with(pairs ...string) *stage {
	for i := 0; i < len(pairs); i += 2 {
		s.env["INPUT_"+strings.ToUpper(pairs[i])] = pairs[i+1]
	}
	return s
}

// event sets the payload.
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

// image is a repository on the stage's registry.
func (s *stage) image(name string) string { return s.server.Host() + "/" + name }

// run is one step.
func (s *stage) run(args ...string) told {
	s.t.Helper()
	return s.runIn(context.Background(), args...)
}

func (s *stage) runIn(ctx context.Context, args ...string) told {
	s.t.Helper()
	for _, name := range []string{"OUTPUT", "STATE", "ENV", "STEP_SUMMARY"} {
		if path := s.env["GITHUB_"+name]; strings.HasPrefix(path, s.dir) {
			s.check(os.RemoveAll(path)) // the runner gives every step new ones
		}
	}
	s.server.Reset()
	var stdout, stderr bytes.Buffer
	code := cmd.Main(ctx, args, cmd.Process{
		Getenv: func(key string) string { return s.env[key] }, Environ: s.environ,
		Stdin: strings.NewReader(s.stdin), Stdout: &stdout, Stderr: &stderr,
	})
	r := told{t: s.t, code: code, stdout: stdout.String(), stderr: stderr.String(), requests: s.server.Requests()}
	output, state, env := s.read("OUTPUT"), s.read("STATE"), s.read("ENV")
	r.summary = s.read("STEP_SUMMARY")
	var err error
	if r.outputs, err = parseFile(output); err != nil {
		s.t.Errorf("GITHUB_OUTPUT as the runner reads it: %v", err)
	}
	r.noSecrets(output, state, env)
	r.noForgery(s.env["GITHUB_ACTIONS"] == "true")
	return r
}

// environ is what programs of the run see.
func (s *stage) environ() []string {
	var out []string
	for key, value := range s.env {
		out = append(out, key+"="+value)
	}
	return out
}

func (s *stage) read(name string) string {
	raw, err := os.ReadFile(s.env["GITHUB_"+name])
	if err != nil && !os.IsNotExist(err) && s.env["GITHUB_"+name] != "" && !strings.Contains(err.Error(), "is a directory") {
		s.t.Fatal(err)
	}
	return string(raw)
}
