package migrate

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
)

// These types are the subset of SARIF 2.1.0 that GitHub's code scanning reads
// (GitHub docs, "SARIF support for code scanning").
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool    sarifTool     `json:"tool"`
		Results []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name  string      `json:"name"`
		URI   string      `json:"informationUri"`
		Rules []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID    Code      `json:"id"`
		Short sarifText `json:"shortDescription"`
		Help  sarifText `json:"help"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID    Code            `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
		EndLine     int `json:"endLine,omitempty"`
	}
)

// SARIF writes the findings to w in the format of code scanning. A finding in
// the state WouldChange has the level "error", because the edit is not written
// yet. A finding in the state Remaining has the level "warning". Findings in
// the states Changed and Note have the level "note". SARIF returns an error if
// it cannot write to w.
func (r *Report) SARIF(w io.Writer) error {
	run := sarifRun{
		Tool:    sarifTool{sarifDriver{Name: "ghcr-publish migrate", URI: "https://github.com/ghcr-publish/ghcr-publish"}},
		Results: []sarifResult{},
	}
	index := map[Code]int{}
	for _, code := range sortedCodes() {
		index[code] = len(run.Tool.Driver.Rules)
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{code, sarifText{rules[code].title}, sarifText{rules[code].help}})
	}
	for _, f := range r.Findings {
		run.Results = append(run.Results, f.sarif(index[f.Code]))
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	log := sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}}
	if err := enc.Encode(log); err != nil {
		return fmt.Errorf("writing the SARIF file: %w", err)
	}
	return nil
}

func sortedCodes() []Code {
	byName := map[string]bool{}
	for code := range rules {
		byName[string(code)] = true
	}
	var codes []Code
	for _, name := range sortedKeys(byName) {
		codes = append(codes, Code(name))
	}
	return codes
}

func (f Finding) sarif(rule int) sarifResult {
	message := f.Text
	if f.Hint != "" {
		message += " " + f.Hint
	}
	path := url.URL{Path: filepath.ToSlash(f.File)}
	return sarifResult{
		RuleID: f.Code, RuleIndex: rule, Level: map[State]string{WouldChange: "error", Changed: "note", Remaining: "warning", Note: "note"}[f.State],
		Message:   sarifText{message},
		Locations: []sarifLocation{{sarifPhysical{sarifArtifact{path.EscapedPath()}, sarifRegion{f.Line, f.Column, f.EndLine}}}},
	}
}
