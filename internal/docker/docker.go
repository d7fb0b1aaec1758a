// Package docker is a client of a Docker engine's HTTP API. It connects to the
// same engine as Docker's own command line. It reads the address of the engine
// from DOCKER_HOST or from the current context. If neither contains an address,
// the package uses a default socket or pipe.
//
// The package finds, exports, loads and names images. Package source reads the
// content of an export, and package sink writes the content of a load. This
// package writes nothing to disk. However, an engine with the classic image
// store first copies an exported image to a directory of the engine. It sends the
// first byte only after this copy, so an export is expensive (see
// archive.OpenExport). An engine with containerd's store sends its stored blobs
// without such a copy.
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

// maxAnswer and maxMessage limit an engine's responses, in bytes. answerTimeout
// limits the time of each request that is not an export or a load.
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
	host string // the address in the user's settings; messages contain it
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

// Find returns an image of the engine. The parameter text contains the image's
// name, its id, or the beginning of its id. If the name has no tag, the tag is
// latest. Errors are *diag.Error with the codes source-not-found,
// engine-unreachable and engine-refused. The error source-not-found lists similar
// names.
func (e *Engine) Find(ctx context.Context, text string) (*image.Stored, error) {
	c, err := e.find()
	if err != nil {
		return nil, err
	}
	if _, err := name.ParseReference(text); err != nil || strings.Contains(text, "..") { // the request's path contains the text, and ".." would change the path
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

// Export starts the export of the image with an id. The export has the format of
// docker save. It contains the image for all platforms that the engine has. If the
// engine cannot export all platforms, the export contains one platform.
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

// platform returns the first platform for which the engine has the image, in the
// API's notation. If the engine reports no platform, platform returns "". An
// engine with containerd's store can lack the image for its own platform, for
// example after docker pull --platform. The engine then exports the image only if
// the request names a platform.
func (c *client) platform(ctx context.Context, id string) string {
	var found struct {
		Manifests []struct {
			Available bool
			ImageData struct{ Platform json.RawMessage }
		}
	}
	if c.getJSONWith(ctx, "/images/"+id+"/json", url.Values{"manifests": {"1"}}, &found) != nil {
		return "" // the caller returns the error of the export, which is more useful
	}
	for _, m := range found.Manifests {
		if m.Available && len(m.ImageData.Platform) > 0 {
			return string(m.ImageData.Platform)
		}
	}
	return ""
}

// getJSON sends a GET request, and decodes the JSON in the response.
func (c *client) getJSON(ctx context.Context, path string, into any) error {
	return c.getJSONWith(ctx, path, nil, into)
}

// getJSONWith does the same as getJSON, but also sends a query.
func (c *client) getJSONWith(ctx context.Context, path string, query url.Values, into any) error {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	resp, err := c.get(ctx, path, query)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(into); err != nil {
		return c.refused(fmt.Errorf("reading the response to %q: %w", path, err))
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

// call contains the parameters of one request.
type call struct {
	method, path string
	query        url.Values
	body         io.Reader
	size         int64 // size of the body, in bytes
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

// answer is an engine's response that reports an error.
type answer struct {
	Message string `json:"message"`
	status  int
}

func (a *answer) Error() string { return fmt.Sprintf("%s (status %d)", a.Message, a.status) }
