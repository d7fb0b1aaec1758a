package input_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// workflow returns the environment of a step of Acme/Web with more variables.
func workflow(pairs ...string) input.Environment {
	env := map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "Acme/Web", "GITHUB_REPOSITORY_OWNER": "Acme", "GITHUB_ACTOR": "octocat",
		"GITHUB_EVENT_NAME": "push", "GITHUB_SERVER_URL": "https://github.com", "GITHUB_API_URL": "https://api.github.com",
		"INPUT_SOURCE": "image.tar", "INPUT_TOKEN": "ghs_x",
	}
	for i := 0; i < len(pairs); i += 2 {
		env[pairs[i]] = pairs[i+1]
	}
	return input.Environment{Getenv: func(name string) string { return env[name] }}
}

func parse(t *testing.T, env input.Environment) *input.Config {
	t.Helper()
	c, err := input.ParsePublish(env)
	if err != nil {
		t.Fatalf("ParsePublish: %v", err)
	}
	return c
}

func TestConfigHasDefaults(t *testing.T) {
	t.Parallel()
	c := parse(t, workflow())
	got := fmt.Sprint(c.Images, c.Home, c.Registry, c.Visibility, c.FailOnMismatch, c.OnReadOnly, c.Verify, c.DryRun, c.Timeout, c.Summary, c.Debug, c.Username, c.Tags)
	want := fmt.Sprint("[ghcr.io/acme/web]", "ghcr.io", "ghcr.io", "keep", false, "fail", "full", false, 30*time.Minute, true, false, "octocat", "")
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// inputCase has a value of an input, and a function that reports whether the Config
// contains this value.
type inputCase struct {
	value string
	seen  func(*input.Config) bool
}

// The test sets each input of the table to a value that is not the default.
func TestConfigContainsEveryInput(t *testing.T) {
	t.Parallel()
	cases := map[string]inputCase{
		"flavor":                 {"latest=false", func(c *input.Config) bool { return c.Flavor == "latest=false" }},
		"labels":                 {"a=b", func(c *input.Config) bool { return c.Labels == "a=b" }},
		"annotations":            {"a=b\nc=d", func(c *input.Config) bool { return c.Annotations == "a=b\nc=d" }},
		"version":                {"1.2.3", func(c *input.Config) bool { return c.Version == "1.2.3" }},
		"source":                 {"oci:dir", func(c *input.Config) bool { return c.Source == "oci:dir" }},
		"image":                  {" ghcr.io/a/b \n\n ghcr.io/a/c\nghcr.io/a/b", func(c *input.Config) bool { return fmt.Sprint(c.Images) == "[ghcr.io/a/b ghcr.io/a/c]" }},
		"tags":                   {"1\n2", func(c *input.Config) bool { return c.Tags == "1\n2" }},
		"visibility":             {"internal", func(c *input.Config) bool { return c.Visibility == input.Internal }},
		"on-visibility-mismatch": {"fail", func(c *input.Config) bool { return c.FailOnMismatch }},
		"token":                  {"ghp_y\n", func(c *input.Config) bool { return c.Token.Reveal() == "ghp_y" && c.Token.Kind() == secret.ClassicPAT }},
		"username":               {"me", func(c *input.Config) bool { return c.Username == "me" }},
		"registry":               {"Example.COM:5000/", func(c *input.Config) bool { return c.Registry == "example.com:5000" && c.Home == "ghcr.io" }},
		"credentials": {"docker.io me hunter2\nquay.io you hunter3", func(c *input.Config) bool {
			return len(c.Credentials) == 2 && c.Credentials[0].Host == "index.docker.io" && c.Credentials[1].Secret.Reveal() == "hunter3"
		}},
		"on-loss":    {"fail", func(c *input.Config) bool { return c.OnLoss == input.LossFail }},
		"size-limit": {"5MB", func(c *input.Config) bool { return c.SizeLimit.Bytes == 5_000_000 }},
		"dry-run":    {"TRUE", func(c *input.Config) bool { return c.DryRun }},
		"monotonic":  {"false", func(c *input.Config) bool { return !c.Monotonic }},
		"overwrite": {"versions=never, moving=same-digest", func(c *input.Config) bool {
			return c.Overwrite == input.Overwrite{Versions: input.Never, Moving: input.SameDigest}
		}},
		"if-published":      {"skip", func(c *input.Config) bool { return c.IfPublished == input.PublishedSkip }},
		"push-by-digest":    {"true", func(c *input.Config) bool { return c.ByDigest }},
		"digest-name":       {"web/linux/amd64", func(c *input.Config) bool { return c.DigestName == "web-linux-amd64" }},
		"push":              {"false", func(c *input.Config) bool { return c.DryRun }},
		"on-readonly":       {"skip", func(c *input.Config) bool { return c.OnReadOnly == input.ReadOnlySkip }},
		"cleanup":           {"delete: pr-*\nkeep: latest", func(c *input.Config) bool { return c.Cleanup == "delete: pr-*\nkeep: latest" }},
		"gate":              {" ./scan.sh \n", func(c *input.Config) bool { return c.Gate == " ./scan.sh \n" }},
		"verify":            {"None", func(c *input.Config) bool { return c.Verify == input.VerifyNone }},
		"timeout":           {"5", func(c *input.Config) bool { return c.Timeout == 5*time.Minute }},
		"summary":           {"False", func(c *input.Config) bool { return !c.Summary }},
		"trace":             {"t.jsonl", func(c *input.Config) bool { return c.Trace == "t.jsonl" }},
		"link":              {"label", func(c *input.Config) bool { return c.LinkTo == "https://github.com/"+c.GitHub.Repository }},
		"ca-file":           {"ca.pem", func(c *input.Config) bool { return c.CAFile == "ca.pem" }},
		"foreign-layers":    {"push", func(c *input.Config) bool { return c.PushForeign }},
		"attestations":      {"strip", func(c *input.Config) bool { return c.Strip }},
		"compression":       {"zstd", func(c *input.Config) bool { return c.Compression.String() == "zstd:3" }},
		"compression-level": {"6", func(c *input.Config) bool { return c.Compression.String() == "gzip:6" }},
		"metadata-file":     {"m.json", func(c *input.Config) bool { return c.Results.Metadata == "m.json" }},
		"digest-file":       {"d.txt", func(c *input.Config) bool { return c.Results.Digest == "d.txt" }},
		"debug":             {"true", func(c *input.Config) bool { return c.Debug }},
	}
	cases["attest"] = inputCase{"true", func(c *input.Config) bool { return c.Attestation.Mode == input.AttestTrue }}
	cases["attest-store"] = inputCase{"registry, GitHub", func(c *input.Config) bool {
		return c.Attestation.Store == input.AttestStore{Registry: true, GitHub: true}
	}}
	cases["sigstore"] = inputCase{"github", func(c *input.Config) bool { return c.Attestation.Sigstore == "github" }}
	cases["sbom"] = inputCase{"testdata/sbom.json", func(c *input.Config) bool { return len(c.Attestation.SBOM) > 0 }}
	needs := map[string][]string{"digest-name": {"INPUT_PUSH-BY-DIGEST", "true"}, "compression-level": {"INPUT_COMPRESSION", "gzip"}} // inputs that need another input
	cases["sources"] = inputCase{"API=api.tar\nghcr.io/b/web = context:web\n*=all.tar", func(c *input.Config) bool {
		return len(c.Sources) == 3 && fmt.Sprint(c.Images) == "[ghcr.io/acme/api ghcr.io/b/web]" && c.Sources[0].Source == "api.tar" &&
			c.Sources[1].Build.Context == "web" && c.Sources[2].Name == input.AllImages
	}}
	needs["sources"] = []string{"INPUT_SOURCE", ""}
	for name, c := range filesCases {
		cases[name], needs[name] = c, []string{"INPUT_CONTENT", "a:/a", "INPUT_SOURCE", ""}
	}
	for name, c := range artifactCases {
		cases[name], needs[name] = c, []string{"INPUT_CONTENT", "a:text/plain\nC:\\b", "INPUT_SOURCE", "", "INPUT_ARTIFACT-TYPE", "text/x"}
	}
	for name, c := range buildCases {
		cases[name], needs[name] = c, []string{"INPUT_CONTEXT", ".", "INPUT_SOURCE", ""}
	}
	for _, in := range input.For(input.Publish) {
		t.Run(in.Name, func(t *testing.T) {
			t.Parallel()
			c, ok := cases[in.Name]
			if !ok {
				t.Fatal("no case for this input")
			}
			if !c.seen(parse(t, workflow(append(needs[in.Name], "INPUT_"+strings.ToUpper(in.Name), c.value)...))) {
				t.Errorf("%q is not in the Config", c.value)
			}
		})
	}
}

func TestParsePublishRefusesInvalidValues(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, input, value, code, hint string }{
		{"blank source", "source", " \n", "source-missing", "docker://REFERENCE"},
		{"image with digest", "image", "ghcr.io/a/b@sha256:0", "image-with-digest", "Write ghcr.io/a/b without"},
		{"image with tag", "image", "ghcr.io/a/b:1.2", "image-with-tag", "image: ghcr.io/a/b and tags: 1.2"},
		{"image with port and tag", "image", "localhost:5000/a/b:1", "image-with-tag", "image: localhost:5000/a/b and tags: 1"},
		{"image without owner", "image", "ghcr.io/web", "image-without-owner", "ghcr.io/OWNER/web, for example ghcr.io/acme/web"},
		{"bare image without owner", "image", "web", "image-without-owner", "ghcr.io/OWNER/web"},
		{"image with blanks", "image", "ghcr.io/a/b c", "image-invalid", "Remove the blank"},
		{"image with a variable", "image", "ghcr.io/${GITHUB_REPOSITORY}", "image-invalid", "remove the input image"},
		{"images with commas", "image", "ghcr.io/a/b, ghcr.io/a/c", "input-list", "\n      ghcr.io/a/b\n      ghcr.io/a/c"},
		{"a YAML list", "tags", "- 1.2.3\n- latest", "input-list", "    tags: |\n      1.2.3\n      latest"},
		{"a JSON list", "tags", `["1.2.3", "latest"]`, "input-list", "    tags: |\n      1.2.3\n      latest"},
		{"a list in the flow style of YAML", "labels", "[a=b, c=d]", "input-list", "      a=b\n      c=d"},
		{"a YAML list of images", "image", "- ghcr.io/a/b", "input-list", "      ghcr.io/a/b"},
		{"a list of secrets", "credentials", "- docker.io me hunter2", "input-list", "one entry per line"},
		{"image with a template", "image", "ghcr.io/a/${{ x }}", "image-invalid", ""},
		{"image that is a URL", "image", "https://ghcr.io/a/b", "image-with-scheme", "Write ghcr.io/a/b"},
		{"visibility", "visibility", "privat", "input-value", "Did you mean private? Allowed: public, private, internal, keep"},
		{"visibility without a near value", "visibility", "secret", "input-value", "Allowed: public, private, internal, keep"},
		{"attestations: false", "attestations", "false", "input-value", "attestations: strip"},
		{"on-visibility-mismatch", "on-visibility-mismatch", "error", "input-value", "warn, fail"},
		{"on-readonly", "on-readonly", "keep", "input-value", "skip, fail, archive"},
		{"verify", "verify", "yes", "input-value", "full, digest, none"},
		{"an unknown class of tags", "overwrite", "branches=allow", "input-value", "versions=RULE,moving=RULE"},
		{"an unknown rule", "overwrite", "versions=maybe", "input-value", "allow, same-digest or never"},
		{"a rule that means never", "overwrite", "versions=no", "input-value", "versions=never,moving=never"},
		{"a boolean in other words", "dry-run", "on", "input-value", "Did you mean true?"},
		{"a misspelt boolean", "push", "Flase", "input-value", "Did you mean false?"},
		{"a variable as a boolean", "dry-run", "$DRY", "input-value", "the variable DRY"},
		{"a colon between host and user", "credentials", "docker.io:me:x", "credentials-invalid", "spaces instead of colons"},
		{"JSON as credentials", "credentials", `{"auths":{}}`, "credentials-invalid", "JSON"},
		{"dry-run", "dry-run", "1", "input-value", "true, false"},
		{"push", "push", "no", "input-value", "true, false"},
		{"summary", "summary", "off", "input-value", "true, false"},
		{"debug", "debug", "verbose", "input-value", "true, false"},
		{"timeout without unit", "timeout", "soon", "input-value", "30m"},
		{"timeout of zero", "timeout", "0", "input-value", "30m"},
		{"negative timeout", "timeout", "-5m", "input-value", "more than zero"},
		{"negative number of minutes", "timeout", "-1", "input-value", "more than zero"},
		{"timeout in words", "timeout", "90 minutes", "input-value", "Did you mean 1h30m?"},
		{"timeout with a blank", "timeout", "45 s", "input-value", "Did you mean 45s?"},
		{"timeout in days", "timeout", "1d", "input-value", "Did you mean 24h?"},
		{"timeout in upper case", "timeout", "30M", "input-value", "Did you mean 30m?"},
		{"part of a minute", "timeout", "0.5", "input-value", "Did you mean 30s?"},
		{"timeout that is too large", "timeout", "99999999999999", "input-value", "Write a duration"},
		{"boolean in quotation marks", "dry-run", "'true'", "input-quoted", "Write true without"},
		{"secret in quotation marks", "credentials", `"docker.io me hunter2"`, "input-quoted", "Remove the quotation marks"},
		{"rule without a class", "overwrite", "never", "input-value", "versions=never"},
		{"class with true", "overwrite", "versions=true", "input-value", "versions=allow"},
		{"class that is misspelt", "overwrite", "version=allow", "input-value", "Did you mean versions?"},
		{"registry with a path", "registry", "ghcr.io/acme", "registry-invalid", "host name"},
		{"registry that is a URL with a path", "registry", "https://ghcr.io/acme", "registry-invalid", "host name"},
		{"token of two words", "token", "ghs_a b", "token-unusable", "input token"},
		{"token with a line break inside", "token", "ghs_a\nb", "token-unusable", "input token"},
		{"no token", "token", " ", "token-empty", "GITHUB_TOKEN"},
		{"credential of two words", "credentials", "docker.io hunter2", "credentials-invalid", "host, user name and secret"},
		{"credential of four words", "credentials", "docker.io me hunter2 x", "credentials-invalid", "host, user name and secret"},
		{"credential without a host", "credentials", "a/b me hunter2", "credentials-invalid", "registry host"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := input.ParsePublish(workflow("INPUT_"+strings.ToUpper(c.input), c.value))
			all := diag.All(err)
			if len(all) != 1 {
				t.Fatalf("%d errors, want one: %v", len(all), err)
			}
			e := all[0]
			if e.Code != c.code || e.Input != c.input || e.Side != diag.Input || !strings.Contains(e.Hint, c.hint) {
				t.Errorf("got code %q input %q side %q hint %q, want %q, %q, %q", e.Code, e.Input, e.Side, e.Hint, c.code, c.input, c.hint)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}

func TestParsePublishReturnsAllErrorsTogether(t *testing.T) {
	t.Parallel()
	_, err := input.ParsePublish(workflow("INPUT_SOURCE", "", "INPUT_VISIBILITY", "x", "INPUT_TIMEOUT", "x", "INPUT_IMAGE", "a@b\nghcr.io/c", "GITHUB_API_URL", "ftp://x"))
	var codes []string
	for _, e := range diag.All(err) {
		codes = append(codes, e.Code)
	}
	slices.Sort(codes)
	want := []string{"image-with-digest", "image-without-owner", "input-value", "input-value", "server-url-unusable", "source-missing"}
	if !slices.Equal(codes, want) {
		t.Errorf("got %q, want %q", codes, want)
	}
}

// The GitHub server determines which registry and which API receive the token
// (docs/ghcr.md, Registry host).
func TestServerDeterminesRegistryAndAPI(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, server, registry, api string }{
		{"no server", "", "ghcr.io", "https://api.github.com"},
		{"github.com", "https://github.com", "ghcr.io", "https://api.github.com"},
		{"github.com in capitals", "https://GitHub.com/", "ghcr.io", "https://api.github.com"},
		{"data residency", "https://octo.ghe.com", "containers.octo.ghe.com", "https://api.octo.ghe.com"},
		{"GHES", "https://git.example.com", "containers.git.example.com", "https://git.example.com/api/v3"},
		{"GHES on a port", "https://git.example.com:8443", "containers.git.example.com:8443", "https://git.example.com:8443/api/v3"},
		{"serve", "http://127.0.0.1:5000", "127.0.0.1:5000", "http://127.0.0.1:5000/api/v3"},
		{"serve by name", "http://localhost:5000", "localhost:5000", "http://localhost:5000/api/v3"},
		{"serve on IPv6", "http://[::1]:5000", "[::1]:5000", "http://[::1]:5000/api/v3"},
		{"a host that only starts like github.com", "https://github.com.evil.example", "containers.github.com.evil.example", "https://github.com.evil.example/api/v3"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := input.ParsePublish(workflow("GITHUB_SERVER_URL", c.server, "GITHUB_API_URL", ""))
			if err != nil {
				t.Fatal(err)
			}
			if got.Home != c.registry || got.Registry != c.registry || got.GitHub.APIURL != c.api {
				t.Errorf("got %q, %q, %q; want %q, %q", got.Home, got.Registry, got.GitHub.APIURL, c.registry, c.api)
			}
		})
	}
}

func TestParsePublishRefusesServersThatMustNotReceiveTheToken(t *testing.T) {
	t.Parallel()
	for _, server := range []string{"http://github.com", "github.com", "ftp://x", "https://", "http://127.0.0.1.evil.example", "://", "https://user:hunter2@github.com"} {
		_, err := input.ParsePublish(workflow("GITHUB_SERVER_URL", server))
		if !diag.Is(err, "server-url-unusable") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("server %q: %v", server, err)
		}
	}
}

