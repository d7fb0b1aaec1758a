package referrers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/referrers"
)

const secret = "ghs_canary"

type keychain struct{}

func (keychain) Resolve(authn.Resource) (authn.Authenticator, error) {
	return authn.FromConfig(authn.AuthConfig{Username: "octocat", Password: secret}), nil
}

// fixture is an embedded ghcr.io.
type fixture struct {
	t    *testing.T
	ghcr *ghcrtest.Server
	repo name.Repository
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	s := ghcrtest.Start(t, ghcrtest.Config{Open: &ghcrtest.Open{Token: secret}})
	return &fixture{t, s, repository(t, s.Host())}
}

func repository(t *testing.T, host string) name.Repository {
	t.Helper()
	repo, err := name.NewRepository(host + "/acme/web")
	if err != nil {
		t.Fatal(err)
	}
	return repo
}

func client(t *testing.T) *registry.Client {
	c := registry.New(registry.Options{Keychain: keychain{}})
	t.Cleanup(c.Close)
	return c
}

var subject = v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("5", 64)}

// referrer adds a manifest to the registry and returns its descriptor as a
// referrer.
func (r *fixture) referrer(text string) v1.Descriptor {
	r.t.Helper()
	raw, err := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": types.OCIImageIndex, "manifests": []any{}, "annotations": map[string]string{"text": text},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.ghcr.AddManifest("acme/web", "", string(types.OCIImageIndex), raw)
	digest, size, err := v1.SHA256(bytes.NewReader(raw))
	if err != nil {
		r.t.Fatal(err)
	}
	return v1.Descriptor{
		MediaType: types.OCIImageIndex, Digest: digest, Size: size,
		ArtifactType: "application/vnd.acme.proof", Annotations: map[string]string{"text": text},
	}
}

func (r *fixture) list() []string {
	r.t.Helper()
	list, err := referrers.List(r.t.Context(), client(r.t), r.repo, subject)
	if err != nil {
		r.t.Fatal(err)
	}
	var out []string
	for _, d := range list {
		out = append(out, d.ArtifactType+" "+d.Annotations["text"])
	}
	slices.Sort(out)
	return out
}

func TestAddListsReferrersWithTypeAndAnnotations(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	if got := r.list(); len(got) > 0 {
		t.Errorf("got %q before the first Add", got)
	}
	w := &referrers.Writer{Registry: client(t), Sleep: func(context.Context, time.Duration) error { return nil }}
	for _, text := range []string{"a", "b"} {
		if err := w.Add(t.Context(), r.repo, subject, []v1.Descriptor{r.referrer(text)}); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := fmt.Sprint(r.list()), "[application/vnd.acme.proof a application/vnd.acme.proof b]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	before := r.ghcr.Tag("acme/web", referrers.Tag(subject))
	if err := w.Add(t.Context(), r.repo, subject, []v1.Descriptor{r.referrer("a")}); err != nil {
		t.Fatal(err)
	}
	if after := r.ghcr.Tag("acme/web", referrers.Tag(subject)); after != before {
		t.Error("Add wrote an entry that was already listed")
	}
}

// barrier makes writers wait for each other. A pause ends when every active writer
// is in a pause. The barrier provides the condition of [referrers.Wait] without a
// clock. The condition is that no writer needs more time between its read and its
// write than a wait.
type barrier struct {
	mu      sync.Mutex
	active  int
	waiting []chan struct{}
}

func (b *barrier) pause(context.Context, time.Duration) error {
	resume := make(chan struct{})
	b.mu.Lock()
	b.waiting = append(b.waiting, resume)
	b.release()
	b.mu.Unlock()
	<-resume
	return nil
}

func (b *barrier) finish() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.active--
	b.release()
}

func (b *barrier) release() {
	if len(b.waiting) < b.active {
		return
	}
	for _, resume := range b.waiting {
		close(resume)
	}
	b.waiting = nil
}

