package refusal_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/refusal"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

func answer(status int, words string) *registry.Error {
	e := &registry.Error{
		Doing: "POST upload", Host: "ghcr.io", Repository: "acme/web", Status: status, RequestID: "AB:CD",
		Cause: &transport.Error{StatusCode: status},
	}
	if words != "" {
		e.Cause.Errors = []transport.Diagnostic{{Code: "DENIED", Message: words}}
	}
	return e
}

func evidence(t *testing.T, bend func(*refusal.Evidence)) refusal.Evidence {
	t.Helper()
	repo, err := name.NewRepository("ghcr.io/acme/web")
	if err != nil {
		t.Fatal(err)
	}
	ev := refusal.Evidence{
		Repo: repo, Home: true, InWorkflow: true, Repository: "Acme/web", Kind: secret.Installation,
		SettingsURL:     "https://github.com/orgs/acme/packages/container/web/settings",
		OrganizationURL: "https://github.com/organizations/acme/settings/packages",
		TokensURL:       "https://github.com/settings/tokens",
	}
	if bend != nil {
		bend(&ev)
	}
	return ev
}

func TestExplain(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	cases := []struct {
		name   string
		status int
		words  string
		bend   func(*refusal.Evidence)
		code   string
		says   []string
	}{
		{"write_package", 403, "permission_denied: write_package", nil, "write-package", []string{"this repository may not write it", "https://github.com/orgs/acme/packages/container/web/settings", "Acme/web, role Write"}},
		{"write_package at another owner's", 403, "permission_denied: write_package", func(e *refusal.Evidence) { e.Repository = "other/web" }, "write-package", []string{"belongs to another owner than other/web"}},
		{"create", 403, "installation not allowed to Create organization package", nil, "create-package", []string{"packages: write", "GitHub App", "organizations/acme/settings/packages"}},
		{"create for a user", 403, "permission_denied: create_package", func(e *refusal.Evidence) { e.OrganizationURL = "" }, "create-package", []string{"packages: write"}},
		{"create from a fork", 403, "installation not allowed to Create organization package", func(e *refusal.Evidence) { e.ReadOnly = "this is a fork" }, "create-package", []string{"this is a fork", "on-readonly: skip"}},
		{"create by an App, at a terminal", 403, "installation not allowed to Create organization package", func(e *refusal.Evidence) { e.InWorkflow = false }, "create-package", []string{"takes no tokens of GitHub Apps"}},
		{"write", 403, "installation not allowed to Write organization package", nil, "write-denied", []string{"may not write", "packages: write"}},
		{"read", 403, "installation not allowed to Read organization package", nil, "read-denied", []string{"may not read", "role Read"}},
		{"scopes", 403, "permission_denied: The token provided does not match expected scopes.", func(e *refusal.Evidence) { e.Kind = secret.ClassicPAT }, "token-scopes", []string{"write:packages", "https://github.com/settings/tokens"}},
		{"scopes of a fine-grained token", 403, "permission_denied: The token provided does not match expected scopes.", func(e *refusal.Evidence) { e.Kind = secret.FineGrainedPAT }, "token-scopes", []string{"does not take fine-grained tokens"}},
		{"installation gone", 403, "permission_denied: The requested installation does not exist.", nil, "installation-gone", []string{"GITHUB_TOKEN"}},
		{"owner", 403, "not_found: owner not found", nil, "owner-not-found", []string{"no owner of ghcr.io/acme/web", "input image"}},
		{"secondary limit", 403, "You have exceeded a secondary rate limit", nil, "secondary-rate-limit", []string{"Raise timeout"}},
		{"429", 429, "retry-after: 10ms, allowed: 2000/minute", nil, "too-many-requests", []string{"concurrency group"}},
		{"name", 400, "name invalid", nil, "name-invalid", []string{"ghcr.io/OWNER/NAME"}},
		{"too large", 413, "", nil, "upload-too-large", []string{"10 GB", "Split"}},
		{"401", 401, "unauthenticated: User cannot be authenticated with the token provided.", nil, "not-authenticated", []string{"input token"}},
		{"401 to a classic token", 401, "", func(e *refusal.Evidence) { e.Kind = secret.ClassicPAT }, "not-authenticated", []string{"expired", "Configure SSO"}},
		{"a bare no to a package that exists", 403, "denied", func(e *refusal.Evidence) { e.Exists = &yes }, "denied", []string{"The package exists.", "role Write"}},
		{"a bare no to one that does not", 403, "denied", func(e *refusal.Evidence) { e.Exists = &no }, "denied", []string{"packages: write"}},
		{"a HEAD without words", 403, "", nil, "denied", []string{"gives no reason", "packages: write"}},
		{"a bare no to reading a source", 403, "denied", func(e *refusal.Evidence) { e.Reading = true }, "denied", []string{"does not exist, or the token may not read it", "input source", "role Read"}},
		{"a bare no at a terminal", 403, "denied", func(e *refusal.Evidence) { e.InWorkflow, e.Kind = false, secret.Unknown }, "denied", []string{"gh auth token"}},
		{"another registry", 401, "", func(e *refusal.Evidence) { e.Home = false }, "other-registry-denied", []string{"input credentials", "docker login ghcr.io"}},
		{"unknown", 418, "teapot", nil, "registry-refused", []string{"418 I'm a teapot", "request id"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cause := fmt.Errorf("pushing: %w", answer(c.status, c.words))
			err := refusal.Explain(cause, evidence(t, c.bend))
			all := diag.All(err)
			if len(all) != 1 || all[0].Code != c.code || all[0].Side != diag.Registry || all[0].Hint == "" {
				t.Fatalf("got %+v, want the code %s", all, c.code)
			}
			for _, want := range append(c.says, c.words, "AB:CD") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("it does not say %q:\n%s", want, err)
				}
			}
			if !errors.Is(err, cause) {
				t.Error("the cause is lost")
			}
		})
	}
}

