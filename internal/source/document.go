package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// maxDescriptors bounds one list in a manifest. A descriptor takes 3 bytes of
// JSON at the least and a hundred times that once parsed.
const maxDescriptors = 20_000

var errTooMany = fmt.Errorf("more than %d descriptors in a list", maxDescriptors)

// document is the part of a manifest or an index that leads further.
type document struct {
	SchemaVersion int             `json:"schemaVersion"`
	MediaType     types.MediaType `json:"mediaType"`
	Config        *v1.Descriptor  `json:"config"`
	Layers        descriptors     `json:"layers"`
	Blobs         descriptors     `json:"blobs"` // artifact manifests of older days
	Manifests     descriptors     `json:"manifests"`
	Subject       *v1.Descriptor  `json:"subject"`
}

// descriptors is a list that stops being parsed where it gets too long.
type descriptors []v1.Descriptor

// UnmarshalJSON reads one descriptor after the other.
func (d *descriptors) UnmarshalJSON(raw []byte) error {
	if bytes.Equal(raw, []byte("null")) {
		return nil
	}
	in := json.NewDecoder(bytes.NewReader(raw))
	if open, err := in.Token(); err != nil || open != json.Delim('[') {
		return errors.Join(errors.New("a list of descriptors is no list"), err)
	}
	*d = descriptors{} // not nil: an empty list says what kind of document it is
	for in.More() {
		if len(*d) >= maxDescriptors {
			return errTooMany
		}
		var one v1.Descriptor
		if err := in.Decode(&one); err != nil {
			return err
		}
		if err := sound(one); err != nil {
			return err
		}
		*d = append(*d, one)
	}
	return nil
}

// sound refuses a descriptor that describes nothing (image-spec,
// "Descriptors": digest and size are required).
func sound(d v1.Descriptor) error {
	if d.Digest == (v1.Hash{}) {
		return errors.New("a descriptor has no digest")
	}
	if d.Size < 0 {
		return fmt.Errorf("the descriptor of %s has the size %d", d.Digest, d.Size)
	}
	return nil
}

// parse reads a manifest of the media type that its parent gives it (empty:
// not known). A document that is read one way by some and another way by
// others is refused (image-spec, "mediaType" of manifest and index).
func parse(raw []byte, mediaType types.MediaType) (*document, error) {
	var doc document
	if err := json.Unmarshal(raw, &doc); err != nil {
		if known(mediaType) || errors.Is(err, errTooMany) || !json.Valid(raw) {
			return nil, err
		}
		return &document{MediaType: mediaType}, nil // opaque: JSON, but none of ours
	}
	if mediaType == "" {
		mediaType = doc.guess()
	}
	if doc.MediaType != "" && doc.MediaType != mediaType {
		return nil, fmt.Errorf("it says it is %q, and what names it says %q", doc.MediaType, mediaType)
	}
	doc.MediaType = mediaType
	return &doc, doc.consistent()
}

func known(t types.MediaType) bool { return t == "" || t.IsIndex() || t.IsImage() }

// guess is the media type of a document that nothing names.
func (d *document) guess() types.MediaType {
	switch {
	case d.MediaType != "":
		return d.MediaType
	case d.Manifests != nil:
		return types.OCIImageIndex
	}
	return types.OCIManifestSchema1
}

func (d *document) consistent() error {
	switch {
	case d.MediaType.IsSchema1() || d.SchemaVersion == 1:
		return errSchema1
	case d.MediaType.IsIndex() && (d.Config != nil || len(d.Layers) > 0):
		return errors.New("it is an index that also has config or layers")
	case d.MediaType.IsImage() && len(d.Manifests) > 0:
		return errors.New("it is an image manifest that also has manifests")
	case d.MediaType.IsImage() && d.Config == nil:
		return errors.New("it is an image manifest without config")
	case d.Config != nil && known(d.MediaType):
		return sound(*d.Config)
	case d.Config != nil && sound(*d.Config) != nil:
		d.Config = nil // opaque: something else by the name of config
	}
	return nil
}

var errSchema1 = errors.New("it is a manifest of Docker's schema 1, which registries no longer take")

// held lists the blobs that the document names, config first.
func (d *document) held() []v1.Descriptor {
	var out []v1.Descriptor
	if d.Config != nil {
		out = append(out, *d.Config)
	}
	out = append(out, d.Layers...)
	return append(out, d.Blobs...)
}
