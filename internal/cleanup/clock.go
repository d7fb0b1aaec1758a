package cleanup

import (
	"errors"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// Clock returns the current time. A nil Clock is the real clock.
type Clock func() time.Time

func (c Clock) time() time.Time {
	if c == nil {
		return time.Now()
	}
	return c()
}

func isUnreadable(err error) bool { return diag.Is(err, plan.CodeUnreadable) }

// withCause adds a cause to an error.
func withCause(err, cause error) error {
	var e *diag.Error
	if errors.As(err, &e) {
		with := *e
		with.Err = cause
		return &with
	}
	return err
}
