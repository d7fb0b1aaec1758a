package retry_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/registry/retry"
)

const page = "text/html; charset=utf-8"

// decisions contains at least one failure for each row.
var decisions = []struct {
	row      string
	failure  retry.Failure
	reaction retry.Reaction
}{
	{"the run ends", retry.Failure{Transport: retry.Cancelled}, retry.Final},
	{"the run ends", retry.Failure{Transport: retry.OutOfTime}, retry.Final},
	{"authentication failed", retry.Failure{Transport: retry.Handshake}, retry.Final},
	{"source failed", retry.Failure{Request: retry.Upload, Transport: retry.SourceFailed}, retry.FinalWithCause},
	{"certificate not trusted", retry.Failure{Transport: retry.Untrusted}, retry.FinalWithCause},
	{"unusable location", retry.Failure{Transport: retry.UnusableLocation}, retry.FinalWithCause},
	{"no TLS", retry.Failure{Transport: retry.WrongScheme}, retry.FinalWithCause},
	{"silent or slow", retry.Failure{Transport: retry.Silent}, retry.AgainFromStart},
	{"silent or slow", retry.Failure{Transport: retry.Slow}, retry.AgainFromStart},
	{"malformed response", retry.Failure{Transport: retry.Malformed}, retry.AgainFromStart},
	{"HTTP/1.1 required", retry.Failure{Transport: retry.HTTP1Required}, retry.AgainFromStart},
	{"HTTP/2 too busy", retry.Failure{Transport: retry.TooBusy}, retry.AgainFromStart},
	{"HTTP/2 stream or connection ended", retry.Failure{Transport: retry.StreamReset}, retry.AgainFromStart},
	{"HTTP/2 stream or connection ended", retry.Failure{Transport: retry.GoAway}, retry.AgainFromStart},
	{"connection failed", retry.Failure{Transport: retry.Disconnected}, retry.AgainFromStart},
	{"another host requires a login", retry.Failure{Status: 401, OtherHost: true}, retry.AgainFromStart},
	{"token refused", retry.Failure{Status: 401}, retry.Again},
	{"refused", retry.Failure{Status: 401, TokenReplaced: true}, retry.Final},
	{"refused", retry.Failure{Status: 401, TokenReplaced: true, WriteAccepted: true}, retry.Final},
	{"token refused", retry.Failure{Request: retry.Upload, Status: 401, WriteAccepted: true}, retry.Again},
	{"contrary refusal of a token", retry.Failure{Request: retry.Upload, Status: 401, TokenReplaced: true, WriteAccepted: true}, retry.AgainFromStart},
	{"contrary refusal of a token", retry.Failure{Request: retry.Write, Status: 401, TokenReplaced: true, WriteAccepted: true}, retry.AgainFromStart},
	{"refused", retry.Failure{Status: 403, TokenAge: time.Hour, TokenReplaced: true}, retry.Final},
	{"secondary rate limit", retry.Failure{Status: 403, Message: "You have exceeded a Secondary rate limit"}, retry.AgainFromStart},
	{"secondary rate limit", retry.Failure{Status: 403, Message: "secondary rate limit", MediaType: page}, retry.AgainFromStart},
	{"another host forbids", retry.Failure{Status: 403, OtherHost: true, TokenAge: time.Hour}, retry.FinalWithCause},
	{"page that forbids", retry.Failure{Status: 403, MediaType: page, TokenAge: time.Hour}, retry.FinalWithCause},
	{"old token forbidden", retry.Failure{Status: 403, TokenAge: time.Minute}, retry.Again},
	{"refused", retry.Failure{Status: 403, TokenAge: time.Second}, retry.Final},
	{"refused", retry.Failure{Status: 403, WriteAccepted: true}, retry.Final},
	{"refused", retry.Failure{Request: retry.Write, Status: 403}, retry.Final},
	{"contrary refusal", retry.Failure{Request: retry.Write, Status: 403, WriteAccepted: true}, retry.AgainFromStart},
	{"contrary refusal", retry.Failure{Request: retry.Upload, Status: 403, WriteAccepted: true}, retry.AgainFromStart},
	{"page that forbids", retry.Failure{Request: retry.Upload, Status: 403, MediaType: page, WriteAccepted: true}, retry.FinalWithCause},
	{"too many requests", retry.Failure{Status: 429, MediaType: page}, retry.AgainFromStart},
	{"too large", retry.Failure{Request: retry.Upload, Status: 413, Codes: []string{"BLOB_UPLOAD_INVALID"}}, retry.FinalWithCause},
	{"session lost", retry.Failure{Request: retry.Upload, Status: 404, Codes: []string{"BLOB_UPLOAD_UNKNOWN"}}, retry.AgainFromStart},
	{"session lost", retry.Failure{Request: retry.Upload, Status: 404, Codes: []string{"BLOB_UPLOAD_INVALID"}}, retry.AgainFromStart},
	{"session lost", retry.Failure{Request: retry.Upload, Status: 404, Codes: []string{"UNKNOWN", "BLOB_UNKNOWN"}}, retry.AgainFromStart},
	{"session not found", retry.Failure{Request: retry.Upload, Status: 404, MediaType: page}, retry.AgainFromStart},
	{"refused", retry.Failure{Request: retry.Upload, Status: 404, Codes: []string{"NAME_UNKNOWN"}}, retry.Final},
	{"refused", retry.Failure{Status: 404, Codes: []string{"BLOB_UNKNOWN"}}, retry.Final},
	{"upload refused without a reason", retry.Failure{Request: retry.Upload, Status: 400}, retry.AgainFromStart},
	{"upload refused without a reason", retry.Failure{Request: retry.Upload, Status: 400, MediaType: "text/plain"}, retry.AgainFromStart},
	{"page for a write", retry.Failure{Request: retry.Write, Status: 404, MediaType: page}, retry.Again},
	{"refused", retry.Failure{Request: retry.Write, Status: 404}, retry.Final},
	{"refused", retry.Failure{Status: 404, MediaType: page}, retry.Final},
	{"refused", retry.Failure{Request: retry.Write, Status: 400}, retry.Final},
	{"refused", retry.Failure{Request: retry.Upload, Status: 400, Codes: []string{"BLOB_UPLOAD_INVALID"}}, retry.Final},
	{"refused", retry.Failure{Request: retry.Upload, Status: 416, Codes: []string{"BLOB_UPLOAD_INVALID"}}, retry.Final},
	{"HTTP to HTTPS port", retry.Failure{Status: 400, Message: "Client sent an HTTP request to an HTTPS server."}, retry.FinalWithCause},
	{"HTTP to HTTPS port", retry.Failure{Status: 400, Message: "400 The plain HTTP request was sent to HTTPS port", MediaType: page}, retry.FinalWithCause},
	{"page of a front end", retry.Failure{Status: 400, MediaType: page}, retry.AgainFromStart},
	{"refused", retry.Failure{Status: 400, MediaType: "application/json"}, retry.Final},
	{"refused", retry.Failure{Status: 400}, retry.Final},
	{"request timeout", retry.Failure{Status: 408}, retry.AgainFromStart},
	{"misdirected", retry.Failure{Status: 421}, retry.AgainFromStart},
	{"too early", retry.Failure{Status: 425}, retry.AgainFromStart},
	{"client closed request", retry.Failure{Status: 499}, retry.AgainFromStart},
	{"not implemented", retry.Failure{Status: 501}, retry.Final},
	{"HTTP version", retry.Failure{Status: 505}, retry.Final},
	{"network login", retry.Failure{Status: 511, MediaType: page}, retry.FinalWithCause},
	{"server failed", retry.Failure{Status: 500}, retry.AgainFromStart},
	{"server failed", retry.Failure{Status: 502, MediaType: page}, retry.AgainFromStart},
	{"server failed", retry.Failure{Status: 520, MediaType: page}, retry.AgainFromStart},
	{"server failed", retry.Failure{Status: 524, MediaType: page}, retry.AgainFromStart},
	{"server failed", retry.Failure{Status: 530}, retry.AgainFromStart},
	{"unexpected success", retry.Failure{Status: 200, MediaType: page}, retry.FinalWithCause},
	{"unexpected success", retry.Failure{Status: 304}, retry.FinalWithCause},
	{"refused", retry.Failure{Status: 409}, retry.Final},
	{"refused", retry.Failure{Status: 418}, retry.Final},
}

