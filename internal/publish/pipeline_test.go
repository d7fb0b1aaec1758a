package publish_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/meta"
	"github.com/ghcr-publish/ghcr-publish/internal/publish"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/naming"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/resolve"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/keychain"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

const token = "ghs_canary8VJ2kqTz5sXw"

// login is a keychain that sends the token to every registry.
type login struct{}

func (login) Resolve(authn.Resource) (authn.Authenticator, error) {
	return authn.FromConfig(authn.AuthConfig{Username: "octocat", Password: token}), nil
}

// silent is an observer that shows nothing and records the new packages.
type silent struct{ created []string }

func (s *silent) NewPackage(_ name.Repository, visibility string) {
	s.created = append(s.created, visibility)
}

func (s *silent) Uploads([]*plan.Plan) publish.Display { return s }

func (s *silent) ReadingBack(string) func() { return func() {} }

func (s *silent) Close() {}

func (s *silent) Begin(name.Repository, *image.Blob) (func(int64), func(registry.BlobOutcome, error)) {
	return func(int64) {}, func(registry.BlobOutcome, error) {}
}

// layoutSource opens an OCI layout and counts the calls.
type layoutSource struct {
	path   string
	traits publish.Traits
	opened int
	closed int
}

func (s *layoutSource) Traits() publish.Traits { return s.traits }

func (s *layoutSource) Open(ctx context.Context, _ meta.Result) (*source.Source, error) {
	s.opened++
	return source.Open(ctx, s.path, source.Options{})
}

func (s *layoutSource) Close() error {
	s.closed++
	return nil
}

// oneAttachment finds one attachment with a tag. The content of the attachment is an
// image.
type oneAttachment struct{ root *image.Manifest }

func (a oneAttachment) Find(_ context.Context, _ *image.Manifest, to name.Repository) ([]publish.Attachment, error) {
	return []publish.Attachment{{Repository: to, Root: a.root, Tag: "sha256-0.sig"}}, nil
}

// fixture is a pipeline that publishes to an embedded ghcr.io.
type fixture struct {
	*testing.T
	server   *ghcrtest.Server
	observer *silent
	pipeline *publish.Pipeline
	source   *layoutSource
	request  *publish.Request
}

// newFixture returns a fixture whose token has the given access to packages.
func newFixture(t *testing.T, access ghcrtest.Role) *fixture {
	t.Helper()
	server := ghcrtest.Start(t, ghcrtest.Config{
		Owners:       []ghcrtest.Owner{{Login: "acme"}},
		Repositories: []ghcrtest.Repository{{Name: "acme/web"}},
		Credentials: []ghcrtest.Credential{{
			Secret: token, Kind: ghcrtest.ActionsToken, Actor: "octocat", Repository: "acme/web", Packages: access,
		}},
	})
	client := registry.New(registry.Options{Keychain: login{}})
	t.Cleanup(client.Close)
	config := &input.Common{
		Home: server.Host(), Token: secret.New(token),
		GitHub: input.GitHub{Active: true, Owner: "acme", Repository: "acme/web", ServerURL: server.URL()},
	}
	api, err := github.New(keychain.Client(config.Token, http.DefaultTransport.(*http.Transport)), server.URL()+"/api/v3", server.URL(), "test")
	if err != nil {
		t.Fatal(err)
	}
	repo, err := name.NewRepository(server.Host() + "/acme/web")
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{T: t, server: server, observer: &silent{}, source: &layoutSource{path: layout(t, "one", "two")}}
	f.pipeline = &publish.Pipeline{
		Config: config, Registry: client, GitHub: api, Observer: f.observer,
		Namer: &naming.Namer{GitHub: api, Run: config.GitHub},
	}
	f.request = &publish.Request{
		Source: f.source, Attachments: publish.NoAttachments{}, Proof: publish.NoProof{}, Gate: publish.NoGate{}, Destinations: []name.Repository{repo},
		Naming: input.Naming{Tags: "type=raw,value=1"}, OnReadOnly: input.ReadOnlyFail,
		Visibility: publish.VisibilityPolicy{Want: input.Keep}, Verify: publish.Verify{Level: input.VerifyFull},
	}
	return f
}

func layout(t *testing.T, texts ...string) string {
	t.Helper()
	l := sourcetest.NewLayout(t)
	l.Add(l.Image(&v1.Platform{OS: "linux", Architecture: "amd64"}, texts...))
	return sourcetest.Dir(t, l.Files())
}

func (f *fixture) publish() (*publish.Outcome, error) {
	return f.pipeline.Publish(f.Context(), f.request)
}

// writes returns the paths of the requests that changed the registry.
func (f *fixture) writes() []string {
	var out []string
	for _, r := range f.server.Requests() {
		if r.Method == http.MethodPut {
			path, _, _ := strings.Cut(r.Path, "?")
			out = append(out, path[strings.LastIndex(path, "/")+1:])
		}
	}
	return out
}

