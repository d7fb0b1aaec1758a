package cmd_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/input"
)

func TestHelpNamesEveryFlagAndSecretsHaveNone(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme()).atTerminal()
	help := s.run("publish", "--help").succeeds().stdout
	for _, in := range input.For(input.Publish) {
		if has := strings.Contains(help, "--"+in.Name+" "); has == in.NoFlag {
			t.Errorf("--%s is in the help: %t", in.Name, has)
		}
	}
	if !strings.Contains(help, "--token-stdin") || strings.Contains(help, canary) {
		t.Errorf("the help is wrong:\n%s", help)
	}
}

func TestMistakesOnTheCommandLine(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		args []string
		says []string
	}{
		{"unknown command", []string{"publsh"}, []string{`unknown command "publsh"`, "--help"}},
		{"unknown flag", []string{"publish", "x", "--tag", "1"}, []string{"unknown flag: --tag", "publish --help"}},
		{"two sources", []string{"publish", "a", "b"}, []string{"received 2", "publish --help"}},
		{"an argument that nothing takes", []string{"version", "x"}, []string{"version --help"}},
		{"the source twice", []string{"publish", "a", "--source", "b"}, []string{"source is set twice"}},
		{"a wrong value", []string{"publish", "a", "--image", "ghcr.io/a/b", "--verify", "half"}, []string{`verify is "half"`, "full, digest, none"}},
		{"no token", []string{"publish", "a", "--image", "ghcr.io/a/b"}, []string{"There is no token", "GITHUB_TOKEN", "--token-stdin"}},
		{"no image", []string{"publish", "a"}, []string{"input image is empty", "ghcr.io/acme/web"}},
		{"an address that is taken", []string{"serve", "--listen", "256.0.0.1:1"}, []string{`"256.0.0.1:1"`, "--listen"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, acme()).atTerminal()
			delete(s.env, "GITHUB_SERVER_URL")
			r := s.run(c.args...).wroteNothing().failsWith("", c.says...)
			if strings.Contains(r.stderr, "internal") || r.stdout != "" {
				r.fatal("the mistake is not shown as one")
			}
		})
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme()).atTerminal()
	if got := s.run("version").succeeds().stdout; strings.TrimSpace(got) == "" || strings.Count(got, "\n") != 1 {
		t.Errorf("got %q", got)
	}
}

func TestTryShowsTheWholeJob(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme()).atTerminal()
	text := s.run("try").succeeds().stdout
	for _, want := range []string{"sha256:", "linux/amd64", "linux/arm64", "anonymous pull: verified", "uses: ghcr-publish/ghcr-publish@v1"} {
		if !strings.Contains(text, want) {
			t.Errorf("try does not say %q:\n%s", want, text)
		}
	}
}

func TestTryAsData(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme()).atTerminal()
	source, digest := layout(t)
	r := s.run("try", "--json", "--source", source).succeeds()
	var got struct {
		Digest        string
		AnonymousPull struct{ Verified bool } `json:"anonymous_pull"`
	}
	if err := json.Unmarshal([]byte(r.stdout), &got); err != nil || got.Digest != digest || !got.AnonymousPull.Verified {
		t.Errorf("%v: %s", err, r.stdout)
	}
	s.run("try", "--source", "/no/such/image").failsWith("", "/no/such/image", "does not exist")
}