func TestFirstMatchingRowDecides(t *testing.T) {
	t.Parallel()
	for _, c := range decisions {
		if got := retry.Decide(c.failure); got.Name != c.row || got.Reaction != c.reaction {
			t.Errorf("%+v: got the row %q with the reaction %d, want %q with %d", c.failure, got.Name, got.Reaction, c.row, c.reaction)
		}
	}
}

func TestEveryRowIsTested(t *testing.T) {
	t.Parallel()
	var names []string
	for _, row := range retry.Table {
		if slices.Contains(names, row.Name) {
			t.Errorf("two rows have the name %q", row.Name)
		}
		names = append(names, row.Name)
		tested := false
		for _, c := range decisions {
			tested = tested || c.row == row.Name
		}
		if !tested {
			t.Errorf("no test reaches the row %q", row.Name)
		}
	}
}

func TestTransportOfFindsTheKindOfAnError(t *testing.T) {
	t.Parallel()
	wrapped := func(err error) error { return fmt.Errorf("PUT blob: %w", err) }
	cases := []struct {
		err  error
		want retry.Transport
	}{
		{context.Canceled, retry.Cancelled},
		{&tls.CertificateVerificationError{Err: errors.New("unknown authority")}, retry.Untrusted},
		{tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, retry.WrongScheme},
		{http.ErrSchemeMismatch, retry.WrongScheme},
		{errors.New("stream error: stream ID 7; INTERNAL_ERROR; received from peer"), retry.StreamReset},
		{errors.New("stream error: stream ID 7; REFUSED_STREAM; received from peer"), retry.StreamReset},
		{errors.New("stream error: stream ID 7; HTTP_1_1_REQUIRED; received from peer"), retry.HTTP1Required},
		{errors.New("stream error: stream ID 7; ENHANCE_YOUR_CALM; received from peer"), retry.TooBusy},
		{errors.New("http2: server sent GOAWAY and closed the connection; LastStreamID=7, ErrCode=NO_ERROR"), retry.GoAway},
		{errors.New("unexpected EOF"), retry.Disconnected},
		{errors.New("net/http: HTTP/1.x transport connection broken: malformed MIME header line: x"), retry.Malformed},
		{errors.New("net/http: server response headers exceeded 65536 bytes; aborted"), retry.Malformed},
		{errors.New("http: message cannot contain multiple Content-Length headers; got [\"10\" \"20\"]"), retry.Malformed},
		{errors.New("net/http: HTTP/1.x transport connection broken: read: connection reset by peer"), retry.Disconnected},
	}
	for _, c := range cases {
		if got := retry.TransportOf(wrapped(c.err)); got != c.want {
			t.Errorf("%v: got %q, want %q", c.err, got, c.want)
		}
	}
}

