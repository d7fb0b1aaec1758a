package cmd_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// The services of Sigstore.
var services = map[string]string{
	"identity token": "/idtoken", "certificate": "/signingCert", "log": "/api/v1/log/entries", "timestamp": "/api/v1/timestamp",
}

// A service is down. With attest: true, no tag moves. With attest: auto, the image is
// published with a warning that names the command for a later attestation.
func TestTagsDoNotMoveIfAServiceIsDown(t *testing.T) {
	t.Parallel()
	faults := map[string]ghcrtest.Effect{
		"no connection": ghcrtest.Reset{}, "408": ghcrtest.Answer{Status: http.StatusRequestTimeout}, "429": ghcrtest.Answer{Status: http.StatusTooManyRequests},
		"500": ghcrtest.Answer{Status: http.StatusInternalServerError}, "502": ghcrtest.Answer{Status: http.StatusBadGateway}, "503": ghcrtest.Answer{Status: http.StatusServiceUnavailable},
	}
	for service, path := range services {
		for fault, effect := range faults {
			t.Run(service+" "+fault, func(t *testing.T) {
				t.Parallel()
				s := newSigning(t, acme(), claims())
				s.server.Inject(ghcrtest.Fault{Path: path, Times: ghcrtest.Always, Effect: effect})
				r := s.with("attest", "true").run().failsWith("signing-service-down").hasOutputs("attested", "no")
				if position(r.requests, http.MethodPut, "/manifests/1") >= 0 {
					r.fatal("a tag moved")
				}
				r = s.with("attest", "auto").run().succeeds().hasOutputs("outcome", "published", "attested", "no", "verified", "")
				if !strings.Contains(r.notices(), "not-attested") || !strings.Contains(r.stdout, "run the command attest for "+s.image("acme/web")+"@sha256:") {
					r.fatal("the warning is missing")
				}
			})
		}
	}
}

// The log stores the entry, but its response is lost. The repeated request gets the status
// 409, and the run uses the entry that the log names.
func TestAnEntryWhoseResponseWasLostIsUsed(t *testing.T) {
	t.Parallel()
	s := newSigning(t, acme(), claims())
	s.server.Inject(ghcrtest.Fault{Method: http.MethodPost, Path: services["log"], Effect: ghcrtest.LostAnswer{}})
	r := s.with("attest", "true").run().succeeds().hasOutputs("attested", "yes")
	if posts, gets := r.count(http.MethodPost, services["log"]), r.count(http.MethodGet, services["log"]); posts != 2 || gets != 1 {
		r.fatal("the run sent %d POST requests and %d GET requests to the log", posts, gets)
	}
	s.verify().succeeds()
}

// The log names the entry of another signature.
func TestAnEntryOfAnotherImageIsNotUsed(t *testing.T) {
	t.Parallel()
	s := newSigning(t, acme(), claims())
	s.server.Inject(ghcrtest.Fault{Method: http.MethodPost, Path: services["log"], Effect: ghcrtest.LostAnswer{}})
	first := s.run().succeeds().hasOutputs("attested", "yes")
	other := first.requests[slices.IndexFunc(first.requests, func(q ghcrtest.Request) bool {
		return q.Method == http.MethodGet && strings.Contains(q.Path, services["log"])
	})].Path
	s.server.Inject(ghcrtest.Fault{Method: http.MethodPost, Path: services["log"], Times: ghcrtest.Always, Effect: ghcrtest.Answer{
		Status: http.StatusConflict, Header: http.Header{"Location": {other}},
	}})
	source, _ := layout(t)
	s.with("source", source, "tags", "2")
	r := s.with("attest", "true").run().failsWith("signing-service-refused").hasOutputs("attested", "no")
	if !strings.Contains(r.stdout, "belongs to another signature") || position(r.requests, http.MethodPut, "/manifests/2") >= 0 {
		r.fatal("a tag moved, or the reason is missing")
	}
	s.with("attest", "auto").run().succeeds().hasOutputs("outcome", "published", "attested", "no")
}

// The API refuses the attestation, and the registry stores it. The next run signs nothing
// if the user named both stores, and stores the same attestation with the API.
func TestAnAttestationThatTheAPILacksIsStoredAgain(t *testing.T) {
	t.Parallel()
	s := newSigning(t, acme(), claims())
	first := s.with("attest", "true", "attest-store", "registry").run().succeeds()
	s.with("attest-store", "registry,github").server.Inject(ghcrtest.Fault{Method: http.MethodPost, Path: "/attestations", Effect: ghcrtest.Answer{Status: http.StatusForbidden}})
	s.run().failsWith("attestation-api-refused").hasOutputs("attested", "no")
	second := s.run().succeeds().hasOutputs("attested", "yes", "outcome", "unchanged")
	one := attestations(t, second)[0]
	if !one.Existed || one.ID == 0 || one.Digest != attestations(t, first)[0].Digest || second.count(http.MethodPost, "/signingCert") > 0 {
		second.fatal("the attestation is %+v", one)
	}
	if third := s.run().succeeds().wroteNothing().hasOutputs("attested", "yes"); third.count(http.MethodPost, "/attestations") > 0 {
		third.fatal("the run stored the attestation again")
	}
}