func TestEightConcurrentWritersAreAllListed(t *testing.T) {
	t.Parallel()
	const writers = 8
	r := newFixture(t)
	writersInStep := &barrier{active: writers}
	var wg sync.WaitGroup
	for n := range writers {
		d := r.referrer(fmt.Sprint(n))
		w := &referrers.Writer{Registry: client(t), Sleep: writersInStep.pause}
		wg.Go(func() {
			defer writersInStep.finish()
			if err := w.Add(t.Context(), r.repo, subject, []v1.Descriptor{d}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := r.list(); len(got) != writers {
		t.Errorf("%d of %d referrers are listed: %q", len(got), writers, got)
	}
}

// Add also restores the entries of a third writer.
func TestAddRestoresOverwrittenEntries(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	first, second, third := r.referrer("first"), r.referrer("second"), r.referrer("third")
	overwrite := func(d v1.Descriptor) {
		raw, err := json.Marshal(v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: []v1.Descriptor{d}})
		if err != nil {
			t.Error(err)
		}
		r.ghcr.AddManifest("acme/web", referrers.Tag(subject), string(types.OCIImageIndex), raw)
	}
	overwrite(first)
	waits := 0
	w := &referrers.Writer{Registry: client(t), Sleep: func(context.Context, time.Duration) error {
		if waits++; waits == 1 {
			overwrite(second) // another writer read the list before the first write
		}
		return nil
	}}
	if err := w.Add(t.Context(), r.repo, subject, []v1.Descriptor{third}); err != nil {
		t.Fatal(err)
	}
	if got := r.list(); len(got) != 3 {
		t.Errorf("got %q, want all three", got)
	}
}

// A write after a refused read would remove the entries of other programs.
func TestAddWritesNothingIfTheListCannotBeRead(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusForbidden, http.StatusUnauthorized} {
		r := newFixture(t)
		w := &referrers.Writer{Registry: client(t), Sleep: func(context.Context, time.Duration) error { return nil }}
		if err := w.Add(t.Context(), r.repo, subject, []v1.Descriptor{r.referrer("first")}); err != nil {
			t.Fatal(err)
		}
		before := r.ghcr.Tag("acme/web", referrers.Tag(subject))
		second := r.referrer("second")
		r.ghcr.Inject(ghcrtest.Fault{Method: http.MethodGet, Path: "/manifests/sha256-", Times: ghcrtest.Always, Effect: ghcrtest.Answer{Status: status}})
		if err := w.Add(t.Context(), r.repo, subject, []v1.Descriptor{second}); err == nil {
			t.Errorf("status %d: Add succeeded", status)
		}
		if after := r.ghcr.Tag("acme/web", referrers.Tag(subject)); after != before {
			t.Errorf("status %d: Add wrote the list", status)
		}
	}
}

// The registry refuses a list that contains a manifest that was deleted.
func TestAddOmitsEntriesWhoseManifestWasDeleted(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	deleted := v1.Descriptor{MediaType: types.OCIImageIndex, Size: 1, Digest: v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("d", 64)}}
	raw, err := json.Marshal(v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: []v1.Descriptor{r.referrer("first"), deleted}})
	if err != nil {
		t.Fatal(err)
	}
	r.ghcr.AddManifest("acme/web", referrers.Tag(subject), string(types.OCIImageIndex), raw)
	w := &referrers.Writer{Registry: client(t), Sleep: func(context.Context, time.Duration) error { return nil }}
	if err := w.Add(t.Context(), r.repo, subject, []v1.Descriptor{r.referrer("added")}); err != nil {
		t.Fatal(err)
	}
	if got := r.list(); len(got) != 2 {
		t.Errorf("got %q, want the two manifests that exist", got)
	}
}

func TestAddFailsIfAnotherWriterOverwritesEveryRound(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	raw := []byte(`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}`)
	w := &referrers.Writer{Registry: client(t), Sleep: func(context.Context, time.Duration) error {
		r.ghcr.AddManifest("acme/web", referrers.Tag(subject), string(types.OCIImageIndex), raw)
		return nil
	}}
	err := w.Add(t.Context(), r.repo, subject, []v1.Descriptor{r.referrer("added")})
	if !diag.Is(err, referrers.CodeOverwritten) {
		t.Errorf("got %v", err)
	}
}

