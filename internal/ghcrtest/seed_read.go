package ghcrtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/bounded"
)

// ReadSeed reads a seed from a file. The argument has the form FILE or FILE#ID. A file
// contains one scenario, or an object with the list "cases", from which ID selects a
// scenario. A field that no scenario has is an error, because its name can be a misspelling.
func ReadSeed(path string) (*Seed, error) {
	file, id := path, ""
	if at := strings.LastIndexByte(path, '#'); at >= 0 {
		file, id = path[:at], path[at+1:]
	}
	f, err := bounded.Open(file)
	if err != nil {
		return nil, fmt.Errorf("reading scenarios: %w", err)
	}
	defer f.Close()
	return ParseSeed(f, id)
}

// ReadSeeds reads all scenarios of a file.
func ReadSeeds(file string) ([]*Seed, error) {
	f, err := bounded.Open(file)
	if err != nil {
		return nil, fmt.Errorf("reading scenarios: %w", err)
	}
	defer f.Close()
	cases, err := parseCases(f)
	if err != nil {
		return nil, err
	}
	var out []*Seed
	for _, raw := range cases {
		s, err := parseSeed(raw)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// ParseSeed reads a seed from JSON. If the JSON is a list of scenarios, the argument "id"
// selects a scenario.
func ParseSeed(r io.Reader, id string) (*Seed, error) {
	cases, err := parseCases(r)
	if err != nil {
		return nil, err
	}
	chosen, err := chooseCase(cases, id)
	if err != nil {
		return nil, err
	}
	return parseSeed(chosen)
}

// maxSeedFile is the maximum size of a file of scenarios, in bytes.
const maxSeedFile = 64 << 20

// parseCases returns the JSON of each scenario of a file.
func parseCases(r io.Reader) ([]json.RawMessage, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxSeedFile))
	if err != nil {
		return nil, fmt.Errorf("reading scenarios: %w", err)
	}
	var names map[string]json.RawMessage
	if err := json.Unmarshal(raw, &names); err != nil {
		return nil, fmt.Errorf("parsing scenarios: %w", err)
	}
	if names["cases"] == nil {
		return []json.RawMessage{raw}, nil
	}
	var file struct {
		Schema int               `json:"schema"`
		Cases  []json.RawMessage `json:"cases"`
	}
	if err := decodeStrictly(raw, &file); err != nil {
		return nil, fmt.Errorf("parsing scenarios: %w", err)
	}
	return file.Cases, nil
}

// decodeStrictly decodes JSON. A field that the destination does not have is an error, which
// contains the name of the field.
func decodeStrictly(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// parseSeed parses and checks one scenario.
func parseSeed(raw json.RawMessage) (*Seed, error) {
	s := new(Seed)
	if err := decodeStrictly(raw, s); err != nil {
		return nil, fmt.Errorf("parsing scenario %q: %w", s.ID, err)
	}
	return NewSeed(s)
}

// NewSeed checks a scenario and creates the manifests of its versions. The server can only
// use a seed that NewSeed returned, or that one of the functions that read seeds returned.
func NewSeed(from *Seed) (*Seed, error) {
	s := from.clone()
	s.fill()
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("checking scenario %q: %w", s.ID, err)
	}
	var err error
	if s.built, err = s.build(); err != nil {
		return nil, fmt.Errorf("creating the manifests of scenario %q: %w", s.ID, err)
	}
	return s, nil
}

// chooseCase returns the scenario with an id. If there is only one scenario, the id can
// be empty.
func chooseCase(cases []json.RawMessage, id string) (json.RawMessage, error) {
	if id == "" && len(cases) == 1 {
		return cases[0], nil
	}
	if id == "" {
		return nil, errors.New("the file contains several scenarios: add # and the id of a scenario to the path")
	}
	for _, raw := range cases {
		var one struct {
			ID string `json:"id"`
		}
		if json.Unmarshal(raw, &one) == nil && one.ID == id {
			return raw, nil
		}
	}
	return nil, fmt.Errorf("the file contains no scenario with the id %q", id)
}
