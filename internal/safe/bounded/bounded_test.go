package bounded

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
)

func TestBodyFailsAfterItsLimit(t *testing.T) {
	t.Parallel()
	for length, wantErr := range map[int]bool{0: false, 9: false, 10: false, 11: true, 100: true} {
		for name, reader := range map[string]func(io.Reader) io.Reader{"whole": func(r io.Reader) io.Reader { return r }, "one byte": iotest.OneByteReader, "error with data": iotest.DataErrReader} {
			text := strings.Repeat("x", length)
			got, err := io.ReadAll(Body(io.NopCloser(reader(strings.NewReader(text))), 10))
			if string(got) != text[:min(length, 10)] || errors.As(err, new(*TooLongError)) != wantErr || !wantErr && err != nil {
				t.Errorf("%d bytes, %s: got %q, %v", length, name, got, err)
			}
		}
	}
}

// endless is a body without an end.
type endless struct{ read int64 }

func (e *endless) Read(p []byte) (int, error) { e.read += int64(len(p)); return len(p), nil }

// answer is a transport that returns an endless body.
type answer struct {
	status int
	body   *endless
}

func (a answer) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: a.status, Body: io.NopCloser(a.body)}, nil
}

func TestTransportLimitsEveryBody(t *testing.T) {
	t.Parallel()
	for status, limit := range map[int]int64{200: MaxAnswer, 302: MaxAnswer, 400: MaxError, 404: MaxError, 500: MaxError} {
		body := &endless{}
		resp, err := Transport{answer{status, body}}.RoundTrip(nil)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, resp.Body)
		if n != limit || !errors.As(err, new(*TooLongError)) || body.read > limit+1<<20 {
			t.Errorf("%d: read %d of %d bytes, %v", status, n, body.read, err)
		}
		_ = resp.Body.Close()
	}
}
