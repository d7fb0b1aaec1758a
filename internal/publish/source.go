package publish

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/compress"
	"github.com/ghcr-publish/ghcr-publish/internal/image/mutate"
	"github.com/ghcr-publish/ghcr-publish/internal/image/rules"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/meta"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/resolve"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
)

// Source opens the image of a request.
type Source interface {
	// Traits returns the facts that are known before the source is opened.
	Traits() Traits
	// Open opens the image. The argument contains labels and annotations that are the
	// same in each run for one commit.
	Open(context.Context, meta.Result) (*source.Source, error)
	// Close removes temporary files. The caller may call Close without a call of
	// Open.
	Close() error
}

// Traits are facts about a source.
type Traits struct {
	Timing resolve.Timing
	// Reference is the image or artifact that Open reads from a registry. Reference
	// is nil if Open reads no such image. Input is the name of the input that
	// contains Reference.
	Reference name.Reference
	Input     string
	// Published is true if Reference itself is the image to publish.
	Published bool
	// Repositories are the repositories that Open reads. One token covers these
	// repositories and the destinations.
	Repositories []name.Repository
	// NeedsLabels is true if Open writes the labels of the run into the image.
	NeedsLabels bool
	// Final is true if Open already applies the labels and annotations. The run then
	// does not change the image again.
	Final bool
	// Authored is true if the image exists before the run, so that the author of the
	// image possibly wrote labels that describe the image.
	Authored bool
	// Artifact is true if the image is an artifact. The run lists an artifact as a
	// referrer of its subject.
	Artifact bool
}

// expect announces all repositories of the run before the first token request, so
// that one token covers all these repositories.
func (r *run) expect() {
	for _, repo := range r.request.Destinations {
		r.Registry.Expect(repo, registry.Push)
	}
	for _, repo := range r.request.Source.Traits().Repositories {
		r.Registry.Expect(repo, registry.Pull)
	}
}

// preparedSource opens the source of a request and applies the changes of the
// request. It implements [resolve.Source].
type preparedSource struct {
	*run
	names meta.Result
}

// Open implements [resolve.Source].
func (p preparedSource) Open(ctx context.Context) (*source.Source, error) {
	src, err := p.openPlatforms(ctx)
	if err != nil {
		return nil, err
	}
	warnings, err := rules.Check(ctx, src.Root, p.destinationRules())
	if err != nil {
		return nil, errors.Join(err, src.Close())
	}
	src.Notices = append(src.Notices, warnings...)
	if err := p.announceTypes(src.Root); err != nil {
		return nil, errors.Join(err, src.Close())
	}
	p.explainOutputs(src.Root)
	changes := p.changes()
	if p.request.Source.Traits().NeedsLabels {
		if changes, err = p.afterBuild(ctx, src, changes); err != nil {
			return nil, err
		}
	}
	if src.HasPlainLayers && !changes.Compression.Chosen() {
		changes.Compression = compress.Default // By default, the run compresses layers for a registry.
	}
	if err := p.change(ctx, src, changes); err != nil {
		return nil, errors.Join(err, src.Close())
	}
	p.foreignLayers(src.Root)
	return src, nil
}

// change applies the changes of the request to the image.
func (p preparedSource) change(ctx context.Context, src *source.Source, c mutate.Changes) error {
	if p.request.Source.Traits().Final {
		return p.placeAnnotations(ctx, src)
	}
	if !c.Any() {
		return nil
	}
	unread := len(unreadConfigs(src.Root)) > 0
	notices, err := c.Apply(ctx, src.Root)
	if err != nil {
		return err
	}
	src.Notices = append(src.Notices, notices...)
	if unread {
		return p.checkAgain(ctx, src)
	}
	return nil
}

// openPlatforms opens the source and keeps only the wanted platforms of an index. The run
// therefore reads and checks no image that it does not publish.
func (p preparedSource) openPlatforms(ctx context.Context) (*source.Source, error) {
	src, err := p.open(ctx)
	if err != nil {
		return nil, err
	}
	p.source = src.Root.Descriptor.Digest
	removed, notices, err := mutate.KeepPlatforms(src.Root, p.request.Changes.Platforms)
	if err != nil {
		return nil, errors.Join(err, src.Close())
	}
	p.removed = removed
	src.Notices = append(src.Notices, notices...)
	return src, nil
}

