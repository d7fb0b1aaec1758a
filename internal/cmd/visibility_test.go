package cmd_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

// TestInputVisibilityIsComparedWithThePackage checks every outcome of the input "visibility".
func TestInputVisibilityIsComparedWithThePackage(t *testing.T) {
	t.Parallel()
	linked := func(v ghcrtest.Visibility) ghcrtest.Package {
		return ghcrtest.Package{Name: "acme/web", Visibility: v, Repository: "acme/web"}
	}
	cases := []struct {
		name       string
		want       string
		packages   []ghcrtest.Package
		patch      ghcrtest.VisibilityPatch
		visibility string
		outcome    string // in the JSON
		anonymous  string
		log        string
	}{
		{
			name: "the visibility is already public", want: "public", packages: []ghcrtest.Package{linked(ghcrtest.Public)},
			visibility: "public", outcome: "already", anonymous: "verified", log: "public; pulled without credentials",
		},
		{
			name: "a new package inherits the visibility", want: "public",
			visibility: "public", outcome: "inherited", anonymous: "verified", log: "inherited from the repository",
		},
		{
			name: "the API changes the visibility", want: "public", packages: []ghcrtest.Package{linked(ghcrtest.Private)}, patch: ghcrtest.PatchHonoured,
			visibility: "public", outcome: "changed", anonymous: "verified", log: "changed by this run",
		},
		{
			name: "only an owner can change the visibility", want: "public", packages: []ghcrtest.Package{linked(ghcrtest.Private)},
			visibility: "private", outcome: "needs-owner", anonymous: "refused", log: "private, but public is wanted",
		},
		{
			name: "keep accepts private", want: "keep", packages: []ghcrtest.Package{linked(ghcrtest.Private)},
			visibility: "private", outcome: "kept", anonymous: "refused", log: "private; linked",
		},
		{
			name: "private stays private", want: "private", packages: []ghcrtest.Package{linked(ghcrtest.Private)},
			visibility: "private", outcome: "already", anonymous: "refused", log: "private; linked",
		},
		{
			name: "an internal package instead of private gives a warning", want: "private", packages: []ghcrtest.Package{linked(ghcrtest.Internal)},
			visibility: "internal", outcome: "needs-owner", anonymous: "refused", log: "internal, but private is wanted",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := acme()
			config.Packages, config.Answers.Visibility = c.packages, c.patch
			s := newStage(t, config)
			source, _ := layout(t)
			r := s.with("source", source, "visibility", c.want).run().succeeds()
			r.hasOutputs("visibility", c.visibility, "anonymous-pull", c.anonymous, "pushed", "true")
			if want := `"visibility_outcome":"` + c.outcome + `"`; !strings.Contains(r.outputs["json"], want) {
				t.Errorf("the output json does not contain %s: %s", want, r.outputs["json"])
			}
			if !strings.Contains(r.stdout, c.log) {
				t.Errorf("the log does not contain %q:\n%s", c.log, r.stdout)
			}
			if patched := r.count(http.MethodPatch, "/packages/") > 0; patched != (c.outcome == "changed" || c.outcome == "needs-owner") {
				t.Errorf("the API received a change: %t", patched)
			}
		})
	}
}

func TestVisibilityErrorNamesThePageAndTheSteps(t *testing.T) {
	t.Parallel()
	c := acme()
	c.Packages = []ghcrtest.Package{{Name: "acme/web", Repository: "acme/web"}}
	s := newStage(t, c)
	source, _ := layout(t)
	page := s.server.URL() + "/orgs/acme/packages/container/web/settings"
	s.with("source", source, "visibility", "public")
	r := s.run().succeeds()
	warned := false
	for _, a := range r.annotations() {
		warned = warned || a.level == "warning" && strings.Contains(a.text, page) && strings.Contains(a.text, "Danger Zone")
	}
	if !warned || !strings.Contains(r.summary, page) {
		t.Errorf("the warning or the summary does not name the page %s:\n%s\n%s", page, r.stdout, r.summary)
	}

	failed := s.with("on-visibility-mismatch", "fail").run()
	failed.failsWith("visibility-needs-owner", page, "Danger Zone").hasOutputs("outcome", "failed", "visibility", "private")
}

