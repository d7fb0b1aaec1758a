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

// EngineImage is an image in an [Engine].
type EngineImage struct {
	ID    string
	Names []string
	Tar   []byte
	// Only is the single platform of the image in the engine, in the format
	// of the API. A test sets Only for a platform that the engine cannot run.
	// If Only is set, the engine exports only this platform, and not another
	// platform or the complete index.
	Only json.RawMessage
	// Layers are the diff IDs of the image. Members are the digests of the
	// manifests in the index of the image, which only the containerd image
	// store reports.
	Layers, Members []string
	// Digests are the references by digest from which the engine pulled the
	// image or to which it pushed the image.
	Digests []string
	// Stream writes the tar of a large image. If Stream is set, the engine
	// ignores Tar.
	Stream func(io.Writer) error
}

// Engine is a fake Docker engine. Engine implements the requests of the HTTP API that
// find, export, load and tag images.
type Engine struct {
	// Host is the address of the engine for the variable DOCKER_HOST.
	Host string
	// Exports and Loads are the numbers of export requests and load requests
	// that the engine received.
	Exports, Loads atomic.Int32
	// If Containerd is true, the engine has the containerd image store. Arch
	// is the architecture of the engine, and its default is amd64.
	Containerd bool
	Arch       string
	// If Loading is not nil, Loading handles the load requests.
	Loading http.HandlerFunc

	tb          testing.TB
	mu          sync.Mutex
	images      []EngineImage
	loadedBlobs []string
}

// NewEngine starts an engine on the loopback interface and stops it at the end
// of the test.
func NewEngine(tb testing.TB, images ...EngineImage) *Engine {
	tb.Helper()
	e := &Engine{images: images, tb: tb}
	server := httptest.NewServer(e.Handler())
	tb.Cleanup(server.Close)
	e.Host = "tcp://" + strings.TrimPrefix(server.URL, "http://")
	return e
}

// Handler returns the HTTP API of the engine.
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

// summary is an image in the response to a list request or an inspect
// request.
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

// list sends all images, or only the images of the repository in the filter.
// If the request has no filter, the first image in the response has no name,
// as in many real engines.
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
		_ = i.Stream(w) // The error is ignored, because a client can close the connection too early.
		return
	}
	_, _ = w.Write(i.Tar) // The error is ignored, because a client can close the connection too early.
}

// find returns the image with the given name or ID, like a Docker engine. If
// the image does not exist, find writes the error response and returns nil.
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
