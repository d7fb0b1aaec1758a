package meta

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Payload is a decoded webhook payload. Payload is untrusted input, so its
// methods treat a value of an unexpected type as absent.
type Payload map[string]any

// ParsePayload decodes the file at GITHUB_EVENT_PATH. For an empty file and for
// null, ParsePayload returns an empty payload. For invalid JSON, ParsePayload
// returns an error.
func ParsePayload(raw []byte) (Payload, error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return Payload{}, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var p Payload
	if err := d.Decode(&p); err != nil {
		return nil, fmt.Errorf("decoding the event payload: %w", err)
	}
	return p, nil
}

// at returns the value at a path of keys through nested objects, or nil if a
// key does not exist.
func (p Payload) at(keys ...string) any {
	var v any = map[string]any(p)
	for _, k := range keys {
		object, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = object[k]
	}
	return v
}

// text returns the string at the path of keys. The method "text" returns "" if the value
// is not a string.
func (p Payload) text(keys ...string) string {
	s, _ := p.at(keys...).(string)
	return s
}

// truth returns the boolean at the path of keys. The method "truth" returns false if the
// value is not a boolean.
func (p Payload) truth(keys ...string) bool {
	b, _ := p.at(keys...).(bool)
	return b
}

// number returns the positive integer at the path of keys as text. The method "number"
// returns "" if the value is not a positive integer.
func (p Payload) number(keys ...string) string {
	n, ok := p.at(keys...).(json.Number)
	if !ok {
		return ""
	}
	i, err := strconv.ParseInt(n.String(), 10, 64)
	if err != nil || i <= 0 {
		return ""
	}
	return strconv.FormatInt(i, 10)
}

// commitTime returns the date of a commit in the payload. The payload of a push
// lists the commits. For a pushed Git tag, the payload contains only the field
// head_commit.
func (p Payload) commitTime(sha string) (time.Time, bool) {
	commits, _ := p.at("commits").([]any)
	for _, c := range commits {
		object, _ := c.(map[string]any)
		if t, ok := commitTimestamp(object, sha); ok {
			return t, true
		}
	}
	head, _ := p.at("head_commit").(map[string]any)
	return commitTimestamp(head, sha)
}

func commitTimestamp(commit map[string]any, sha string) (time.Time, bool) {
	if id, _ := commit["id"].(string); id != sha {
		return time.Time{}, false
	}
	text, _ := commit["timestamp"].(string)
	t, err := time.Parse(time.RFC3339, text)
	return t, err == nil
}

// repositoryFields lists the fields of a repository that labels use.
var repositoryFields = []string{"name", "html_url", "description", "license", "default_branch"}

// DescribesRepository reports whether the payload has all fields of the repository that
// labels use. A payload from GitHub has all these fields, even if a value is null. A
// payload that a user writes for the program "act" can lack fields.
func (p Payload) DescribesRepository() bool {
	object, _ := p.at("repository").(map[string]any)
	return !slices.ContainsFunc(repositoryFields, func(field string) bool {
		_, has := object[field]
		return !has
	})
}

// Repository returns the payload's data about the repository. The payload of a
// scheduled run contains no data about the repository.
func (p Payload) Repository() Repository {
	return Repository{
		Name:          p.text("repository", "name"),
		FullName:      p.text("repository", "full_name"),
		Description:   p.text("repository", "description"),
		HTMLURL:       p.text("repository", "html_url"),
		DefaultBranch: p.text("repository", "default_branch"),
		License:       p.text("repository", "license", "spdx_id"),
	}
}
