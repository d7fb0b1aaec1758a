package naming_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/meta"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/naming"
)

// newNamer returns a namer for a push of the tag v1.2.0 to acme/web. The handler
// answers the requests to the API.
func newNamer(t *testing.T, api http.HandlerFunc) *naming.Namer {
	t.Helper()
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	client, err := github.New(http.DefaultClient, server.URL, server.URL, "test")
	if err != nil {
		t.Fatal(err)
	}
	return &naming.Namer{GitHub: client, Run: input.GitHub{
		Active: true, Repository: "acme/web", EventName: "push", Ref: "refs/tags/v1.2.0", SHA: strings.Repeat("c", 40),
	}}
}

// tags is a fixed list of existing tags. It implements [naming.Registry].
type tags []string

func (t tags) Tags(context.Context) ([]string, error) { return t, nil }

func TestExistingTagsDecideLatest(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		registry naming.Registry
		want     []string
	}{
		{"only a lower version exists", tags{"1.1.0"}, []string{"1.2.0", "latest"}},
		{"a higher version exists", tags{"2.0.0"}, []string{"1.2.0"}},
		{"no registry", naming.NoRegistry{}, []string{"1.2.0", "latest"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := newNamer(t, http.NotFound)
			rules := input.Naming{Tags: "type=semver,pattern={{version}}", Flavor: "latest=highest"}
			got, err := n.Compute(t.Context(), naming.Request{Rules: rules, Images: "ghcr.io/acme/web", Registry: c.registry})
			if err != nil || !slices.Equal(got.Names(), c.want) {
				t.Errorf("got %q, %v; want %q", got.Names(), err, c.want)
			}
		})
	}
}

func TestDefaultTagsAreForRulesWithoutATag(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		rules    string
		defaults bool
		want     []string
	}{
		{"the rules contain no tag", "", true, []string{"1.2.0", "1.2", "1", "latest"}},
		{"the rules contain a tag", "type=raw,value=edge", true, []string{"edge"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := newNamer(t, http.NotFound)
			got, err := n.Compute(t.Context(), naming.Request{
				Rules: input.Naming{Tags: c.rules}, Images: "ghcr.io/acme/web", Defaults: c.defaults, Registry: naming.NoRegistry{},
			})
			if err != nil || !slices.Equal(got.Names(), c.want) {
				t.Errorf("got %q, %v; want %q", got.Names(), err, c.want)
			}
		})
	}
}

func TestAPIIsNeededOnlyForTheDefaultBranch(t *testing.T) {
	t.Parallel()
	cases := []struct{ rule, code string }{
		{"type=raw,value=1", ""},
		{"type=semver,pattern={{version}}", ""},
		{"type=edge", naming.CodeDefaultBranchUnknown},
		{"type=raw,value=1,enable={{is_default_branch}}", naming.CodeDefaultBranchUnknown},
	}
	for _, c := range cases {
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			n := newNamer(t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "{}", http.StatusForbidden) })
			_, err := n.Compute(t.Context(), naming.Request{Rules: input.Naming{Tags: c.rule}, Images: "ghcr.io/acme/web", Registry: naming.NoRegistry{}})
			if (c.code == "") != (err == nil) || err != nil && !diag.Is(err, c.code) {
				t.Errorf("got %v, want the code %q", err, c.code)
			}
		})
	}
}

// A payload that a user writes for act can lack facts about the repository.
func TestIncompletePayloadIsCompletedByTheAPI(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, payload string
		labelled      bool
		requests      int
		source        string
	}{
		{"complete", `{"repository":{"name":"web","html_url":"https://payload","description":null,"license":null,"default_branch":"main"}}`, true, 0, "https://payload"},
		{"incomplete", `{"repository":{"default_branch":"main"}}`, true, 1, "https://api"},
		{"incomplete, without labels", `{"repository":{"default_branch":"main"}}`, false, 0, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			requests := 0
			n := newNamer(t, func(w http.ResponseWriter, _ *http.Request) {
				requests++
				_, _ = w.Write([]byte(`{"full_name":"acme/web","html_url":"https://api","default_branch":"main"}`))
			})
			n.Run.Event.Raw, n.Run.Event.Repository = []byte(c.payload), &input.EventRepo{}
			got, err := n.Compute(t.Context(), naming.Request{Rules: input.Naming{Tags: "1"}, Labelled: c.labelled, Registry: naming.NoRegistry{}})
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(got.Labels, func(p meta.Pair) bool { return p.Key == meta.KeySource })
			if got.Labels[i].Value != c.source || requests != c.requests {
				t.Errorf("got the source %q after %d requests, want %q after %d", got.Labels[i].Value, requests, c.source, c.requests)
			}
		})
	}
}

func TestReproducible(t *testing.T) {
	t.Parallel()
	pairs := []meta.Pair{{Key: "a", Value: "1"}, {Key: "empty"}, {Key: meta.KeyCreated, Value: "2026-01-01"}}
	cases := []struct {
		name  string
		epoch string
		rules input.Naming
		want  []string
	}{
		{"the time of the run is omitted", "", input.Naming{}, []string{"a"}},
		{"SOURCE_DATE_EPOCH sets the time", "1", input.Naming{}, []string{"a", meta.KeyCreated}},
		{"the user wrote an empty value", "", input.Naming{Labels: "empty="}, []string{"a", "empty"}},
		{"a comment names an empty label", "", input.Naming{Labels: "# kept: empty="}, []string{"a", "empty"}},
		{"an annotation with a level does not replace the time of the run", "", input.Naming{Annotations: "manifest:" + meta.KeyCreated + "=now"}, []string{"a"}},
		{"the user wrote the time with and without a level", "", input.Naming{Annotations: "manifest:" + meta.KeyCreated + "=x\n" + meta.KeyCreated + "=now"}, []string{"a", meta.KeyCreated}},
		{"the user wrote the time", "", input.Naming{Annotations: meta.KeyCreated + "=now"}, []string{"a", meta.KeyCreated}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := naming.Namer{Variables: naming.Variables{SourceDateEpoch: c.epoch}}
			var got []string
			for _, p := range n.Reproducible(pairs, c.rules) {
				got = append(got, p.Key)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestLabelsWithOnlyCommentsAreNoLabels(t *testing.T) {
	t.Parallel()
	for labels, want := range map[string]bool{"": false, "# none": true, "# a\n\n# b": true, "a=b": false, "# a\nc=d": false} {
		if got := naming.NoLabels(input.Naming{Labels: labels}); got != want {
			t.Errorf("%q: got %v, want %v", labels, got, want)
		}
	}
}
