package cleanup_test

import (
	"context"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup"
	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/read"
	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/rules"
	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/keychain"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// scenarioFile contains scenarios whose expected results a person wrote. moreScenarios has
// the same form, and a model of the planner computed its expected results.
const (
	scenarioFile  = "testdata/cleanup.json"
	moreScenarios = "testdata/more.json"
)

// world is a server with the package of a scenario, and the clients of a run.
type world struct {
	t       *testing.T
	server  *ghcrtest.Server
	seed    *ghcrtest.Seed
	cleaner *cleanup.Cleaner
	repo    name.Repository
	digests map[string]string // label → digest
}

// open starts a server with a scenario.
func open(t *testing.T, s *ghcrtest.Seed, change func(*ghcrtest.Config)) *world {
	t.Helper()
	seed, err := ghcrtest.NewSeed(s)
	if err != nil {
		t.Fatal(err)
	}
	config := ghcrtest.Config{Open: &ghcrtest.Open{}, Seed: seed}
	if change != nil {
		change(&config)
	}
	w := &world{t: t, server: ghcrtest.Start(t, config), seed: seed}
	w.connect(seed.Package)
	return w
}

// connect creates the clients of a run.
func (w *world) connect(pkg string) {
	host := strings.TrimPrefix(w.server.URL(), "http://")
	_, path, _ := strings.Cut(pkg, "/")
	repo, err := name.NewRepository(host+"/"+path, name.Insecure)
	if err != nil {
		w.t.Fatal(err)
	}
	token := secret.New(w.server.Token())
	api, err := github.New(keychain.Client(token, nil), w.server.URL()+"/api/v3", "https://github.com", "test")
	if err != nil {
		w.t.Fatal(err)
	}
	noWait := func(context.Context, time.Duration) error { return nil }
	api.Sleep = noWait
	client := registry.New(registry.Options{Sleep: noWait, Keychain: &keychain.Keychain{Host: host, Token: keychain.Login{Username: "x", Secret: token}}})
	w.t.Cleanup(client.Close)
	w.repo = repo
	w.cleaner = &cleanup.Cleaner{Registry: client, GitHub: api, Cache: read.OpenCache(""), Undo: cleanup.NewUndoList(w.t.TempDir()), Sleep: noWait}
	w.digests = w.seed.Digests()
}

// run runs the cleanup of the scenario.
func (w *world) run() (*cleanup.Result, error) {
	req, err := w.request()
	if err != nil {
		return &cleanup.Result{}, err
	}
	return w.cleaner.Run(w.t.Context(), req)
}

// request returns the request of the scenario.
func (w *world) request() (cleanup.Request, error) {
	r := w.seed.RulesFor(w.repo.RegistryStr())
	parsed, err := rules.Parse(rules.Inputs{
		Delete: r["delete"], Keep: r["keep"], KeepNewest: r["keep-newest"], OlderThan: r["older-than"],
		AgeFrom: r["age-from"], Untagged: r["untagged"], Orphans: r["orphans"], Broken: r["broken"],
		KeepUsed: r["keep-used"], MinAge: r["min-age"], MaxDelete: r["max-delete"], Detach: r["detach"],
		Empty: r["empty"], OnUnreadable: r["on-unreadable"],
	}, rules.NoFiles{}, w.repo.RegistryStr())
	req := cleanup.Request{Repo: w.repo, Rules: parsed, Repository: w.seed.Repository(), DryRun: r["dry-run"] == "true"}
	if event := w.seed.Options.Event; event.Name == "pull_request" && event.Action == "closed" {
		req.Event = plan.Event{ClosedPull: strconv.Itoa(event.Number)}
	}
	return req, err
}

// labels returns the sorted labels of digests.
func (w *world) labels(digests []string) []string {
	out := []string{}
	for _, digest := range digests {
		out = append(out, w.label(digest))
	}
	slices.Sort(out)
	return out
}

func (w *world) label(digest string) string {
	for label, d := range w.digests {
		if d == digest {
			return label
		}
	}
	return digest
}

// listed returns the digests in GitHub's API.
func (w *world) listed() []string {
	w.t.Helper()
	owner, pkg, _ := strings.Cut(w.repo.RepositoryStr(), "/")
	versions, err := w.cleaner.GitHub.Versions(w.t.Context(), github.Owner{Login: owner}, pkg)
	if err != nil {
		w.t.Fatal(err)
	}
	list, err := versions.List(w.t.Context())
	if err != nil && github.ReasonOf(err) != github.Gone {
		w.t.Fatal(err)
	}
	var out []string
	for _, v := range list {
		out = append(out, v.Digest)
	}
	return out
}

func entryDigests(entries []cleanup.Entry) (digests, tags []string) {
	tags = []string{}
	for _, e := range entries {
		digests, tags = append(digests, e.Digest), append(tags, e.Tags...)
	}
	slices.Sort(tags)
	return digests, tags
}

func sorted(list []string) []string { return append([]string{}, slices.Sorted(slices.Values(list))...) }

func seeds(t *testing.T, file string) []*ghcrtest.Seed {
	t.Helper()
	all, err := ghcrtest.ReadSeeds(file)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestEachScenarioEndsAsExpectedOnTheServer(t *testing.T) {
	t.Parallel()
	for _, s := range append(seeds(t, scenarioFile), seeds(t, moreScenarios)...) {
		t.Run(s.ID, func(t *testing.T) {
			t.Parallel()
			w := open(t, s, nil)
			got, err := w.run()
			want := s.Expected
			code := ""
			if err != nil {
				code = diag.All(err)[0].Code
			}
			if code != want.Error {
				t.Fatalf("got the error %v, want %q", err, want.Error)
			}
			if labels := w.labels(w.listed()); !slices.Equal(labels, sorted(want.Kept)) {
				t.Errorf("the server has %q, want %q", labels, sorted(want.Kept))
			}
			deleted, _ := entryDigests(got.Deleted)
			_, detached := entryDigests(got.Detached)
			if labels := w.labels(deleted); !slices.Equal(labels, sorted(want.Deleted)) || !slices.Equal(detached, sorted(want.Detached)) || got.Freed != want.Freed {
				t.Errorf("got the deleted versions %q, the detached tags %q and %d bytes; want %q, %q and %d bytes", labels, detached, got.Freed, want.Deleted, want.Detached, want.Freed)
			}
			if left := w.left(got); !reflect.DeepEqual(left, sortedLeft(want.Left)) {
				t.Errorf("got the left %q, want %q", left, want.Left)
			}
			w.checkDryRun(got, want)
		})
	}
}

func (w *world) left(r *cleanup.Result) [][2]string {
	var out [][2]string
	for _, l := range r.Left {
		subject := l.Tag
		switch {
		case subject == "" && l.Digest == "":
			subject = "*"
		case subject == "":
			subject = w.label(l.Digest)
		}
		out = append(out, [2]string{subject, string(l.Cause)})
	}
	return sortedLeft(out)
}

func sortedLeft(list [][2]string) [][2]string {
	out := append([][2]string{}, list...)
	slices.SortFunc(out, func(a, b [2]string) int { return strings.Compare(a[0]+a[1], b[0]+b[1]) })
	return out
}

// checkDryRun compares the plan of a dry run.
func (w *world) checkDryRun(got *cleanup.Result, want ghcrtest.SeedExpected) {
	if want.Would == nil {
		return
	}
	var tags []string
	for _, d := range got.Plan.Detach {
		tags = append(tags, d.Tag)
	}
	if labels := w.labels(got.Plan.Digests(got.Plan.Delete)); !slices.Equal(labels, sorted(want.Would.Deleted)) || !slices.Equal(sorted(tags), sorted(want.Would.Detached)) {
		w.t.Errorf("the plan deletes %q and detaches %q, want %q and %q", labels, tags, want.Would.Deleted, want.Would.Detached)
	}
}
