package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
)

// Version is a version of a container package: a manifest with its tags (docs/ghcr.md,
// Package record).
type Version struct {
	ID      int64
	Digest  string
	Tags    []string
	Created time.Time
	Updated time.Time
}

// Versions reads, deletes and restores the versions of one package. Every error for which
// GitHub sent a response is a [*RefusedError]. The methods do not wait for the end of a
// rate limit.
type Versions struct {
	client *Client
	path   string // path is the API path of the package.
	rate   atomic.Pointer[Rate]
}

// Rate is the primary rate limit of the token, as the last response contained it.
type Rate struct {
	Limit     int // Limit is the number of requests per hour.
	Remaining int // Remaining is the number of requests that the token may still send.
	Reset     time.Time
}

// Versions returns the versions of a package. Versions sends requests only to find the path
// of the package: the kind of the owner, if the kind is not known, and for the packages of a
// user the login of the token.
func (c *Client) Versions(ctx context.Context, owner Owner, name string) (*Versions, error) {
	path, err := c.packagesPath(ctx, owner)
	if err != nil {
		return nil, err
	}
	return &Versions{client: c, path: path + "/container/" + url.PathEscape(name)}, nil
}

// Rate returns the rate limit that the last response contained. Before the first response,
// the result "known" is false.
func (v *Versions) Rate() (rate Rate, known bool) {
	if last := v.rate.Load(); last != nil {
		return *last, true
	}
	return Rate{}, false
}

// Get reads a version. The reason Gone means that the version was deleted.
func (v *Versions) Get(ctx context.Context, id int64) (Version, error) {
	var record versionRecord
	if _, err := v.call(ctx, http.MethodGet, v.one(id), &record); err != nil {
		return Version{}, fmt.Errorf("reading version %d: %w", id, err)
	}
	return record.version()
}

// one returns the API path of a version.
func (v *Versions) one(id int64) string {
	return v.path + "/versions/" + strconv.FormatInt(id, 10)
}

// versionRecord is the JSON of a version.
type versionRecord struct {
	ID        int64     `json:"id"`
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	Metadata  struct {
		Container *struct {
			Tags []string `json:"tags"`
		} `json:"container"`
	} `json:"metadata"`
}

// tombstonePrefix begins the name of an entry that is no version any more.
const tombstonePrefix = "deleted_"

// version returns the version of a record. A record without a digest or without tags is an
// error, because a deletion must not depend on a record that the program does not understand.
func (r versionRecord) version() (Version, error) {
	digits, sha256 := strings.CutPrefix(r.Name, "sha256:")
	if r.ID == 0 || !sha256 || len(digits) != 64 || r.Metadata.Container == nil {
		return Version{}, &RefusedError{
			Reason: Unexpected, cause: fmt.Errorf("GitHub's API returned a version with the name %.100q, without a digest or without a list of tags", r.Name),
		}
	}
	return Version{ID: r.ID, Digest: r.Name, Tags: r.Metadata.Container.Tags, Created: r.CreatedAt, Updated: r.UpdatedAt}, nil
}

// call sends a request about the package. call does not use the method Do of go-github,
// because Do refuses later requests itself after a rate limit.
func (v *Versions) call(ctx context.Context, method, path string, out any) (http.Header, error) {
	header, err := v.client.callWithReason(ctx, method, path, out)
	v.remember(header)
	return header, err
}

// remember keeps the rate limit of a response.
func (v *Versions) remember(h http.Header) {
	limit, err := strconv.Atoi(h.Get("X-RateLimit-Limit"))
	remaining, err2 := strconv.Atoi(h.Get("X-RateLimit-Remaining"))
	reset, err3 := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64)
	if err == nil && err2 == nil && err3 == nil {
		v.rate.Store(&Rate{Limit: limit, Remaining: remaining, Reset: time.Unix(reset, 0)})
	}
}

// callWithReason sends a request, decodes the response, and returns its header. The error is
// a *RefusedError if GitHub sent a response. A temporary failure is repeated, but
// callWithReason does not wait for the end of a rate limit.
func (c *Client) callWithReason(ctx context.Context, method, path string, out any) (http.Header, error) {
	header := http.Header{}
	err := c.retry(ctx, waitAfterReason, func() error {
		return c.withTimeout(ctx, func(ctx context.Context) error {
			return c.send(ctx, method, path, out, &header)
		})
	})
	return header, err
}

// send sends one request.
func (c *Client) send(ctx context.Context, method, path string, out any, header *http.Header) error {
	req, err := c.gh.NewRequest(method, path, nil)
	if err != nil {
		return err
	}
	resp, err := c.gh.Client().Do(req.WithContext(ctx))
	if err != nil {
		return classify(err, time.Now())
	}
	defer resp.Body.Close()
	*header = resp.Header
	if err := github.CheckResponse(resp); err != nil {
		return classify(err, time.Now())
	}
	return decode(resp, out)
}

// decode decodes the JSON of a response. A response that is not the expected JSON is an
// error.
func decode(resp *http.Response, out any) error {
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		return &RefusedError{Reason: Unexpected, cause: fmt.Errorf("decoding the response of GitHub's API: %w", err)}
	}
	return nil
}

// waitAfterReason is the waiter of callWithReason. GitHub sometimes answers a deletion with 401,
// although the token is valid. A list is long, so its response can end too early.
func waitAfterReason(err error, n int, now time.Time) (wait time.Duration, temporary bool) {
	var answer *github.ErrorResponse
	rejected := errors.As(err, &answer) && answer.Response != nil && answer.Response.StatusCode == http.StatusUnauthorized
	if rejected && answer.Response.Request.Method != http.MethodGet || errors.Is(err, io.ErrUnexpectedEOF) {
		return retry.Backoff(firstWait, n), true
	}
	return waitAfter(err, n, now)
}
