package publish

import (
	"context"
	"errors"
	"path"
	"path/filepath"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/resolve"
)

// acceptBeforeOpen returns an error if the run could not publish the image. The run
// calls acceptBeforeOpen before it opens an expensive source, such as a build. With
// on-readonly: skip or archive, acceptBeforeOpen accepts a read-only token, because
// such a run only tests the build.
func (r *run) acceptBeforeOpen(found *resolve.Found) error {
	if r.request.DryRun {
		return nil
	}
	for i := range found.Targets {
		t := &found.Targets[i]
		if err := r.checkVisibility(t); err != nil {
			return err
		}
	}
	refusal := r.pushRefusals(found)
	if refusal != nil && r.request.OnReadOnly != input.ReadOnlyFail {
		return nil
	}
	return errors.Join(refusal, r.attestation.err)
}

// pushRefusals returns one error for each destination that refuses the push, so that
// the user can correct all destinations after one run. If several destinations refuse
// for the same reason, such as a wrong token, pushRefusals returns one error for all
// these destinations.
func (r *run) pushRefusals(found *resolve.Found) error {
	var errs []error
	seen := map[string]bool{}
	for i := range found.Targets {
		refusal := found.Targets[i].PushRefusal
		if refusal == nil {
			continue
		}
		err := r.explainFound(refusal, found)
		e := diag.All(err)[0]
		if key := e.Title; !seen[key] {
			seen[key] = true
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (r *run) checkVisibility(t *resolve.Target) error {
	return resolve.CheckVisibility(r.request.Visibility.Want, r.request.Visibility.FailOnMismatch, t)
}

// accept returns an error if the image does not have the expected digest, or if the image
// has no proof that the request requires.
func (r *run) accept(ctx context.Context) error {
	want, got := r.request.Digest, r.source
	if want.Hex == "" || got == want {
		notices, err := r.request.Proof.Check(ctx, r.source)
		r.outcome.notice(notices...)
		return err
	}
	return diag.Inputf("expected-digest", CodeDigestDiffers,
		"The tag of the source has moved. Inspect the new image. Then promote the new image by its digest, or change the input expected-digest.",
		"Nothing was published: %s has the digest %s, but the input expected-digest is %s", r.request.Source.Traits().Reference, got, want)
}

// reportNewPackages informs the observer about the packages that the run creates. The
// caller must first check that the registry allows the push. Before this check, the run
// cannot distinguish a missing package from a package that is hidden from the token.
func (r *run) reportNewPackages() {
	for i := range r.outcome.Found.Targets {
		if t := &r.outcome.Found.Targets[i]; t.CreatesPackage() && t.MayPush && t.Inherits != "" {
			r.Observer.NewPackage(t.Repo, t.Inherits)
		}
	}
}

// dryRun finds the attachments that a real run would push, and the reasons why a real run
// would fail.
func (r *run) dryRun(ctx context.Context) error {
	found := r.outcome.Found
	for i := range found.Targets {
		t := &found.Targets[i]
		if err := r.checkVisibility(t); err != nil {
			return err
		}
		if t.PushRefusal != nil {
			r.outcome.notice(diag.Notice{
				Code: CodePushRefused, Level: diag.Warning, Title: "This token may not push",
				Text: r.explain(t.PushRefusal).Error(),
			})
		}
	}
	if r.attestation.err != nil {
		r.outcome.notice(diag.Notice{
			Code: CodeNotAttested, Level: diag.Warning, Title: "A real run would fail, because it cannot attest the image",
			Text: r.attestation.err.Error(),
		})
	}
	r.outcome.Status = Planned
	var err error
	r.outcome.Attached, err = r.attachments(ctx)
	return err
}

// authorize checks, before the first upload, that the run may write. authorize
// returns true if the run must end without a push and without an error.
func (r *run) authorize(ctx context.Context) (ended bool, err error) {
	found := r.outcome.Found
	for i := range found.Targets {
		if err := r.checkVisibility(&found.Targets[i]); err != nil {
			return false, err
		}
	}
	if !r.outcome.Plan.Writes() {
		return false, r.attestation.err
	}
	if refusal := r.pushRefusals(found); refusal != nil {
		return r.refused(ctx, refusal)
	}
	if r.attestation.err != nil {
		return false, r.attestation.err
	}
	r.reportNewPackages()
	return false, nil
}

// refused ends the run of a read-only token according to the input on-readonly.
// refused returns an error if the refusal has another cause than a read-only token.
func (r *run) refused(ctx context.Context, refusal error) (ended bool, err error) {
	if r.request.OnReadOnly == input.ReadOnlyFail || !r.explainer().IsReadOnly(refusal) {
		return false, errors.Join(refusal, r.attestation.err) // The user can add all missing permissions at once.
	}
	r.outcome.dropRepeatedNotice(refusal)
	r.outcome.Status, r.outcome.Refusal, r.outcome.Expected = Skipped, refusal, r.Config.GitHub.ReadOnly()
	if r.request.OnReadOnly == input.ReadOnlyArchive {
		r.outcome.Archive, err = r.archive(ctx)
	}
	return true, err
}

// archive writes the image to an OCI archive, so that another job can publish the
// archive.
func (r *run) archive(ctx context.Context) (string, error) {
	target := r.outcome.Found.Targets[0]
	file := filepath.Join(r.request.ArchiveFolder, path.Base(target.Repo.RepositoryStr())+".oci.tar")
	var ref name.Reference = target.Repo.Tag("latest")
	if len(target.Tags) > 0 {
		ref = target.Repo.Tag(target.Tags[0])
	}
	written, err := writeArchive(ctx, r.outcome.Found.Root, file, ref)
	var diagErr *diag.Error
	if err = r.explain(err); errors.As(err, &diagErr) && diagErr.Input != "destination" {
		return "", err
	}
	if err != nil {
		return "", &diag.Error{
			Code: CodeArchiveUnwritten, Side: diag.Runner, Err: err, Title: "The archive " + file + " could not be written",
			Hint: "Check that the disk has space and that the user of the step may write to this folder. If you do not need the archive, set on-readonly: skip.",
		}
	}
	return written, nil
}