// merging prepares a merge of two images that other jobs pushed by digest.
func merging(t *testing.T) *signing {
	t.Helper()
	s := newSigning(t, acme(), claims())
	delete(s.env, "INPUT_TAGS")
	var digests []string
	for name, platform := range map[string]*v1.Platform{"a": sourcetest.AMD64, "b": sourcetest.ARM64} {
		l := sourcetest.NewLayout(t)
		l.Add(l.Image(platform, name))
		r := s.with("push-by-digest", "true", "source", sourcetest.Dir(t, l.Files())).run().succeeds()
		digests = append(digests, name+"="+r.outputs["digest"])
	}
	for _, name := range []string{"INPUT_PUSH-BY-DIGEST", "INPUT_SOURCE"} {
		delete(s.env, name)
	}
	slices.Sort(digests)
	s.with("command", "merge", "digests", strings.Join(digests, "\n"), "tags", "1", "attest", "true")
	return s
}

// published prepares the command "attest" for an image that the registry has.
func published(t *testing.T) *signing {
	t.Helper()
	s := newSigning(t, acme(), claims())
	s.with("attest", "false").run().succeeds()
	for _, name := range []string{"INPUT_ATTEST", "INPUT_TAGS"} {
		delete(s.env, name)
	}
	s.with("command", "attest", "source", s.image("acme/web")+":1")
	return s
}

// The fault of each step of the commands "merge" and "attest". No tag moves, and the run
// fails. The same run without the fault succeeds, and moves the tag last.
func TestFaultsOfMergeAndAttestLeaveTheTagsUnmoved(t *testing.T) {
	t.Parallel()
	steps := map[string]ghcrtest.Fault{
		"list of referrers": {Method: http.MethodPut, Path: "/manifests/sha256-"}, "read of the list": {Method: http.MethodGet, Path: "/manifests/sha256-"},
		"API": {Method: http.MethodPost, Path: "/attestations"},
	}
	for name, path := range services {
		steps[name] = ghcrtest.Fault{Path: path}
	}
	for command, prepare := range map[string]func(*testing.T) *signing{"merge": merging, "attest": published} {
		for _, step := range slices.Sorted(maps.Keys(steps)) {
			t.Run(command+" "+step, func(t *testing.T) {
				t.Parallel()
				s := prepare(t)
				fault := steps[step]
				fault.Times, fault.Effect = ghcrtest.Always, ghcrtest.Answer{Status: http.StatusForbidden, Message: "not here"}
				s.server.Inject(fault)
				s.with("attest-store", "registry,github")
				r := s.run()
				if r.code == 0 || r.outputs["attested"] != "no" {
					r.fatal("the run does not fail with attested=no")
				}
				if position(r.requests, http.MethodPut, "/manifests/1") >= 0 {
					r.fatal("a tag moved")
				}
				s.server.ClearFaults()
				r = s.run().succeeds().hasOutputs("attested", "yes")
				if step != "API" { // The registry can already have the attestation of the first run.
					s.movesTagLast(r, command == "merge")
				}
				if r.count(http.MethodPost, "/attestations") != 1 {
					r.fatal("the run did not store the attestation with GitHub's API")
				}
			})
		}
	}
}

// movesTagLast checks the order of the writes: the manifest of the bundle, the list of
// referrers, and the tag if the command moves one.
func (s *signing) movesTagLast(r result, tagged bool) {
	s.t.Helper()
	list := attestations(s.t, r)
	order := []int{
		position(r.requests, http.MethodPost, services["log"]),
		position(r.requests, http.MethodPut, "/manifests/"+list[0].Digest),
		position(r.requests, http.MethodPut, "/manifests/"+strings.Replace(r.outputs["digest"], ":", "-", 1)),
	}
	tag := position(r.requests, http.MethodPut, "/manifests/1")
	if tagged {
		order = append(order, tag)
	} else if tag >= 0 {
		r.fatal("the command attest moved a tag")
	}
	if !slices.IsSorted(order) || order[0] < 0 {
		r.fatal("the positions of the writes are %v", order)
	}
}
