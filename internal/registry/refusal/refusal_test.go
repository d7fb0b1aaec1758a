package refusal_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/refusal"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

func answer(status int, message string) *registry.Error {
	e := &registry.Error{
		Operation: "POST upload", Host: "ghcr.io", Repository: "acme/web", Status: status, RequestID: "AB:CD",
		Cause: &transport.Error{StatusCode: status},
	}
	if message != "" {
		e.Cause.Errors = []transport.Diagnostic{{Code: "DENIED", Message: message}}
	}
	return e
}

func evidence(t *testing.T, change func(*refusal.Evidence)) refusal.Evidence {
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
	if change != nil {
		change(&ev)
	}
	return ev
}

func TestExplainFindsTheCauseByMessageAndEvidence(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	cases := []struct {
		name     string
		status   int
		message  string
		change   func(*refusal.Evidence)
		code     string
		mentions []string
	}{
		{"write_package", 403, "permission_denied: write_package", nil, refusal.CodeWritePackage, []string{"https://github.com/orgs/acme/packages/container/web/settings", "Acme/web, and select the role Write"}},
		{"write_package for another owner", 403, "permission_denied: write_package", func(e *refusal.Evidence) { e.Repository = "other/web" }, refusal.CodeWritePackage, []string{"and other/web have different owners"}},
		{"create", 403, "installation not allowed to Create organization package", nil, refusal.CodeCreatePackage, []string{"packages: write", "GitHub App", "organizations/acme/settings/packages"}},
		{"create for a user", 403, "permission_denied: create_package", func(e *refusal.Evidence) { e.OrganizationURL = "" }, refusal.CodeCreatePackage, []string{"packages: write"}},
		{"create from a fork", 403, "installation not allowed to Create organization package", func(e *refusal.Evidence) { e.ReadOnly = "this is a fork" }, refusal.CodeCreatePackage, []string{"this is a fork", "on-readonly: skip"}},
		{"create by an App outside a workflow", 403, "installation not allowed to Create organization package", func(e *refusal.Evidence) { e.InWorkflow = false }, refusal.CodeCreatePackage, []string{"GitHub Apps"}},
		{"write", 403, "installation not allowed to Write organization package", nil, refusal.CodeWriteDenied, []string{"packages: write"}},
		{"read", 403, "installation not allowed to Read organization package", nil, refusal.CodeReadDenied, []string{"role Read"}},
		{"scopes", 403, "permission_denied: The token provided does not match expected scopes.", func(e *refusal.Evidence) { e.Kind = secret.ClassicPAT }, refusal.CodeTokenScopes, []string{"write:packages", "https://github.com/settings/tokens"}},
		{"scopes of a fine-grained token", 403, "permission_denied: The token provided does not match expected scopes.", func(e *refusal.Evidence) { e.Kind = secret.FineGrainedPAT }, refusal.CodeTokenScopes, []string{"fine-grained tokens"}},
		{"installation gone", 403, "permission_denied: The requested installation does not exist.", nil, refusal.CodeInstallationGone, []string{"GITHUB_TOKEN"}},
		{"owner", 403, "not_found: owner not found", nil, refusal.CodeOwnerNotFound, []string{"ghcr.io/acme/web", "input image"}},
		{"secondary limit", 403, "You have exceeded a secondary rate limit", nil, refusal.CodeSecondaryRateLimit, []string{"timeout"}},
		{"429", 429, "retry-after: 10ms, allowed: 2000/minute", nil, refusal.CodeTooManyRequests, []string{"concurrency group"}},
		{"name", 400, "name invalid", nil, refusal.CodeNameInvalid, []string{"ghcr.io/OWNER/NAME"}},
		{"too large", 413, "", nil, refusal.CodeUploadTooLarge, []string{"10 GB"}},
		{"401", 401, "unauthenticated: User cannot be authenticated with the token provided.", nil, refusal.CodeNotAuthenticated, []string{"input token"}},
		{"401 to a classic token", 401, "", func(e *refusal.Evidence) { e.Kind = secret.ClassicPAT }, refusal.CodeNotAuthenticated, []string{"expired", "Configure SSO"}},
		{"denied, existing package", 403, "denied", func(e *refusal.Evidence) { e.Exists = &yes }, refusal.CodeDenied, []string{"role Write"}},
		{"denied, absent package", 403, "denied", func(e *refusal.Evidence) { e.Exists = &no }, refusal.CodeDenied, []string{"packages: write"}},
		{"HEAD without a message", 403, "", nil, refusal.CodeDenied, []string{"packages: write"}},
		{"denied, reading a source", 403, "denied", func(e *refusal.Evidence) { e.Reading = true }, refusal.CodeDenied, []string{"input source", "role Read"}},
		{"denied outside a workflow", 403, "denied", func(e *refusal.Evidence) { e.InWorkflow, e.Kind = false, secret.Unknown }, refusal.CodeDenied, []string{"gh auth token"}},
		{"denied to the token of the gh CLI", 401, "", func(e *refusal.Evidence) {
			e.InWorkflow, e.Kind, e.Scoped, e.Scopes = false, secret.OAuth, true, []string{"repo"}
		}, refusal.CodeNotAuthenticated, []string{"gh auth refresh --scopes write:packages"}},
		{"another registry", 401, "", func(e *refusal.Evidence) { e.Home = false }, refusal.CodeOtherRegistryDenied, []string{"input credentials", "docker login ghcr.io"}},
		{"create with a classic token", 403, "permission_denied: create_package", func(e *refusal.Evidence) {
			e.Kind, e.OrganizationURL = secret.ClassicPAT, "https://github.com/organizations/acme/settings/packages"
		}, refusal.CodeCreatePackage, []string{"user of the token", "remove the input token", "add the user of the token as a member"}},
		{"create with a classic token at a terminal", 403, "permission_denied: create_package", func(e *refusal.Evidence) {
			e.Kind, e.InWorkflow, e.OrganizationURL = secret.ClassicPAT, false, ""
		}, refusal.CodeCreatePackage, []string{"Use a token of acme"}},
		{"write with the token of the gh CLI", 403, "permission_denied: write_package", func(e *refusal.Evidence) { e.Kind, e.InWorkflow = secret.OAuth, false }, refusal.CodeWritePackage, []string{"role Write on the package"}},
		{"unknown", 418, "teapot", nil, refusal.CodeRegistryRefused, []string{"418 I'm a teapot", "request id"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cause := answer(c.status, c.message)
			err := refusal.Explain(fmt.Errorf("pushing: %w", cause), evidence(t, c.change))
			all := diag.All(err)
			if len(all) != 1 || all[0].Code != c.code || all[0].Side != diag.Registry || all[0].Hint == "" {
				t.Fatalf("got %+v, want the code %s", all, c.code)
			}
			for _, want := range append(c.mentions, c.message, "AB:CD") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error does not contain %q:\n%s", want, err)
				}
			}
			if !errors.Is(err, cause) {
				t.Error("the error does not wrap the response")
			}
			if strings.Contains(err.Error(), "pushing:") {
				t.Errorf("the error contains the text that wraps the response: %s", err)
			}
		})
	}
}

