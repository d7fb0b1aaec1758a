package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Package time prefers the time zones of the operating system to the embedded time
// zones. The test therefore checks the import instead of the time zones.
func TestZonesAreLinkedIn(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatalf("listing imports: %v", err)
	}
	if !slices.Contains(strings.Fields(string(out)), "time/tzdata") {
		t.Error("the program does not contain time/tzdata")
	}
}
