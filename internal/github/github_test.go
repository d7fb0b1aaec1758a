package github_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/keychain"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

const token = "ghs_packages"

func world(list ...ghcrtest.Package) ghcrtest.Config {
	return ghcrtest.Config{
		Owners: []ghcrtest.Owner{{Login: "acme"}, {Login: "jo", Type: ghcrtest.User}},
		Repositories: []ghcrtest.Repository{
			{Name: "acme/web", Visibility: ghcrtest.Private, Description: "a web", License: "MIT"}, {Name: "jo/web"},
		},
		Credentials: []ghcrtest.Credential{{Secret: token, Repository: "acme/web", Packages: ghcrtest.Write}},
		Packages:    list,
	}
}

func client(t *testing.T, c ghcrtest.Config) (*github.Client, *ghcrtest.Server) {
	t.Helper()
	s := ghcrtest.Start(t, c)
	return newClient(t, s.URL()+"/api/v3", "https://github.com"), s
}

func newClient(t *testing.T, api, server string) *github.Client {
	t.Helper()
	p, err := github.New(keychain.Client(secret.New(token), nil), api, server, "test")
	if err != nil {
		t.Fatal(err)
	}
	p.Sleep = func(context.Context, time.Duration) error { return nil }
	return p
}

func TestGetUsesThePathOfTheOwnersKind(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		owner github.Owner
		pkg   string
		path  string
		url   string
	}{
		{"organization", github.Owner{Login: "acme", Kind: "Organization"}, "web", "/orgs/acme/packages/container/web", "https://github.com/orgs/acme/packages/container/package/web"},
		{"user", github.Owner{Login: "jo", Kind: "User"}, "web", "/users/jo/packages/container/web", "https://github.com/users/jo/packages/container/package/web"},
		{"kind that the API reports", github.Owner{Login: "acme"}, "web", "/orgs/acme/packages/container/web", "https://github.com/orgs/acme/packages/container/package/web"},
		{"slashes in the name", github.Owner{Login: "jo"}, "team/app/x", "/users/jo/packages/container/team%2Fapp%2Fx", "https://github.com/users/jo/packages/container/package/team%2Fapp%2Fx"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			full := c.owner.Login + "/" + c.pkg
			p, s := client(t, world(ghcrtest.Package{Name: full, Visibility: ghcrtest.Public, Repository: "acme/web"}))
			got, err := p.Get(context.Background(), c.owner, c.pkg)
			if err != nil {
				t.Fatal(err)
			}
			if got.Visibility != "public" || got.Repository != "acme/web" || got.URL != c.url {
				t.Errorf("got %+v", got)
			}
			all := s.Requests()
			if last := all[len(all)-1].Path; last != "/api/v3"+c.path {
				t.Errorf("requested %s, want %s", last, c.path)
			}
			if requested := len(all) == 2; requested != (c.owner.Kind == "") {
				t.Errorf("%d requests, want a second one only if the kind is unknown", len(all))
			}
		})
	}
}

func TestAHiddenPackageLooksLikeAnAbsentOne(t *testing.T) {
	t.Parallel()
	p, _ := client(t, world(ghcrtest.Package{Name: "acme/hidden"}))
	for _, name := range []string{"hidden", "none"} {
		got, err := p.Get(context.Background(), github.Owner{Login: "acme"}, name)
		if !github.IsAbsent(err) || !strings.Contains(err.Error(), "GitHub's API answered 404") {
			t.Errorf("%s: %v", name, err)
		}
		if got.Owner.Kind != "Organization" {
			t.Errorf("%s: the result does not contain the kind of the owner: %+v", name, got)
		}
	}
	if github.IsAbsent(errors.New("x")) || github.IsAbsent(nil) {
		t.Error("IsAbsent returns true for another error or for nil")
	}
}

func TestRepositoryIsRead(t *testing.T) {
	t.Parallel()
	p, _ := client(t, world())
	got, err := p.Repository(context.Background(), "acme/web")
	if err != nil {
		t.Fatal(err)
	}
	if got.FullName != "acme/web" || got.Visibility != "private" || got.DefaultBranch != "main" || got.Description != "a web" || got.License != "MIT" {
		t.Errorf("got %+v", got)
	}
	if _, err := p.Repository(context.Background(), "acme/none"); !github.IsAbsent(err) {
		t.Errorf("absent repository: %v", err)
	}
}

// budget returns a retry budget that records its waits and does not sleep.
func budget(tries int, waits *[]time.Duration) retry.Budget {
	return retry.Budget{Tries: tries, Wait: time.Second, Sleep: func(_ context.Context, d time.Duration) error {
		*waits = append(*waits, d)
		return nil
	}}
}

