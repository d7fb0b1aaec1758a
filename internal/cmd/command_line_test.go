package cmd_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/input"
)

func TestHelpNamesEveryFlagAndSecretsHaveNoFlag(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme()).atTerminal()
	help := s.run("help", "publish", "--all").succeeds().stdout
	for _, in := range input.For(input.Publish) {
		if has := strings.Contains(help, "--"+in.Name+" "); has == in.NoFlag {
			t.Errorf("--%s is in the help: %t, want %t", in.Name, has, !in.NoFlag)
		}
	}
	if !strings.Contains(help, "--token-stdin") || strings.Contains(help, canary) {
		t.Errorf("the help lacks --token-stdin or contains the token:\n%s", help)
	}
}

func TestCommandLineErrors(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		args  []string
		code  string
		words []string
	}{
		{"a misspelt command", []string{"publsh"}, "usage", []string{`"publsh"`, "Did you mean publish?", "--help"}},
		{"a command of docker", []string{"push", "x"}, "usage", []string{"Did you mean publish?"}},
		{"the help of an unknown command", []string{"help", "publsh"}, "usage", []string{`"publsh"`, "Did you mean publish?"}},
		{"the help of two commands", []string{"help", "publish", "pull"}, "usage", []string{`"pull"`}},
		{"an unknown command", []string{"frobnicate"}, "usage", []string{`"frobnicate"`, "list of commands"}},
		{"a misspelt flag", []string{"publish", "x", "--tag", "1"}, "usage", []string{"--tag", "Did you mean --tags?", "publish --help"}},
		{"a flag of another command", []string{"publish", "x", "--verify-only"}, "usage", []string{"--verify-only is a flag of pull"}},
		{"a flag of another command with a near name", []string{"publish", "x", "--images", "y"}, "usage", []string{"Did you mean --image?", "--images is a flag of metadata"}},
		{"a flag of docker", []string{"publish", "x", "--load"}, "usage", []string{"the command pull"}},
		{"a one-letter flag of docker", []string{"publish", "x", "-t", "1"}, "usage", []string{"Write --tags"}},
		{"another one-letter flag", []string{"pull", "x", "-z"}, "usage", []string{"Write a long flag"}},
		{"a flag before the command", []string{"--tags", "1"}, "usage", []string{"before its flags"}},
		{"the version of the program where the image has one", []string{"publish", "--version"}, "usage", []string{"ghcr-publish version"}},
		{"two sources", []string{"publish", "a", "b"}, "usage", []string{"SOURCE", `"b"`, "publish --help"}},
		{"an argument of a command without arguments", []string{"version", "x"}, "usage", []string{"version --help"}},
		{"the source twice", []string{"publish", "a", "--source", "b"}, "usage", []string{"twice"}},
		{"an invalid value", []string{"publish", "a", "--image", "ghcr.io/a/b", "--verify", "half"}, "input-value", []string{`verify has the invalid value "half"`, "full, digest, none"}},
		{"no token", []string{"publish", "a", "--image", "ghcr.io/a/b"}, "token-empty", []string{"GITHUB_TOKEN", "--token-stdin"}},
		{"no image", []string{"publish", "a"}, "image-missing", []string{"ghcr.io/acme/web"}},
		{"a scenario that does not exist", []string{"serve", "--listen", "127.0.0.1:0", "--seed", "none.json#C01"}, "seed-unusable", []string{`"none.json"`, "FILE#ID"}},
		{"an address that does not exist", []string{"serve", "--listen", "256.0.0.1:1"}, "listen", []string{`"256.0.0.1:1"`, "--listen"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, acme()).atTerminal()
			delete(s.env, "GITHUB_SERVER_URL")
			r := s.run(c.args...).wroteNothing().failsWith(c.code, c.words...)
			if strings.Contains(r.stderr, "internal") || r.stdout != "" {
				r.fatal("the error is called internal, or standard output is not empty")
			}
		})
	}
}

func TestVersionIsPrinted(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme()).atTerminal()
	want := s.run("version").succeeds().stdout
	if strings.TrimSpace(want) == "" || strings.Count(want, "\n") != 1 {
		t.Errorf("got %q", want)
	}
	for _, args := range [][]string{{"--version"}, {"pull", "--version"}, {"serve", "--version"}} {
		if got := s.run(args...).succeeds().stdout; got != want {
			t.Errorf("%q prints %q, want %q", args, got, want)
		}
	}
}

func TestTryPublishesAndPullsAnonymously(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme()).atTerminal()
	r := s.run("try").succeeds()
	text := r.stdout
	if strings.Contains(text, "docker pull") {
		t.Errorf("the output contains a command for a registry that has ended:\n%s", text)
	}
	if n := strings.Count(r.stderr, "…\n"); n != 4 {
		t.Errorf("standard error has %d lines about phases, want 4:\n%s", n, r.stderr)
	}
	for _, want := range []string{"sha256:", "pulled without credentials", "verified: signed by https://github.com/octocat/hello/", "uses: ghcr-publish/ghcr-publish@v1"} {
		if !strings.Contains(text, want) {
			t.Errorf("the output does not contain %q:\n%s", want, text)
		}
	}
}

func TestTryPrintsJSON(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme()).atTerminal()
	source, digest := layout(t)
	r := s.run("try", "--json", "--source", source).succeeds()
	var got struct {
		Digest        string
		AnonymousPull struct{ Verified bool } `json:"anonymous_pull"`
		Provenance    struct {
			Digest     string
			Repository string
		} `json:"verified_provenance"`
		Attestation struct{ Attested string }
	}
	if err := json.Unmarshal([]byte(r.stdout), &got); err != nil || got.Digest != digest || !got.AnonymousPull.Verified ||
		got.Provenance.Digest != digest || got.Provenance.Repository != "https://github.com/octocat/hello" || got.Attestation.Attested != "yes" {
		t.Errorf("%v: %s", err, r.stdout)
	}
	s.run("try", "--source", "/no/such/image").failsWith("source-not-found", "/no/such/image")
}
