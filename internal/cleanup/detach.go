package cleanup

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/github"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// requestsPerTag is the number of API requests that remove a tag: usually one list of the
// newest versions, and the deletion. A list that is out of date is read again.
const requestsPerTag = 4

// emptyConfig is the config of the manifest that replaces a detached tag.
var emptyConfig = []byte("{}")

// detachAll removes tags from versions that stay. GitHub deletes only complete versions, so
// the run points each tag at a new small manifest, and deletes the version of this manifest.
func (r *run) detachAll(ctx context.Context) error {
	for i, d := range r.current.Detach {
		if why := cmp.Or(outOfTime(ctx), r.outOfRequests(requestsPerTag)); why != "" {
			return r.stopDetaching(r.current.Detach[i:], why)
		}
		n := &r.current.Package.Nodes[d.Node]
		entry, err := r.entry(ctx, n)
		if err != nil {
			return err
		}
		entry.ID, entry.Tags, entry.Detached = 0, []string{d.Tag}, true
		err = r.detach(ctx, d.Tag, entry)
		if github.ReasonOf(err) == github.RateLimited {
			return r.stopDetaching(r.current.Detach[i:], usedUp)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// detach removes one tag. If GitHub refuses the deletion, detach points the tag at the image
// again. The read of the tag is the last request before its change, because another job can
// move the tag at any time.
func (r *run) detach(ctx context.Context, tag string, entry Entry) error {
	m, err := r.placeholder(ctx, tag)
	if err != nil {
		return err
	}
	entry.Placeholder = m.Descriptor.Digest.String()
	if err := r.Undo.Add(entry); err != nil {
		return err
	}
	digest, err := r.reader.Digest(ctx, tag)
	if err != nil {
		return err
	}
	if digest != entry.Digest {
		r.out.Left = append(r.out.Left, plan.Left{Digest: entry.Digest, Tag: tag, Cause: plan.Changed})
		return nil
	}
	r.replaced[entry.Placeholder] = true
	if err := r.Registry.PutManifest(ctx, r.req.Repo.Tag(tag), m); err != nil {
		return fmt.Errorf("replacing the tag %q: %w", tag, err)
	}
	id, err := r.deletePlaceholder(ctx, entry.Placeholder, tag)
	if err == nil {
		r.out.Detached = append(r.out.Detached, entry)
		r.detached[tag] = true
		return nil
	}
	if back := r.attach(context.WithoutCancel(ctx), entry, tag, id); back != nil {
		return errors.Join(r.explain(err), back)
	}
	switch github.ReasonOf(err) {
	case github.LastTagged: // The tag is the last tag of the package.
		r.out.Left = append(r.out.Left, plan.Left{Digest: entry.Digest, Tag: tag, Cause: plan.LastTagged})
		return nil
	case github.RateLimited:
		return err
	default:
		return r.explain(err)
	}
}

// attach points a tag at its image again, and deletes the small manifest, which has no tag
// any more. A refusal of this deletion does no damage.
func (r *run) attach(ctx context.Context, e Entry, tag string, id int64) error {
	if err := put(ctx, r.Registry, r.req.Repo, e, r.req.Repo.Tag(tag)); err != nil {
		return err
	}
	if id != 0 {
		_ = r.versions.Delete(ctx, id)
	}
	return nil
}

// deletePlaceholder deletes the version of a small manifest together with its tag. It returns
// the id of the version, or 0 if GitHub's API does not list the version.
func (r *run) deletePlaceholder(ctx context.Context, digest, tag string) (int64, error) {
	id, err := r.find(ctx, digest, tag)
	if err != nil {
		return 0, err
	}
	err = r.send(ctx, func() error { return r.versions.Delete(ctx, id) })
	if github.ReasonOf(err) == github.Gone {
		err = nil
	}
	return id, err
}

// placeholder pushes the config of a small manifest that belongs to one tag only.
func (r *run) placeholder(ctx context.Context, tag string) (*image.Manifest, error) {
	digest, size, err := v1.SHA256(bytes.NewReader(emptyConfig))
	if err != nil {
		return nil, err
	}
	config := v1.Descriptor{MediaType: types.OCIConfigJSON, Digest: digest, Size: size}
	blob := &image.Blob{Descriptor: config, Content: emptyConfig, Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(emptyConfig)), nil
	}}
	if _, _, err := r.Registry.Upload(ctx, r.req.Repo, blob, nil); err != nil {
		return nil, fmt.Errorf("uploading the config for the tag %q: %w", tag, err)
	}
	raw, err := json.Marshal(v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Config: config, Layers: []v1.Descriptor{},
		Annotations: map[string]string{"io.github.ghcr-publish.detached": tag, "org.opencontainers.image.created": r.Now.time().UTC().Format(time.RFC3339Nano)},
	})
	if err != nil {
		return nil, err
	}
	digest, size, err = v1.SHA256(bytes.NewReader(raw))
	return &image.Manifest{Raw: raw, Descriptor: v1.Descriptor{MediaType: types.OCIManifestSchema1, Digest: digest, Size: size}}, err
}

// find returns the id of the version that has exactly one tag and the given digest. The list
// of versions can be some seconds older than the tag.
func (r *run) find(ctx context.Context, digest, tag string) (int64, error) {
	const tries = 6
	for n := range tries {
		var list []github.Version
		err := r.send(ctx, func() (err error) { list, err = r.versions.Newest(ctx); return err })
		if err != nil {
			return 0, err
		}
		for _, v := range list {
			if v.Digest == digest && slices.Equal(v.Tags, []string{tag}) {
				return v.ID, nil
			}
		}
		if err := r.Sleep.Wait(ctx, time.Duration(n+1)*time.Second); err != nil {
			return 0, err
		}
	}
	hint := "Run the step again. The tag points at its image again."
	return 0, diag.New(CodeRefused, diag.API, hint, nil, "GitHub's API does not list the version %s with the tag %q only", digest, tag)
}
