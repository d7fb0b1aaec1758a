package main

import (
	"context"
	"net/http"
	"strings"
)

var absentQuestions = []question{
	{"absent-read", "What are the responses to reads of a missing package, with a token that may create the package?", askAbsent},
	{"absent-anonymous", "What are the responses to reads of a missing package without credentials?", askAbsentAnonymous},
}

func askAbsent(ctx context.Context, v *survey) error {
	auth, err := v.bearer(ctx, v.Fresh+":pull,push")
	if err != nil {
		return err
	}
	blob := "blobs/sha256:" + strings.Repeat("0", 64)
	for _, read := range []struct{ name, method, path string }{
		{"GET manifest", http.MethodGet, "manifests/absent"},
		{"HEAD manifest", http.MethodHead, "manifests/absent"},
		{"GET tags", http.MethodGet, "tags/list"},
		{"HEAD blob", http.MethodHead, blob},
	} {
		a, err := v.call(ctx, request{method: read.method, url: v.v2(v.Fresh, read.path), auth: auth})
		if err != nil {
			return err
		}
		v.note(read.name, a.summary())
	}
	address, err := v.packageURL(ctx, v.Fresh, "")
	if err != nil {
		return err
	}
	a, err := v.rest(ctx, http.MethodGet, address, nil)
	v.note("REST", a.summary())
	return err
}

func askAbsentAnonymous(ctx context.Context, v *survey) error {
	token, a, err := v.exchangeToken(ctx, true, v.Fresh+":pull")
	v.note("/token", a.summary())
	if err != nil || token == "" {
		return err
	}
	a, err = v.call(ctx, request{method: http.MethodGet, url: v.v2(v.Fresh, "manifests/absent"), auth: "Bearer " + token})
	v.note("GET manifest", a.summary())
	return err
}
