// Package pushed remembers the layers that earlier runs of the same job pushed. A later
// run of the job can mount such a layer from the repository that has the layer, and
// does not send the bytes again. The record contains only names of repositories and
// digests. A wrong record cannot change an image, because a registry that does not have
// the layer opens an upload session instead of the mount.
package pushed

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/bounded"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/locked"
)

// These constants limit the record.
const (
	maxFile         = 4 << 20 // the limit of the file in bytes
	maxRepositories = 128     // the number of repositories, of which the oldest are removed
	maxLayers       = 256     // the number of layers of one repository
	maxSources      = 4       // the number of repositories from which one run mounts layers
)

// Record is the path of the file with the record. If the path is empty, the record
// is always empty.
type Record string

// In returns the record of a job. The argument "folder" is the folder for temporary
// files that all steps of the job share, or "" if no such folder exists.
func In(folder string) Record {
	if folder == "" {
		return ""
	}
	return Record(filepath.Join(folder, "ghcr-publish-layers.json"))
}

// Entry contains layers that a repository has.
type Entry struct {
	Repository name.Repository
	Layers     []v1.Hash
}

// entry is an [Entry] in the file.
type entry struct {
	Repository string    `json:"repository"`
	Layers     []v1.Hash `json:"layers"`
}

// read returns the entries of the record. The last entry is the newest entry. If the file
// does not exist or is damaged, the record is empty, because the file only saves time.
func (r Record) read() []entry {
	if r == "" {
		return nil
	}
	var out []entry
	text, err := bounded.File(string(r), maxFile)
	if err != nil || json.Unmarshal(text, &out) != nil {
		return nil
	}
	return out
}

// Find returns the repositories that have layers of an image. Find considers only
// repositories with the registry and the owner of the destination, because a token for
// the destination often permits to read these repositories. Each layer is in at most one
// result. The result has at most four repositories, the newest first.
func (r Record) Find(root *image.Manifest, to name.Repository) []Entry {
	var out []Entry
	entries := r.read()
	if len(entries) == 0 {
		return nil
	}
	slices.Reverse(entries)
	wanted := layers(root)
	for _, e := range entries {
		from, err := name.NewRepository(e.Repository, name.StrictValidation)
		if err != nil || !near(from, to) {
			continue
		}
		has := func(layer v1.Hash) bool { return slices.Contains(e.Layers, layer) }
		found := slices.Clone(wanted)
		found = slices.DeleteFunc(found, func(layer v1.Hash) bool { return !has(layer) })
		if len(found) == 0 {
			continue
		}
		out, wanted = append(out, Entry{from, found}), slices.DeleteFunc(wanted, has)
		if len(out) == maxSources {
			break
		}
	}
	return out
}

// near reports whether two different repositories have the same registry and the same
// owner.
func near(from, to name.Repository) bool {
	return from.RegistryStr() == to.RegistryStr() && from.RepositoryStr() != to.RepositoryStr() && owner(from) == owner(to)
}

func owner(repo name.Repository) string {
	owner, _, _ := strings.Cut(repo.RepositoryStr(), "/")
	return owner
}

// layers returns the known digests of the layers of an image.
func layers(root *image.Manifest) []v1.Hash {
	var out []v1.Hash
	for _, m := range image.Images(root) {
		for _, b := range m.Blobs[min(1, len(m.Blobs)):] {
			if d := b.Descriptor.Digest; !b.Pending() && !b.Foreign && !slices.Contains(out, d) {
				out = append(out, d)
			}
		}
	}
	return out
}

// Add records that a repository has all layers of an image. An error means that the file
// was not written.
func (r Record) Add(root *image.Manifest, repo name.Repository) error {
	all := layers(root)
	if r == "" || len(all) == 0 {
		return nil
	}
	entries := slices.DeleteFunc(r.read(), func(e entry) bool { return e.Repository == repo.Name() })
	entries = append(entries, entry{repo.Name(), all[:min(len(all), maxLayers)]})
	text, err := json.Marshal(entries[max(0, len(entries)-maxRepositories):])
	if err != nil {
		return err
	}
	err = locked.Replace(string(r), text, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // The runner always creates the folder. Other programs can set its name without a folder.
	}
	if err != nil {
		return fmt.Errorf("writing the list of pushed layers: %w", err)
	}
	return nil
}
