package github_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
)

// wantReason fails the test unless the error has a reason, and a text with the message of
// GitHub.
func wantReason(t *testing.T, err error, want github.Reason, message string) *github.RefusedError {
	t.Helper()
	var refused *github.RefusedError
	if got := github.ReasonOf(err); got != want || err != nil && !strings.Contains(err.Error(), message) {
		t.Fatalf("got the reason %q and %v, want %q with %q", got, err, want, message)
	}
	errors.As(err, &refused)
	return refused
}

func TestRefusedDeletionsHaveAReason(t *testing.T) {
	t.Parallel()
	scopes := func(list ...string) func(*ghcrtest.Config) {
		return func(c *ghcrtest.Config) {
			c.Credentials[0] = ghcrtest.Credential{Secret: token, Kind: ghcrtest.ClassicPAT, Actor: "jo", Scopes: list}
			c.Packages[0].Users = map[string]ghcrtest.Role{"jo": ghcrtest.Admin}
		}
	}
	role := func(role ghcrtest.Role, packages ghcrtest.Role, answer ghcrtest.NoAdmin) func(*ghcrtest.Config) {
		return func(c *ghcrtest.Config) {
			c.Credentials[0].Packages = packages
			c.Packages[0].Repository, c.Packages[0].Grants = "", map[string]ghcrtest.Role{"acme/web": role}
			c.Answers.NoAdmin = answer
		}
	}
	cases := []struct {
		name    string
		change  func(*ghcrtest.Config)
		at      int // the position of the version in the list
		prepare func(*ghcrtest.Server, []string)
		want    github.Reason
		message string
	}{
		{"allowed", nil, 1, nil, "", ""},
		{"classic token", scopes("write:packages", "delete:packages"), 1, nil, "", ""},
		{"last tagged version", nil, 0, nil, github.LastTagged, "last tagged version"},
		{"downloads", nil, 1, func(s *ghcrtest.Server, d []string) { s.SetDownloads("acme/web", d[1], 5001) }, github.ManyDownloads, "more than 5000 downloads"},
		{"role Write", role(ghcrtest.Write, ghcrtest.Write, ghcrtest.NoAdminHidden), 1, nil, github.NoAdmin, "404"},
		{"role Write, with 403", role(ghcrtest.Write, ghcrtest.Write, ghcrtest.NoAdminForbidden), 1, nil, github.NoPermission, "not accessible by integration"},
		{"packages: read", role(ghcrtest.Admin, ghcrtest.Read, ghcrtest.NoAdminHidden), 1, nil, github.NoPermission, "not accessible by integration"},
		{"missing scope", scopes("write:packages"), 1, nil, github.MissingScope, "delete:packages"},
		{"the API fails", nil, 1, func(s *ghcrtest.Server, _ []string) {
			s.Inject(ghcrtest.Fault{Method: http.MethodDelete, Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: 500, Message: "Server Error"}})
		}, github.Unexpected, "Server Error"},
		{"another refusal", nil, 1, func(s *ghcrtest.Server, _ []string) {
			s.Inject(ghcrtest.Fault{Method: http.MethodDelete, Effect: ghcrtest.Answer{Status: 422, Message: "Something else"}})
		}, github.Unexpected, "Something else"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			v, s, digests := withVersions(t, 3, tc.change)
			list, err := v.List(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if tc.prepare != nil {
				tc.prepare(s, digests)
			}
			refused := wantReason(t, v.Delete(t.Context(), list[tc.at].ID), tc.want, tc.message)
			if refused != nil && (refused.Scope == "delete:packages") != (tc.want == github.MissingScope) {
				t.Errorf("got the scope %q", refused.Scope)
			}
			_, exists := s.Manifest("acme/web", digests[tc.at])
			if exists == (tc.want == "") {
				t.Errorf("the version exists: %t", exists)
			}
		})
	}
}

func TestDeletionOfADeletedVersionIsGone(t *testing.T) {
	t.Parallel()
	v, s, _ := withVersions(t, 2, nil)
	list, err := v.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.Inject(ghcrtest.Fault{Method: http.MethodDelete, Effect: ghcrtest.Lag{Reads: 1}})
	if err := v.Delete(t.Context(), list[1].ID); err != nil {
		t.Fatal(err)
	}
	// The first read after the second deletion still sees the version.
	_ = wantReason(t, v.Delete(t.Context(), list[1].ID), github.Gone, "404")
	_, err = v.Get(t.Context(), list[1].ID)
	_ = wantReason(t, err, github.Gone, "404")
}

func TestDeletionThatFailedAfterItWasDoneIsGone(t *testing.T) {
	t.Parallel()
	v, s, digests := withVersions(t, 2, nil)
	list, err := v.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.Inject(ghcrtest.Fault{Method: http.MethodDelete, Effect: ghcrtest.LostAnswer{}})
	_ = wantReason(t, v.Delete(t.Context(), list[1].ID), github.Gone, "404")
	if _, exists := s.Manifest("acme/web", digests[1]); exists {
		t.Error("the version exists")
	}
}

