package migrate

import "testing"

func TestABaseImageInAVariableCanBeInTheRegistry(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, dockerfile, buildArgs string
		want                        bool
	}{
		{"no variable", "FROM golang:1.26\n", "", false},
		{"a variable in the tag", "ARG V=1.26\nFROM golang:${V}\n", "", false},
		{"the registry as the default value", "ARG REGISTRY=ghcr.io\nFROM ${REGISTRY}/acme/base\n", "", true},
		{"another registry as the default value", "ARG REGISTRY=docker.io\nFROM --platform=$BUILDPLATFORM ${REGISTRY}/library/alpine\n", "", false},
		{"no value", "ARG BASE\nFROM $BASE\n", "", true},
		{"a literal build argument", "ARG BASE\nFROM $BASE\n", "BASE=alpine:3\nOTHER=x", false},
		{"an expression as the build argument", "ARG BASE=alpine\nFROM $BASE\n", "BASE=${{ vars.BASE }}", true},
		{"the registry as a build argument", "ARG BASE=alpine\nFROM $BASE\n", "BASE=ghcr.io/acme/base", true},
		{"a default value with a variable", "ARG OWNER=acme\nARG BASE=\"$HOST/$OWNER/base\"\nFROM $BASE\n", "", true},
		{"a copied file", "ARG TOOLS\nFROM alpine\nCOPY --from=$TOOLS /a /b\n", "", true},
		{"an earlier stage", "FROM alpine AS build\nFROM build\nCOPY --from=build /a /b\n", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := unknownBase(c.dockerfile, c.buildArgs, "ghcr.io"); got != c.want {
				t.Errorf("got %t, want %t", got, c.want)
			}
		})
	}
}
