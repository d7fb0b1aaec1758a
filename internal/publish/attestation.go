package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/ghcr-publish/ghcr-publish/internal/attest"
	"github.com/ghcr-publish/ghcr-publish/internal/attest/stored"
	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
)

// Attestations are the attestations of an image at the end of a run.
type Attestations struct {
	// Instance is the instance of Sigstore: public-good, github, or a folder.
	Instance string
	// Claims describe the job that signed. Claims is nil if the job got no identity token.
	Claims *attest.Claims
	List   []Attestation
	// Err is the reason why the image has no attestation, or nil. The input attest is then
	// auto, or the run failed.
	Err error
}

// Made reports whether the run made an attestation.
func (a *Attestations) Made() bool {
	return a != nil && slices.ContainsFunc(a.List, func(one Attestation) bool { return !one.Existed })
}

// Reason returns the cause without its cure, because the run needs no cure to continue.
func (a *Attestations) Reason() string {
	if a.Err == nil {
		return ""
	}
	first := diag.All(a.Err)[0]
	if first.Err == nil {
		return first.Title
	}
	return first.Title + ": " + first.Err.Error()
}

// Attestation is one signed statement about an image.
type Attestation struct {
	Raw      []byte // the bundle, as JSON
	Result   *attest.Result
	Manifest v1.Hash // the manifest in the first destination, or the zero hash
	// ID and URL identify the attestation in GitHub's API. ID is 0 if the API does not have
	// the attestation, or if an earlier run stored the attestation.
	ID  int64
	URL string
	// Existed is true if an earlier run of the same workflow made the attestation for the
	// same commit.
	Existed bool
	// unlisted is true if GitHub's API lacks the attestation of the earlier run.
	unlisted bool
}

// attestDecision is the decision whether a run makes attestations.
type attestDecision struct {
	active bool
	reason string // the reason why the run makes no attestation, or ""
	err    error  // the reason why a run with attest: true cannot make an attestation
}

// decideAttest decides whether the run makes attestations. The decision depends only on the
// configuration, so that a run without attestations sends no additional request.
func (p *Pipeline) decideAttest(q *Request) attestDecision {
	a := q.Attestation
	switch {
	case a.Mode == input.AttestFalse || a.Mode == "":
		return attestDecision{}
	case a.Mode == input.AttestAuto && (q.ByDigest || !p.Config.GitHub.Active):
		// The command merge attests the index of the images that the jobs push by digest. A
		// person at a terminal has no identity token.
		return attestDecision{}
	case a.Mode == input.AttestAuto && !a.Job.Allowed():
		return attestDecision{reason: "the job does not have the permission id-token: write"}
	case !a.Job.Allowed():
		return attestDecision{err: attest.MissingToken()}
	}
	err := attest.Available(a.Sigstore, p.Config.GitHub.ServerURL)
	if a.Mode == input.AttestAuto && diag.Is(err, attest.CodeNoRoot) {
		return attestDecision{reason: firstTitle(err)}
	}
	return attestDecision{active: err == nil, err: err}
}

func firstTitle(err error) string { return diag.All(err)[0].Title }

// attesting makes the attestations of the image of one run.
type attesting struct {
	*run
	identity *signing
	session  *attest.Session
	writers  []*stored.Writer
	// rechecked is true if the run has read its tags again since the upload. conflict is the
	// error of this read.
	rechecked bool
	conflict  error
}

// attest signs the statements about the image, and stores the attestations. The image is in
// the registry, and no tag has moved. With attest: auto, a failure is only a warning.
func (r *run) attest(ctx context.Context, identity *signing) error {
	if !r.attestation.active {
		return nil
	}
	out := &Attestations{}
	r.outcome.Attestations = out
	a := &attesting{run: r, identity: identity}
	err := a.image(ctx, out)
	if err != nil && ctx.Err() == nil {
		out.List, out.Err = nil, r.explain(err)
		if r.request.Attestation.Mode == input.AttestAuto {
			r.outcome.publishUnattested()
			err = nil
		}
		if !a.rechecked {
			a.conflict = r.work.Recheck(ctx) // The attempts can have taken a long time.
		}
	}
	return errors.Join(err, a.conflict)
}

