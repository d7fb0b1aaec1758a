package retry

import (
	"context"
	"crypto/tls"
	"errors"
	"mime"
	"net/http"
	"strings"
	"time"
)

// Failure contains the facts about a failed attempt. The table decides only by
// these facts.
type Failure struct {
	// Request is the kind of the request.
	Request Request
	// Status is the HTTP status, or 0 if no complete response arrived.
	Status int
	// MediaType is the value of Content-Type.
	MediaType string
	// Codes lists the error codes of the body (distribution-spec, "Error Codes").
	Codes []string
	// Message is the text of the body: the messages of the registry, or the title of a
	// web page.
	Message string
	// Transport is the kind of the error without a response.
	Transport Transport
	// OtherHost is true if the response came from a host that receives no credentials.
	OtherHost bool
	// TokenAge is the age of the token in the request.
	TokenAge time.Duration
}

// Request is a kind of request. The zero value is a request that can be repeated
// alone.
type Request string

// Upload is a request of an upload session: a PUT or a PATCH with the bytes of a
// blob. It cannot be repeated alone, because the session ends with a failure.
const Upload Request = "upload"

// Transport is a kind of error without a response.
type Transport string

// The kinds of error without a response.
const (
	Cancelled        Transport = "cancelled"          // the run ended
	OutOfTime        Transport = "out of time"        // the next attempt would exceed the run's timeout
	Handshake        Transport = "handshake"          // the authentication failed after its own attempts
	SourceFailed     Transport = "source failed"      // the body to send could not be read
	Untrusted        Transport = "untrusted"          // the certificate is not trusted
	UnusableLocation Transport = "unusable location"  // the response leads to an address that must not be used
	WrongScheme      Transport = "wrong scheme"       // the server does not use TLS
	Silent           Transport = "silent"             // no byte arrived in time
	Slow             Transport = "slow"               // too few bytes arrived in time
	Malformed        Transport = "malformed"          // the response is not HTTP, or a part is missing
	HTTP1Required    Transport = "HTTP/1.1 required"  // HTTP/2: HTTP_1_1_REQUIRED
	TooBusy          Transport = "too busy"           // HTTP/2: ENHANCE_YOUR_CALM
	StreamReset      Transport = "stream reset"       // HTTP/2: RST_STREAM
	GoAway           Transport = "connection ends"    // HTTP/2: GOAWAY
	Disconnected     Transport = "connection failure" // every other error of the network
)

// TransportOf returns the kind of an error without a response. An error can have a
// method Transport that returns its kind.
func TransportOf(err error) Transport {
	var kind interface{ Transport() Transport }
	switch {
	case errors.As(err, &kind):
		return kind.Transport()
	case errors.Is(err, context.Canceled):
		return Cancelled
	case errors.As(err, new(*tls.CertificateVerificationError)):
		return Untrusted
	case errors.As(err, new(tls.RecordHeaderError)), errors.Is(err, http.ErrSchemeMismatch):
		return WrongScheme
	}
	return kindByText(err.Error())
}

// kindByText finds errors of HTTP/2 and of malformed responses by their text, because
// net/http does not export their types.
func kindByText(text string) Transport {
	for _, each := range []struct {
		text string
		kind Transport
	}{
		{"HTTP_1_1_REQUIRED", HTTP1Required},
		{"ENHANCE_YOUR_CALM", TooBusy},
		{"GOAWAY", GoAway},
		{"stream error: stream ID", StreamReset},
		{"malformed HTTP", Malformed},
		{"malformed MIME header", Malformed},
		{"response headers exceeded", Malformed},
		{"Content-Length", Malformed},
	} {
		if strings.Contains(text, each.text) {
			return each.kind
		}
	}
	return Disconnected
}

// IsPage reports whether a Content-Type is a web page. Registries send JSON, and
// front ends, proxies and login pages send HTML.
func IsPage(contentType string) bool {
	mediaType, _, err := mime.ParseMediaType(contentType)
	if err != nil { // a parameter is malformed
		mediaType, _, _ = strings.Cut(strings.ToLower(contentType), ";")
		mediaType = strings.TrimSpace(mediaType)
	}
	return mediaType == "text/html" || mediaType == "application/xhtml+xml"
}