func TestRateLimitsReturnTheTimeToWait(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name        string
		limits      ghcrtest.Limits
		secondary   bool
		least, most time.Duration
	}{
		{"primary", ghcrtest.Limits{Hourly: 2}, false, 59 * time.Minute, time.Hour},
		{"secondary", ghcrtest.Limits{Points: 5}, true, 50 * time.Second, time.Minute},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			v, s, digests := withVersions(t, 2, func(c *ghcrtest.Config) { c.Limits = tc.limits })
			if _, err := v.List(t.Context()); err != nil {
				t.Fatal(err)
			}
			s.Reset()
			for range 2 { // A refused request is sent again, because the client keeps no limit.
				refused := wantReason(t, v.Delete(t.Context(), s.VersionID("acme/web", digests[1])), github.RateLimited, "rate limit")
				if refused.Wait < tc.least || refused.Wait > tc.most || refused.Secondary != tc.secondary {
					t.Errorf("got %+v", refused)
				}
			}
			if got := len(s.Requests()); got != 2 {
				t.Errorf("%d requests, want 2", got)
			}
		})
	}
}

func TestRefusedRestorationsHaveAReason(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		wait    time.Duration
		prepare func(*testing.T, *ghcrtest.Server)
		want    github.Reason
	}{
		{"allowed", 0, nil, ""},
		{"after 31 days", 31 * 24 * time.Hour, nil, github.NotRestorable},
		{"pushed again", 0, func(_ *testing.T, s *ghcrtest.Server) { s.AddManifest("acme/web", "", imageType, []byte(`{"n":0}`)) }, github.NotRestorable},
		{"role Write", 0, func(_ *testing.T, s *ghcrtest.Server) {
			s.AddPackage(ghcrtest.Package{Name: "acme/web", Visibility: ghcrtest.Public, Grants: map[string]ghcrtest.Role{"acme/web": ghcrtest.Write}})
		}, github.NoAdmin},
		{"the package is gone", 0, func(t *testing.T, s *ghcrtest.Server) {
			c := newClient(t, s.URL()+"/api/v3", "https://github.com")
			if err := open(t, c, "acme", "web").DeletePackage(t.Context()); err != nil {
				t.Fatal(err)
			}
		}, github.Gone},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			at := time.Now()
			v, s, digests := withVersions(t, 2, func(c *ghcrtest.Config) { c.Clock = func() time.Time { return at } })
			id := s.VersionID("acme/web", digests[1])
			if err := v.Delete(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			deleted, err := v.Deleted(t.Context())
			if err != nil || len(deleted) != 1 || deleted[0].ID != id || deleted[0].Digest != digests[1] {
				t.Fatalf("got the deleted versions %+v, %v", deleted, err)
			}
			if tc.prepare != nil {
				tc.prepare(t, s)
			}
			at = at.Add(tc.wait)
			_ = wantReason(t, v.Restore(t.Context(), id), tc.want, "")
		})
	}
}

func TestSecondRestorationSucceeds(t *testing.T) {
	t.Parallel()
	v, s, digests := withVersions(t, 2, nil)
	id := s.VersionID("acme/web", digests[1])
	for range 2 {
		if err := v.Delete(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := v.Restore(t.Context(), id); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestPackageIsDeletedAndRestored(t *testing.T) {
	t.Parallel()
	v, s, digests := withVersions(t, 1, nil)
	if err := v.DeletePackage(t.Context()); err != nil {
		t.Fatal(err)
	}
	_ = wantReason(t, v.DeletePackage(t.Context()), github.Gone, "404")
	_, err := v.List(t.Context())
	_ = wantReason(t, err, github.Gone, "Package not found")
	if err := v.RestorePackage(t.Context()); err != nil || s.Tag("acme/web", "main") != digests[0] {
		t.Errorf("got %v with the tag at %s", err, s.Tag("acme/web", "main"))
	}
	_ = wantReason(t, v.RestorePackage(t.Context()), github.NotRestorable, "404")
}

func TestPackageWithoutAdminIsNotDeleted(t *testing.T) {
	t.Parallel()
	v, _, _ := withVersions(t, 1, func(c *ghcrtest.Config) {
		c.Packages[0].Repository, c.Packages[0].Grants = "", map[string]ghcrtest.Role{"acme/web": ghcrtest.Write}
	})
	_ = wantReason(t, v.DeletePackage(t.Context()), github.NoAdmin, "404")
}

func TestReasonOfAnErrorWithoutAResponse(t *testing.T) {
	t.Parallel()
	c, _, _ := sequence(t, abort)
	v, err := c.Versions(t.Context(), github.Owner{Login: "acme", Kind: "Organization"}, "web")
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Delete(t.Context(), 1); github.ReasonOf(err) != github.Unexpected {
		t.Errorf("got %v", err)
	}
	if github.ReasonOf(nil) != "" || github.ReasonOf(errors.New("x")) != github.Unexpected {
		t.Error("ReasonOf returns another reason")
	}
}
