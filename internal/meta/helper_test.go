package meta

import (
	"context"
	"encoding/json"
	"testing"
	"time"
)

// These are the clock, the commit and the repository of all tests.
const commit = "860c1904a1ce19322e91ac35af1ab07466440c37"

var (
	now       = time.Date(2020, 1, 10, 0, 30, 0, 0, time.UTC)
	committed = time.Date(2019, 12, 31, 23, 59, 59, 0, time.UTC)
	hello     = Repository{
		Name: "Hello-World", FullName: "octocat/Hello-World", Description: "This your first repo!",
		HTMLURL: "https://github.com/octocat/Hello-World", DefaultBranch: "master", License: "MIT",
	}
)

func jsonNumber(s string) json.Number { return json.Number(s) }

// at returns the context of an event.
func at(name, ref string) Context {
	return Context{
		Event:      Event{Name: name, Ref: ref, SHA: commit, Payload: Payload{"repository": map[string]any{"default_branch": "master"}}},
		Now:        now,
		Repository: func(context.Context) (Repository, error) { return hello, nil },
		CommitDate: func(context.Context, string) (time.Time, error) { return committed, nil },
	}
}

// existing returns the context of a registry that has the tags.
func (c Context) existing(tags ...string) Context {
	c.Existing = func(context.Context) ([]string, error) { return tags, nil }
	return c
}

func compute(t *testing.T, in Inputs, c Context) Result {
	t.Helper()
	r, err := Compute(context.Background(), in, c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
