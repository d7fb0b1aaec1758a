package registry

import (
	"sync/atomic"
	"time"
)

// Counters count requests and transferred bytes for all hosts.
type Counters struct {
	Requests  atomic.Int64 // Requests is the number of all attempts, including token requests.
	Retries   atomic.Int64 // Retries is the number of attempts after a failed attempt of the same request.
	BytesSent atomic.Int64 // BytesSent is the number of bytes of all request bodies, including retries.
	BytesRead atomic.Int64 // BytesRead is the number of bytes of all response bodies.

	trace func(Exchange)
}

// Exchange is one request and its response, as --debug and --trace print them.
// An Exchange contains no credentials and no query of a signed URL.
type Exchange struct {
	Method    string        `json:"method"`
	Host      string        `json:"host"`
	Path      string        `json:"path"`
	Status    int           `json:"status,omitempty"` // 0: no response
	Sent      int64         `json:"sent"`             // Sent is the number of bytes of the request body.
	Duration  time.Duration `json:"nanoseconds"`      // Duration is the time until the header of the response arrived.
	Attempt   int           `json:"attempt"`          // counted from 1
	RequestID string        `json:"request_id,omitempty"`
	Error     string        `json:"error,omitempty"`
}

func (c *Counters) add(x Exchange) {
	c.Requests.Add(1)
	c.BytesSent.Add(x.Sent)
	if x.Attempt > 1 {
		c.Retries.Add(1)
	}
	if c.trace != nil {
		c.trace(x)
	}
}