// A registry with the referrers API maintains the list itself.
func TestListReadsAllPagesOfTheAPIAndAddWritesNoTag(t *testing.T) {
	t.Parallel()
	page := func(digit string) string {
		return fmt.Sprintf(`{"schemaVersion":2,"manifests":[{"mediaType":"x","size":1,"digest":"sha256:%s"}]}`, strings.Repeat(digit, 64))
	}
	var wrote bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		switch {
		case req.URL.Path == "/token":
			fmt.Fprint(w, `{"token":"t"}`)
		case req.Method != http.MethodGet:
			wrote = true
		case strings.HasPrefix(req.URL.Path, "/v2/acme/web/referrers/") && req.URL.RawQuery == "":
			w.Header().Set("Link", `<?n=2>; rel="next"`)
			fmt.Fprint(w, page("1"))
		case req.URL.RawQuery == "n=2":
			fmt.Fprint(w, page("2"))
		default:
			http.NotFound(w, req)
		}
	}))
	t.Cleanup(server.Close)
	repo := repository(t, server.Listener.Addr().String())
	list, err := referrers.List(t.Context(), client(t), repo, subject)
	if err != nil || len(list) != 2 {
		t.Fatalf("got %v, %v; want both pages", list, err)
	}
	w := &referrers.Writer{Registry: client(t)}
	if err := w.Add(t.Context(), repo, subject, list); err != nil || wrote {
		t.Errorf("Add: %v, wrote: %t", err, wrote)
	}
}

// Other programs write fields that this program does not know. Every byte of them stays.
func TestAddKeepsEveryByteOfOtherPrograms(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	first, second, added := r.referrer("first"), r.referrer("second"), r.referrer("added")
	foreign := func(d v1.Descriptor, more string) string {
		return fmt.Sprintf(`{ "size": %d,  "digest":"%s", "x":{"b":1,"a":"<&>"}%s, "mediaType":"%s" }`, d.Size, d.Digest, more, d.MediaType)
	}
	// The second entry has a field of a wrong type, so it is malformed.
	before := `{"x-acme":[1, 2],"schemaVersion":2,"artifactType":"application/vnd.acme","manifests": [` +
		foreign(first, "") + "," + foreign(second, `,"annotations":7`)
	const after = `],  "mediaType":"application/vnd.oci.image.index.v1+json","annotations":{"n":"<v>"}}`
	r.ghcr.AddManifest("acme/web", referrers.Tag(subject), string(types.OCIImageIndex), []byte(before+after))
	w := &referrers.Writer{Registry: client(t), Sleep: func(context.Context, time.Duration) error { return nil }}
	if err := w.Add(t.Context(), r.repo, subject, []v1.Descriptor{added}); err != nil {
		t.Fatal(err)
	}
	entry, err := json.Marshal(added)
	if err != nil {
		t.Fatal(err)
	}
	want := before + "," + string(entry) + after
	index, _ := r.ghcr.Manifest("acme/web", referrers.Tag(subject))
	if got := string(index.Raw); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := fmt.Sprint(r.list()), "[  application/vnd.acme.proof added]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// The tag can belong to another program.
func TestAddReplacesNoManifestThatIsNotAnIndex(t *testing.T) {
	t.Parallel()
	r := newFixture(t)
	for _, raw := range []string{`{"schemaVersion":2,"layers":[]}`, `[]`} {
		r.ghcr.AddManifest("acme/web", referrers.Tag(subject), string(types.OCIManifestSchema1), []byte(raw))
		before := r.ghcr.Tag("acme/web", referrers.Tag(subject))
		w := &referrers.Writer{Registry: client(t)}
		if err := w.Add(t.Context(), r.repo, subject, []v1.Descriptor{r.referrer("added")}); err == nil || r.ghcr.Tag("acme/web", referrers.Tag(subject)) != before {
			t.Errorf("%s: Add replaced the manifest, or returned the error %v", raw, err)
		}
		if got := r.list(); len(got) != 0 {
			t.Errorf("%s: the list is %q", raw, got)
		}
	}
}
