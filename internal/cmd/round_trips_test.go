package cmd_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// roundTrip maps the names of concurrent requests to their number.
type roundTrip = map[string]int

// publishing is a command "publish", in front of whose server a barrier fixes the round
// trips.
type publishing struct {
	*stage
	barrier *ghcrtest.RoundTrips
}

// publishRoundTrips prepares a publish of an image to acme/web.
func publishRoundTrips(t *testing.T, source, verify string) *publishing {
	t.Helper()
	p := &publishing{stage: newStage(t, acme()).with("source", source, "tags", "1.2.3", "verify", verify)}
	server := ghcrtest.New(acme())
	barrier := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.barrier.Hold(r)
		server.ServeHTTP(w, r)
	}))
	t.Cleanup(barrier.Close)
	p.env["GITHUB_SERVER_URL"], p.env["GITHUB_API_URL"] = barrier.URL, barrier.URL+"/api/v3"
	return p
}

// takes runs the command and fails the test unless the command needs exactly these round
// trips.
func (p *publishing) takes(outcome string, expected ...roundTrip) {
	p.t.Helper()
	p.barrier = ghcrtest.NewRoundTrips(expected...)
	p.run().succeeds().hasOutputs("outcome", outcome)
	if problems := p.barrier.Problems(); len(problems) > 0 {
		p.t.Errorf("the requests of %s differ:\n%s", outcome, strings.Join(problems, "\n"))
	}
}

func TestRoundTripsOfAnIndex(t *testing.T) {
	t.Parallel()
	source, _ := layout(t)
	p := publishRoundTrips(t, source, "none")
	p.takes("published",
		roundTrip{"token": 1},
		roundTrip{"HEAD manifest 1.2.3": 1},
		roundTrip{"HEAD blob": 8, "POST upload": 8},
		roundTrip{"PUT upload": 8},
		roundTrip{"PUT manifest digest": 4},
		roundTrip{"PUT manifest 1.2.3": 1},
	)
	p.takes("unchanged", roundTrip{"token": 1}, roundTrip{"HEAD manifest 1.2.3": 1})
}

func TestRoundTripsOfAnImage(t *testing.T) {
	t.Parallel()
	p := publishRoundTrips(t, oneImage(t), "none")
	p.takes("published",
		roundTrip{"token": 1},
		roundTrip{"HEAD manifest 1.2.3": 1},
		roundTrip{"HEAD blob": 3, "POST upload": 3},
		roundTrip{"PUT upload": 3},
		roundTrip{"PUT manifest 1.2.3": 1},
	)
	p.takes("unchanged", roundTrip{"token": 1}, roundTrip{"HEAD manifest 1.2.3": 1})
}

// With verify: full, the run reads the record of the package, and pulls the image without
// credentials.
func TestRoundTripsOfAVerifiedIndex(t *testing.T) {
	t.Parallel()
	source, _ := layout(t)
	p := publishRoundTrips(t, source, "full")
	p.takes("published",
		roundTrip{"token": 1, "anonymous token": 1, "api": 1},
		roundTrip{"HEAD manifest 1.2.3": 1, "POST upload": 1, "ping": 1},
		roundTrip{"HEAD manifest digest": 1, "HEAD blob": 8, "POST upload": 7},
		roundTrip{"PUT upload": 8},
		roundTrip{"PUT manifest digest": 4, "HEAD manifest 1.2.3": 1},
		roundTrip{"PUT manifest 1.2.3": 1, "anonymous token": 1},
		roundTrip{"HEAD manifest 1.2.3": 1, "HEAD manifest digest": 1, "api": 1, "GET manifest digest": 5, "HEAD blob": 8},
	)
	p.takes("unchanged",
		roundTrip{"token": 1, "anonymous token": 1, "api": 1},
		roundTrip{"HEAD manifest 1.2.3": 1, "POST upload": 1, "GET manifest digest": 1},
		roundTrip{"GET manifest digest": 4, "HEAD blob": 8},
	)
}

func TestRoundTripsOfAVerifiedImage(t *testing.T) {
	t.Parallel()
	p := publishRoundTrips(t, oneImage(t), "full")
	p.takes("published",
		roundTrip{"token": 1, "anonymous token": 1, "api": 1},
		roundTrip{"HEAD manifest 1.2.3": 1, "POST upload": 1, "ping": 1},
		roundTrip{"HEAD manifest digest": 1, "HEAD blob": 3, "POST upload": 2},
		roundTrip{"PUT upload": 3},
		roundTrip{"PUT manifest digest": 1, "HEAD manifest 1.2.3": 1},
		roundTrip{"PUT manifest 1.2.3": 1, "anonymous token": 1},
		roundTrip{"HEAD manifest 1.2.3": 1, "HEAD manifest digest": 1, "api": 1, "GET manifest digest": 1, "HEAD blob": 3},
	)
}

// oneImage writes the OCI layout of an image with a config and two layers.
func oneImage(t *testing.T) string {
	t.Helper()
	l := sourcetest.NewLayout(t)
	l.Add(l.Image(sourcetest.AMD64, "a", "b"))
	return sourcetest.Dir(t, l.Files())
}

