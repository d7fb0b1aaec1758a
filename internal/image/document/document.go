// Package document parses manifests, indexes and configs that come from registries and
// sources (OCI image-spec). Parse limits the memory that a document needs, and refuses a
// document that programs read in different ways. All packages that read such a document
// use this package, so that all commands refuse the same documents.
package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// maxDescriptors limits the length of one list in a manifest. The limit is
// necessary, because a descriptor of 3 bytes of JSON takes about 300 bytes of
// memory after parsing.
const maxDescriptors = 20_000

var errTooMany = fmt.Errorf("a list has more than %d descriptors", maxDescriptors)

// Document holds the fields of a manifest or an index, such as the descriptors of
// other content.
type Document struct {
	SchemaVersion int             `json:"schemaVersion"`
	MediaType     types.MediaType `json:"mediaType"`
	Config        *v1.Descriptor  `json:"config"`
	Layers        Descriptors     `json:"layers"`
	Artifacts     Descriptors     `json:"blobs"` // The field "blobs" belongs to the artifact manifest, which image-spec 1.1 does not contain.
	Manifests     Descriptors     `json:"manifests"`
	Subject       *v1.Descriptor  `json:"subject"`
}

// Descriptors is a list of descriptors. The parser of the list stops after
// maxDescriptors descriptors.
type Descriptors []v1.Descriptor

// UnmarshalJSON parses the list one descriptor at a time. UnmarshalJSON
// returns an error for a value that is not a list, for a list that is too
// long, and for an invalid descriptor.
func (d *Descriptors) UnmarshalJSON(raw []byte) error {
	if err := (*List[v1.Descriptor])(d).UnmarshalJSON(raw); err != nil {
		return err
	}
	for _, one := range *d {
		if err := Validate(one); err != nil {
			return err
		}
	}
	return nil
}

// List is a list of a manifest or an index. The parser of the list stops after
// maxDescriptors elements.
type List[T any] []T

// UnmarshalJSON parses the list one element at a time. UnmarshalJSON returns an error for a
// value that is not a list, and for a list that is too long. Only the value null gives a
// nil list, because even an empty list "manifests" shows that the document is an index.
func (l *List[T]) UnmarshalJSON(raw []byte) error {
	if bytes.Equal(raw, []byte("null")) {
		return nil
	}
	in := json.NewDecoder(bytes.NewReader(raw))
	if open, err := in.Token(); err != nil || open != json.Delim('[') {
		return errors.Join(errors.New("the value is not a list of descriptors"), err)
	}
	*l = List[T]{}
	for in.More() {
		if len(*l) >= maxDescriptors {
			return errTooMany
		}
		var one T
		if err := in.Decode(&one); err != nil {
			return err
		}
		*l = append(*l, one)
	}
	return nil
}

// Validate returns an error for a descriptor without a digest or with a
// negative size, because image-spec, "Descriptors", requires a digest and a
// size.
func Validate(d v1.Descriptor) error {
	if d.Digest == (v1.Hash{}) {
		return errors.New("a descriptor has no digest")
	}
	if d.Size < 0 {
		return fmt.Errorf("the descriptor of %s has the size %d", d.Digest, d.Size)
	}
	return nil
}

// Parse parses a manifest. The argument mediaType is the media type in the descriptor of
// the manifest, or "" if the manifest has no descriptor. The argument "what" is the name of
// the manifest in messages, such as "manifest sha256:…". Parse refuses a manifest that
// some programs read as an image and other programs read as an index (image-spec,
// "mediaType" of manifest and index). For a manifest with an ambiguous key, the error is a
// *diag.Error with CodeAmbiguous. For a manifest with Docker's schema 1, the error is
// ErrSchema1.
func Parse(what string, raw []byte, mediaType types.MediaType) (*Document, error) {
	var doc Document
	if err := json.Unmarshal(raw, &doc); err != nil {
		if known(mediaType) || errors.Is(err, errTooMany) || !json.Valid(raw) {
			return nil, err
		}
		doc = Document{MediaType: mediaType} // A document with an unknown media type is published unchanged.
	}
	if err := unambiguous(what, raw, manifestKeys); err != nil {
		return nil, err
	}
	if mediaType == "" {
		mediaType = doc.guess()
	}
	if doc.MediaType != "" && doc.MediaType != mediaType {
		return nil, fmt.Errorf("the document has the media type %q, but the descriptor of the document has the media type %q", doc.MediaType, mediaType)
	}
	doc.MediaType = mediaType
	return &doc, doc.consistent()
}

func known(t types.MediaType) bool { return t == "" || t.IsIndex() || t.IsImage() }

// guess returns the media type of a document without a descriptor.
func (d *Document) guess() types.MediaType {
	switch {
	case d.MediaType != "":
		return d.MediaType
	case d.Manifests != nil:
		return types.OCIImageIndex
	}
	return types.OCIManifestSchema1
}

func (d *Document) consistent() error {
	switch {
	case d.MediaType.IsSchema1() || d.SchemaVersion == 1:
		return ErrSchema1
	case d.MediaType.IsIndex() && (d.Config != nil || len(d.Layers) > 0):
		return errors.New("the index also has the field \"config\" or the field \"layers\"")
	case d.MediaType.IsImage() && len(d.Manifests) > 0:
		return errors.New("the image manifest also has the field \"manifests\"")
	case d.MediaType.IsImage() && d.Config == nil:
		return errors.New("the image manifest has no config")
	case d.Config != nil && known(d.MediaType):
		return Validate(*d.Config)
	case d.Config != nil && Validate(*d.Config) != nil:
		d.Config = nil // A document with an unknown media type can use the field "config" for a value that is not a descriptor.
	}
	return nil
}

// ErrSchema1 is the error for a manifest with Docker's schema 1.
var ErrSchema1 = errors.New("the manifest has Docker's schema 1, which registries no longer accept")

// Blobs returns the descriptors of the blobs in the document. The config comes
// first.
func (d *Document) Blobs() []v1.Descriptor {
	var out []v1.Descriptor
	if d.Config != nil {
		out = append(out, *d.Config)
	}
	out = append(out, d.Layers...)
	return append(out, d.Artifacts...)
}
