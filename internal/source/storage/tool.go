package storage

import (
	"encoding/json"
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// tool is a program that can read the storage, which is podman or buildah.
// The fields contain the arguments that inspect, list and export images, and
// the functions that parse the output.
type tool struct {
	name    string
	inspect func(image string) []string
	read    func(answer []byte) (*imageInfo, error)
	list    []string
	// The function "listed" parses the list of images. The keys of the returned map are
	// arguments for the inspect command. The values are the references of the image in
	// registries.
	listed func(answer []byte) (map[string][]string, error)
	write  func(id string) []string
}

// imageInfo contains the data of an image that a tool printed.
type imageInfo struct {
	id          string
	oci         bool
	annotations map[string]string
	diffIDs     []v1.Hash
	references  []string // references by digest
}

var tools = []tool{
	{
		name:    "podman",
		inspect: func(image string) []string { return []string{"image", "inspect", image} },
		read:    readPodman,
		list:    []string{"images", "--no-trunc", "--format", "json"},
		listed:  listPodman,
		write: func(id string) []string {
			return []string{"save", "--quiet", "--format", "docker-archive", "--output", "/dev/stdout", id}
		},
	},
	{
		name:    "buildah",
		inspect: func(image string) []string { return []string{"inspect", "--type", "image", image} },
		read:    readBuildah,
		list:    []string{"images", "--json"},
		listed:  listBuildah,
		write:   func(id string) []string { return []string{"push", "--quiet", id, "docker-archive:/dev/stdout"} },
	},
}

// imageID matches a complete image ID.
var imageID = lazy.Regexp(`^[0-9a-f]{64}$`)

func readPodman(answer []byte) (*imageInfo, error) {
	var all []struct {
		ID           string `json:"Id"`
		ManifestType types.MediaType
		Annotations  map[string]string
		RepoDigests  []string
		RootFS       struct{ Layers []v1.Hash }
	}
	if err := json.Unmarshal(answer, &all); err != nil {
		return nil, err
	}
	if len(all) != 1 {
		return nil, fmt.Errorf("the output describes %d images", len(all))
	}
	one := all[0]
	return &imageInfo{
		id: one.ID, oci: one.ManifestType == types.OCIManifestSchema1, annotations: one.Annotations,
		diffIDs: one.RootFS.Layers, references: one.RepoDigests,
	}, nil
}

// readBuildah parses the output of the command buildah inspect. The output
// contains the digest of the manifest. The output contains only the image
// name that the program passed to buildah inspect.
func readBuildah(answer []byte) (*imageInfo, error) {
	var one struct {
		FromImage, FromImageID, FromImageDigest string

		Manifest string // The string contains a JSON document.
		OCIv1    struct {
			RootFS struct {
				DiffIDs []v1.Hash `json:"diff_ids"`
			} `json:"rootfs"`
		}
	}
	if err := json.Unmarshal(answer, &one); err != nil {
		return nil, err
	}
	var manifest struct {
		MediaType   types.MediaType
		Annotations map[string]string
	}
	if err := json.Unmarshal([]byte(one.Manifest), &manifest); err != nil {
		return nil, fmt.Errorf("parsing the manifest: %w", err)
	}
	return &imageInfo{
		id: one.FromImageID, oci: manifest.MediaType == types.OCIManifestSchema1 || manifest.MediaType == "",
		annotations: manifest.Annotations, diffIDs: one.OCIv1.RootFS.DiffIDs,
		references: []string{byDigest(one.FromImage, one.FromImageDigest)},
	}, nil
}

// byDigest replaces the tag of an image name by a digest.
func byDigest(name, digest string) string {
	if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, '/') {
		name = name[:i]
	}
	return name + "@" + digest
}

func listPodman(answer []byte) (map[string][]string, error) {
	var all []struct {
		ID          string `json:"Id"`
		RepoDigests []string
	}
	err := json.Unmarshal(answer, &all)
	out := map[string][]string{}
	for _, one := range all {
		out[one.ID] = one.RepoDigests
	}
	return out, err
}

// listBuildah returns a map whose keys are names and not IDs. For an ID,
// buildah inspect does not print a digest for each name of the image.
func listBuildah(answer []byte) (map[string][]string, error) {
	var all []struct{ Names []string }
	err := json.Unmarshal(answer, &all)
	out := map[string][]string{}
	for _, one := range all {
		for _, name := range one.Names {
			out[name] = []string{byDigest(name, "sha256:"+strings.Repeat("0", 64))}
		}
	}
	return out, err
}
