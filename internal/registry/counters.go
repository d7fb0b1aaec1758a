package registry

import (
	"sync/atomic"
	"time"
)

// Counters count the requests to all hosts.
type Counters struct {
	Requests  atomic.Int64 // all attempts, including token requests
	Retries   atomic.Int64 // attempts after a failed attempt of the same request
	BytesSent atomic.Int64 // bytes of request bodies, including retries
	BytesRead atomic.Int64 // bytes of response bodies

	trace func(Exchange)
}

// Exchange is one request and its response, as --debug and --trace print them. It
// contains no credentials and no query of a signed URL.
type Exchange struct {
	Method    string        `json:"method"`
	Host      string        `json:"host"`
	Path      string        `json:"path"`
	Status    int           `json:"status,omitempty"` // 0: no response
	Sent      int64         `json:"sent"`             // bytes of the request body
	Duration  time.Duration `json:"nanoseconds"`      // time until the header of the response
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
