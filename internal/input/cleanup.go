package input

import (
	"encoding/json"
	"errors"
	"strconv"
)

// CleanupConfig is the configuration of `cleanup`. Package cleanup/rules parses the rules.
type CleanupConfig struct {
	Common
	// Globs are the patterns of packages in the input "image".
	Globs []Glob

	Delete, Keep, KeepNewest, OlderThan, AgeFrom, Untagged, Orphans, Broken string
	KeepUsed, MinAge, MaxDelete, Detach, Empty, OnUnreadable                string

	// ClosedPull is the number of the pull request if the event closed it, or "".
	ClosedPull string
	// DeletedBranch is the name of the branch if the event deleted it, or "".
	DeletedBranch string

	DryRun bool
	Verify string
	Cache  string
	JSON   bool
	Undo   string
}

// ParseCleanup reads and checks the inputs of `cleanup`.
func ParseCleanup(env Environment) (*CleanupConfig, error) {
	r := newReader(Cleanup, env)
	c := &CleanupConfig{
		Delete: r.text("delete"), Keep: r.text("keep"), KeepNewest: r.text("keep-newest"), OlderThan: r.text("older-than"),
		AgeFrom: r.text("age-from"), Untagged: r.rule("untagged"), Orphans: r.rule("orphans"), Broken: r.rule("broken"),
		KeepUsed: r.text("keep-used"), MinAge: r.text("min-age"), MaxDelete: r.text("max-delete"), Detach: r.text("detach"),
		Empty: r.text("empty"), OnUnreadable: r.text("on-unreadable"),
		DryRun: r.boolean("dry-run"), Verify: r.choice("verify"), Cache: r.text("cache"), JSON: r.boolean("json"), Undo: r.text("undo"),
	}
	r.common(&c.Common, env)
	r.refuseRulesWithUndo()
	c.Globs = r.globs
	r.onlyAtHome(&c.Common)
	c.event()
	return c, errors.Join(r.errs...)
}

// refuseRulesWithUndo refuses the inputs that select images if the input "undo" is set,
// because such a run deletes nothing.
func (r *reader) refuseRulesWithUndo() {
	if r.text("undo") == "" {
		return
	}
	for _, in := range []string{"delete", "untagged", "orphans", "broken"} {
		if r.rule(in) != "" {
			r.fail(in, CodeUndoWithRules, "Remove the input "+in+" to restore the images, or remove the input undo to delete images.", "The inputs undo and %s exclude each other", in)
		}
	}
}

// rule returns the value of a rule, or "" for the default, because a run without rules is
// an error.
func (r *reader) rule(name string) string {
	in, _ := Find(name)
	if v := r.text(name); v != in.Default {
		return v
	}
	return ""
}

// event reads the closed pull request or the deleted branch of the event.
func (c *CleanupConfig) event() {
	var payload struct {
		Action  string `json:"action"`
		Number  int    `json:"number"`
		Ref     string `json:"ref"`
		RefType string `json:"ref_type"`
	}
	if json.Unmarshal(c.GitHub.Event.Raw, &payload) != nil {
		return // another function reports a payload that cannot be read
	}
	switch {
	case c.GitHub.PullRequest() && payload.Action == "closed" && payload.Number > 0:
		c.ClosedPull = strconv.Itoa(payload.Number)
	case c.GitHub.EventName == "delete" && payload.RefType == "branch":
		c.DeletedBranch = payload.Ref
	}
}
