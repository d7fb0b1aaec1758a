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

// unanswered explains what went wrong without a registry's no: bytes that are
// not those the image names, and a registry that cannot be reached.
func unanswered(err error, ev Evidence) error {
	var cut *registry.CutOff
	if errors.As(err, &cut) {
		return &diag.Error{
			Code: "upload-cut-off", Side: diag.Registry, Err: err,
			Title: fmt.Sprintf("The upload of one layer was cut off after %s", cut.Took.Round(time.Second)),
			Hint: fmt.Sprintf("ghcr.io ends an upload after 10 minutes. This layer has %.1f GB: split the build step that makes it, or publish from a machine that sends %.0f MB/s and more.",
				float64(cut.Size)/1e9, float64(cut.Size)/1e6/registry.UploadLimit.Seconds()),
		}
	}
	var wrong *registry.WrongContent
	if errors.As(err, &wrong) {
		return &diag.Error{
			Code: "source-blob-wrong", Side: diag.Source, Err: err,
			Title: fmt.Sprintf("A blob of the source is not what the image says: %s", wrong.Want.Digest),
			Hint:  "The source is damaged or was changed after it was built. Write the image again with the step that made it. No tag was moved.",
		}
	}
	var broken *registry.BrokenOff
	if errors.As(err, &broken) {
		return &diag.Error{
			Code: "download-broken-off", Side: diag.Registry, Err: err,
			Title: fmt.Sprintf("%s broke the download of %s off, again and again", broken.Host, broken.Digest),
			Hint:  "Run it again. If it breaks at the same place, something between here and there (a proxy, a firewall) may cut long transfers, or the registry holds only a part of this blob: then whoever published it pushes it again.",
		}
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || !ofTheNetwork(err) {
		return err
	}
	if errors.As(err, new(*tls.CertificateVerificationError)) {
		return &diag.Error{
			Code: "certificate-untrusted", Side: diag.Registry, Err: err,
			Title: fmt.Sprintf("The certificate of %s is not trusted here, and nothing was sent", ev.Repo.RegistryStr()),
			Hint:  "If a proxy looks into TLS, or the registry has an authority of its own: set ca-file to that authority's certificate. If not, somebody else may be answering.",
		}
	}
	return &diag.Error{
		Code: "registry-unreachable", Side: diag.Registry, Err: err,
		Title: fmt.Sprintf("No answer came from %s", silent(err, ev)),
		Hint:  "Check the host in image, source or registry, and that this runner reaches it (firewall; HTTPS_PROXY for a proxy). Then run again: what the registry has is not sent again.",
	}
}

// silent is the host that gave no answer.
func silent(err error, ev Evidence) string {
	var none *registry.NoAnswer
	var get *url.Error
	switch {
	case errors.As(err, &none):
		return none.Host
	case errors.As(err, &get):
		if u, err := url.Parse(get.URL); err == nil && u.Host != "" {
			return u.Host
		}
	}
	return ev.Repo.RegistryStr()
}

func ofTheNetwork(err error) bool {
	var dial *net.OpError
	var get *url.Error
	return errors.As(err, &dial) || errors.As(err, &get)
}