func TestRefusedTokenRequestHasACureForTheToken(t *testing.T) {
	t.Parallel()
	e := answer(403, "denied")
	e.Repository = ""
	if err := refusal.Explain(e, evidence(t, nil)); !strings.Contains(err.Error(), "input token") || strings.Contains(err.Error(), "permissions:") {
		t.Errorf("got %v", err)
	}
}

// handshake is an error of the token exchange.
type handshake struct{ error }

func (e handshake) Unwrap() error              { return e.error }
func (e handshake) Transport() retry.Transport { return retry.Handshake }

func TestErrorsWithoutAnAnswerAreExplained(t *testing.T) {
	t.Parallel()
	explained := diag.Inputf("tags", "x", "h", "t")
	cancelled := fmt.Errorf("pushing: %w", context.Canceled)
	other := errors.New("other")
	cases := []struct {
		name     string
		err      error
		same     bool
		code     string
		mentions string
	}{
		{"no error", nil, true, "", ""},
		{"diag.Error", explained, true, "x", ""},
		{"cancelled", cancelled, true, "internal", ""},
		{"any other error", other, true, "internal", "other"},
		{"blob with other content", &registry.WrongContent{Want: v1.Descriptor{Digest: v1.Hash{Algorithm: "sha256", Hex: "ab"}}}, false, refusal.CodeSourceBlobWrong, "sha256:ab"},
		{"truncated download", &registry.TruncatedDownload{Host: "cdn.example", Received: 5, Size: 9, Err: io.ErrUnexpectedEOF}, false, refusal.CodeDownloadTruncated, "cdn.example"},
		{"response that is not HTTP", &registry.NoAnswer{Host: "ghcr.io", Err: errors.New("net/http: malformed HTTP response")}, false, refusal.CodeResponseWrong, "malformed HTTP"},
		{"response that ended early", &registry.NoAnswer{Host: "ghcr.io", Incomplete: true, Err: io.ErrUnexpectedEOF}, false, refusal.CodeResponseWrong, "unexpected EOF"},
		{"connection that ended before a response", &registry.NoAnswer{Host: "ghcr.io", Err: io.ErrUnexpectedEOF}, false, refusal.CodeRegistryUnreachable, "unexpected EOF"},
		{"response of a token service that ended early", handshake{&registry.NoAnswer{Host: "ghcr.io", Incomplete: true, Err: io.ErrUnexpectedEOF}}, false, refusal.CodeResponseWrong, "unexpected EOF"},
		{"response of a token service that is not HTTP", handshake{&url.Error{URL: "https://ghcr.io/token", Err: errors.New("malformed HTTP response")}}, false, refusal.CodeResponseWrong, "ghcr.io"},
		{"refused connection", &net.OpError{Op: "dial", Err: errors.New("refused")}, false, refusal.CodeRegistryUnreachable, "ghcr.io"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := refusal.Explain(c.err, evidence(t, nil))
			if c.same && !errors.Is(got, c.err) {
				t.Errorf("got %v, want the same error", got)
			}
			if got != nil && (!diag.Is(got, c.code) || !strings.Contains(got.Error(), c.mentions)) {
				t.Errorf("got %v, want the code %s", got, c.code)
			}
		})
	}
}

