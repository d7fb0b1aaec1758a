package refusal

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/diag/nearest"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
)

// explainFailure explains an error without an error response of the registry.
// Examples are wrong content, a truncated transfer, and a registry that does not
// respond.
func explainFailure(err error, ev Evidence) error {
	var upload *registry.TruncatedUpload
	var wrong *registry.WrongContent
	var download *registry.TruncatedDownload
	var location *registry.LocationError
	var response *registry.ResponseError
	switch {
	case errors.As(err, &upload):
		return &diag.Error{
			Code: CodeUploadTruncated, Side: diag.Registry, Err: err,
			Title: fmt.Sprintf("The registry ended the upload of one layer after %s", upload.Took.Round(time.Second)),
			Hint: fmt.Sprintf("ghcr.io ends an upload after 10 minutes, and this layer has %.1f GB. Split the build step that creates the layer, or publish from a machine that sends at least %.0f MB/s.",
				float64(upload.Size)/1e9, float64(upload.Size)/1e6/registry.UploadLimit.Seconds()),
		}
	case errors.As(err, &wrong):
		return wrongContent(wrong, err, ev)
	case errors.As(err, &download):
		return &diag.Error{
			Code: CodeDownloadTruncated, Side: diag.Registry, Err: err,
			Title: fmt.Sprintf("%s ended the download of %s early in all attempts", download.Host, download.Digest),
			Hint:  "Run again. If the download ends at the same byte, check whether a proxy or a firewall limits long transfers. If no proxy or firewall limits transfers, push the blob again, because the registry has only a part of the blob.",
		}
	case errors.As(err, &response):
		return wrongResponse(response.Host, response, ev)
	case errors.As(err, &location) && !errors.As(err, new(*tls.CertificateVerificationError)):
		return unusableLocation(location, err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), !isNetworkError(err):
		return err
	case errors.As(err, new(*tls.CertificateVerificationError)):
		return &diag.Error{
			Code: CodeCertificateUntrusted, Side: diag.Registry, Err: err,
			Title: fmt.Sprintf("This machine does not trust the certificate of %s, so the run sent nothing to this registry", ev.Repo.RegistryStr()),
			Hint:  "If a proxy inspects TLS, or the registry has a private certificate authority, set the input ca-file to the certificate of that authority. In all other cases, stop, because another host may impersonate the registry.",
		}
	}
	if hasAnswered(err) {
		return wrongResponse(cmp.Or(UnreachableHost(err), ev.Repo.RegistryStr()), withoutStep(err), ev)
	}
	return unreachable(err, ev)
}

// hasAnswered reports whether the host sent a response that is not HTTP, or a response
// that ended early.
func hasAnswered(err error) bool {
	var noAnswer *registry.NoAnswer
	var request *url.Error
	switch { // The kind of an error of the token exchange does not describe the response.
	case errors.As(err, &noAnswer):
		err = noAnswer
	case errors.As(err, &request):
		err = request.Err
	}
	kind := retry.TransportOf(err)
	return kind == retry.Malformed || (kind == retry.Disconnected && noAnswer != nil && noAnswer.Incomplete)
}

// wrongResponse returns the error for a response with wrong content, and for a response
// that is not HTTP or is incomplete.
func wrongResponse(host string, err error, ev Evidence) error {
	return &diag.Error{
		Code: CodeResponseWrong, Side: diag.Registry, Err: err,
		Title: host + " sent a wrong response",
		Hint:  "Run again. If the registry sends the same response, check whether a proxy changes or truncates responses, and compare the address of the registry with the input " + ev.hostInput() + ". For another registry than ghcr.io, ask its operator.",
	}
}

// wrongContent returns the error for a blob whose content differs from its descriptor.
func wrongContent(wrong *registry.WrongContent, err error, ev Evidence) error {
	e := &diag.Error{
		Code: CodeSourceBlobWrong, Side: diag.Source, Err: err,
		Title: fmt.Sprintf("The content of a blob differs from its digest in the image: %s", wrong.Want.Digest),
		Hint:  "The source is damaged, or it changed after the build. Run the build step again, and then publish again. The run has not changed any tag.",
	}
	if ev.Reading {
		e.Side = diag.Registry
		e.Hint = "Run again. If the content is wrong again, check whether a proxy changes responses. If no proxy changes responses, ask the publisher of the image to push the image again, because the registry has damaged content."
	}
	return e
}

// unreachable returns the error for a request without a response.
func unreachable(err error, ev Evidence) error {
	host := cmp.Or(UnreachableHost(err), ev.Repo.RegistryStr())
	e := &diag.Error{
		Code: CodeRegistryUnreachable, Side: diag.Registry, Err: withoutStep(err), Title: host + " did not answer",
		Hint: "Check that this runner can connect to the host. If the connection fails, allow the host in the firewall, or set HTTPS_PROXY to the proxy. Then run again.",
	}
	named := ev.hostInput()
	var dns *net.DNSError
	written := strings.TrimPrefix(host, "index.") // go-containerregistry writes index.docker.io instead of docker.io.
	switch {
	case host != ev.Repo.RegistryStr(): // The host belongs to the token service or to the storage.
	case errors.As(err, &dns) && dns.IsNotFound:
		e.Input, e.Title = named, fmt.Sprintf("The host %s in the input %s does not exist in DNS", written, named)
		e.Hint = strings.TrimSpace(nearest.Question(host, input.KnownHosts) + " Correct the host in the input " + named + ". If the host is correct, check the DNS server of this runner, or set HTTPS_PROXY to the proxy.")
	default:
		e.Input, e.Title = named, fmt.Sprintf("The host %s in the input %s did not answer", written, named)
		e.Hint = "Check the host in the input " + named + ". " + e.Hint
	}
	return e
}

// hostInput returns the name of the input that contains the host of the registry.
func (e Evidence) hostInput() string {
	if e.Reading {
		return "source"
	}
	return cmp.Or(e.HostInput, "image")
}

// withoutStep removes the words "resolving HOST" from an error, because the title of the
// error already names the host.
func withoutStep(err error) error {
	for strings.HasPrefix(err.Error(), "resolving ") {
		inner := errors.Unwrap(err)
		if joined, ok := err.(interface{ Unwrap() []error }); ok && len(joined.Unwrap()) == 1 {
			inner = joined.Unwrap()[0]
		}
		if inner == nil {
			break
		}
		err = inner
	}
	return err
}

// UnreachableHost returns the host that did not respond, or "" if err does not
// contain the host.
func UnreachableHost(err error) string {
	var noAnswer *registry.NoAnswer
	var request *url.Error
	switch {
	case errors.As(err, &noAnswer):
		return noAnswer.Host
	case errors.As(err, &request):
		if u, err := url.Parse(request.URL); err == nil && u.Host != "" {
			return u.Host
		}
	}
	return ""
}

// isNetworkError reports whether the network is the reason why a request got no response.
// If the source of the body is unreadable, the request also gets no response, but the
// network is not the reason.
func isNetworkError(err error) bool {
	var dial *net.OpError
	var request *url.Error
	var noAnswer *registry.NoAnswer
	kind := retry.TransportOf(err)
	return kind != retry.SourceFailed && kind != retry.Cancelled &&
		(errors.As(err, &dial) || errors.As(err, &request) || errors.As(err, &noAnswer) || kind == retry.Silent || kind == retry.Slow)
}
