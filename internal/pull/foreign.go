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
	"github.com/ghcr-publish/ghcr-publish/internal/diag/network"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/transport"
)

// These are the limits for the download of a foreign layer. The limits are
// necessary, because the author of the image chooses the addresses of the
// layer.
const (
	maxAddresses    = 8
	maxConnections  = 4 // the maximum number of connections to one address, including connections after an interruption
	maxRedirects    = 5
	headerTimeout   = 30 * time.Second
	stalledDownload = time.Minute // the maximum time in which the server sends no byte
)

// FetchForeign opens a foreign layer. FetchForeign sends a request to each address in the
// descriptor of the layer (image-spec, "urls"), and uses the first address that sends the
// layer. FetchForeign uses only HTTPS, and sends no credentials. The returned reader
// verifies the size and the digest of the layer. FetchForeign opens connections with the
// settings of the argument "base". If "base" is nil, FetchForeign uses the settings of
// http.DefaultTransport. If the argument "public" is true, FetchForeign connects only to
// the public network. If no address sends the layer, FetchForeign returns a *diag.Error
// with the code [CodeForeignLayer].
func FetchForeign(ctx context.Context, base *http.Transport, public bool, desc v1.Descriptor) (io.ReadCloser, error) {
	client := newForeignClient(base, public)
	var errs []error
	for _, text := range desc.URLs[:min(len(desc.URLs), maxAddresses)] {
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
			errs = append(errs, fmt.Errorf("the address %.200q is not allowed, because an address must start with https:// and contain no user name", text))
			continue
		}
		d := &download{ctx: ctx, client: client, address: u, size: desc.Size}
		if err := d.open(); err != nil {
			errs = append(errs, err)
			continue
		}
		return registry.Verify(d, desc), nil
	}
	return nil, &diag.Error{
		Code: CodeForeignLayer, Side: diag.Registry, Err: errors.Join(errs...),
		Title: fmt.Sprintf("The layer %s is not in the registry, and none of the %d addresses in the manifest sends the layer", desc.Digest, len(desc.URLs)),
		Hint:  "Pull the image on a machine that can connect to these addresses, or ask the publisher of the image to push its foreign layers to the registry.",
	}
}

func newForeignClient(base *http.Transport, public bool) *http.Client {
	if base == nil {
		base = http.DefaultTransport.(*http.Transport)
	}
	t := base.Clone()
	t.ResponseHeaderTimeout = headerTimeout
	t.MaxResponseHeaderBytes = 64 << 10
	t.DisableCompression = true
	t.DisableKeepAlives = true // A connection is used for only one layer.
	if t.DialContext == nil {
		t.DialContext = (&net.Dialer{Timeout: headerTimeout}).DialContext
	}
	if public {
		t = transport.PublicOnly(t)
	}
	return &http.Client{Transport: t, CheckRedirect: func(next *http.Request, via []*http.Request) error {
		next.Header.Del("Referer") // The header Referer would send the previous address to the next server, and an address can contain a secret signature.
		if next.URL.Scheme != "https" || len(via) > maxRedirects {
			return errors.New("the server redirects to an address that is not an https:// address, or redirects too often")
		}
		return nil
	}}
}

// download reads the body of a response from one address. After an interruption,
// download opens another connection and continues at the same offset.
type download struct {
	ctx     context.Context
	client  *http.Client
	address *url.URL
	size    int64

	body          io.ReadCloser
	cancel        context.CancelCauseFunc
	idle          *time.Timer // The timer cancels the request if the server sends no bytes for too long.
	offset        int64
	interruptions int
}

func (d *download) open() error {
	ctx, cancel := context.WithCancelCause(d.ctx)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.address.String(), nil)
	if err != nil {
		cancel(nil)
		return err
	}
	if d.offset > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", d.offset))
	}
	resp, err := d.client.Do(req)
	if err == nil && (resp.StatusCode == http.StatusOK || (d.offset > 0 && resp.StatusCode == http.StatusPartialContent)) {
		d.body, d.cancel = resp.Body, cancel
		d.idle = time.AfterFunc(stalledDownload, func() { cancel(fmt.Errorf("the server sent no bytes for %s", stalledDownload)) })
		return d.skip(resp)
	}
	cancel(nil)
	if err != nil {
		return fmt.Errorf("fetching a layer: %w", &network.Error{Host: d.address.Host, Err: err})
	}
	return errors.Join(fmt.Errorf("%s answered %d %s", d.address.Host, resp.StatusCode, http.StatusText(resp.StatusCode)), resp.Body.Close())
}

// If the server ignored the header Range and sends the layer from its start,
// skip discards the bytes before the offset.
func (d *download) skip(resp *http.Response) error {
	if d.offset == 0 || resp.StatusCode == http.StatusPartialContent {
		return nil
	}
	_, err := io.CopyN(io.Discard, struct{ io.Reader }{resp.Body}, d.offset)
	return err
}

// Read implements io.Reader. If the connection ends before the end of the
// layer, Read opens another connection.
func (d *download) Read(b []byte) (int, error) {
	n, err := d.body.Read(b)
	d.offset += int64(n)
	d.idle.Reset(stalledDownload)
	if err == nil || d.offset >= d.size || d.ctx.Err() != nil {
		return n, err
	}
	if d.interruptions++; d.interruptions >= maxConnections {
		return n, fmt.Errorf("fetching from %s: %w", d.address.Host, errors.Join(err, io.ErrUnexpectedEOF))
	}
	_ = d.Close() // The error of Close is ignored, because the connection has already failed.
	return n, d.open()
}

// Close closes the connection.
func (d *download) Close() error {
	d.idle.Stop()
	err := d.body.Close()
	d.cancel(nil)
	return err
}