func TestEnsureReportsTheOutcome(t *testing.T) {
	t.Parallel()
	private := ghcrtest.Package{Name: "acme/web", Repository: "acme/web"}
	public := ghcrtest.Package{Name: "acme/web", Repository: "acme/web", Visibility: ghcrtest.Public}
	failing := func(method string, status, times int) ghcrtest.Fault {
		return ghcrtest.Fault{Method: method, Path: "/packages/", Times: times, Effect: ghcrtest.Answer{Status: status, Message: "no"}}
	}
	cases := []struct {
		name       string
		list       []ghcrtest.Package
		patch      ghcrtest.VisibilityPatch
		faults     []ghcrtest.Fault
		want       string
		created    bool
		outcome    github.Outcome
		visibility string
		waits      []time.Duration
	}{
		{name: "no wanted visibility", list: []ghcrtest.Package{private}, want: "", outcome: github.Kept, visibility: "private"},
		{name: "keep", list: []ghcrtest.Package{private}, want: "keep", outcome: github.Kept, visibility: "private"},
		{name: "already", list: []ghcrtest.Package{public}, want: "public", outcome: github.Already, visibility: "public"},
		{name: "inherited", list: []ghcrtest.Package{public}, want: "public", created: true, outcome: github.Inherited, visibility: "public"},
		{name: "needs-owner", list: []ghcrtest.Package{private}, want: "public", outcome: github.NeedsOwner, visibility: "private"},
		{name: "changed", list: []ghcrtest.Package{private}, patch: ghcrtest.PatchHonoured, want: "public", outcome: github.Changed, visibility: "public"},
		{name: "successful answer without a change", list: []ghcrtest.Package{private}, faults: []ghcrtest.Fault{failing("PATCH", 200, 1)}, want: "public", outcome: github.NeedsOwner, visibility: "private"},
		{name: "absent in all reads", want: "public", outcome: github.Unknown, waits: []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}},
		{name: "absent in the first reads", list: []ghcrtest.Package{public}, faults: []ghcrtest.Fault{failing("GET", 404, 2)}, want: "public", created: true, outcome: github.Inherited, visibility: "public", waits: []time.Duration{time.Second, 2 * time.Second}},
		{name: "502 in the first reads", list: []ghcrtest.Package{public}, faults: []ghcrtest.Fault{failing("GET", 502, 2)}, want: "public", outcome: github.Already, visibility: "public"},
		{name: "502 in all reads", list: []ghcrtest.Package{public}, faults: []ghcrtest.Fault{failing("GET", 502, ghcrtest.Always)}, want: "public", outcome: github.Unknown},
		{name: "403 is not retried", list: []ghcrtest.Package{public}, faults: []ghcrtest.Fault{failing("GET", 403, ghcrtest.Always)}, want: "public", outcome: github.Unknown},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := world(c.list...)
			config.Answers.Visibility, config.Faults = c.patch, c.faults
			p, _ := client(t, config)
			var waits []time.Duration
			got := p.Ensure(context.Background(), github.Owner{Login: "acme", Kind: "Organization"}, "web", c.want, c.created, budget(4, &waits))
			if got.Outcome != c.outcome || got.Package.Visibility != c.visibility {
				t.Errorf("got %s, %q (%v); want %s, %q", got.Outcome, got.Package.Visibility, got.Err, c.outcome, c.visibility)
			}
			if got.Package.Owner.Kind != "Organization" {
				t.Errorf("the result does not contain the owner: %+v", got.Package)
			}
			if reason := c.outcome == github.Unknown; reason != (got.Err != nil) && c.outcome != github.NeedsOwner {
				t.Errorf("%s with the error %v", got.Outcome, got.Err)
			}
			if !slices.Equal(waits, c.waits) {
				t.Errorf("waits %v, want %v", waits, c.waits)
			}
		})
	}
}

func TestEnsureReturnsTheErrorOfAnInterruptedWait(t *testing.T) {
	t.Parallel()
	p, _ := client(t, world())
	interrupted := errors.New("interrupted")
	got := p.Ensure(context.Background(), github.Owner{Login: "acme"}, "web", "public", true, retry.Budget{
		Tries: 9, Sleep: func(context.Context, time.Duration) error { return interrupted },
	})
	if got.Outcome != github.Unknown || !errors.Is(got.Err, interrupted) {
		t.Errorf("got %+v", got)
	}
}

func TestAnErrorAnswerIsReportedInOneShortLine(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-GitHub-Request-Id", "AB:CD")
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, `{"message":%q}`, "no\n::error::evil "+strings.Repeat("x", 5000))
	}))
	t.Cleanup(s.Close)
	p, err := github.New(http.DefaultClient, s.URL, "https://github.com", "test")
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Get(context.Background(), github.Owner{Login: "acme", Kind: "User"}, "web")
	text := fmt.Sprint(err)
	if strings.Contains(text, "\n") || len(text) > 1000 || !strings.Contains(text, "403 Forbidden") || !strings.Contains(text, "request id AB:CD") {
		t.Errorf("got %q", text)
	}
}

func TestPageURLsAreEscaped(t *testing.T) {
	t.Parallel()
	p, _ := client(t, world())
	org, user := github.Owner{Login: "acme", Kind: "Organization"}, github.Owner{Login: "jo", Kind: "User"}
	for got, want := range map[string]string{
		p.PageURL(org, "web"):      "https://github.com/orgs/acme/packages/container/package/web",
		p.SettingsURL(org, "a/b"):  "https://github.com/orgs/acme/packages/container/a%2Fb/settings",
		p.SettingsURL(user, "web"): "https://github.com/users/jo/packages/container/web/settings",
		p.OrganizationURL(org):     "https://github.com/organizations/acme/settings/packages",
		p.OrganizationURL(user):    "",
		p.TokensURL():              "https://github.com/settings/tokens",
		p.PageURL(org, "a b?#<x>"): "https://github.com/orgs/acme/packages/container/package/a%20b%3F%23%3Cx%3E",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
