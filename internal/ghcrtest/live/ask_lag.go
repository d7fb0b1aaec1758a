package main

import (
	"context"
	"errors"
	"net/http"
	"time"
)

var lagQuestions = []question{
	{"lag-tag", "How long after its PUT is a tag read back?", askLagTag},
	{"lag-rest", "How long after a first push does REST know the package?", askLagREST},
	{"lag-anonymous", "How long after a first push can a stranger pull it?", askLagAnonymous},
}

func askLagTag(ctx context.Context, v *visit) error {
	auth, err := v.bearer(ctx, v.Fresh+":pull")
	if err != nil {
		return err
	}
	return v.until(ctx, func() (answer, error) {
		return v.call(ctx, request{method: http.MethodHead, url: v.v2(v.Fresh, "manifests/live"), auth: auth})
	})
}

func askLagREST(ctx context.Context, v *visit) error {
	address, err := v.packageURL(ctx, v.Fresh, "")
	if err != nil {
		return err
	}
	return v.until(ctx, func() (answer, error) { return v.rest(ctx, http.MethodGet, address, nil) })
}

// askLagAnonymous ends without a 200 where the package is born private.
func askLagAnonymous(ctx context.Context, v *visit) error {
	return v.until(ctx, func() (answer, error) {
		token, a, err := v.exchangeToken(ctx, true, v.Fresh+":pull")
		if err != nil || token == "" {
			return a, err
		}
		return v.call(ctx, request{method: http.MethodGet, url: v.v2(v.Fresh, "manifests/"+v.pushed.manifest), auth: "Bearer " + token})
	})
}

// until asks again, at growing distances, until the answer is 200, and notes what
// came first, what came last, and the time since the push.
func (v *visit) until(ctx context.Context, read func() (answer, error)) error {
	if v.pushed.at.IsZero() {
		return errors.New("the push before did not succeed")
	}
	for wait := 250 * time.Millisecond; ; wait = min(2*wait, 15*time.Second) {
		a, err := read()
		if err != nil {
			return err
		}
		if v.now.Facts["at first"] == "" {
			v.note("at first", a.says())
		}
		v.note("in the end", a.says())
		late := time.Since(v.pushed.at)
		v.note("after", band(late))
		if a.status == http.StatusOK || late > v.lag {
			return nil
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
}

// band is a time as coarse as a comparison of runs needs it; the replies have the
// milliseconds.
func band(d time.Duration) string {
	for _, limit := range []time.Duration{time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute} {
		if d < limit {
			return "under " + limit.String()
		}
	}
	return "over a minute"
}