// No value of on-visibility-mismatch allows an upload that would make a private image
// public.
func TestExposureIsRefusedBeforeUpload(t *testing.T) {
	t.Parallel()
	public := []ghcrtest.Package{{Name: "acme/web", Visibility: ghcrtest.Public, Repository: "acme/web"}}
	foreign := []ghcrtest.Package{{Name: "acme/web", Visibility: ghcrtest.Public}}
	cases := []struct {
		name     string
		want     string
		packages []ghcrtest.Package
		words    string
	}{
		{"private for a public package", "private", public, "is public"},
		{"internal for a public package", "internal", public, "is public"},
		{"private for a package that would be created public", "private", nil, "would create it as a public package"},
		{"internal for a package that would be created public", "internal", nil, "would create it as a public package"},
		{"private for a public package of another repository", "private", foreign, "is public"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := acme()
			config.Packages = c.packages
			s := newStage(t, config)
			source, _ := layout(t)
			r := s.with("source", source, "visibility", c.want).run().wroteNothing()
			r.failsWith("visibility-exposed", c.words).hasOutputs("pushed", "false", "changed", "false", "digest", "")
			if tags := s.server.Tags("acme/web"); len(tags) > 0 {
				t.Errorf("tags exist: %q", tags)
			}
		})
	}
}

func TestPublicPackageThatTheAPIHidesIsFoundByAnAnonymousPull(t *testing.T) {
	t.Parallel()
	c := acme()
	c.Packages = []ghcrtest.Package{{Name: "acme/web", Visibility: ghcrtest.Public, Repository: "acme/web"}}
	c.Faults = []ghcrtest.Fault{{Path: "/packages/", Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: 404, Message: "Not Found"}}}
	s := newStage(t, c)
	source, _ := layout(t)
	s.with("source", source, "visibility", "private").run().wroteNothing().failsWith("visibility-exposed", "is public")
}

func TestVisibilityPrivateWithoutAnAPIIsRefused(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, mismatch string
		payload        bool // the event reports a public repository
		code, words    string
	}{
		{"public repository", "warn", true, "visibility-exposed", "could create it as a public package"},
		{"unknown visibility, fail", "fail", false, "visibility-unknown", "did not return the visibility"},
		{"unknown visibility, warn", "warn", false, "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := acme()
			config.Faults = []ghcrtest.Fault{{Path: "/api/v3/", Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: 503, Message: "Unavailable"}}}
			s := newStage(t, config)
			if !c.payload {
				delete(s.env, "GITHUB_EVENT_PATH")
			}
			source, _ := layout(t)
			r := s.with("source", source, "visibility", "private", "on-visibility-mismatch", c.mismatch).run()
			if c.code == "" {
				r.succeeds().hasOutputs("visibility", "unknown")
				return
			}
			r.wroteNothing().failsWith(c.code, c.words)
		})
	}
}

func TestUnreadableVisibilityIsUnknown(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		mismatch string
		want     string
		fails    bool
	}{
		{"warn", "warn", "public", false},
		{"fail", "fail", "public", true},
		{"fail, but keep accepts every visibility", "fail", "keep", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := acme()
			config.Faults = []ghcrtest.Fault{{Path: "/api/v3/", Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: 502, Message: "Bad Gateway"}}}
			s := newStage(t, config)
			source, digest := layout(t)
			r := s.with("source", source, "visibility", c.want, "on-visibility-mismatch", c.mismatch).run()
			r.hasOutputs("visibility", "unknown", "linked", "unknown", "anonymous-pull", "verified", "digest", digest)
			if c.fails {
				r.failsWith("visibility-unknown", "502")
				return
			}
			r.succeeds()
			warnings := 0
			for _, a := range r.annotations() {
				if a.level == "warning" {
					warnings++
				}
			}
			if warnings != 1 {
				t.Errorf("%d warnings, want 1:\n%s", warnings, r.stdout)
			}
		})
	}
}

// A token without the permission "packages" can still pull a public image. The warning
// then names the permission, and does not quote the response of GitHub's API.
func TestUnreadablePackageNamesThePermission(t *testing.T) {
	t.Parallel()
	config := acme()
	config.Faults = []ghcrtest.Fault{{Path: "/api/v3/orgs/acme/packages", Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: 403, Message: "Resource not accessible by integration"}}}
	s := newStage(t, config)
	source, _ := layout(t)
	r := s.with("source", source).run().succeeds().hasOutputs("visibility", "unknown")
	if !strings.Contains(r.stdout, "Add packages: read to the permissions of the job") || strings.Contains(r.stdout, "Resource not accessible") {
		t.Errorf("got\n%s", r.stdout)
	}
}

func TestUnreachableAPIDoesNotStopPublishing(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	s.env["GITHUB_API_URL"] = "http://127.0.0.1:1"
	source, digest := layout(t)
	r := s.with("source", source).run().succeeds()
	r.hasOutputs("visibility", "unknown", "digest", digest, "pushed", "true")
}

func TestNewPackageIsReportedBeforeThePush(t *testing.T) {
	t.Parallel()
	s := newStage(t, acme())
	source, _ := layout(t)
	r := s.with("source", source).run().succeeds()
	if !strings.Contains(r.stdout, "If this run creates the package, its visibility is public") {
		t.Errorf("the log does not report the new package:\n%s", r.stdout)
	}
}