func TestIsPage(t *testing.T) {
	t.Parallel()
	for contentType, want := range map[string]bool{
		"text/html": true, "Text/HTML; charset=UTF-8": true, "application/xhtml+xml": true, "text/html; charset": true,
		"": false, "application/json": false, "text/plain": false, "application/json; x=text/html": false, ";": false,
	} {
		if got := retry.IsPage(contentType); got != want {
			t.Errorf("%q: got %v", contentType, got)
		}
	}
}

// FuzzDecide checks the rules that hold for every failure.
func FuzzDecide(f *testing.F) {
	for _, c := range decisions {
		code := ""
		if len(c.failure.Codes) > 0 {
			code = c.failure.Codes[0]
		}
		f.Add(c.failure.Status, c.failure.MediaType, code, c.failure.Message, string(c.failure.Transport), c.failure.Request == retry.Upload, c.failure.OtherHost, int64(c.failure.TokenAge))
	}
	f.Fuzz(func(t *testing.T, status int, mediaType, code, message, transport string, upload, other bool, age int64) {
		failure := retry.Failure{Status: status, MediaType: mediaType, Message: message, Transport: retry.Transport(transport), OtherHost: other, TokenAge: time.Duration(age)}
		if code != "" {
			failure.Codes = []string{code}
		}
		if upload {
			failure.Request = retry.Upload
		}
		row := retry.Decide(failure)
		again := row.Reaction == retry.Again || row.Reaction == retry.AgainFromStart
		switch {
		case row.Name == "":
			t.Error("no row matches")
		case row.NewToken && other && status == http.StatusUnauthorized:
			t.Error("a new token for another host")
		case transport == "" && again && slices.Contains([]int{http.StatusRequestEntityTooLarge, http.StatusRequestedRangeNotSatisfiable, http.StatusMethodNotAllowed}, status):
			t.Errorf("status %d is not final", status)
		case transport == "" && !again && slices.Contains([]int{429, 500, 502, 503, 504, 520, 524}, status):
			t.Errorf("status %d is final", status)
		case transport == "" && again && status == http.StatusBadRequest && !retry.IsPage(mediaType) && (!upload || code != ""):
			t.Error("400 with a reason is sent again")
		case transport == "" && again && status < http.StatusBadRequest:
			t.Errorf("status %d is sent again", status)
		}
	})
}