// publishUnattested adds a warning to the outcome. If this release does not know the
// instance of Sigstore, each run has the same result, so the reason is not a warning.
func (o *Outcome) publishUnattested() {
	if diag.Is(o.Attestations.Err, attest.CodeNoRoot) {
		o.Unattested, o.Attestations = firstTitle(o.Attestations.Err), nil
		return
	}
	image := o.Found.Targets[0].Repo.Digest(o.Found.Root.Descriptor.Digest.String())
	o.notice(diag.Notice{
		Code: CodeNotAttested, Level: diag.Warning, Title: "The image was published without an attestation",
		Text: fmt.Sprintf("%v. The run continued, because the input attest is auto. To attest the image later, run the workflow again, or run the command attest for %s. To end the run before the tags move, set attest: true.", o.Attestations.Reason(), image),
	})
}

// image makes the attestations that the image does not have.
func (a *attesting) image(ctx context.Context, out *Attestations) (err error) {
	a.session, err = a.identity.session(ctx)
	if a.session != nil {
		out.Instance, out.Claims = a.session.Instance.Name, a.session.Claims
	}
	if err != nil {
		return err
	}
	statements, existing, err := a.statements(a.session, a.identity.found[a.run])
	if err != nil {
		return err
	}
	if err := a.listExisting(ctx, existing); err != nil {
		return err
	}
	if out.List = existing; len(statements) == 0 {
		return nil
	}
	a.writers = a.attestationWriters()
	bundles, err := sign(ctx, a.session, statements, a.writers)
	if err != nil {
		return err
	}
	made, err := a.store(ctx, bundles)
	out.List = slices.Concat(made, existing)
	return err
}

// listExisting stores the attestations of an earlier run that GitHub's API lacks.
func (a *attesting) listExisting(ctx context.Context, existing []Attestation) error {
	group, ctx := errgroup.WithContext(ctx)
	for i := range existing {
		if existing[i].unlisted {
			group.Go(func() error { return a.storeAtGitHub(ctx, &existing[i]) })
		}
	}
	return group.Wait()
}

// sign signs the statements. At the same time, sign prepares the uploads.
func sign(ctx context.Context, session *attest.Session, statements []attest.Statement, writers []*stored.Writer) ([]*attest.Bundle, error) {
	var bundles []*attest.Bundle
	var group errgroup.Group // The opened uploads must not end together with the group.
	group.Go(func() (err error) {
		bundles, err = session.Sign(ctx, statements...)
		return err
	})
	for _, w := range writers {
		group.Go(func() error { return w.Prepare(ctx, len(statements)) })
	}
	return bundles, group.Wait()
}

// statements returns the statements that the run must sign, and the attestations that the
// image already has.
func (r *run) statements(session *attest.Session, found map[string]Attestation) (todo []attest.Statement, existing []Attestation, err error) {
	root := r.outcome.Found.Root
	name := r.request.Destinations[0].Name()
	digests := []v1.Hash{root.Descriptor.Digest}
	for _, m := range image.Images(root) {
		if m != root {
			digests = append(digests, m.Descriptor.Digest)
		}
	}
	provenance, err := session.Claims.Provenance(name, digests)
	if err != nil {
		return nil, nil, err
	}
	all := []attest.Statement{provenance}
	if file := r.request.Attestation.SBOM; file != nil {
		sbom, err := attest.SBOM(name, root.Descriptor.Digest, file)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, sbom)
	}
	for _, s := range all {
		if a, ok := found[s.PredicateType]; ok {
			existing = append(existing, a)
			continue
		}
		todo = append(todo, s)
	}
	return todo, existing, nil
}

