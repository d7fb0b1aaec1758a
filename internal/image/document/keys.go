package document

import (
	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/keys"
)

// The known keys of manifests and configs.
var (
	descriptorKeys = []string{"mediaType", "digest", "size", "urls", "annotations", "data", "platform", "artifactType"}
	platformKeys   = []string{"architecture", "os", "os.version", "os.features", "variant"}

	manifestKeys = keys.Sets{
		"":                    {"schemaVersion", "mediaType", "artifactType", "config", "layers", "blobs", "manifests", "subject", "annotations"},
		".config":             descriptorKeys,
		".layers":             descriptorKeys,
		".blobs":              descriptorKeys,
		".subject":            descriptorKeys,
		".manifests":          descriptorKeys,
		".manifests.platform": platformKeys,
	}
	configKeys = keys.Sets{
		"":        append([]string{"rootfs", "config", "history", "created", "author"}, platformKeys...),
		".rootfs": {"type", "diff_ids"},
	}
)

// CheckManifest checks the keys of a manifest or an index in the same way as Parse. Only
// programs that also accept digests of other algorithms need CheckManifest.
func CheckManifest(what string, raw []byte) error { return unambiguous(what, raw, manifestKeys) }

// CheckConfig checks the keys of the config of an image. The argument "what" is the name of
// the config in messages, such as "config sha256:…". For a config with an ambiguous key,
// the error is a *diag.Error with CodeAmbiguous. CheckConfig does not report invalid JSON.
func CheckConfig(what string, raw []byte) error { return unambiguous(what, raw, configKeys) }

// unambiguous checks that no key of a JSON document is ambiguous.
func unambiguous(what string, raw []byte, known keys.Sets) error {
	found := keys.Ambiguous(raw, known)
	if found == "" {
		return nil // The parser of the document reports invalid JSON.
	}
	return diag.New(CodeAmbiguous, diag.Source, hintAmbiguous, nil, "The %s %s", what, found)
}

const hintAmbiguous = "Build the image again, and check the step that writes its manifest or its index. Programs read a document with an ambiguous key in different ways, so a client could run another image than the tested image."

// CodeAmbiguous means that a manifest or a config contains a key twice, or a key
// that differs from a known key only in upper and lower case. Programs read such a
// document in different ways.
const CodeAmbiguous = "image-json-ambiguous"
