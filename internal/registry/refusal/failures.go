package refusal

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

// explainFailure explains an error without an error response of the registry:
// wrong content, a truncated transfer, or a registry that does not respond.
func explainFailure(err error, ev Evidence) error {
	var upload *registry.TruncatedUpload
	var wrong *registry.WrongContent
	var download *registry.TruncatedDownload
	switch {
	case errors.As(err, &upload):
		return &diag.Error{
			Code: CodeUploadTruncated, Side: diag.Registry, Err: err,
			Title: fmt.Sprintf("The upload of one layer ended early after %s", upload.Took.Round(time.Second)),
			Hint: fmt.Sprintf("ghcr.io ends an upload after 10 minutes, and this layer has %.1f GB. Split the build step that creates the layer, or publish from a machine that sends at least %.0f MB/s.",
				float64(upload.Size)/1e9, float64(upload.Size)/1e6/registry.UploadLimit.Seconds()),
		}
	case errors.As(err, &wrong):
		return &diag.Error{
			Code: CodeSourceBlobWrong, Side: diag.Source, Err: err,
			Title: fmt.Sprintf("The content of a blob differs from its digest in the image: %s", wrong.Want.Digest),
			Hint:  "The source is damaged, or it changed after the build. Create the image again with the build step. No tag was moved.",
		}
	case errors.As(err, &download):
		return &diag.Error{
			Code: CodeDownloadTruncated, Side: diag.Registry, Err: err,
			Title: fmt.Sprintf("%s ended the download of %s early in all attempts", download.Host, download.Digest),
			Hint:  "Run again. If the download ends at the same byte, check whether a proxy or a firewall limits long transfers. If no proxy or firewall does this, push the blob again, because the registry has only a part of the blob.",
		}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), !isNetworkError(err):
		return err
	case errors.As(err, new(*tls.CertificateVerificationError)):
		return &diag.Error{
			Code: CodeCertificateUntrusted, Side: diag.Registry, Err: err,
			Title: fmt.Sprintf("This machine does not trust the certificate of %s, and nothing was sent", ev.Repo.RegistryStr()),
			Hint:  "If a proxy inspects TLS, or the registry has a private certificate authority, set ca-file to the certificate of that authority. In all other cases, do not continue, because another host may impersonate the registry.",
		}
	}
	return &diag.Error{
		Code: CodeRegistryUnreachable, Side: diag.Registry, Err: err,
		Title: fmt.Sprintf("%s did not answer", unreachableHost(err, ev)),
		Hint:  "Check the host name in the input image, source or registry. Check that this runner can connect to the host. If it cannot, open the firewall, or set HTTPS_PROXY to the proxy. Then run again. The run does not send content again that the registry already has.",
	}
}

// unreachableHost returns the host that did not respond.
func unreachableHost(err error, ev Evidence) string {
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
	return ev.Repo.RegistryStr()
}

func isNetworkError(err error) bool {
	var dial *net.OpError
	var request *url.Error
	return errors.As(err, &dial) || errors.As(err, &request)
}
