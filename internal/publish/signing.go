package publish

import (
	"context"
	"slices"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/attest"
	"github.com/ghcr-publish/ghcr-publish/internal/attest/stored"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/resolve"
	"github.com/ghcr-publish/ghcr-publish/internal/release/version"
)

// signing gets the identity of the job while the run uploads the images. All images of a
// release share one identity, and therefore one certificate.
type signing struct {
	signer attest.Signer
	cancel context.CancelFunc

	working sync.WaitGroup // ends when the fields below are set
	opened  *attest.Session
	err     error
	// found contains the attestations that each image already has, by the type of their
	// statement.
	found map[*run]map[string]Attestation

	mu sync.Mutex // protects the renewal of the certificate
}

// startSigning begins to get the identity of the job in the background. startSigning returns
// nil if no image gets an attestation.
func (g *release) startSigning(ctx context.Context) *signing {
	var active []*run
	for _, r := range g.runs {
		if !r.ended && r.attestation.active {
			active = append(active, r)
		}
	}
	if len(active) == 0 {
		return nil
	}
	a := active[0].request.Attestation
	s := &signing{
		signer: attest.Signer{Job: a.Job, Sigstore: a.Sigstore, Transport: g.Web, UserAgent: version.UserAgent(), Sleep: a.Sleep},
		found:  map[*run]map[string]Attestation{},
	}
	ctx, s.cancel = context.WithCancel(ctx)
	s.working.Go(func() { s.err = s.open(ctx, active) })
	return s
}

// stop ends the work in the background.
func (s *signing) stop() {
	if s != nil {
		s.cancel()
		s.working.Wait()
	}
}

// open gets the identity token, finds the attestations that the images have, and gets the
// certificate if an image needs an attestation.
func (s *signing) open(ctx context.Context, runs []*run) (err error) {
	if s.opened, err = s.signer.Identify(ctx); err != nil {
		return err
	}
	needed := false
	for _, r := range runs {
		if s.found[r], err = r.existingAttestations(ctx, s.opened); err != nil {
			return err
		}
		needed = needed || len(s.found[r]) < len(r.predicateTypes())
	}
	if !needed {
		return nil
	}
	return s.opened.Certify(ctx)
}

// session waits for the identity of the job. If the certificate ends soon, because the
// upload or the gate took a long time, session gets a new one.
func (s *signing) session(ctx context.Context) (*attest.Session, error) {
	s.working.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil || !s.opened.Certified() || s.opened.CanSign() {
		return s.opened, s.err
	}
	s.opened, s.err = s.signer.Open(ctx)
	return s.opened, s.err
}

// existingAttestations returns the valid attestations of the image that this workflow made
// for the same commit, by the type of their statement. An attestation exists only if each
// place has it. An image that is new in a destination has no attestations.
func (r *run) existingAttestations(ctx context.Context, session *attest.Session) (map[string]Attestation, error) {
	targets := r.outcome.Found.Targets
	if slices.ContainsFunc(targets, func(t resolve.Target) bool { return !t.HasRoot }) {
		return nil, nil
	}
	digest := r.outcome.Found.Root.Descriptor.Digest
	places, err := r.storedBundles(ctx, session, digest)
	if err != nil {
		return nil, err
	}
	out := map[string]Attestation{}
	for _, predicateType := range r.predicateTypes() {
		complete := true
		for i := len(places) - 1; i >= 0 && complete; i-- {
			var a Attestation
			if a, complete = accepted(session, places[i], digest, predicateType); complete {
				out[predicateType] = a
			}
		}
		if !complete {
			delete(out, predicateType)
		}
	}
	return out, r.markUnlisted(ctx, session, digest, out)
}

// markUnlisted marks the attestations that GitHub's API does not have, although the user
// named the API as a second store. An earlier run stored them only in the registry.
func (r *run) markUnlisted(ctx context.Context, session *attest.Session, digest v1.Hash, found map[string]Attestation) error {
	store := r.request.Attestation.Store
	if len(found) == 0 || store.Auto || !store.Registry || !store.GitHub {
		return nil
	}
	list, err := r.githubBundles(ctx, session, digest)
	if err != nil {
		return err
	}
	for predicateType, a := range found {
		_, listed := accepted(session, list, digest, predicateType)
		a.unlisted = !listed
		found[predicateType] = a
	}
	return nil
}

// predicateTypes returns the types of the statements that the run makes.
func (r *run) predicateTypes() []string {
	out := []string{attest.Provenance}
	if file := r.request.Attestation.SBOM; file != nil {
		if sbom, err := attest.SBOMType(file); err == nil { // The input was checked before.
			out = append(out, sbom)
		}
	}
	return out
}

// storedBundles returns the bundles of the image in each destination. If the registry stores
// no attestations, storedBundles returns the bundles in GitHub's API.
func (r *run) storedBundles(ctx context.Context, session *attest.Session, digest v1.Hash) ([][]stored.Bundle, error) {
	if !r.request.Attestation.Store.Registry {
		list, err := r.githubBundles(ctx, session, digest)
		return [][]stored.Bundle{list}, err
	}
	places := make([][]stored.Bundle, len(r.request.Destinations))
	group, ctx := errgroup.WithContext(ctx)
	for i, repo := range r.request.Destinations {
		group.Go(func() (err error) {
			places[i], err = stored.Read(ctx, r.Registry, repo, digest)
			return err
		})
	}
	return places, group.Wait()
}

// githubBundles returns the bundles of the image in GitHub's API.
func (r *run) githubBundles(ctx context.Context, session *attest.Session, digest v1.Hash) ([]stored.Bundle, error) {
	raw, err := r.GitHub.Attestations(ctx, session.Claims.Repository, digest.String())
	list := make([]stored.Bundle, len(raw))
	for i := range raw {
		list[i].Raw = raw[i]
	}
	return list, err
}

// accepted returns the newest bundle of this workflow for the same commit.
func accepted(session *attest.Session, list []stored.Bundle, digest v1.Hash, predicateType string) (Attestation, bool) {
	for _, b := range slices.Backward(list) {
		if b.Err != nil {
			continue
		}
		if result, err := session.Accepts(b.Raw, digest, predicateType); err == nil {
			return Attestation{Raw: b.Raw, Result: result, Manifest: b.Manifest, Existed: true}, true
		}
	}
	return Attestation{}, false
}
