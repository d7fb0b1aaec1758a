package ghcrtest

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Limits are the two rate limits of the REST API (docs/ghcr.md, Rate limits). The zero
// value of a field selects the limit of GitHub. The value [NoLimit] disables a limit.
type Limits struct {
	// Hourly is the number of requests per hour for each caller. All jobs of a
	// repository are one caller.
	Hourly int
	// Points is the number of points per minute for each caller. A DELETE, POST or
	// PATCH costs 5 points, and every other request costs 1 point.
	Points int
}

// NoLimit is a value of the fields of [Limits].
const NoLimit = -1

// githubPoints is the number of points per minute that GitHub permits.
const githubPoints = 900

// The links of GitHub's refusals. Clients recognize the kind of the limit by the end of
// the link.
const (
	primaryLimitURL   = "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-primary-rate-limits"
	secondaryLimitURL = "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits"
)

// limiter counts the requests of each caller to the REST API.
type limiter struct {
	limits  Limits
	mu      sync.Mutex
	hours   map[string]*window
	minutes map[string]*window
}

// window is a period in which the server counts requests or points.
type window struct {
	end  time.Time
	used int
}

// current returns the window of a caller. If the window has ended, current starts a new
// window.
func current(windows map[string]*window, caller string, now time.Time, period time.Duration) *window {
	w := windows[caller]
	if w == nil || !now.Before(w.end) {
		w = &window{end: now.Add(period)}
		windows[caller] = w
	}
	return w
}

// usage is the state of a caller's two limits.
type usage struct {
	limit, used int
	reset       time.Time
	retryAfter  time.Duration // If retryAfter is not 0, the secondary limit refuses the request.
}

// exceeded reports whether the primary limit refuses a request.
func (u usage) exceeded() bool { return u.used > u.limit }

// remaining returns the number of requests that the caller may still send.
func (u usage) remaining() int { return max(u.limit-u.used, 0) }

// count counts a request of a caller and returns the state of the caller's limits. A
// refused request costs no points.
func (l *limiter) count(c *apiCall, now time.Time, cost int) usage {
	l.mu.Lock()
	defer l.mu.Unlock()
	hour := current(l.hours, c.limitKey(), now, time.Hour)
	u := usage{limit: choose(l.limits.Hourly, c.hourly()), reset: hour.end}
	minute := current(l.minutes, c.limitKey(), now, time.Minute)
	if minute.used+cost > choose(l.limits.Points, githubPoints) {
		u.used, u.retryAfter = hour.used, max(minute.end.Sub(now), time.Second)
		return u
	}
	u.used = hour.used + min(cost, 1)
	if !u.exceeded() {
		hour.used = u.used
		minute.used += cost
	}
	return u
}

// EndRateLimits starts new periods of all rate limits, as if an hour had passed.
func (s *Server) EndRateLimits() {
	s.limiter.mu.Lock()
	defer s.limiter.mu.Unlock()
	clear(s.limiter.hours)
	clear(s.limiter.minutes)
}

// choose returns the configured limit, or the limit of GitHub if the configuration has
// none.
func choose(configured, github int) int {
	switch configured {
	case 0:
		return github
	case NoLimit:
		return math.MaxInt32
	}
	return configured
}

// limitKey returns the text that identifies a caller. Anonymous clients are one caller.
func (c *apiCall) limitKey() string {
	switch {
	case c.caller == nil:
		return ""
	case c.caller.Kind == ActionsToken && c.caller.Repository != "":
		return "repository " + key(c.caller.Repository)
	case c.caller.Actor != "" && c.caller.Kind != ActionsToken:
		return "user " + key(c.caller.Actor)
	}
	return "token " + c.caller.Secret
}

// hourly returns the number of requests per hour that a caller may send
// (docs/ghcr.md, Rate limits).
func (c *apiCall) hourly() int {
	switch {
	case c.caller == nil:
		return 60
	case c.caller.Kind == ActionsToken:
		return 1000
	default:
		return 5000
	}
}

// cost returns the points of a request. GET /rate_limit costs nothing.
func (c *apiCall) cost() int {
	switch {
	case c.isRateLimit():
		return 0
	case c.r.Method == http.MethodGet || c.r.Method == http.MethodHead:
		return 1
	}
	return 5
}

func (c *apiCall) isRateLimit() bool { return c.part(0) == "rate_limit" && len(c.parts) == 1 }

// limit counts the request and sets the headers of the limits. If a limit refuses the
// request, limit sends the refusal and returns true.
func (s *Server) limit(c *apiCall) bool {
	c.usage = s.limiter.count(c, s.now(), c.cost())
	h := c.w.Header()
	h.Set("X-RateLimit-Limit", strconv.Itoa(c.usage.limit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(c.usage.remaining()))
	h.Set("X-RateLimit-Used", strconv.Itoa(min(c.usage.used, c.usage.limit)))
	h.Set("X-RateLimit-Resource", "core")
	h.Set("X-RateLimit-Reset", strconv.FormatInt(c.usage.reset.Unix(), 10))
	const help = "If you reach out to GitHub Support for help, please include the request ID"
	id := h.Get("X-GitHub-Request-Id")
	switch {
	case c.usage.retryAfter > 0:
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(c.usage.retryAfter.Seconds()))))
		writeLimit(c, fmt.Sprintf("You have exceeded a secondary rate limit. Please wait a few minutes before you try again. %s %s.", help, id), secondaryLimitURL)
	case c.usage.exceeded():
		writeLimit(c, fmt.Sprintf("API rate limit exceeded. %s %s.", help, id), primaryLimitURL)
	default:
		return false
	}
	return true
}

// writeLimit sends the refusal of a rate limit.
func writeLimit(c *apiCall, message, link string) {
	writeJSON(c.w, c.r, http.StatusForbidden, map[string]string{"message": message, "documentation_url": link, "status": "403"})
}

// rateLimit serves GET /rate_limit. A request to /rate_limit does not count against
// the limit.
func (c *apiCall) rateLimit() *apiError {
	core := map[string]any{
		"limit": c.usage.limit, "remaining": c.usage.remaining(), "used": c.usage.used,
		"reset": c.usage.reset.Unix(), "resource": "core",
	}
	return c.reply(map[string]any{"resources": map[string]any{"core": core}, "rate": core})
}
