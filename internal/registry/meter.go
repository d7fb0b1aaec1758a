package registry

import (
	"sync/atomic"
	"time"
)

// Meter counts what went over the wire, all hosts together.
type Meter struct {
	Requests  atomic.Int64 // attempts sent, token requests included
	Retries   atomic.Int64 // attempts that repeat a failed one
	BytesSent atomic.Int64 // request bodies, retries included
	BytesRead atomic.Int64 // response bodies

	trace func(Exchange)
}

// Exchange is one request and its answer, as --debug and --trace show it. It
// holds no credential and no query of a signed URL.
type Exchange struct {
	Method    string        `json:"method"`
	Host      string        `json:"host"`
	Path      string        `json:"path"`
	Status    int           `json:"status,omitempty"` // 0: no answer
	Sent      int64         `json:"sent"`             // bytes of the request body
	Duration  time.Duration `json:"nanoseconds"`      // until the answer's headers
	Attempt   int           `json:"attempt"`          // from 1
	RequestID string        `json:"request_id,omitempty"`
	Error     string        `json:"error,omitempty"`
}

func (m *Meter) add(x Exchange) {
	m.Requests.Add(1)
	m.BytesSent.Add(x.Sent)
	if x.Attempt > 1 {
		m.Retries.Add(1)
	}
	if m.trace != nil {
		m.trace(x)
	}
}
