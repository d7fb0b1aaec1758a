// Package docker is a client of a Docker engine's HTTP API. It connects to the
// same socket or pipe as Docker's own command line. The sources of its address
// are DOCKER_HOST, the current context, and the default sockets.
//
// The package finds, exports, loads and names images. Package source reads the
// content of an export, and package sink writes the content of a load. This
// package writes nothing to disk. However, an engine with the classic image
// store copies the image to its own directory before it sends the first byte of
// an export. An export is therefore expensive (see archive.OpenExport). An
// engine with containerd's store sends its stored blobs.
package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/image"
)

// The limits of an engine's answers, in bytes, and the time limit of a request
// that is not an export or a load.
const (
	maxAnswer     = 64 << 20 // the list of all images
	maxMessage    = 64 << 10
	answerTimeout = time.Minute
)

// Engine is a Docker engine. The first request locates it.
type Engine struct {
	getenv func(string) string
	find   func() (*client, error)
}

// client sends requests to a located engine.
type client struct {
	http *http.Client
	base url.URL
	host string // as the user configured it, for messages
}

// New returns the engine that the environment variables select.
func New(getenv func(string) string) *Engine {
	e := &Engine{getenv: getenv}
	e.find = sync.OnceValues(e.newClient)
	return e
}

// newClient locates the engine. It does not open a connection.
func (e *Engine) newClient() (*client, error) {
	found, err := locate(e.getenv, exists)
	if err != nil {
		return nil, err
	}
	return found.client()
}

// Find returns the image that text names. The text is a name, an id or the
// beginning of an id; the default tag is latest. Errors are *diag.Error with
// the codes source-not-found, engine-unreachable and engine-refused. The error
// source-not-found lists similar names.
func (e *Engine) Find(ctx context.Context, text string) (*image.Stored, error) {
	c, err := e.find()
	if err != nil {
		return nil, err
	}
	if _, err := name.ParseReference(text); err != nil || strings.Contains(text, "..") { // the text is a part of the request's path
		return nil, invalidName(text, err)
	}
	var found struct {
		ID       string `json:"Id"`
		RepoTags []string
	}
	err = c.getJSON(ctx, "/images/"+text+"/json", &found)
	if isNotFound(err) {
		return nil, c.notFound(ctx, text)
	}
	return &image.Stored{ID: found.ID, Names: found.RepoTags}, err
}

// Export starts the export of one image id, in the format of docker save. The
// export contains all platforms that the engine has. If the engine cannot
// export all of them, the export contains one platform.
func (e *Engine) Export(ctx context.Context, id string) (io.ReadCloser, error) {
	c, err := e.find()
	if err != nil {
		return nil, err
	}
	path := "/images/" + id + "/get"
	resp, err := c.get(ctx, path, nil)
	if isNotFound(err) {
		if platform := c.platform(ctx, id); platform != "" {
			resp, err = c.get(ctx, path, url.Values{"platform": {platform}})
		}
	}
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}

// platform returns the first platform of an image that the engine has, in the
// API's notation, or "" if the engine reports none. With containerd's store,
// the engine may lack its own platform (docker pull --platform). It then
// exports the image only if the request names a platform.
func (c *client) platform(ctx context.Context, id string) string {
	var found struct {
		Manifests []struct {
			Available bool
			ImageData struct{ Platform json.RawMessage }
		}
	}
	if c.getJSONWith(ctx, "/images/"+id+"/json", url.Values{"manifests": {"1"}}, &found) != nil {
		return "" // the error of the export is more useful
	}
	for _, m := range found.Manifests {
		if m.Available && len(m.ImageData.Platform) > 0 {
			return string(m.ImageData.Platform)
		}
	}
	return ""
}

// getJSON decodes the JSON answer to a GET request.
func (c *client) getJSON(ctx context.Context, path string, into any) error {
	return c.getJSONWith(ctx, path, nil, into)
}

// getJSONWith is getJSON with a query.
func (c *client) getJSONWith(ctx context.Context, path string, query url.Values, into any) error {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	resp, err := c.get(ctx, path, query)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(into); err != nil {
		return c.refused(fmt.Errorf("reading the answer to %q: %w", path, err))
	}
	return nil
}

// get sends a GET request. A status other than 200 or 201 is an error.
func (c *client) get(ctx context.Context, path string, query url.Values) (*http.Response, error) {
	resp, err := c.send(ctx, call{method: http.MethodGet, path: path, query: query})
	var a *answer
	if errors.As(err, &a) {
		return nil, c.refused(a)
	}
	return resp, err
}

// call is one request.
type call struct {
	method, path string
	query        url.Values
	body         io.Reader
	size         int64 // of the body
}

// send sends a request. If the status is not 200 or 201, the error is an
// *answer. If the connection fails, the error is a *diag.Error.
func (c *client) send(ctx context.Context, k call) (*http.Response, error) {
	u := c.base
	u.Path, u.RawQuery = k.path, k.query.Encode()
	req, err := http.NewRequestWithContext(ctx, k.method, u.String(), k.body)
	if err != nil {
		return nil, c.refused(err)
	}
	if k.body != nil {
		req.ContentLength = k.size
		req.Header.Set("Content-Type", "application/x-tar")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.unreachable(ctx, err)
	}
	if resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusCreated {
		return resp, nil
	}
	defer resp.Body.Close()
	a := &answer{status: resp.StatusCode}
	raw, _ := io.ReadAll(io.LimitReader(resp.Body, maxMessage)) // a partial message is still useful
	if json.Unmarshal(raw, a) != nil || a.Message == "" {
		a.Message = fmt.Sprintf("%q", raw[:min(len(raw), 200)])
	}
	return nil, a
}

// answer is the error message of an engine.
type answer struct {
	Message string `json:"message"`
	status  int
}

func (a *answer) Error() string { return fmt.Sprintf("%s (status %d)", a.Message, a.status) }
