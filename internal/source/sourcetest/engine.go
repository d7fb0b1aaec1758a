package sourcetest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// EngineImage is an image that an [Engine] has.
type EngineImage struct {
	ID    string
	Names []string
	Tar   []byte
	// Stream writes the tar in the place of Tar, for one that is to be large.
	Stream func(io.Writer) error
}

// Engine is a stand-in for a Docker engine: as much of its HTTP API as finding
// and exporting images takes.
type Engine struct {
	// Host is what DOCKER_HOST has to be.
	Host string
	// Exports counts the exports that were begun.
	Exports atomic.Int32

	images []EngineImage
}

// NewEngine starts an engine on loopback that ends with the test.
func NewEngine(tb testing.TB, images ...EngineImage) *Engine {
	tb.Helper()
	e := &Engine{images: images}
	server := httptest.NewServer(e.Handler())
	tb.Cleanup(server.Close)
	e.Host = "tcp://" + strings.TrimPrefix(server.URL, "http://")
	return e
}

// Handler is the engine's API.
func (e *Engine) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /images/json", e.list)
	mux.HandleFunc("GET /images/{path...}", func(w http.ResponseWriter, r *http.Request) {
		path := r.PathValue("path")
		if name, ok := strings.CutSuffix(path, "/get"); ok {
			e.export(w, name)
			return
		}
		e.inspect(w, strings.TrimSuffix(path, "/json"))
	})
	return mux
}

func (e *Engine) list(w http.ResponseWriter, _ *http.Request) {
	var names []string
	for _, i := range e.images {
		names = append(names, i.Names...)
	}
	fmt.Fprintf(w, `[{"Id":"sha256:0","RepoTags":null},{"RepoTags":["%s"]}]`, strings.Join(names, `","`))
}

func (e *Engine) inspect(w http.ResponseWriter, name string) {
	i := e.find(w, name)
	if i != nil {
		fmt.Fprintf(w, `{"Id":%q,"RepoTags":["%s"]}`, i.ID, strings.Join(i.Names, `","`))
	}
}

func (e *Engine) export(w http.ResponseWriter, id string) {
	i := e.find(w, id)
	if i == nil {
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