func TestRunsWithReadOnlyTokensAreRecognised(t *testing.T) {
	t.Parallel()
	pull := func(head string) string {
		return `{"number":7,"pull_request":{"number":7,"head":{"repo":` + head + `}}}`
	}
	cases := []struct {
		name, event, actor, payload string
		readOnly                    string
		onReadOnly                  input.ReadOnlyPolicy
	}{
		{"push", "push", "octocat", `{}`, "", "fail"},
		{"pull request of a branch", "pull_request", "octocat", pull(`{"full_name":"Acme/Web"}`), "", "skip"},
		{"pull request of a branch, other case", "pull_request", "octocat", pull(`{"full_name":"acme/web"}`), "", "skip"},
		{"pull request of a fork", "pull_request", "octocat", pull(`{"fork":true,"full_name":"x/web"}`), "from the fork x/web", "skip"},
		{"pull request of a deleted fork", "pull_request", "octocat", `{"number":7,"pull_request":{"head":{"sha":"0","repo":null}}}`, "from a fork", "skip"},
		{"pull_request_target has a token that can write", "pull_request_target", "octocat", pull(`{"full_name":"x/web"}`), "", "skip"},
		{"Dependabot", "push", "dependabot[bot]", `{}`, "Dependabot", "fail"},
		{"Dependabot's pull request", "pull_request", "dependabot[bot]", pull(`{"full_name":"acme/web"}`), "Dependabot", "skip"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "event.json")
			if err := os.WriteFile(path, []byte(c.payload), 0o600); err != nil {
				t.Fatal(err)
			}
			got := parse(t, workflow("GITHUB_EVENT_NAME", c.event, "GITHUB_ACTOR", c.actor, "GITHUB_EVENT_PATH", path))
			why := got.GitHub.ReadOnly()
			if (why == "") != (c.readOnly == "") || !strings.Contains(why, c.readOnly) || got.OnReadOnly != c.onReadOnly {
				t.Errorf("read only because %q, %s; want %q, %s", why, got.OnReadOnly, c.readOnly, c.onReadOnly)
			}
		})
	}
}

