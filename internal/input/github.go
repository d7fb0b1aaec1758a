package input

import (
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/bounded"
)

// maxEvent is the maximum size of the event payload, in bytes.
const maxEvent = 64 << 20

// GitHub describes the workflow run. At a terminal, most fields are empty.
type GitHub struct {
	Active     bool // true in a workflow
	EventName  string
	Ref        string // refs/heads/…, refs/tags/…, refs/pull/…
	SHA        string
	Repository string // owner/name, in the letter case of GitHub
	Owner      string
	Actor      string
	ServerURL  string
	APIURL     string
	RunID      string
	RunAttempt string
	Workflow   string
	Job        string
	// WorkflowRef names the file of the workflow, as owner/name/PATH@ref. Workspace is
	// the working directory of the job, which usually contains the checkout.
	WorkflowRef, Workspace string
	Event                  Event
}

// Event contains the fields of the event payload that the program uses.
type Event struct {
	// Raw is the whole payload. Templates in tag rules read it.
	Raw json.RawMessage `json:"-"`

	Repository *EventRepo `json:"repository"` // nil for the event "schedule" (docs/runner.md, Events)
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

// ReadOnly returns the reason why GITHUB_TOKEN cannot write, or "" if no such reason is
// known. GitHub gives read-only tokens to runs from forks and from Dependabot
// (docs/ghcr.md, Limits of GITHUB_TOKEN).
func (g GitHub) ReadOnly() string {
	if g.EventName == "pull_request_target" {
		return ""
	}
	if p := g.Event.Pull; p != nil && p.Head.Repo != nil && p.Head.Repo.FullName != "" && !strings.EqualFold(p.Head.Repo.FullName, g.Repository) {
		return fmt.Sprintf("this pull request comes from the fork %s", p.Head.Repo.FullName)
	}
	if p := g.Event.Pull; p != nil && p.Head.SHA != "" && p.Head.Repo == nil {
		return "this pull request comes from a fork that was deleted"
	}
	if g.Actor == "dependabot[bot]" && g.EventName != "schedule" {
		return "this run was triggered by Dependabot"
	}
	return ""
}

// Registry returns the host of the container registry of the server (docs/ghcr.md,
// Registry host): ghcr.io for github.com, and containers.HOST for other servers. If the
// server URL has a loopback address, as the URL of the command `serve` has, the
// registry has the host and the port of this URL.
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

// readGitHub reads the variables of the runner and the payload of the event.
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

// apiURL returns the default API URL of a server (docs/runner.md, API host).
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

// checkURL returns an error if the token must not be sent to the server.
func checkURL(name, value string) error {
	u, err := url.Parse(value)
	if err == nil && u.Host != "" && u.User == nil && (u.Scheme == "https" || (u.Scheme == "http" && isLoopback(u.Hostname()))) {
		return nil
	}
	if err == nil {
		value = u.Redacted()
	}
	return &diag.Error{
		Code: CodeServerURLUnusable, Side: diag.Runner,
		Title: fmt.Sprintf("The variable %s is %q, which is not a safe server URL", name, value),
		Hint:  "Set an https URL without a user name. Only a server on this machine can use http. In a workflow, the runner sets the variable. At a terminal, unset the variable to use github.com.",
	}
}

func (g *GitHub) readEvent(path string) error {
	if path == "" {
		return nil
	}
	raw, err := bounded.File(path, maxEvent)
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
		Code: CodeEventUnreadable, Side: diag.Runner, Err: err,
		Title: fmt.Sprintf("The event payload %q (GITHUB_EVENT_PATH) cannot be read", path),
		Hint:  "In a workflow, the runner writes this file for every job. If a step starts a container itself, mount the folder of the file. At a terminal, unset the variable GITHUB_EVENT_PATH.",
	}
}

// hostPort reports whether s can be a registry host.
func hostPort(s string) bool {
	if h, _, err := net.SplitHostPort(s); err == nil {
		s = h
	}
	return s != "" && !strings.ContainsAny(s, "/ \t@?#\"'")
}
