//go:build integration && linux

package ci

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// enginesLayer is the size of the layer in bytes. This size is much larger than
// maxResident. It is also small enough for two compressions in a short time.
const enginesLayer = 256 << 20

// An engine exports and loads an image as a stream. The program does not store such a
// stream in memory or on disk.
func TestMemoryStaysFlatForALayerOfAnEngine(t *testing.T) {
	program := programOf(t)
	engine := sourcetest.NewEngine(t, bigSaved(t))
	temp := t.TempDir()
	env := slices.Clip(append(serveOn(t, program), "TMPDIR="+temp))
	staysFlat(t, append(env, "DOCKER_HOST="+engine.Host), program, "publish", "docker-daemon:big", "--tags", "big")
	if engine.Exports.Load() != 2 {
		t.Errorf("the engine served %d exports, want 2", engine.Exports.Load())
	}
	other := sourcetest.NewEngine(t)
	staysFlat(t, append(env, "DOCKER_HOST="+other.Host), program, "pull", "octocat/hello-world:big", "docker-daemon:")
	if other.Loads.Load() != 1 || len(other.LoadedBlobs()) != 3 {
		t.Errorf("the engine served %d loads and received the blobs %q, want 1 load and 3 blobs", other.Loads.Load(), other.LoadedBlobs())
	}
	if left, err := filepath.Glob(filepath.Join(temp, "*")); err != nil || len(left) > 0 {
		t.Errorf("the program did not remove the files %q (error: %v)", left, err)
	}
}

// bigSaved returns an image of the classic store with one layer of random bytes. The
// engine generates these bytes again for each export.
func bigSaved(t *testing.T) sourcetest.EngineImage {
	t.Helper()
	sum := sha256.New()
	if err := writeRandom(sum); err != nil {
		t.Fatal(err)
	}
	config := fmt.Appendf(nil, `{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":["sha256:%x"]}}`, sum.Sum(nil))
	id := sha256.Sum256(config)
	name := hex.EncodeToString(id[:])
	manifest, err := json.Marshal([]sourcetest.Entry{{Config: name + ".json", Layers: []string{"a/layer.tar"}}})
	if err != nil {
		t.Fatal(err)
	}
	return sourcetest.EngineImage{ID: "sha256:" + name, Names: []string{"big"}, Stream: func(out io.Writer) error {
		w := tar.NewWriter(out)
		if err := w.WriteHeader(&tar.Header{Name: "a/layer.tar", Size: enginesLayer, Mode: 0o644}); err != nil {
			return err
		}
		if err := writeRandom(w); err != nil {
			return err
		}
		for name, raw := range map[string][]byte{name + ".json": config, "manifest.json": manifest} {
			if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(raw)), Mode: 0o644}); err != nil {
				return err
			}
			if _, err := w.Write(raw); err != nil {
				return err
			}
		}
		return w.Close()
	}}
}

func writeRandom(w io.Writer) error {
	_, err := io.CopyN(w, rand.NewChaCha8([32]byte{1}), enginesLayer)
	return err
}