// placeAnnotations writes the annotations with levels into an index whose other changes
// the source has already made. placeAnnotations adds a notice if the images of the index
// get other digests than the digests that the matrix jobs pushed.
func (p preparedSource) placeAnnotations(ctx context.Context, src *source.Source) error {
	pushed := map[v1.Hash]bool{}
	for _, m := range image.Images(src.Root) {
		pushed[m.Descriptor.Digest] = true
	}
	notices, err := mutate.Changes{Levels: p.names.Placed}.Apply(ctx, src.Root)
	if err != nil {
		return err
	}
	src.Notices = append(src.Notices, slices.DeleteFunc(notices, func(n diag.Notice) bool { return n.Code == mutate.CodeDigestChanges })...)
	if slices.ContainsFunc(image.Images(src.Root), func(m *image.Manifest) bool { return !pushed[m.Descriptor.Digest] }) {
		src.Notices = append(src.Notices, diag.Notice{
			Code: mutate.CodeDigestChanges, Level: diag.Info, Title: "The published images have other digests than the pushed images",
			Text: "The input annotations contains annotations with the level manifest, which change the manifests of the images. The published digests therefore differ from the digests that the jobs pushed. Signatures and attestations of the pushed images do not apply to the published images.",
		})
	}
	return nil
}

// open opens the source without changes. A run that only adds tags needs only the root.
// The registry has accepted the children together with the root, and the run writes the
// same root again.
func (p preparedSource) open(ctx context.Context) (*source.Source, error) {
	named, ok := p.request.Source.(NamedSource)
	if ok && p.onlyTags() {
		named.Options.RootOnly = true
		return named.Open(ctx, p.names)
	}
	return p.request.Source.Open(ctx, p.names)
}

// onlyTags reports whether the run only adds tags to an image in its repository, and
// does nothing that needs the children of the image. Verification pulls the children,
// the plan of a dry run lists the children, and an archive contains the children.
func (p preparedSource) onlyTags() bool {
	q, traits := p.request, p.request.Source.Traits()
	if q.Losses.needsPrevious() || q.Losses.Limit.Bytes > 0 {
		return false // The comparison and the limit need the children of the image.
	}
	if !traits.Published || p.changed() || q.Changes.PushForeign || q.Verify.Level != input.VerifyNone || q.DryRun || q.OnReadOnly == input.ReadOnlyArchive {
		return false
	}
	return !slices.ContainsFunc(q.Destinations, func(to name.Repository) bool { return to.Name() != traits.Reference.Context().Name() })
}

// announceTypes passes the media types of the manifests to the client, so that the run
// can read the manifests back. The requests of a run can contain only a limited number of
// media types.
func (p preparedSource) announceTypes(root *image.Manifest) error {
	for _, m := range image.Manifests(root) {
		if !p.Registry.Accept(m.Descriptor.MediaType) {
			return diag.New(rules.CodeMediaType, diag.Source, "Use the media type application/vnd.oci.image.manifest.v1+json for the manifests, and write the kind of each artifact into the field artifactType. The run cannot read the manifests back from the registry, because a request can list only a few media types.", nil,
				"The manifests of the image have too many different media types, for example %.100q", m.Descriptor.MediaType)
		}
	}
	return nil
}

// explainOutputs adds a notice if an output cannot contain the digest of a platform,
// because the tree has several images for the platform.
func (p preparedSource) explainOutputs(root *image.Manifest) {
	ambiguous := slices.Sorted(maps.Keys(image.Ambiguous(root)))
	if len(ambiguous) == 0 || p.request.ByDigest {
		return
	}
	var outputs []string
	for _, platform := range ambiguous {
		outputs = append(outputs, "digest-"+strings.ReplaceAll(platform, "/", "-"))
	}
	p.outcome.notice(diag.Notice{
		Code: CodePlatformAmbiguous, Level: diag.Info, Title: "Several images have the same platform",
		Text: fmt.Sprintf("The image contains several images for %s, so the output %s is not set. The output digests contains each image with the version and the features of its operating system, for example windows(10.0.20348.1)/amd64. If these are also the same, it contains the first image, which clients select.",
			strings.Join(ambiguous, " and for "), strings.Join(outputs, " or ")),
	})
}