func TestPublishIsVerifiedAndTheSecondRunChangesNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ghcrtest.Write)
	first, err := f.publish()
	if err != nil || first.Status != publish.Published || !first.Result.Pushed() {
		t.Fatalf("status %s, error %v", first.Status, err)
	}
	if !slices.Equal(f.observer.created, []string{"public"}) {
		t.Errorf("new packages: %q", f.observer.created)
	}
	if got := f.server.Tag("acme/web", "1"); got != first.Found.Root.Descriptor.Digest.String() {
		t.Errorf("the tag points at %q", got)
	}
	f.server.Reset()
	second, err := f.publish()
	if err != nil || second.Status != publish.Unchanged || len(f.writes()) != 0 {
		t.Errorf("status %s, writes %q, error %v", second.Status, f.writes(), err)
	}
	if f.source.closed != 2 {
		t.Errorf("the source was closed %d times in two runs", f.source.closed)
	}
}

func TestAttachmentsArePushedBeforeTheTagMoves(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ghcrtest.Write)
	signature, err := source.Open(t.Context(), layout(t, "signature"), source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer signature.Close()
	f.request.Attachments = oneAttachment{signature.Root}
	outcome, err := f.publish()
	if err != nil || len(outcome.Attached) != 1 {
		t.Fatalf("attached %v, error %v", outcome.Attached, err)
	}
	writes := f.writes()
	sig, tag := slices.Index(writes, "sha256-0.sig"), slices.Index(writes, "1")
	if sig < 0 || tag < sig {
		t.Errorf("writes: %q", writes)
	}
}

func TestDryRunWritesNothingAndReturnsThePlan(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ghcrtest.Read)
	f.request.DryRun = true
	outcome, err := f.publish()
	if err != nil || outcome.Status != publish.Planned || outcome.Plan == nil || !outcome.Plan.Writes() {
		t.Fatalf("status %s, plan %v, error %v", outcome.Status, outcome.Plan, err)
	}
	if writes := f.writes(); len(writes) != 0 {
		t.Errorf("writes: %q", writes)
	}
	if notices := outcome.Notices(); len(notices) != 1 || notices[0].Code != publish.CodePushRefused {
		t.Errorf("notices: %v", notices)
	}
}

func TestReadOnlyToken(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name       string
		onReadOnly input.ReadOnlyPolicy
		timing     resolve.Timing
		status     publish.Status
		opened     int
		code       string
		archive    bool
	}{
		{"on-readonly: fail", input.ReadOnlyFail, resolve.OpenFirst, publish.Failed, 1, "create-package", false},
		{"on-readonly: fail before a build", input.ReadOnlyFail, resolve.OpenLast, publish.Failed, 0, "create-package", false},
		{"on-readonly: skip", input.ReadOnlySkip, resolve.OpenFirst, publish.Skipped, 1, "", false},
		{"on-readonly: skip after a build", input.ReadOnlySkip, resolve.OpenLast, publish.Skipped, 1, "", false},
		{"on-readonly: archive", input.ReadOnlyArchive, resolve.OpenFirst, publish.Skipped, 1, "", true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, ghcrtest.Read)
			f.request.OnReadOnly, f.request.ArchiveFolder, f.source.traits.Timing = c.onReadOnly, t.TempDir(), c.timing
			outcome, err := f.publish()
			if (c.code == "") != (err == nil) || err != nil && !diag.Is(err, c.code) {
				t.Errorf("got %v, want the code %q", err, c.code)
			}
			if outcome.Status != c.status || f.source.opened != c.opened || f.source.closed != 1 {
				t.Errorf("status %s, opened %d, closed %d; want %s, %d, 1", outcome.Status, f.source.opened, f.source.closed, c.status, c.opened)
			}
			if (outcome.Archive != "") != c.archive {
				t.Errorf("archive %q", outcome.Archive)
			}
			if writes := f.writes(); len(writes) != 0 {
				t.Errorf("writes: %q", writes)
			}
		})
	}
}

func TestUnexpectedDigestEndsTheRunBeforeAnyWrite(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ghcrtest.Write)
	f.request.Digest = v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("0", 64)}
	outcome, err := f.publish()
	if !diag.Is(err, publish.CodeDigestDiffers) || outcome.Status != publish.Failed || len(f.writes()) != 0 {
		t.Errorf("status %s, writes %q, error %v", outcome.Status, f.writes(), err)
	}
}

func TestOutcomeOfAFailedRunContainsTheCompletedSteps(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ghcrtest.Write)
	f.server.Inject(ghcrtest.Fault{Method: "PUT", Path: "/manifests/1", Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: 400, Code: "MANIFEST_INVALID"}})
	outcome, err := f.publish()
	if err == nil || errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if outcome.Status != publish.Failed || outcome.Result == nil || !outcome.Result.Changed() || outcome.Result.Pushed() {
		t.Errorf("status %s, result %+v", outcome.Status, outcome.Result)
	}
}