// docs/refusals.md contains this table.
func TestTableIsComplete(t *testing.T) {
	t.Parallel()
	var codes []string
	for _, row := range refusal.Table {
		if row.Code == "" || row.Meaning == "" || row.Cure == "" || slices.Contains(codes, row.Code) {
			t.Errorf("row %q is incomplete or a duplicate", row.Code)
		}
		codes = append(codes, row.Code)
		for _, message := range row.Messages {
			if message != strings.ToLower(message) {
				t.Errorf("row %s: %q never matches, because it is not in lower case", row.Code, message)
			}
		}
		if len(row.Messages) == 0 && row.Status == 0 && !row.OtherRegistry && (row.Is == nil || row.Is(answer(http.StatusTeapot, ""))) {
			t.Errorf("row %s matches every answer", row.Code)
		}
		if row.Status != 0 && http.StatusText(row.Status) == "" {
			t.Errorf("row %s has the unknown status %d", row.Code, row.Status)
		}
	}
}

func TestCureDependsOnThePermissionsInTheWorkflowFile(t *testing.T) {
	t.Parallel()
	for grants, want := range map[string]string{
		"write":   "The job has packages: write in w.yml",
		"none":    "In w.yml the job's permissions contain packages: none. Add this",
		"default": "In w.yml the job has no permissions block",
		"":        "Add this block to the job",
	} {
		ev := refusal.Evidence{InWorkflow: true, Home: true, Grants: grants, GrantsFile: "w.yml"}
		err := refusal.Explain(answer(403, "permission_denied: installation not allowed to Write organization package"), ev)
		var diagErr *diag.Error
		if !errors.As(err, &diagErr) || !strings.HasPrefix(diagErr.Hint, want) {
			t.Errorf("grants %q: got the hint %q, want it to begin with %q", grants, diagErr.Hint, want)
		}
	}
}

// The permissions of a job have no effect on a token of a person.
func TestPersonalTokenAtATerminalGetsNoPermissionsBlock(t *testing.T) {
	t.Parallel()
	for _, message := range []string{"permission_denied: create_package", "permission_denied: write_package"} {
		err := refusal.Explain(answer(403, message), evidence(t, func(e *refusal.Evidence) { e.Kind, e.InWorkflow = secret.ClassicPAT, false }))
		if strings.Contains(err.Error(), "permissions:") || strings.Contains(err.Error(), "Manage Actions access") {
			t.Errorf("%s: got %v", message, err)
		}
	}
}

// The user of an image in a registry cannot build the image again.
func TestWrongContentOfARegistryHasAnotherCure(t *testing.T) {
	t.Parallel()
	for reading, want := range map[bool]string{false: "Run the build step again", true: "check whether a proxy changes responses"} {
		err := refusal.Explain(&registry.WrongContent{}, evidence(t, func(e *refusal.Evidence) { e.Reading = reading }))
		var diagErr *diag.Error
		if !errors.As(err, &diagErr) || !strings.Contains(diagErr.Hint, want) || (diagErr.Side == diag.Registry) != reading {
			t.Errorf("reading %v: got %v", reading, err)
		}
	}
}