func TestParsePublishRefusesUnreadableEvents(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken.json")
	empty := filepath.Join(dir, "empty.json")
	if err := errors.Join(os.WriteFile(broken, []byte(`{"a":`), 0o600), os.WriteFile(empty, []byte("\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{broken, dir, filepath.Join(dir, "none")} {
		if _, err := input.ParsePublish(workflow("GITHUB_EVENT_PATH", path)); !diag.Is(err, "event-unreadable") {
			t.Errorf("%s: %v", path, err)
		}
	}
	parse(t, workflow("GITHUB_EVENT_PATH", empty)) // the program act writes such a file
}

func TestNoticesReportChangedAndForeignNames(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, image, code, words string }{
		{"lower case gives no notice", "ghcr.io/acme/web", "", ""},
		{"upper case", "ghcr.io/Acme/WEB", "image-name-lowercased", "ghcr.io/acme/web"},
		{"another owner", "ghcr.io/other/web", "owner-differs", "other"},
		{"another registry gives no notice", "docker.io/other/web", "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := parse(t, workflow("INPUT_IMAGE", c.image))
			var codes, texts string
			for _, n := range got.Notices {
				codes, texts = codes+n.Code, texts+n.Text
			}
			if codes != c.code || !strings.Contains(texts, c.words) {
				t.Errorf("got %q: %s; want %q: %s", codes, texts, c.code, c.words)
			}
		})
	}
}

