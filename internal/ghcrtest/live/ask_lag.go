package main

import (
	"context"
	"errors"
	"net/http"
	"time"
)

var lagQuestions = []question{
	{"lag-tag", "How long after its PUT can a tag be read?", askLagTag},
	{"lag-rest", "How long after a first push does the REST API return the package?", askLagREST},
	{"lag-anonymous", "How long after a first push can an anonymous client pull the package?", askLagAnonymous},
}

func askLagTag(ctx context.Context, v *survey) error {
	auth, err := v.bearer(ctx, v.Fresh+":pull")
	if err != nil {
		return err
	}
	return v.pollUntilVisible(ctx, func() (answer, error) {
		return v.call(ctx, request{method: http.MethodHead, url: v.v2(v.Fresh, "manifests/live"), auth: auth})
	})
}

func askLagREST(ctx context.Context, v *survey) error {
	address, err := v.packageURL(ctx, v.Fresh, "")
	if err != nil {
		return err
	}
	return v.pollUntilVisible(ctx, func() (answer, error) { return v.rest(ctx, http.MethodGet, address, nil) })
}

// askLagAnonymous never gets status 200 if the new package is private.
func askLagAnonymous(ctx context.Context, v *survey) error {
	return v.pollUntilVisible(ctx, func() (answer, error) {
		token, a, err := v.exchangeToken(ctx, true, v.Fresh+":pull")
		if err != nil || token == "" {
			return a, err
		}
		return v.call(ctx, request{method: http.MethodGet, url: v.v2(v.Fresh, "manifests/"+v.pushed.manifest), auth: "Bearer " + token})
	})
}

// pollUntilVisible repeats a read at growing intervals until the response has status
// 200. The function records the first response, the last response, and the time since
// the push.
func (v *survey) pollUntilVisible(ctx context.Context, read func() (answer, error)) error {
	if v.pushed.at.IsZero() {
		return errors.New("the previous push failed")
	}
	for wait := 250 * time.Millisecond; ; wait = min(2*wait, 15*time.Second) {
		a, err := read()
		if err != nil {
			return err
		}
		if v.now.Facts["at first"] == "" {
			v.note("at first", a.summary())
		}
		v.note("in the end", a.summary())
		late := time.Since(v.pushed.at)
		v.note("after", timeRange(late))
		if a.status == http.StatusOK || late > v.lag {
			return nil
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
}

// timeRange returns a coarse range for a time, so that the facts of two runs are
// comparable. The replies contain milliseconds.
func timeRange(d time.Duration) string {
	for _, limit := range []time.Duration{time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute} {
		if d < limit {
			return "under " + limit.String()
		}
	}
	return "over a minute"
}
