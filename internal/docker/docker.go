// Package docker is a client of a Docker engine's HTTP API. Package docker connects to
// the same engine as the command docker. Package docker reads the address of the engine
// from DOCKER_HOST or from the current Docker context. If DOCKER_HOST and the context
// contain no address, package docker uses a default socket or pipe.
//
// Package docker finds, exports, loads and tags images. Package source reads the content
// of an export, and package sink writes the content of a load. Package docker writes no
// files. However, an engine with the classic image store copies an exported image to a
// directory before it sends the first byte. For this reason, an export is slow (see
// archive.OpenExport). An engine with the containerd image store sends its blobs without
// such a copy.
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

// maxAnswer is the maximum size of a response of an engine, in bytes. maxMessage is the
// maximum size of an error response, in bytes. answerTimeout is the time limit of all
// requests except export requests and load requests.
const (
	maxAnswer     = 64 << 20 // The largest response is the list of all images.
	maxMessage    = 64 << 10
	answerTimeout = time.Minute
)

// Engine is a Docker engine. The first request finds the address of the
// engine.
type Engine struct {
	getenv func(string) string
	find   func() (*client, error)
}

// client sends requests to an engine whose address is known.
type client struct {
	http *http.Client
	base url.URL
	host string // the address of the engine as the user wrote it, for messages
}

// New returns the engine whose address the environment variables or the
// settings of Docker contain.
func New(getenv func(string) string) *Engine {
	e := &Engine{getenv: getenv}
	e.find = sync.OnceValues(e.newClient)
	return e
}

// newClient finds the address of the engine. newClient does not open a
// connection.
func (e *Engine) newClient() (*client, error) {
	found, err := locate(e.getenv, exists)
	if err != nil {
		return nil, err
	}
	return found.client()
}

// Find returns an image of the engine. The argument "text" is the name of an
// image, its id, or the beginning of its id. If the name has no tag, Find
// uses the tag latest. An error of Find is a *diag.Error with the code
// source-not-found, engine-unreachable or engine-refused. An error with the
// code source-not-found lists similar names.
func (e *Engine) Find(ctx context.Context, text string) (*image.Stored, error) {
	c, err := e.find()
	if err != nil {
		return nil, err
	}
	if _, err := name.ParseReference(text); err != nil || strings.Contains(text, "..") { // The program inserts the image name into the path of the request, and ".." would change this path.
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

// Export starts the export of the image with the given id. The export has the
// format of docker save. The export contains all platforms of the image that
// the engine has. If the engine cannot export all platforms, the export
// contains one platform.
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

// platform returns the first platform for which the engine has the image, in
// the notation of the API. If the engine reports no platform, platform
// returns "". An engine with the containerd image store can lack the image
// for the platform of the engine, for example after docker pull --platform.
// Such an engine exports the image only if the request contains a platform.
func (c *client) platform(ctx context.Context, id string) string {
	var found struct {
		Manifests []struct {
			Available bool
			ImageData struct{ Platform json.RawMessage }
		}
	}
	if c.getJSONWith(ctx, "/images/"+id+"/json", url.Values{"manifests": {"1"}}, &found) != nil {
		return "" // The error is ignored, because the caller returns the error of the export, which is more useful.
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

// getJSONWith sends a GET request with query parameters, and decodes the JSON
// in the response.
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

// get sends a GET request. If the status of the response is not 200 or 201,
// get returns an error.
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
	size         int64 // the size of the body, in bytes
}

// send sends a request. If the status of the response is not 200 or 201, send
// returns an *answer. If the connection fails, send returns a *diag.Error.
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
	raw, _ := io.ReadAll(io.LimitReader(resp.Body, maxMessage)) // The error is ignored, because a truncated message is still useful.
	if json.Unmarshal(raw, a) != nil || a.Message == "" {
		a.Message = fmt.Sprintf("%q", raw[:min(len(raw), 200)])
	}
	return nil, a
}

// answer is an error response of an engine.
type answer struct {
	Message string `json:"message"`
	status  int
}

func (a *answer) Error() string { return fmt.Sprintf("%s (status %d)", a.Message, a.status) }
