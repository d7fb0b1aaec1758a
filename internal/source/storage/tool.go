package storage

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// tool is a program that knows the storage: how it describes images, how it
// lists them, and how it writes one to its output.
type tool struct {
	name    string
	inspect func(image string) []string
	read    func(answer []byte) (*about, error)
	list    []string
	// listed reads a list: what to inspect, and by which names in registries
	// it is known.
	listed func(answer []byte) (map[string][]string, error)
	write  func(id string) []string
}

// about is an image as a tool describes it.
type about struct {
	id          string
	oci         bool
	annotations map[string]string
	diffIDs     []v1.Hash
	references  []string // by digest
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

// imageID is a whole id.
var imageID = regexp.MustCompile(`^[0-9a-f]{64}$`)

func readPodman(answer []byte) (*about, error) {
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
		return nil, fmt.Errorf("it describes %d images", len(all))
	}
	one := all[0]
	return &about{
		id: one.ID, oci: one.ManifestType == types.OCIManifestSchema1, annotations: one.Annotations,
		diffIDs: one.RootFS.Layers, references: one.RepoDigests,
	}, nil
}

// readBuildah reads what buildah says. It knows the digest of the manifest, and
// the one name it was asked by.
func readBuildah(answer []byte) (*about, error) {
	var one struct {
		FromImage, FromImageID, FromImageDigest string

		Manifest string // as JSON once more
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
		return nil, fmt.Errorf("reading the manifest in it: %w", err)
	}
	return &about{
		id: one.FromImageID, oci: manifest.MediaType == types.OCIManifestSchema1 || manifest.MediaType == "",
		annotations: manifest.Annotations, diffIDs: one.OCIv1.RootFS.DiffIDs,
		references: []string{byDigest(one.FromImage, one.FromImageDigest)},
	}, nil
}

// byDigest is a name with a digest in the place of its tag.
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

// listBuildah lists names: by an id alone buildah would not tell which digest
// belongs to which of them.
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
