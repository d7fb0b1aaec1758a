package pull

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// Bounds of fetching from addresses that an image names, which is to say, that
// a stranger wrote.
const (
	maxAddresses  = 8
	webTries      = 4 // connections for one address; each goes on where the last broke
	webRedirects  = 5
	webHeaderWait = 30 * time.Second
	webStall      = time.Minute // without a byte
)

// Elsewhere reads a layer from the addresses that its descriptor gives
// (image-spec, "urls"), the first that answers: over HTTPS only, without any
// credentials, and checked like any other blob. Connections are made as base
// makes them; nil is as everybody does.
func Elsewhere(ctx context.Context, base *http.Transport, desc v1.Descriptor) (io.ReadCloser, error) {
	client := webClient(base)
	var errs []error
	for _, text := range desc.URLs[:min(len(desc.URLs), maxAddresses)] {
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
			errs = append(errs, fmt.Errorf("%.200q is no address that is fetched from: https only", text))
			continue
		}
		w := &web{ctx: ctx, client: client, address: u, size: desc.Size}
		if err := w.open(); err != nil {
			errs = append(errs, err)
			continue
		}
		return registry.Verify(w, desc), nil
	}
	return nil, &diag.Error{
		Code: CodeForeign, Side: diag.Registry, Err: errors.Join(errs...),
		Title: fmt.Sprintf("The layer %s is not in the registry, and none of the %d addresses that the image gives has it", desc.Digest, len(desc.URLs)),
		Hint:  "Pull where these addresses can be reached, or ask whoever published the image to push it with its foreign layers.",
	}
}

func webClient(base *http.Transport) *http.Client {
	if base == nil {
		base = http.DefaultTransport.(*http.Transport)
	}
	t := base.Clone()
	t.ResponseHeaderTimeout = webHeaderWait
	t.MaxResponseHeaderBytes = 64 << 10
	t.DisableCompression = true
	t.DisableKeepAlives = true // a layer a connection
	if t.DialContext == nil {
		t.DialContext = (&net.Dialer{Timeout: webHeaderWait}).DialContext
	}
	return &http.Client{Transport: t, CheckRedirect: func(next *http.Request, via []*http.Request) error {
		next.Header.Del("Referer") // the address before may be signed
		if next.URL.Scheme != "https" || len(via) > webRedirects {
			return errors.New("it redirects to what is not HTTPS, or too often")
		}
		return nil
	}}
}

// web is a body from the web that goes on after a break.
type web struct {
	ctx     context.Context
	client  *http.Client
	address *url.URL
	size    int64

	body   io.ReadCloser
	cancel context.CancelCauseFunc
	watch  *time.Timer
	offset int64
	tries  int
}

func (w *web) open() error {
	ctx, cancel := context.WithCancelCause(w.ctx)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.address.String(), nil)
	if err != nil {
		cancel(nil)
		return err
	}
	if w.offset > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", w.offset))
	}
	resp, err := w.client.Do(req)
	if err == nil && (resp.StatusCode == http.StatusOK || (w.offset > 0 && resp.StatusCode == http.StatusPartialContent)) {
		w.body, w.cancel = resp.Body, cancel
		w.watch = time.AfterFunc(webStall, func() { cancel(fmt.Errorf("no byte in %s", webStall)) })
		return w.skip(resp)
	}
	cancel(nil)
	if err != nil {
		var failed *url.Error // its text has the whole address, query and all
		if errors.As(err, &failed) {
			err = failed.Err
		}
		return fmt.Errorf("fetching from %s: %w", w.address.Host, err)
	}
	return errors.Join(fmt.Errorf("%s answered %d %s", w.address.Host, resp.StatusCode, http.StatusText(resp.StatusCode)), resp.Body.Close())
}

// skip passes over what is there already, where a range was ignored.
func (w *web) skip(resp *http.Response) error {
	if w.offset == 0 || resp.StatusCode == http.StatusPartialContent {
		return nil
	}
	_, err := io.CopyN(io.Discard, struct{ io.Reader }{resp.Body}, w.offset)
	return err
}

// Read implements io.Reader. More than the size is not asked for.
func (w *web) Read(b []byte) (int, error) {
	n, err := w.body.Read(b)
	w.offset += int64(n)
	w.watch.Reset(webStall)
	if err == nil || w.offset >= w.size || w.ctx.Err() != nil {
		return n, err
	}
	if w.tries++; w.tries >= webTries {
		return n, fmt.Errorf("fetching from %s: %w", w.address.Host, errors.Join(err, io.ErrUnexpectedEOF))
	}
	_ = w.Close() // it is broken already
	return n, w.open()
}

// Close lets the connection go.
func (w *web) Close() error {
	w.watch.Stop()
	err := w.body.Close()
	w.cancel(nil)
	return err
}
