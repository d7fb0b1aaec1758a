package inspect_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/inspect"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

const token = "ghs_canary"

type keychain struct{}

func (keychain) Resolve(authn.Resource) (authn.Authenticator, error) {
	return authn.FromConfig(authn.AuthConfig{Username: "octocat", Password: token}), nil
}

// newClient returns a client that does not wait before it repeats a request.
func newClient(t *testing.T) *registry.Client {
	t.Helper()
	c := registry.New(registry.Options{Keychain: keychain{}, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }})
	t.Cleanup(c.Close)
	return c
}

func newRepository(t *testing.T, host string) name.Repository {
	t.Helper()
	repo, err := name.NewRepository(host + "/acme/web")
	if err != nil {
		t.Fatal(err)
	}
	return repo
}

var subject = v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("a", 64)}

// artifactTypes returns the artifact types of the referrers.
func artifactTypes(list []inspect.Referrer) []string {
	var out []string
	for _, r := range list {
		out = append(out, r.ArtifactType)
	}
	return out
}

func TestReferrersOfARegistryWithoutTheAPI(t *testing.T) {
	t.Parallel()
	base := "sha256-" + subject.Hex
	list := fmt.Sprintf(`{"manifests":[{"digest":%q,"size":7,"artifactType":"application/sbom"}]}`, subject)
	cases := []struct {
		name string
		tags map[string]string // tag to content
		want []string          // artifact types
	}{
		{"no referrers", nil, nil},
		{"the fallback tag", map[string]string{base: list}, []string{"application/sbom"}},
		{"the tags of cosign", map[string]string{base + ".sig": "x", base + ".sbom": "y"}, []string{"signature (cosign)", "SBOM (cosign)"}},
		{"both kinds of tags", map[string]string{base: list, base + ".att": "x"}, []string{"application/sbom", "attestation (cosign)"}},
		{"an empty list", map[string]string{base: `{"manifests":[]}`}, nil},
		{"no list", map[string]string{base: `{}`}, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, c.tags)
			got, err := inspect.Referrers(t.Context(), newClient(t), newRepository(t, s.Host()), subject)
			if err != nil || !slices.Equal(artifactTypes(got), c.want) {
				t.Errorf("got %q, %v; want %q", artifactTypes(got), err, c.want)
			}
		})
	}
}

// serve starts an embedded registry that has the tags.
func serve(t *testing.T, tags map[string]string) *ghcrtest.Server {
	t.Helper()
	s := ghcrtest.Start(t, ghcrtest.Config{Open: &ghcrtest.Open{Token: token}})
	s.AddManifest("acme/web", "1", string(types.OCIImageIndex), []byte(`{"schemaVersion":2}`))
	for tag, content := range tags {
		s.AddManifest("acme/web", tag, string(types.OCIImageIndex), []byte(content))
	}
	return s
}

func TestReferrersFails(t *testing.T) {
	t.Parallel()
	base := "sha256-" + subject.Hex
	entry := fmt.Sprintf(`{"digest":%q,"size":7}`, subject)
	cases := []struct {
		name  string
		tags  map[string]string
		fault string // tag for which the registry fails
		want  string // text in the error
	}{
		{"too many entries", map[string]string{base: `{"manifests":[` + strings.TrimSuffix(strings.Repeat(entry+",", 5001), ",") + `]}`}, "", "5000"},
		{"a list that is not JSON", map[string]string{base: `hello`}, "", subject.String()},
		{"an object instead of a list", map[string]string{base: `{"manifests":{}}`}, "", subject.String()},
		{"a tag of cosign that cannot be read", nil, base + ".sig", "500"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, c.tags)
			if c.fault != "" {
				s.Inject(ghcrtest.Fault{Method: http.MethodHead, Path: c.fault, Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: 500}})
			}
			got, err := inspect.Referrers(t.Context(), newClient(t), newRepository(t, s.Host()), subject)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, %v; want an error with %q", got, err, c.want)
			}
		})
	}
}

// TestReferrersSendsOneRequestPerSourceOfReferrers checks the requests to a
// registry without the referrers API, such as ghcr.io.
func TestReferrersSendsOneRequestPerSourceOfReferrers(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	if _, err := inspect.Referrers(t.Context(), newClient(t), newRepository(t, s.Host()), subject); err != nil {
		t.Fatal(err)
	}
	want := map[ghcrtest.Class]int{ghcrtest.ClassToken: 1, ghcrtest.ClassReferrers: 1, ghcrtest.ClassGetManifest: 1, ghcrtest.ClassHeadManifest: 3}
	if got := s.Counts(); !maps.Equal(got, want) {
		t.Errorf("got the requests %v, want %v", got, want)
	}
}

// TestReferrersThatOnlyTheAPIListsAreReturned uses a registry that has the
// referrers API and no fallback tag.
func TestReferrersThatOnlyTheAPIListsAreReturned(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		switch req.URL.Path {
		case "/token":
			fmt.Fprint(w, `{"token":"t"}`)
		case "/v2/acme/web/referrers/" + subject.String():
			fmt.Fprintf(w, `{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json",`+
				`"digest":"sha256:%s","size":7,"artifactType":"application/sbom","annotations":{"key":"value"}}]}`, strings.Repeat("b", 64))
		default:
			http.NotFound(w, req)
		}
	}))
	t.Cleanup(server.Close)
	got, err := inspect.Referrers(t.Context(), newClient(t), newRepository(t, server.Listener.Addr().String()), subject)
	if err != nil || len(got) != 1 {
		t.Fatalf("got %+v, %v; want one referrer", got, err)
	}
	r := got[0]
	if r.Digest != "sha256:"+strings.Repeat("b", 64) || r.MediaType != string(types.OCIManifestSchema1) || r.ArtifactType != "application/sbom" ||
		r.Size != 7 || r.Annotations["key"] != "value" || r.Tag != "" {
		t.Errorf("got %+v", r)
	}
}
