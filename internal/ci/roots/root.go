package main

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/attest"
)

// instances maps the organization in the certificate of an authority to the name of the file.
// gh recognizes an instance by the same organization.
var instances = map[string]string{"sigstore.dev": attest.PublicGood, "GitHub, Inc.": attest.GitHub}

// names returns the names of the files, without their ending.
func names() []string { return slices.Sorted(maps.Values(instances)) }

// read returns the root of each instance. A root that the program cannot use, and a missing
// root, are errors.
func read(text []byte) (map[string][]byte, error) {
	out := map[string][]byte{}
	for decoder := json.NewDecoder(bytes.NewReader(text)); ; {
		var root json.RawMessage
		err := decoder.Decode(&root)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("reading the verified roots: %w", err)
		}
		name, err := instanceOf(root)
		if err != nil {
			return nil, err
		}
		if out[name] != nil {
			return nil, fmt.Errorf("reading the verified roots: two roots belong to the instance %s", name)
		}
		if _, err := attest.NewVerifier(root); err != nil {
			return nil, fmt.Errorf("reading the verified root of %s, which the program cannot use: %w", name, err)
		}
		out[name] = root
	}
	for _, name := range names() {
		if out[name] == nil {
			return nil, fmt.Errorf("reading the verified roots: no root belongs to the instance %s", name)
		}
	}
	return out, nil
}

// instanceOf returns the name of the instance of a root.
func instanceOf(root []byte) (string, error) {
	var text struct {
		Authorities []struct {
			Chain struct {
				Certificates []struct {
					Raw []byte `json:"rawBytes"`
				} `json:"certificates"`
			} `json:"certChain"`
		} `json:"certificateAuthorities"`
	}
	if err := json.Unmarshal(root, &text); err != nil {
		return "", fmt.Errorf("reading a verified root: %w", err)
	}
	var organizations []string
	for _, authority := range text.Authorities {
		for _, raw := range authority.Chain.Certificates {
			certificate, err := x509.ParseCertificate(raw.Raw)
			if err != nil {
				return "", fmt.Errorf("reading a certificate of a verified root: %w", err)
			}
			organizations = append(organizations, certificate.Subject.Organization...)
		}
	}
	for _, organization := range organizations {
		if name := instances[organization]; name != "" {
			return name, nil
		}
	}
	return "", fmt.Errorf("reading a verified root: the organizations %q belong to no known instance", organizations)
}

// lists are the fields of a root that contain keys and certificates.
var lists = []string{"certificateAuthorities", "ctlogs", "timestampAuthorities", "tlogs"}

// compare returns the differences between two roots. The order of the keys and the blanks
// in the JSON do not matter.
func compare(embedded, verified []byte) ([]string, error) {
	var before, after map[string]any
	if err := errors.Join(json.Unmarshal(embedded, &before), json.Unmarshal(verified, &after)); err != nil {
		return nil, err
	}
	if reflect.DeepEqual(before, after) {
		return nil, nil
	}
	var out []string
	for _, list := range lists {
		out = append(out, only("removed from "+list, before[list], after[list])...)
		out = append(out, only("added to "+list, after[list], before[list])...)
	}
	if len(out) == 0 {
		out = []string{"the same keys and certificates, but another order or another field"}
	}
	return out, nil
}

// only returns a line for each entry of a list that the other list does not contain.
func only(change string, list, other any) []string {
	entries, _ := list.([]any) // A missing list is empty.
	others, _ := other.([]any)
	var out []string
	for _, entry := range entries {
		if !slices.ContainsFunc(others, func(o any) bool { return reflect.DeepEqual(o, entry) }) {
			out = append(out, change+": "+describe(entry))
		}
	}
	return out
}

// describe returns the address and the validity of an entry.
func describe(entry any) string {
	fields, _ := entry.(map[string]any)
	key, _ := fields["publicKey"].(map[string]any)
	var out []string
	for _, value := range []any{fields["baseUrl"], fields["uri"], key["validFor"], fields["validFor"]} {
		switch value := value.(type) {
		case string:
			out = append(out, value)
		case map[string]any:
			out = append(out, fmt.Sprintf("valid from %v", value["start"]))
			if value["end"] != nil {
				out = append(out, fmt.Sprintf("to %v", value["end"]))
			}
		}
	}
	return strings.Join(out, " ")
}
