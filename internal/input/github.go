package input

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// maxEvent bounds the event payload that is read, in bytes.
const maxEvent = 64 << 20

// GitHub is what the runner says of the workflow run. At a terminal most of
// it is empty.
type GitHub struct {
	Active     bool // in a workflow
	EventName  string
	Ref        string // refs/heads/…, refs/tags/…, refs/pull/…
	SHA        string
	Repository string // owner/name, case as GitHub has it
	Owner      string
	Actor      string
	ServerURL  string
	APIURL     string
	RunID      string
	RunAttempt string
	Workflow   string
	Job        string
	// WorkflowRef names the workflow's file, owner/name/PATH@ref; Workspace is
	// where a checkout of it may be.
	WorkflowRef, Workspace string
	Event                  Event
}

// Event is the part of the event's payload that decides something here.
type Event struct {
	// Raw is the whole payload, for templates.
	Raw json.RawMessage `json:"-"`

	Repository *EventRepo `json:"repository"` // nil on schedule (docs/runner.md, Events)
	Pull       *EventPull `json:"pull_request"`
}

// EventRepo is the payload's repository object.
type EventRepo struct {
	Visibility string `json:"visibility"`
	Owner      struct {
		Login string `json:"login"`
		Type  string `json:"type"` // User or Organization
	} `json:"owner"`
}

// EventPull is the payload's pull_request object.
type EventPull struct {
	Head struct {
		SHA  string `json:"sha"`
		Repo *struct {
			FullName string `json:"full_name"`
		} `json:"repo"`
	} `json:"head"`
}

// PullRequest reports whether the run belongs to a pull request.
func (g GitHub) PullRequest() bool { return strings.HasPrefix(g.EventName, "pull_request") }

// ReadOnly says why a run's GITHUB_TOKEN can only read, or "" if nothing says
// so: GitHub hands read-only tokens to runs from forks and from Dependabot
// (docs/ghcr.md, Limits of GITHUB_TOKEN).
func (g GitHub) ReadOnly() string {
	if g.EventName == "pull_request_target" {
		return ""
	}
	if p := g.Event.Pull; p != nil && p.Head.Repo != nil && p.Head.Repo.FullName != "" && !strings.EqualFold(p.Head.Repo.FullName, g.Repository) {
		return fmt.Sprintf("this pull request comes from the fork %s", p.Head.Repo.FullName)
	}
	if p := g.Event.Pull; p != nil && p.Head.SHA != "" && p.Head.Repo == nil {
		return "this pull request comes from a fork that is gone"
	}
	if g.Actor == "dependabot[bot]" && g.EventName != "schedule" {
		return "this run was triggered by Dependabot"
	}
	return ""
}

// Registry is the container registry that belongs to the server (docs/ghcr.md,
// Registry host): ghcr.io for github.com, containers.HOST elsewhere, and the
// same host and port for a server on loopback (what `serve` exports).
func (g GitHub) Registry() string {
	u, err := url.Parse(g.ServerURL)
	if err != nil || u.Host == "" || strings.EqualFold(u.Hostname(), "github.com") {
		return "ghcr.io"
	}
	if isLoopback(u.Hostname()) {
		return u.Host
	}
	return "containers." + strings.ToLower(u.Host)
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || (err == nil && ip.IsLoopback())
}

// readGitHub collects the runner's variables and the event's payload.
func readGitHub(getenv func(string) string) (GitHub, error) {
	g := GitHub{
		Active:     getenv("GITHUB_ACTIONS") == "true",
		EventName:  getenv("GITHUB_EVENT_NAME"),
		Ref:        getenv("GITHUB_REF"),
		SHA:        getenv("GITHUB_SHA"),
		Repository: getenv("GITHUB_REPOSITORY"),
		Owner:      getenv("GITHUB_REPOSITORY_OWNER"),
		Actor:      getenv("GITHUB_ACTOR"),
		ServerURL:  strings.TrimRight(getenv("GITHUB_SERVER_URL"), "/"),
		APIURL:     strings.TrimRight(getenv("GITHUB_API_URL"), "/"),
		RunID:      getenv("GITHUB_RUN_ID"),
		RunAttempt: getenv("GITHUB_RUN_ATTEMPT"),
		Workflow:   getenv("GITHUB_WORKFLOW"),
		Job:        getenv("GITHUB_JOB"),

		WorkflowRef: getenv("GITHUB_WORKFLOW_REF"),
		Workspace:   getenv("GITHUB_WORKSPACE"),
	}
	if g.Owner == "" {
		g.Owner, _, _ = strings.Cut(g.Repository, "/")
	}
	if g.ServerURL == "" {
		g.ServerURL = "https://github.com"
	}
	if g.APIURL == "" {
		g.APIURL = apiURL(g.ServerURL)
	}
	if err := checkURL("GITHUB_SERVER_URL", g.ServerURL); err != nil {
		return g, err
	}
	if err := checkURL("GITHUB_API_URL", g.APIURL); err != nil {
		return g, err
	}
	err := g.readEvent(getenv("GITHUB_EVENT_PATH"))
	return g, err
}

// apiURL is where a server's API lives if nothing says otherwise
// (docs/runner.md, API host).
func apiURL(server string) string {
	u, err := url.Parse(server)
	switch {
	case err != nil || strings.EqualFold(u.Host, "github.com"):
		return "https://api.github.com"
	case strings.HasSuffix(u.Host, ".ghe.com"):
		return "https://api." + u.Host
	}
	return server + "/api/v3"
}

// checkURL refuses a server that a token must not be sent to.
func checkURL(name, value string) error {
	u, err := url.Parse(value)
	if err == nil && u.Host != "" && u.User == nil && (u.Scheme == "https" || (u.Scheme == "http" && isLoopback(u.Hostname()))) {
		return nil
	}
	if err == nil {
		value = u.Redacted()
	}
	return &diag.Error{
		Code: "server-url-unusable", Side: diag.Runner,
		Title: fmt.Sprintf("%s is %q", name, value),
		Hint:  "It must be an https URL (plain http only for this machine). The runner sets it; at a terminal leave it unset for github.com.",
	}
}

func (g *GitHub) readEvent(path string) error {
	if path == "" {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return eventError(path, err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxEvent))
	if err != nil {
		return eventError(path, err)
	}
	if len(strings.TrimSpace(string(raw))) == 0 {
		return nil
	}
	g.Event.Raw = raw
	if err := json.Unmarshal(raw, &g.Event); err != nil {
		return eventError(path, err)
	}
	return nil
}

func eventError(path string, err error) error {
	return &diag.Error{
		Code: "event-unreadable", Side: diag.Runner, Err: err,
		Title: fmt.Sprintf("The event's payload %q (GITHUB_EVENT_PATH) cannot be read", path),
		Hint:  "The runner writes it for every job; in a container step of your own mount its folder. At a terminal leave the variable unset.",
	}
}

// hostPort tells whether s can be a registry host.
func hostPort(s string) bool {
	if h, _, err := net.SplitHostPort(s); err == nil {
		s = h
	}
	return s != "" && !strings.ContainsAny(s, "/ \t@?#")
}