func TestSecretsListsEveryEncoding(t *testing.T) {
	t.Parallel()
	c := parse(t, workflow("INPUT_CREDENTIALS", "docker.io me hunter2"))
	got := strings.Join(c.Secrets(), " ")
	for _, want := range []string{"ghs_x", "Z2hzX3g=", "b2N0b2NhdDpnaHNfeA==", "hunter2", "aHVudGVyMg==", "bWU6aHVudGVyMg=="} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not masked", want)
		}
	}
}

func TestAnotherRegistryNeedsNoToken(t *testing.T) {
	t.Parallel()
	c := parse(t, workflow("INPUT_TOKEN", "", "INPUT_IMAGE", "docker.io/acme/web"))
	if !c.Token.Empty() {
		t.Error("there is a token")
	}
}

func TestCommandOfReturnsTheCommandOrAnError(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]input.Command{"": input.Publish, "publish": input.Publish} {
		if got, summary, err := input.CommandOf(workflow("INPUT_COMMAND", value).Getenv); got != want || !summary || err != nil {
			t.Errorf("CommandOf(%q) = %q, %t, %v", value, got, summary, err)
		}
	}
	if _, summary, err := input.CommandOf(workflow("INPUT_COMMAND", "push", "INPUT_SUMMARY", "false").Getenv); summary || err == nil {
		t.Errorf("summary %t, error %v", summary, err)
	}
	if _, _, err := input.CommandOf(workflow("INPUT_COMMAND", "push").Getenv); !diag.Is(err, "input-value") {
		t.Errorf("CommandOf(push): %v", err)
	}
}
