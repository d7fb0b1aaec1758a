package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// record is the content of the file that this program writes.
type record struct {
	Schema   int       `json:"schema"` // The version of the file format is 1.
	Program  string    `json:"program"`
	Started  time.Time `json:"started"`
	Subject  subject   `json:"subject"`
	Findings []finding `json:"findings"`
	// Throttled contains every response with status 429, and every response with
	// status 403 that mentions a rate limit.
	Throttled []reply `json:"throttled"`
}

// subject contains the registry, the repository and the packages of the questions.
type subject struct {
	Registry   string `json:"registry"` // URL with scheme
	API        string `json:"api"`
	Repository string `json:"repository"` // repository of GITHUB_TOKEN
	Existing   string `json:"existing"`
	Tag        string `json:"tag"`
	Fresh      string `json:"fresh"`
}

// finding is a question with its facts and replies. Facts are short and comparable
// between runs. Replies are the evidence.
type finding struct {
	ID       string            `json:"id"`
	Question string            `json:"question"`
	Facts    map[string]string `json:"facts"`
	// Error is the reason why the question ended early, or "".
	Error   string  `json:"error,omitempty"`
	Replies []reply `json:"replies"`
}

// reply is the recorded response of a server.
type reply struct {
	Method string            `json:"method"`
	URL    string            `json:"url"`
	Proto  string            `json:"proto,omitempty"`
	Status int               `json:"status,omitempty"`
	Header map[string]string `json:"header,omitempty"`
	Body   string            `json:"body,omitempty"` // Body contains the first 2 KiB of the response's body.
	Millis int64             `json:"millis"`
	Error  string            `json:"error,omitempty"`
}

func (r record) write(file string) error {
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the record: %w", err)
	}
	if err := os.WriteFile(file, append(raw, '\n'), 0o644); err != nil {
		return fmt.Errorf("writing the record: %w", err)
	}
	return nil
}

func readRecord(file string) (record, error) {
	var r record
	raw, err := os.ReadFile(file)
	if err != nil {
		return r, fmt.Errorf("reading a record: %w", err)
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return r, fmt.Errorf("decoding %q: %w", file, err)
	}
	return r, nil
}