func TestRefusedTokenRequestIsAboutTheToken(t *testing.T) {
	t.Parallel()
	e := answer(403, "denied")
	e.Repository = ""
	if err := refusal.Explain(e, evidence(t, nil)); !strings.Contains(err.Error(), "input token") || strings.Contains(err.Error(), "permissions:") {
		t.Errorf("got %v", err)
	}
}

func TestWhatIsNoAnswer(t *testing.T) {
	t.Parallel()
	told := diag.Inputf("tags", "x", "h", "t")
	cancelled := fmt.Errorf("pushing: %w", context.Canceled)
	odd := errors.New("odd")
	cases := []struct {
		name string
		err  error
		same bool
		code string
		says string
	}{
		{"nothing", nil, true, "", ""},
		{"explained already", told, true, "x", ""},
		{"cancelled", cancelled, true, "internal", ""},
		{"anything else", odd, true, "internal", "odd"},
		{"a wrong blob", &registry.WrongContent{Want: v1.Descriptor{Digest: v1.Hash{Algorithm: "sha256", Hex: "ab"}}}, false, "source-blob-wrong", "sha256:ab"},
		{"a download that breaks", &registry.BrokenOff{Host: "cdn.example", Got: 5, Size: 9, Err: io.ErrUnexpectedEOF}, false, "download-broken-off", "cdn.example"},
		{"no way there", &net.OpError{Op: "dial", Err: errors.New("refused")}, false, "registry-unreachable", "ghcr.io"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := refusal.Explain(c.err, evidence(t, nil))
			if c.same && !errors.Is(got, c.err) {
				t.Errorf("got %v, want it as it was", got)
			}
			if got != nil && (!diag.Is(got, c.code) || !strings.Contains(got.Error(), c.says)) {
				t.Errorf("got %v, want the code %s", got, c.code)
			}
		})
	}
}

// TestTableIsFitToPrint: README's table is made of it.
func TestTableIsFitToPrint(t *testing.T) {
	t.Parallel()
	var codes []string
	for _, row := range refusal.Table {
		if row.Code == "" || row.Means == "" || row.Cure == "" || slices.Contains(codes, row.Code) {
			t.Errorf("row %q is incomplete, or there twice", row.Code)
		}
		codes = append(codes, row.Code)
		for _, words := range row.Says {
			if words != strings.ToLower(words) {
				t.Errorf("row %s: %q can never match, it is not in lower case", row.Code, words)
			}
		}
		if len(row.Says) == 0 && row.Status == 0 && !row.Foreign {
			t.Errorf("row %s matches everything", row.Code)
		}
		if row.Status != 0 && http.StatusText(row.Status) == "" {
			t.Errorf("row %s has the status %d", row.Code, row.Status)
		}
	}
}

func TestPermissionsInTheWorkflowFileDecideTheCure(t *testing.T) {
	t.Parallel()
	for grants, want := range map[string]string{
		"write":   "The job has packages: write in w.yml, so it is something else:",
		"none":    "In w.yml the job's permissions give packages: none. Add this",
		"default": "In w.yml the job names no permissions",
		"":        "Add this to the job",
	} {
		ev := refusal.Evidence{InWorkflow: true, Home: true, Grants: grants, GrantsFile: "w.yml"}
		err := refusal.Explain(answer(403, "permission_denied: installation not allowed to Write organization package"), ev)
		var told *diag.Error
		if !errors.As(err, &told) || !strings.HasPrefix(told.Hint, want) {
			t.Errorf("with %q the hint is %q, want it to begin with %q", grants, told.Hint, want)
		}
	}
}
