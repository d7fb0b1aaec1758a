// Package docker is the door to a Docker engine: over its HTTP API, on the
// socket or the pipe that Docker's own command line would use (DOCKER_HOST,
// the current context, the default socket, a rootless one).
//
// It finds images and exports them, loads others, and names them. What an
// export is made of is package source's business, what is to be loaded that of
// package sink. Nothing is written to disk here; an engine with the classic
// image store, though, writes a copy of the image to its own folder for each
// export before it sends the first byte, so that exports are worth saving (see
// archive.OpenExport). One with containerd's store sends what it holds.
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

// The bounds of what is read of an engine's answers, in bytes, and of how long
// it may take over one that is no export.
const (
	maxAnswer  = 64 << 20 // the list of all images
	maxMessage = 64 << 10
	patience   = time.Minute
)

// Engine is a Docker engine. It is found when it is first asked for something.
type Engine struct {
	getenv func(string) string
	find   func() (*client, error)
}

// client is an engine that was found.
type client struct {
	http *http.Client
	base url.URL
	host string // for messages
}

// New returns the engine that the environment leads to.
func New(getenv func(string) string) *Engine {
	e := &Engine{getenv: getenv}
	e.find = sync.OnceValues(e.connect)
	return e
}

// connect prepares a client; nothing is dialled yet.
func (e *Engine) connect() (*client, error) {
	at, err := locate(e.getenv, exists)
	if err != nil {
		return nil, err
	}
	return at.client()
}

// Find describes the image that text means to the engine: a name, with latest
// for a missing tag, an id, or the beginning of one. Errors are *diag.Error with
// the codes source-not-found, which lists near names, engine-unreachable and
// engine-refused.
func (e *Engine) Find(ctx context.Context, text string) (*image.Stored, error) {
	c, err := e.find()
	if err != nil {
		return nil, err
	}
	if _, err := name.ParseReference(text); err != nil || strings.Contains(text, "..") { // it becomes part of a path
		return nil, noName(text, err)
	}
	var found struct {
		ID       string `json:"Id"`
		RepoTags []string
	}
	err = c.ask(ctx, "/images/"+text+"/json", &found)
	if isAbsent(err) {
		return nil, c.unknown(ctx, text)
	}
	return &image.Stored{ID: found.ID, Names: found.RepoTags}, err
}

// Export starts the tar of docker save for one image id. It holds all that the
// engine has of the image or, where the engine cannot do that, one platform.
func (e *Engine) Export(ctx context.Context, id string) (io.ReadCloser, error) {
	c, err := e.find()
	if err != nil {
		return nil, err
	}
	path := "/images/" + id + "/get"
	resp, err := c.get(ctx, path, nil)
	if isAbsent(err) {
		if platform := c.platform(ctx, id); platform != "" {
			resp, err = c.get(ctx, path, url.Values{"platform": {platform}})
		}
	}
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}

// platform is the first platform of an image that the engine has, in the
// API's notation; "" if it names none. With containerd's store it may lack the
// one it runs on itself (docker pull --platform), and then exports the image
// for none but a platform that is asked for.
func (c *client) platform(ctx context.Context, id string) string {
	var found struct {
		Manifests []struct {
			Available bool
			ImageData struct{ Platform json.RawMessage }
		}
	}
	if c.askWith(ctx, "/images/"+id+"/json", url.Values{"manifests": {"1"}}, &found) != nil {
		return "" // what the export said tells more
	}
	for _, m := range found.Manifests {
		if m.Available && len(m.ImageData.Platform) > 0 {
			return string(m.ImageData.Platform)
		}
	}
	return ""
}

// ask reads a JSON answer.
func (c *client) ask(ctx context.Context, path string, into any) error {
	return c.askWith(ctx, path, nil, into)
}

// askWith is ask with a query.
func (c *client) askWith(ctx context.Context, path string, query url.Values, into any) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	resp, err := c.get(ctx, path, query)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(into); err != nil {
		return c.refused(fmt.Errorf("reading its answer to %q: %w", path, err))
	}
	return nil
}

// get sends one request; any answer but 200 is an error.
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

// send sends a request. What the engine answers in the place of 200 or 201 is
// an *answer; that it cannot be talked to is explained.
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
	raw, _ := io.ReadAll(io.LimitReader(resp.Body, maxMessage)) // what came of it says enough
	if json.Unmarshal(raw, a) != nil || a.Message == "" {
		a.Message = fmt.Sprintf("%q", raw[:min(len(raw), 200)])
	}
	return nil, a
}

// answer is what the engine says when it refuses.
type answer struct {
	Message string `json:"message"`
	status  int
}

func (a *answer) Error() string { return fmt.Sprintf("%s (status %d)", a.Message, a.status) }
