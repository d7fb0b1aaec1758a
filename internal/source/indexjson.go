package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/image/document"
)

// index reads and parses index.json.
func (l layout) index(ctx context.Context) ([]byte, *document.Document, error) {
	raw, err := l.document(ctx, "index.json", image.MaxManifestSize)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, diag.New(CodeNotLayout, diag.Source, hintRebuild, nil, "%q is not an OCI layout, because the file index.json is missing", l.path)
	}
	if err != nil {
		return nil, nil, err
	}
	doc, err := document.Parse("index.json in "+l.path, raw, "")
	if err == nil && !doc.MediaType.IsIndex() {
		err = fmt.Errorf("the media type %q is not the media type of an index", doc.MediaType)
	}
	if diag.Is(err, document.CodeAmbiguous) {
		return nil, nil, err
	}
	if err != nil {
		return nil, nil, diag.New(CodeUnreadable, diag.Source, hintRebuild, err, "index.json in %q is not valid", l.path)
	}
	return raw, doc, nil
}

// openIndexJSON reads the tree whose root is index.json itself. The root keeps
// the bytes of index.json.
func (l layout) openIndexJSON(ctx context.Context, raw []byte, doc *document.Document) (*image.Manifest, error) {
	digest, size, err := v1.SHA256(strings.NewReader(string(raw)))
	if err != nil {
		return nil, unreadable(err, "index.json in %q cannot be read", l.path)
	}
	desc := v1.Descriptor{MediaType: doc.MediaType, Digest: digest, Size: size}
	return newTree(resolved{content: l, root: digest, raw: raw}, l.path).read(ctx, desc)
}
