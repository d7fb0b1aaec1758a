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
	created := func(written bool) meta.Pair {
		return meta.Pair{Key: meta.KeyCreated, Value: "2026-01-01", Written: written}
	}
	cases := []struct {
		name                string
		epoch               string
		labels, annotations []meta.Pair
		want                []string // the keys of the labels
	}{
		{"the time of the run and empty values are omitted", "", []meta.Pair{{Key: "a", Value: "1"}, {Key: "empty"}, created(false)}, nil, []string{"a"}},
		{"SOURCE_DATE_EPOCH sets the time", "1", []meta.Pair{created(false)}, nil, []string{meta.KeyCreated}},
		{"the user wrote an empty value", "", []meta.Pair{{Key: "empty", Written: true}}, nil, []string{"empty"}},
		{"the user wrote the time", "", []meta.Pair{created(true)}, nil, []string{meta.KeyCreated}},
		{"the user wrote the time as an annotation", "", []meta.Pair{created(false)}, []meta.Pair{created(true)}, []string{meta.KeyCreated}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := naming.Namer{Variables: naming.Variables{SourceDateEpoch: c.epoch}}
			labels, _ := n.Reproducible(meta.Result{Labels: c.labels, Annotations: c.annotations})
			_, annotations := n.Reproducible(meta.Result{Labels: c.annotations, Annotations: c.labels})
			if got := keys(labels); !slices.Equal(got, c.want) || !slices.Equal(keys(annotations), c.want) {
				t.Errorf("got the labels %q and the annotations %q, want %q", got, keys(annotations), c.want)
			}
		})
	}
}

func keys(pairs []meta.Pair) (keys []string) {
	for _, p := range pairs {
		keys = append(keys, p.Key)
	}
	return keys
}

// Only a line that the parser of the input reads as a pair is a pair. A comment or the
// value of another label can contain the same text.
func TestOnlyALineWithItsKeyReplacesADescription(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, labels, title string }{
		{"no line", "a=b", "default"},
		{"a line", meta.KeyTitle + "=Mine", "Mine"},
		{"a line in quotation marks", `"` + meta.KeyTitle + `=Mine, too"`, "Mine, too"},
		{"an empty value", meta.KeyTitle + "=", ""},
		{"only the key", meta.KeyTitle, "web"},
		{"a comment", "# " + meta.KeyTitle + "=Mine\na=b", "default"},
		{"the value of another label", "a=" + meta.KeyTitle + "=Mine", "default"},
		{"a longer key", "x." + meta.KeyTitle + "=Mine", "default"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := newNamer(t, func(w http.ResponseWriter, _ *http.Request) {
				_, _ = w.Write([]byte(`{"full_name":"acme/web","html_url":"https://api","default_branch":"main"}`))
			})
			r, err := n.Compute(t.Context(), naming.Request{Rules: input.Naming{Tags: "1", Labels: c.labels}, Strict: true, Labelled: true, Registry: naming.NoRegistry{}})
			if err != nil {
				t.Fatal(err)
			}
			labels, _ := n.Reproducible(r)
			i := slices.IndexFunc(labels, func(p meta.Pair) bool { return p.Key == meta.KeyTitle })
			got := labels[i].Value
			if labels[i].Describes() {
				got = "default"
			}
			if got != c.title {
				t.Errorf("got the title %q, want %q", got, c.title)
			}
		})
	}
}

func TestLabelsWithOnlyCommentsAreNoLabels(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"": false, "# none": true, "# a\n\n# b": true, "a=b": false, "# a\nc=d": false, meta.KeyTitle: false} {
		rules := input.Naming{Tags: "1", Labels: text}
		r, err := newNamer(t, http.NotFound).Compute(t.Context(), naming.Request{Rules: rules, Strict: true, Registry: naming.NoRegistry{}})
		if got := naming.NoLabels(rules, r.Labels); got != want || err != nil {
			t.Errorf("%q: got %v, %v; want %v", text, got, err, want)
		}
	}
}
