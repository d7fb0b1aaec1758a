package cleanup_test

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ghcr-publish/ghcr-publish/internal/cleanup"
	"github.com/ghcr-publish/ghcr-publish/internal/cleanup/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

func TestASecondaryRateLimitIsWaitedFor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, id, method, path string }{
		{"at a deletion", "C01", http.MethodDelete, "/versions/"},
		{"at the list before the deletions", "C01", http.MethodGet, "&page=1"},
		{"at the read of a version", "C01", http.MethodGet, "/versions/"},
		{"at the removal of a tag", "C58", http.MethodDelete, "/versions/"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := scenarioOf(t, c.id)
			w := open(t, s, nil)
			var waits []time.Duration
			w.cleaner.Sleep = func(_ context.Context, d time.Duration) error { waits = append(waits, d); return nil }
			limit := ghcrtest.SecondaryRateLimit()
			limit.RetryAfter = "7"
			fault := ghcrtest.Fault{Method: c.method, Path: c.path, Times: 2, Effect: limit}
			if c.path == "&page=1" {
				fault.After = 1 // the first list of the run
			}
			w.server.Inject(fault)
			got, err := w.run()
			if err != nil || len(got.Left) > 0 {
				t.Fatalf("left %v, %v", got.Left, err)
			}
			if labels := w.labels(w.listed()); !slices.Equal(labels, sorted(s.Expected.Kept)) {
				t.Errorf("the server has %q, want %q", labels, s.Expected.Kept)
			}
			if !slices.Contains(waits, 7*time.Second) {
				t.Errorf("the run waited %v, want 7s", waits)
			}
		})
	}
}

// stopped fails the test unless a run stopped without an error and left deletions for the
// next run.
func stopped(t *testing.T, got *cleanup.Result, err error) {
	t.Helper()
	notice := slices.ContainsFunc(got.Notices, func(text string) bool { return strings.Contains(text, "The next run continues.") })
	left := slices.ContainsFunc(got.Left, func(l plan.Left) bool { return l.Cause == plan.Budget })
	if err != nil || !notice || !left {
		t.Errorf("got %v with the notices %q and %+v, want a clean stop", err, got.Notices, got.Left)
	}
}

// The limit of one hour ends at different points of two images and of a removed tag. Each run
// ends without an error, and the run after the next full hour continues.
func TestTheNextRunContinuesAfterTheRateLimit(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"C90", "C20"} {
		s := scenarioOf(t, id)
		for hourly := 18; hourly < 30; hourly++ {
			var hours atomic.Int64
			w := open(t, s, func(c *ghcrtest.Config) {
				c.Limits.Hourly = hourly
				c.Clock = func() time.Time { return time.Now().Add(time.Duration(hours.Load()) * time.Hour) }
			})
			runs := 0
			for ; runs < 6 && !slices.Equal(w.labels(w.server.Versions(s.Name())), sorted(s.Expected.Kept)); runs++ {
				got, err := w.run()
				if len(got.Left) > 0 || err != nil {
					stopped(t, got, err)
				}
				hours.Add(2)
			}
			if labels := w.labels(w.server.Versions(s.Name())); !slices.Equal(labels, sorted(s.Expected.Kept)) {
				t.Errorf("%s with %d requests an hour: after %d runs the server has %q, want %q", id, hourly, runs, labels, s.Expected.Kept)
			}
		}
	}
}

// A rate limit that ends after the time of the run stops the run at each request to GitHub's
// API that follows the plan.
func TestARateLimitBeyondTheTimeOfTheRunStopsIt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, id string
		fault    ghcrtest.Fault
	}{
		{"at the list before the deletions", "C01", ghcrtest.Fault{Method: http.MethodGet, Path: "&page=1", After: 1}},
		{"at the read of a version", "C01", ghcrtest.Fault{Method: http.MethodGet, Path: "/versions/"}},
		{"at a deletion", "C01", ghcrtest.Fault{Method: http.MethodDelete}},
		{"at the deletion of the package", "C41", ghcrtest.Fault{Method: http.MethodDelete, After: 1}},
		{"at the removal of a tag", "C58", ghcrtest.Fault{Method: http.MethodDelete}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := open(t, scenarioOf(t, c.id), nil)
			before := w.content()
			limit := ghcrtest.SecondaryRateLimit()
			limit.RetryAfter = "3600"
			c.fault.Effect, c.fault.Times = limit, ghcrtest.Always
			w.server.Inject(c.fault)
			req, err := w.request()
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
			defer cancel()
			got, err := w.cleaner.Run(ctx, req)
			stopped(t, got, err)
			if c.id == "C01" {
				if err := w.content().equal(before); err != nil {
					t.Error(err)
				}
			}
			w.server.ClearFaults()
			if _, err := w.cleaner.Run(t.Context(), req); err != nil {
				t.Fatal(err)
			}
			// The small manifest of the first run can stay as a version without a tag.
			now := w.content()
			maps.DeleteFunc(now.versions, func(label string, _ bool) bool { return w.digests[label] == "" })
			if labels := slices.Sorted(maps.Keys(now.versions)); !slices.Equal(labels, sorted(w.seed.Expected.Kept)) {
				t.Errorf("after the next run, the server has %q, want %q", labels, w.seed.Expected.Kept)
			}
		})
	}
}

func TestARunWithoutTimeDeletesNothing(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"C90", "C58"} {
		s := scenarioOf(t, id)
		w := open(t, s, nil)
		before := w.content()
		req, err := w.request()
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second) // less than the time that a run needs for its end
		defer cancel()
		got, err := w.cleaner.Run(ctx, req)
		stopped(t, got, err)
		if err := w.content().equal(before); err != nil {
			t.Error(err)
		}
	}
}
