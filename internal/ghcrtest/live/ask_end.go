package main

import (
	"context"
	"fmt"
	"net/http"
)

var endQuestions = []question{
	{"referrers", "Does the registry have a referrers API?", askReferrers},
	{"delete-manifest", "May a manifest be deleted through the registry?", askDeleteManifest},
	{"delete-package", "May GITHUB_TOKEN delete a package that it created?", askDeletePackage},
}

func askReferrers(ctx context.Context, v *survey) error {
	auth, err := v.bearer(ctx, v.Fresh+":pull")
	if err != nil {
		return err
	}
	a, err := v.call(ctx, request{method: http.MethodGet, url: v.v2(v.Fresh, "referrers/"+v.pushed.manifest), auth: auth})
	v.note("answer", a.summary())
	return err
}

func askDeleteManifest(ctx context.Context, v *survey) error {
	auth, err := v.bearer(ctx, v.Fresh+":pull,push,delete")
	if err != nil {
		return err
	}
	a, err := v.call(ctx, request{method: http.MethodDelete, url: v.v2(v.Fresh, "manifests/"+v.pushed.manifest), auth: auth})
	v.note("answer", a.summary())
	return err
}

func askDeletePackage(ctx context.Context, v *survey) error {
	address, err := v.packageURL(ctx, v.Fresh, "")
	if err != nil {
		return err
	}
	a, err := v.rest(ctx, http.MethodDelete, address, nil)
	v.note("answer", a.summary())
	return err
}

// remove deletes a package of an earlier run. A missing package is not an error.
func (v *survey) remove(ctx context.Context, pkg string) error {
	address, err := v.packageURL(ctx, pkg, "")
	if err != nil {
		return err
	}
	a, err := v.rest(ctx, http.MethodDelete, address, nil)
	if err != nil {
		return err
	}
	if a.status != http.StatusNoContent && a.status != http.StatusNotFound {
		return fmt.Errorf("deleting the package %q: status %d: %s", pkg, a.status, v.excerpt(a.body))
	}
	return nil
}
