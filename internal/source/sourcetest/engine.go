package sourcetest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// EngineImage is an image that an [Engine] has.
type EngineImage struct {
	ID    string
	Names []string
	Tar   []byte
	// Only is the one platform, as the API writes it, that the engine has of
	// an image it could not run: others, and all, it does not export.
	Only json.RawMessage
	// Layers are the diff ids; Members the manifests below the id, in
	// containerd's store.
	Layers, Members []string
	// Digests are the references by digest that it was pulled or pushed by.
	Digests []string
	// Stream writes the tar in the place of Tar, for one that is to be large.
	Stream func(io.Writer) error
}

// Engine is a stand-in for a Docker engine: as much of its HTTP API as finding,
// exporting, loading and naming images takes.
type Engine struct {
	// Host is what DOCKER_HOST has to be.
	Host string
	// Exports and Loads count those that were begun.
	Exports, Loads atomic.Int32
	// Containerd makes its image store that of containerd. Arch is what it
	// runs; amd64 if empty.
	Containerd bool
	Arch       string
	// Loading, if set, answers a load in the engine's place.
	Loading http.HandlerFunc

	tb     testing.TB
	mu     sync.Mutex
	images []EngineImage
	came   []string
}

// NewEngine starts an engine on loopback that ends with the test.
func NewEngine(tb testing.TB, images ...EngineImage) *Engine {
	tb.Helper()
	e := &Engine{images: images, tb: tb}
	server := httptest.NewServer(e.Handler())
	tb.Cleanup(server.Close)
	e.Host = "tcp://" + strings.TrimPrefix(server.URL, "http://")
	return e
}

// Handler is the engine's API.
func (e *Engine) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /version", e.version)
	mux.HandleFunc("GET /info", e.info)
	mux.HandleFunc("POST /images/load", e.load)
	mux.HandleFunc("POST /images/{path...}", e.tag)
	mux.HandleFunc("GET /images/json", e.list)
	mux.HandleFunc("GET /images/{path...}", func(w http.ResponseWriter, r *http.Request) {
		path := r.PathValue("path")
		if name, ok := strings.CutSuffix(path, "/get"); ok {
			e.export(w, name, r.FormValue("platform"))
			return
		}
		e.inspect(w, strings.TrimSuffix(path, "/json"))
	})
	return mux
}

func (e *Engine) version(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintf(w, `{"Version":"20.10","Os":"linux","Arch":%q,"Components":[{"Name":"Engine"}]}`, cmp.Or(e.Arch, "amd64"))
}

func (e *Engine) info(w http.ResponseWriter, _ *http.Request) {
	status := `["Backing Filesystem","extfs"]`
	if e.Containerd {
		status = `["driver-type","io.containerd.snapshotter.v1"]`
	}
	fmt.Fprintf(w, `{"OSType":"linux","DriverStatus":[%s]}`, status)
}

// summary is an image as the engine lists and inspects it.
type summary struct {
	ID          string `json:"Id"`
	RepoTags    []string
	RepoDigests []string
	RootFS      struct{ Layers []string }
	Manifests   []member `json:",omitempty"`
}

type member struct {
	ID        string
	Available bool
	ImageData struct {
		Platform json.RawMessage `json:",omitempty"`
	}
}

func (i *EngineImage) summary() summary {
	s := summary{ID: i.ID, RepoTags: i.Names, RepoDigests: i.Digests}
	s.RootFS.Layers = i.Layers
	for _, id := range i.Members {
		s.Manifests = append(s.Manifests, member{ID: id, Available: true})
	}
	if i.Only != nil {
		m := member{Available: true}
		m.ImageData.Platform = i.Only
		s.Manifests = append(s.Manifests, member{}, m)
	}
	return s
}

// list gives all images, or those of the repository in a filter. The first of
// all has no name, as is usual.
func (e *Engine) list(w http.ResponseWriter, r *http.Request) {
	var filters struct{ Reference []string }
	all := []summary{{ID: "sha256:0"}}
	if text := r.FormValue("filters"); text != "" {
		check(e.tb, json.Unmarshal([]byte(text), &filters))
		all = nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, i := range e.images {
		of := func(name string) bool {
			return name[:strings.LastIndex(name, ":")] == filters.Reference[0]
		}
		if filters.Reference == nil || slices.ContainsFunc(i.Names, of) {
			all = append(all, i.summary())
		}
	}
	check(e.tb, json.NewEncoder(w).Encode(all))
}

func (e *Engine) inspect(w http.ResponseWriter, name string) {
	if i := e.find(w, name); i != nil {
		check(e.tb, json.NewEncoder(w).Encode(i.summary()))
	}
}

func (e *Engine) export(w http.ResponseWriter, id, platform string) {
	i := e.find(w, id)
	if i == nil {
		return
	}
	if platform != string(i.Only) {
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"message":"unable to create manifests file: NotFound: content digest sha256:0: not found"}`)
		return
	}
	e.Exports.Add(1)
	w.Header().Set("Content-Type", "application/x-tar")
	if i.Stream != nil {
		_ = i.Stream(w) // a client that has read enough goes away
		return
	}
	_, _ = w.Write(i.Tar) // as above
}

// find looks an image up as an engine does, or answers that there is none.
func (e *Engine) find(w http.ResponseWriter, name string) *EngineImage {
	e.mu.Lock()
	defer e.mu.Unlock()
	name = familiar(name)
	for _, i := range e.images {
		short := strings.HasPrefix(strings.TrimPrefix(i.ID, "sha256:"), strings.TrimPrefix(name, "sha256:"))
		if slices.Contains(i.Names, name) || slices.Contains(i.Names, name+":latest") || len(name) >= 4 && short {
			return &i
		}
	}
	w.WriteHeader(http.StatusNotFound)
	fmt.Fprintf(w, `{"message":"No such image: %s"}`, url.PathEscape(name))
	return nil
}
