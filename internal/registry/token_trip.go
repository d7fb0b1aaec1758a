package registry

import (
	"fmt"
	"io"
	"net/http"
)

// tokenTrip carries the requests of the handshake and remembers the answer
// that refused, for its request id and the wait it asked for.
type tokenTrip struct {
	session  *session
	attempt  int
	asked    bool // false where the library does not take the realm at all
	answered bool
	broken   error // what ended the answer before its end
	refusal  *Error
}

func (t *tokenTrip) RoundTrip(req *http.Request) (*http.Response, error) {
	t.asked = true
	out := &outgoing{size: max(req.ContentLength, 0)}
	if req.Body != nil {
		// Such a body is an identity token, and a redirect would repeat it.
		if !t.session.trusts(req.URL.String()) {
			return nil, fmt.Errorf("%q is sent on to %q, which gets no login", t.session.reg, redact(req.URL))
		}
		out.body = req.Body
		req = req.Clone(req.Context())
		req.Body = out
	}
	resp, err := t.session.client.send(req, out, t.attempt)
	if err != nil {
		return nil, err
	}
	t.answered = true
	resp.Body = &tokenBody{resp.Body, t}
	if resp.StatusCode >= http.StatusBadRequest {
		t.refusal = newError("the token request", resp)
	}
	return resp, nil
}

// explain puts the registry's refusal, or the network's failure, in place of
// the library's words. Those would quote an answer that holds no token, which
// may hold another secret.
func (t *tokenTrip) explain(err error) error {
	switch {
	case t.refusal != nil:
		return t.refusal
	case !t.asked:
		return fmt.Errorf("asking %q for a token: it names a place that is not safe to ask: %s", t.session.reg, clean(err.Error()))
	case !t.answered:
		return &unreachable{err}
	case t.broken != nil:
		return &unreachable{t.broken}
	}
	return fmt.Errorf("asking %q for a token: its answer is none", t.session.reg)
}

// hopeless reports whether asking again would bring the same.
func (t *tokenTrip) hopeless() bool {
	return !t.asked || (t.answered && t.refusal == nil && t.broken == nil)
}

// tokenBody notes where an answer breaks off.
type tokenBody struct {
	io.ReadCloser
	trip *tokenTrip
}

func (b *tokenBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		b.trip.broken = &lineError{err}
	}
	return n, err
}

// unreachable is a failure to get any answer.
type unreachable struct{ error }

func (e *unreachable) Unwrap() error { return e.error }
