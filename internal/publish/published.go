package publish

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/meta"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/protect"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/resolve"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
)

// looksForPublished reports whether the run finds out if its image is already published
// before it opens the source.
func (r *run) looksForPublished() bool {
	return r.request.IfPublished == input.PublishedSkip || r.request.IfPublished == input.PublishedFail
}

// usePublished replaces the source of the request by the image that is already
// published. usePublished returns false if the image is not published. If the input
// "if-published" forbids to publish the image twice, usePublished returns an error.
func (r *run) usePublished(ctx context.Context, found *resolve.Found) (bool, error) {
	if !r.looksForPublished() {
		return false, nil
	}
	ref, err := r.published(ctx, found)
	if err != nil || ref == nil {
		return false, err
	}
	tags := strings.Join(r.versionTags(), ", ")
	if r.request.IfPublished == input.PublishedFail {
		return false, diag.Inputf("if-published", CodePublishedBefore,
			"Publish the change under a new version. To use the published image instead of an error, set if-published: skip.",
			"The image is already published: %s with the tag %s has the digest %s", ref.Context(), tags, ref.DigestStr())
	}
	unused := "did not read its source"
	if r.request.Source.Traits().NeedsLabels {
		unused = "did not start the build"
	}
	r.outcome.notice(diag.Notice{
		Code: CodePublishedUsed, Level: diag.Info, Title: "The image was already published",
		Text: fmt.Sprintf("%s with the tag %s has the digest %s. The run used this image and %s, because the input if-published is skip.", ref.Context(), tags, ref.DigestStr(), unused),
	})
	request := *r.request
	request.Source = NamedSource{Name: "docker://" + ref.String(), Options: source.Options{
		Remote: r.Registry, SkipPlatform: request.Verify.Level == input.VerifyNone,
	}}
	// The labels and the other changes are already in the published image.
	request.Changes, request.Naming.Labels, request.Naming.Annotations = Changes{}, "", ""
	if request.Tags.Overwrite.Versions == input.Never {
		request.Tags.Overwrite.Versions = input.SameDigest // The version tag exists, and the run does not move it.
	}
	r.request = &request
	return true, nil
}

// versionTags returns the tags of this run that name one release permanently. A moving
// tag, such as latest, does not show that the image is published.
func (r *run) versionTags() []string {
	return slices.DeleteFunc(slices.Clone(r.outcome.Names.Names()), protect.Moves)
}

// published returns the image that is already published, or nil. If the run has no
// version tag, or if the version tags do not show that the image is published, published
// adds a notice with the reason.
func (r *run) published(ctx context.Context, found *resolve.Found) (*name.Digest, error) {
	tags := r.versionTags()
	if len(tags) == 0 {
		r.outcome.notice(diag.Notice{
			Code: CodeNoVersionTag, Level: diag.Info, Title: "The input if-published has no effect in this run",
			Text: fmt.Sprintf("The input if-published has no effect in this run, because the run has no version tag, such as 1.2.3. The tags of the run are: %s. Only a version tag shows that an image is already published, because other tags move. The run continues.", strings.Join(r.outcome.Names.Names(), ", ")),
		})
		return nil, nil
	}
	digest, exists, reason := samePublished(found, tags)
	if !exists {
		return nil, nil
	}
	if reason == "" {
		var err error
		if reason, err = r.otherRevision(ctx, found.Targets[0].Repo, digest); err != nil {
			return nil, err
		}
	}
	if reason != "" {
		r.outcome.notice(diag.Notice{
			Code: CodePublishedDiffers, Level: diag.Info, Title: "The version exists, but the run continues",
			Text: fmt.Sprintf("The input if-published is %s, but the image of this run is not published: %s. The run continues.", r.request.IfPublished, reason),
		})
		return nil, nil
	}
	ref := found.Targets[0].Repo.Digest(digest.String())
	return &ref, nil
}

// samePublished returns the digest of the image to which all version tags point in all
// destinations. The result "exists" is false if no version tag exists. If the version
// tags do not all point at one image, samePublished returns the reason.
func samePublished(found *resolve.Found, tags []string) (digest v1.Hash, exists bool, reason string) {
	var first name.Tag
	var missing []string
	for i := range found.Targets {
		t := &found.Targets[i]
		for _, tag := range tags {
			now, ok := t.Digest(tag)
			ref := t.Repo.Tag(tag)
			switch {
			case !ok:
				missing = append(missing, ref.String())
			case !exists:
				digest, exists, first = now, true, ref
			case now != digest && reason == "":
				reason = fmt.Sprintf("%s has the digest %s, but %s has the digest %s", first, digest, ref, now)
			}
		}
	}
	if reason == "" && exists && len(missing) > 0 {
		reason = fmt.Sprintf("%s exists, but %s does not exist", first, strings.Join(missing, " and "))
	}
	return digest, exists, reason
}

// otherRevision returns the reason why an image is not known to be a build of the commit
// of this run, or "". A source that exists before the run needs no comparison, because
// the run does not know the commit of such a source.
func (r *run) otherRevision(ctx context.Context, repo name.Repository, digest v1.Hash) (string, error) {
	if !r.request.Source.Traits().NeedsLabels {
		return "", nil
	}
	ours := ""
	for _, label := range r.outcome.Names.Labels {
		if label.Key == meta.KeyRevision {
			ours = label.Value
		}
	}
	if ours == "" {
		return fmt.Sprintf("this run does not write the label %s, so the commits cannot be compared", meta.KeyRevision), nil
	}
	theirs, err := protect.Revision(ctx, r.Registry, repo, digest)
	switch {
	case err != nil:
		return "", err
	case theirs == "":
		return fmt.Sprintf("%s@%s does not have the label %s", repo, digest, meta.KeyRevision), nil
	case theirs != ours:
		return fmt.Sprintf("%s@%s is a build of the commit %.64s, and this run builds the commit %s", repo, digest, theirs, ours), nil
	}
	return "", nil
}
