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

// Failure contains the facts about a failed attempt. Decide uses only these
// facts.
type Failure struct {
	// Request is the kind of the request.
	Request Request
	// Status is the HTTP status of the response, or 0 if no complete response
	// arrived.
	Status int
	// MediaType is the value of the header Content-Type.
	MediaType string
	// Codes lists the error codes in the body of the response
	// (distribution-spec, "Error Codes").
	Codes []string
	// Message is the text of the body. Message contains the messages of the
	// registry, or the title of a web page.
	Message string
	// Transport is the kind of an error without a response. Transport is "" if a
	// response arrived.
	Transport Transport
	// OtherHost is true if the response came from a host that receives no credentials.
	OtherHost bool
	// TokenAge is the age of the token that the request contained.
	TokenAge time.Duration
	// TokenReplaced is true if the client has repeated the request with another token.
	TokenReplaced bool
	// WriteAccepted is true if the registry has accepted another write to the same
	// repository.
	WriteAccepted bool
}

// Request is a kind of request. The client can repeat a request of the kind ""
// without other requests.
type Request string

// Upload is a request of an upload session. Upload is a PUT or a PATCH with the
// bytes of a blob. The client cannot repeat an Upload request in the same
// session, because the session ends after a failure.
const Upload Request = "upload"

// Write is every other request that writes: a POST that opens an upload session, or a PUT
// of a manifest.
const Write Request = "write"

// Transport is a kind of error without a response.
type Transport string

// An error without a response has one of the following kinds.
const (
	Cancelled        Transport = "cancelled"          // The run ended.
	OutOfTime        Transport = "out of time"        // The next attempt would exceed the run's timeout.
	Handshake        Transport = "handshake"          // The authentication failed after its own attempts.
	SourceFailed     Transport = "source failed"      // The client could not read the body to send.
	Untrusted        Transport = "untrusted"          // The client does not trust the certificate.
	UnusableLocation Transport = "unusable location"  // The response contains an address that the client must not use.
	WrongScheme      Transport = "wrong scheme"       // The server does not use TLS.
	Silent           Transport = "silent"             // No byte arrived within the idle timeout.
	Slow             Transport = "slow"               // Too few bytes arrived within the idle timeout.
	Malformed        Transport = "malformed"          // The response is not HTTP, or a part of the response is missing.
	HTTP1Required    Transport = "HTTP/1.1 required"  // HTTP/2: HTTP_1_1_REQUIRED
	TooBusy          Transport = "too busy"           // HTTP/2: ENHANCE_YOUR_CALM
	StreamReset      Transport = "stream reset"       // HTTP/2: RST_STREAM
	GoAway           Transport = "connection ends"    // HTTP/2: GOAWAY
	Disconnected     Transport = "connection failure" // Every other error of the network has this kind.
)

// TransportOf returns the kind of an error without a response. If an error has a
// method Transport, TransportOf returns the result of this method.
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

// kindByText finds the kind of an HTTP/2 error, or of an error about a malformed
// response, by the text of the error. net/http does not export the types of
// these errors.
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

// IsPage reports whether a Content-Type is the media type of a web page.
// Registries send JSON, but front ends and proxies send web pages.
func IsPage(contentType string) bool {
	mediaType, _, err := mime.ParseMediaType(contentType)
	if err != nil { // A parameter of the media type is malformed.
		mediaType, _, _ = strings.Cut(strings.ToLower(contentType), ";")
		mediaType = strings.TrimSpace(mediaType)
	}
	return mediaType == "text/html" || mediaType == "application/xhtml+xml"
}
