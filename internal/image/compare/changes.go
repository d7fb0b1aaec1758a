package compare

// Changes lists the differences between two images.
type Changes struct {
	Before       string              `json:"before,omitempty"` // Before is the digest of the old image. Before is empty if the digest is not known.
	After        string              `json:"after,omitempty"`  // After is the digest of the new image.
	Platforms    []PlatformChange    `json:"platforms"`
	Attestations []AttestationChange `json:"attestations,omitempty"` // Attestations lists the attestations and the SBOMs that only one of the images has.
	Packages     *PackageChanges     `json:"packages,omitempty"`     // Packages is missing if no platform has an SBOM in both images.
	Losses       []Loss              `json:"losses,omitempty"`       // Losses lists the parts of the old image that the new image lacks.
}

// Kind is the kind of a change.
type Kind string

// The kinds of changes.
const (
	Added   Kind = "added"
	Removed Kind = "removed"
	Changed Kind = "changed"
	Same    Kind = "unchanged"
)

// PlatformChange describes the differences of one platform.
type PlatformChange struct {
	Platform     string         `json:"platform"`               // Platform has the form os/arch[/variant]. Platform is empty for an artifact.
	Change       Kind           `json:"change"`                 // Change is "added", "removed", "changed" or "unchanged".
	SizeBefore   int64          `json:"size_before"`            // SizeBefore is the size of the old config and the old layers in bytes, as the registry stores them.
	SizeAfter    int64          `json:"size_after"`             // SizeAfter is the size of the new config and the new layers in bytes.
	Uncompressed bool           `json:"uncompressed,omitempty"` // Uncompressed means that one of the sizes contains layers that are not compressed.
	Layers       LayerChange    `json:"layers"`
	Base         *BaseChange    `json:"base,omitempty"`           // Base describes the base image if the image changed.
	Config       []ConfigChange `json:"config,omitempty"`         // Config lists at most 100 differences of the configs.
	Omitted      int            `json:"config_omitted,omitempty"` // Omitted is the number of differences that Config does not list.
}

// LayerChange counts the layers that two images share.
type LayerChange struct {
	Kept         int   `json:"kept"`
	Added        int   `json:"added"`
	Removed      int   `json:"removed"`
	AddedBytes   int64 `json:"added_bytes"` // AddedBytes is the number of bytes that a client with the old image downloads.
	RemovedBytes int64 `json:"removed_bytes"`
}

// BaseChange describes the base images of two images.
type BaseChange struct {
	Change Kind   `json:"change"`           // Change is "changed" or "unchanged".
	Before string `json:"before,omitempty"` // Before is the name and the digest of the old base image, if the old image states them.
	After  string `json:"after,omitempty"`
	Layers int    `json:"layers"` // Layers is the number of layers at the beginning that are the same in both images.
	Stated bool   `json:"stated"` // Stated means that both images state their base image. Otherwise, the first layers decide about the change.
}

// ConfigChange describes one difference of two configs.
type ConfigChange struct {
	Field  string `json:"field"`            // Field is "user", "entrypoint", "cmd", "port", "volume", "env", "stop-signal", "workdir" or "label".
	Name   string `json:"name,omitempty"`   // Name is the port, the volume, the name of the variable or the key of the label.
	Change Kind   `json:"change"`           // Change is "added", "removed" or "changed".
	Before string `json:"before,omitempty"` // Before is the old value. The value of a variable is never shown.
	After  string `json:"after,omitempty"`
}

// AttestationChange describes an attestation or SBOM that one of two images lacks.
type AttestationChange struct {
	Platform string `json:"platform,omitempty"` // Platform is empty for an attestation of the whole index.
	Type     string `json:"type,omitempty"`     // Type is the predicate type or the artifact type.
	SBOM     bool   `json:"sbom,omitempty"`     // SBOM means that the document lists the packages of the image.
	Change   Kind   `json:"change"`             // Change is "added" or "removed".
}

// PackageChanges lists the differences of the SBOMs of two images.
type PackageChanges struct {
	Added   int             `json:"added"`
	Removed int             `json:"removed"`
	Updated int             `json:"updated"`
	Rows    []PackageChange `json:"rows"` // Rows has at most 50 entries.
}

// PackageChange describes one package of an SBOM.
type PackageChange struct {
	Name      string   `json:"name"`
	Change    Kind     `json:"change"`           // Change is "added", "removed" or "changed".
	Before    string   `json:"before,omitempty"` // Before is the old version.
	After     string   `json:"after,omitempty"`
	Platforms []string `json:"platforms,omitempty"` // Platforms is empty if the change is the same for all compared platforms.
}

// Loss is a part of the old image that the new image lacks.
type Loss struct {
	Kind      LossKind `json:"kind"`                // Kind is "platform", "attestation", "sbom" or "label".
	Name      string   `json:"name,omitempty"`      // Name is the platform, the type of the document or the key of the label.
	Platforms []string `json:"platforms,omitempty"` // Platforms lists the platforms that lack the part. Platforms is empty for a platform and for the whole index.
}

// LossKind is the kind of a loss.
type LossKind string

// The kinds of losses.
const (
	LostPlatform    LossKind = "platform"
	LostAttestation LossKind = "attestation"
	LostSBOM        LossKind = "sbom"
	LostLabel       LossKind = "label"
)

// Different reports whether the images differ. Two images with known digests differ if
// the digests differ.
func (c *Changes) Different() bool {
	if c.Before != "" && c.After != "" {
		return c.Before != c.After
	}
	for _, p := range c.Platforms {
		if p.Change != Same {
			return true
		}
	}
	return len(c.Attestations) > 0
}