// attestationWriters returns one writer for each destination, unless the registry stores no
// attestations.
func (r *run) attestationWriters() []*stored.Writer {
	if !r.request.Attestation.Store.Registry {
		return nil
	}
	var out []*stored.Writer
	for _, repo := range r.request.Destinations {
		out = append(out, &stored.Writer{Registry: r.Registry, Repository: repo, Subject: r.outcome.Found.Root.Descriptor, Sleep: r.request.Attestation.Sleep})
	}
	return out
}

// store stores the attestations in all places at the same time. store also reads the tags
// again, because another run can have moved a tag since the upload.
func (a *attesting) store(ctx context.Context, bundles []*attest.Bundle) ([]Attestation, error) {
	out := make([]Attestation, len(bundles))
	manifests := make([][]v1.Hash, len(a.writers))
	group, gctx := errgroup.WithContext(ctx)
	for i, w := range a.writers {
		group.Go(func() (err error) {
			manifests[i], err = w.Write(gctx, bundles)
			return err
		})
	}
	for i, b := range bundles {
		out[i] = Attestation{Raw: b.Raw, Result: b.Result}
		if a.request.Attestation.Store.GitHub {
			group.Go(func() error { return a.storeAtGitHub(gctx, &out[i]) })
		}
	}
	a.rechecked = true
	group.Go(func() error {
		a.conflict = a.work.Recheck(ctx)
		return nil
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for i := range out {
		if len(manifests) > 0 {
			out[i].Manifest = manifests[0][i]
		}
	}
	return out, nil
}

// storeAtGitHub stores an attestation with GitHub's API. If the user named no place, the
// registry alone is enough. If only the API stores the attestation, the run reads the
// attestation back.
func (a *attesting) storeAtGitHub(ctx context.Context, one *Attestation) error {
	repository := a.session.Claims.Repository
	id, page, err := a.GitHub.AddAttestation(ctx, repository, one.Raw)
	store := a.request.Attestation.Store
	switch {
	case err == nil && store.Registry:
		one.ID, one.URL = id, page
		return nil
	case err == nil:
		one.ID, one.URL = id, page
		return a.readBackFromGitHub(ctx, one)
	case ctx.Err() != nil:
		return err
	case store.Auto:
		a.outcome.noticeOnce(apiNotice(err))
		return nil
	}
	return &diag.Error{
		Code: CodeAttestationAPI, Side: diag.API, Input: "attest-store", Err: github.Cause(err),
		Title: fmt.Sprintf("GitHub's API did not store the attestation in %s", repository),
		Hint:  `Add "attestations: write" to the permissions of the job. GitHub stores no attestations of private repositories of users. To store the attestation only in the registry, set attest-store: registry.`,
	}
}

// apiNotice returns the notice about an attestation that only the registry stores.
func apiNotice(err error) diag.Notice {
	cure := `The command "gh attestation verify" then needs the option --bundle-from-oci.`
	if github.IsForbidden(err) {
		cure += ` If the job does not have the permission attestations: write, add the permission.`
	}
	return diag.Notice{
		Code: CodeAttestationAPI, Level: diag.Info, Title: "Only the registry stores the attestation",
		Text: fmt.Sprintf("%v. %s To send no request to the API, set attest-store: registry.", github.Cause(err), cure),
	}
}

// errNotListed is the error for an attestation that the API stored but does not return.
var errNotListed = errors.New("the API does not return the attestation that it stored")

// readBackFromGitHub returns an error if the API does not return a valid attestation of the
// image.
func (a *attesting) readBackFromGitHub(ctx context.Context, one *Attestation) error {
	digest := a.outcome.Found.Root.Descriptor.Digest
	list, err := a.GitHub.Attestations(ctx, a.session.Claims.Repository, digest.String())
	if err != nil {
		return err
	}
	for _, raw := range list {
		if _, err := a.session.Accepts(raw, digest, one.Result.PredicateType); err == nil {
			return nil
		}
	}
	return &diag.Error{
		Code: stored.CodeNotReadBack, Side: diag.API, Title: "The attestation could not be read back", Err: errNotListed,
		Hint: "Run the step again, or set attest-store: registry.",
	}
}