// destinationRules returns the facts about the destinations that decide whether clients
// can pull the image.
func (p preparedSource) destinationRules() rules.Options {
	o := rules.Options{Part: p.request.ByDigest}
	for _, repo := range p.request.Destinations {
		if p.Config.AtHome(repo) {
			o.OnlySHA256 = repo.RegistryStr()
		}
	}
	return o
}

// changes returns the changes that the request makes to the image of its source.
func (p preparedSource) changes() mutate.Changes {
	rules := p.request.Naming
	c := mutate.Changes{Source: p.source, StripAttestations: p.request.Changes.Strip, LegacyAttestations: p.request.Changes.Legacy, Compression: p.request.Changes.Compression}
	if rules.Labels != "" || rules.Annotations != "" {
		c.Annotations, c.DefaultAnnotations = p.split(p.names.Annotations)
		c.Levels = p.names.Placed
	}
	if rules.Labels != "" { // If the input "labels" is empty, the configs do not change.
		c.Labels, c.DefaultLabels = p.split(p.names.Labels)
	}
	c.Labels, c.Annotations = p.link(c.Labels), p.link(c.Annotations)
	return c
}

// split divides labels or annotations into two results. The values in the result "own"
// replace the values of the image. The values in the result "defaults" describe the
// image, and the run uses such a value only if the image does not have the key.
func (p preparedSource) split(pairs []meta.Pair) (own, defaults map[string]string) {
	own, defaults = map[string]string{}, map[string]string{}
	for _, pair := range pairs {
		if p.request.Source.Traits().Authored && pair.Describes() {
			defaults[pair.Key] = pair.Value
		} else {
			own[pair.Key] = pair.Value
		}
	}
	return own, defaults
}

// afterBuild removes the changes that the builder has already made. If the builder wrote
// the labels, the run adds no labels. If the builder wrote the labels and the input
// "annotations" is not set, the run also adds no annotations. The run then publishes the
// image of the builder without a change.
func (p preparedSource) afterBuild(ctx context.Context, src *source.Source, c mutate.Changes) (mutate.Changes, error) {
	written, err := mutate.HasLabels(ctx, src.Root, c.Labels)
	if err != nil || !written {
		return c, err
	}
	c.Labels, c.DefaultLabels = nil, nil
	if p.request.Naming.Annotations == "" {
		c.Annotations, c.DefaultAnnotations = p.link(nil), nil
	}
	return c, nil
}

// changed reports whether the run changes the image of the source before the upload.
func (p preparedSource) changed() bool {
	return len(p.request.Changes.Platforms) > 0 || !p.request.Source.Traits().Final && p.changes().Any()
}

// link adds the URL of the Git repository to labels or annotations. GitHub then links
// a new package to this repository (docs/ghcr.md, Linked repository). GitHub reads
// the label of an image and the annotation of an index. A value that the user wrote
// has precedence over this URL.
func (p preparedSource) link(pairs map[string]string) map[string]string {
	if p.request.Changes.LinkTo == "" {
		return pairs
	}
	out := map[string]string{meta.KeySource: p.request.Changes.LinkTo}
	maps.Copy(out, pairs)
	return out
}

// NamedSource is an image with a name. The name is a path, an image in a store of this
// machine, or a reference in a registry.
type NamedSource struct {
	Name    string
	Options source.Options
}

// Traits implements [Source].
func (s NamedSource) Traits() Traits {
	text, ok := strings.CutPrefix(s.Name, "docker://")
	if !ok {
		return Traits{Timing: resolve.OpenFirst, Authored: true}
	}
	ref, err := name.ParseReference(text)
	if err != nil {
		return Traits{Timing: resolve.OpenFirst} // Open returns the error of a wrong name.
	}
	return Traits{
		Timing: resolve.OpenConcurrently, Reference: ref, Input: "source", Published: true, Authored: true,
		Repositories: []name.Repository{ref.Context()},
	}
}

// Open implements [Source].
func (s NamedSource) Open(ctx context.Context, _ meta.Result) (*source.Source, error) {
	return source.Open(ctx, s.Name, s.Options)
}

// Close implements [Source].
func (NamedSource) Close() error { return nil }
