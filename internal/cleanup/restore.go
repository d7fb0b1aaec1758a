package cleanup

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// put writes the manifest of an entry.
func put(ctx context.Context, client *registry.Client, repo name.Repository, e Entry, ref name.Reference) error {
	digest, err := v1.NewHash(e.Digest)
	if err != nil {
		return fmt.Errorf("reading the digest %q: %w", e.Digest, err)
	}
	m := &image.Manifest{Raw: e.Manifest, Descriptor: v1.Descriptor{MediaType: types.MediaType(e.MediaType), Digest: digest, Size: int64(len(e.Manifest))}}
	if err := client.PutManifest(ctx, ref, m); err != nil {
		return fmt.Errorf("writing %q of %q: %w", ref.Identifier(), repo, err)
	}
	return nil
}

// Restored is the result of [Cleaner.Restore].
type Restored struct {
	// Versions are the restored digests, and Tags are the restored tags.
	Versions, Tags []string
	// Moved lists the tags that now point at another image. The run does not change these tags.
	Moved []string
}

// Restore restores the entries of an undo list for one package. The entries have the order
// of the deletions, and Restore uses the reverse order: children come before their index.
// Restore continues after an entry that it cannot restore, and joins the errors.
func (c *Cleaner) Restore(ctx context.Context, repo name.Repository, entries []Entry) (*Restored, error) {
	versions, err := c.versions(ctx, repo)
	if err != nil {
		return nil, err
	}
	out := &Restored{}
	var problems []error
	for _, e := range slices.Backward(entries) {
		if err := c.restoreVersion(ctx, versions, repo, e, out); err != nil {
			problems = append(problems, notRestored(repo, e, err))
		}
	}
	for _, e := range entries {
		for _, tag := range e.Tags {
			if err := c.restoreTag(ctx, repo, e, tag, out); err != nil {
				problems = append(problems, notRestored(repo, e, err))
			}
		}
	}
	return out, errors.Join(problems...)
}

// restoreVersion restores one version. If GitHub cannot restore it, for example because 30
// days are over, restoreVersion writes the manifest again.
func (c *Cleaner) restoreVersion(ctx context.Context, versions *github.Versions, repo name.Repository, e Entry, out *Restored) error {
	if e.Detached {
		return nil
	}
	var err error
	if e.WholePackage {
		err = versions.RestorePackage(ctx)
	} else {
		err = versions.Restore(ctx, e.ID)
	}
	if github.ReasonOf(err) == github.NotRestorable && len(e.Manifest) > 0 {
		ref := repo.Digest(e.Digest)
		if _, headErr := c.Registry.Head(ctx, ref); headErr == nil {
			err = nil // the same manifest was pushed again
		} else if put(ctx, c.Registry, repo, e, ref) == nil {
			err = nil
		}
	}
	if err == nil {
		out.Versions = append(out.Versions, e.Digest)
	}
	return err
}

// restoreTag points a tag at its version, unless the tag points elsewhere by now. If the tag
// seems to point at the version, restoreTag writes the tag again, because a read can be older
// than the deletion. The registry can refuse this write for an index with missing platforms.
func (c *Cleaner) restoreTag(ctx context.Context, repo name.Repository, e Entry, tag string, out *Restored) error {
	desc, err := c.Registry.Head(ctx, repo.Tag(tag))
	if registry.IgnoreAbsent(err) != nil {
		return fmt.Errorf("reading the tag %q: %w", tag, err)
	}
	there := err == nil && desc.Digest.String() == e.Digest
	if err == nil && !there && desc.Digest.String() != e.Placeholder {
		out.Moved = append(out.Moved, tag)
		return nil
	}
	err = errors.New("the undo list does not contain the manifest")
	if len(e.Manifest) > 0 {
		err = put(ctx, c.Registry, repo, e, repo.Tag(tag))
	}
	if err != nil && !there {
		return fmt.Errorf("writing the tag %q: %w", tag, err)
	}
	out.Tags = append(out.Tags, tag)
	return nil
}

func notRestored(repo name.Repository, e Entry, err error) error {
	hint := "GitHub restores a version within 30 days, if its name is not in use again and the token has the role Admin on the package. Run the same command again after you have removed the cause."
	return diag.New(CodeNotRestored, diag.API, hint, err, "the version %s of %s cannot be restored", e.Digest, repo)
}