// A run that only adds a tag to an index reads and writes only the index.
func TestRoundTripsOfATagForAnIndex(t *testing.T) {
	t.Parallel()
	source, _ := layout(t)
	p := publishRoundTrips(t, source, "none")
	p.barrier = ghcrtest.NewRoundTrips() // this run is not checked
	p.run().succeeds()
	image := strings.TrimPrefix(p.env["GITHUB_SERVER_URL"], "http://") + "/acme/web"
	p.with("source", "docker://"+image+":1.2.3", "tags", "stable")
	p.takes("published",
		roundTrip{"token": 1},
		roundTrip{"GET manifest 1.2.3": 1},
		roundTrip{"PUT manifest stable": 1},
	)
}

// behindBarrier moves the server of a stage that signs behind a barrier.
func behindBarrier(s *signing) *publishing {
	s.t.Helper()
	p := &publishing{stage: s.stage}
	barrier := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.barrier.Hold(r)
		s.server.ServeHTTP(w, r)
	}))
	s.t.Cleanup(barrier.Close)
	for _, name := range []string{"GITHUB_SERVER_URL", "GITHUB_API_URL", "ACTIONS_ID_TOKEN_REQUEST_URL"} {
		p.env[name] = strings.Replace(p.env[name], s.server.URL(), barrier.URL, 1)
	}
	p.env["INPUT_SOURCE"] = strings.Replace(p.env["INPUT_SOURCE"], s.server.Host(), strings.TrimPrefix(barrier.URL, "http://"), 1)
	services, err := s.server.Sigstore()
	s.check(err)
	s.check(services.WriteFiles(s.folder, barrier.URL))
	return p
}

// After the last image blob and the manifests, an attestation needs five round trips: the
// entry of the log, the blob of the bundle, its manifest, the list of referrers, and the read
// of this list. The identity token and the certificate need no round trip, because the run
// requests them during the upload.
func TestRoundTripsOfAnAttestedImage(t *testing.T) {
	t.Parallel()
	p := behindBarrier(newSigning(t, acme(), claims()))
	digest := newStage(t, acme()).with("source", oneImage(t), "tags", "1").run().succeeds().outputs["digest"]
	list := "manifest " + strings.Replace(digest, ":", "-", 1)
	p.with("verify", "none", "attest-store", "registry")
	p.takes("published", slices.Concat([]roundTrip{
		{"token": 1},
		{"HEAD manifest 1": 1},
		{"HEAD blob": 3, "POST upload": 3},
		{"PUT upload": 3, "sigstore idtoken": 1},
		{"PUT manifest digest": 1, "sigstore signingCert": 1},
	}, attestationTrips(list), []roundTrip{{"PUT manifest 1": 1}})...)
	// The next run reads the attestation, and signs nothing.
	p.takes("unchanged",
		roundTrip{"token": 1},
		roundTrip{"HEAD manifest 1": 1},
		roundTrip{"sigstore idtoken": 1},
		roundTrip{"GET referrers": 1, "GET " + list: 1},
		roundTrip{"GET manifest digest": 1},
		roundTrip{"GET blob": 1},
		roundTrip{"download": 1},
	)
}

// A merge uploads no blob, so the certificate needs one round trip after the manifest of the
// index. The five round trips of the attestation follow.
func TestRoundTripsOfAnAttestedMerge(t *testing.T) {
	t.Parallel()
	s := merging(t)
	digest := merging(t).run().succeeds().outputs["digest"]
	list := "manifest " + strings.Replace(digest, ":", "-", 1)
	p := behindBarrier(s)
	p.with("verify", "none", "attest-store", "registry")
	p.takes("published", slices.Concat([]roundTrip{
		{"token": 1},
		{"HEAD manifest 1": 1, "GET manifest digest": 2},
		{"GET blob": 2},
		{"download": 2},
		{"PUT manifest digest": 1, "sigstore idtoken": 1},
		{"sigstore signingCert": 1},
	}, attestationTrips(list), []roundTrip{{"PUT manifest 1": 1}})...)
}

// The command "attest" uploads no image. It reads the attestations that the image has, and
// then needs the certificate and the same five round trips.
func TestRoundTripsOfTheCommandAttest(t *testing.T) {
	t.Parallel()
	s := published(t)
	digest := s.server.Tag("acme/web", "1")
	list := "manifest " + strings.Replace(digest, ":", "-", 1)
	p := behindBarrier(s)
	p.with("attest-store", "registry")
	p.takes("published", slices.Concat([]roundTrip{
		{"token": 1},
		{"GET manifest 1": 1},
		{"sigstore idtoken": 1},
		{"GET referrers": 1, "GET " + list: 1},
		{"sigstore signingCert": 1},
	}, attestationTrips(list))...)
}

// attestationTrips returns the five round trips of an attestation: the log, the bundle, its
// manifest, the list of referrers, and the read of this list.
func attestationTrips(list string) []roundTrip {
	return []roundTrip{
		{"sigstore entries": 1, "sigstore timestamp": 1, "POST upload": 2, "HEAD blob": 1},
		{"PUT upload": 2},
		{"PUT manifest digest": 1, "GET referrers": 1, "GET " + list: 1},
		{"PUT " + list: 1, "GET manifest digest": 1, "GET blob": 1},
		{"GET " + list: 1, "download": 1},
	}
}
