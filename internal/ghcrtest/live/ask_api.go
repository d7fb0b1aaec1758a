package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

var apiQuestions = []question{
	{"rest-package", "What can GITHUB_TOKEN read about a package that it pushed?", askPackage},
	{"rest-list", "May GITHUB_TOKEN list packages?", askList},
	{"inherited", "Which visibility does a package that GITHUB_TOKEN created have, and which does its repository have?", askInherited},
	{"visibility-patch", "What is the response to a PATCH of a package's visibility, and does the request change anything?", askVisibilityPatch},
}

// packageRecord contains the fields of a package in the REST API that the questions
// need (docs/ghcr.md, Package record).
type packageRecord struct {
	Visibility string `json:"visibility"`
	Versions   *int   `json:"version_count"`
	Repository *struct {
		FullName string `json:"full_name"`
	} `json:"repository"`
}

func (v *survey) describe(ctx context.Context, pkg string) (packageRecord, answer, error) {
	var d packageRecord
	address, err := v.packageURL(ctx, pkg, "")
	if err != nil {
		return d, answer{}, err
	}
	a, err := v.rest(ctx, http.MethodGet, address, nil)
	if err == nil && a.status == http.StatusOK {
		if bad := json.Unmarshal(a.body, &d); bad != nil {
			err = fmt.Errorf("decoding the package: %w", bad)
		}
	}
	return d, a, err
}

func askPackage(ctx context.Context, v *survey) error {
	for name, pkg := range map[string]string{"existing": v.Existing, "fresh": v.Fresh} {
		d, a, err := v.describe(ctx, pkg)
		if err != nil {
			return err
		}
		v.note(name, a.summary())
		v.note(name+" is linked", yesNo(d.Repository != nil && d.Repository.FullName != ""))
		v.note(name+" counts versions", yesNo(d.Versions != nil))
	}
	address, err := v.packageURL(ctx, v.Fresh, "/versions")
	if err != nil {
		return err
	}
	a, err := v.rest(ctx, http.MethodGet, address, nil)
	v.note("versions", a.summary())
	return err
}

func askList(ctx context.Context, v *survey) error {
	owner, _, _ := strings.Cut(v.Fresh, "/")
	address, err := v.ownerURL(ctx, owner)
	if err != nil {
		return err
	}
	a, err := v.rest(ctx, http.MethodGet, address+"/packages?package_type=container", nil)
	v.note("answer", a.summary())
	return err
}

func askInherited(ctx context.Context, v *survey) error {
	a, err := v.rest(ctx, http.MethodGet, v.API+"/repos/"+v.Repository, nil)
	if err != nil {
		return err
	}
	var repository struct{ Visibility string }
	if err := json.Unmarshal(a.body, &repository); err != nil {
		return fmt.Errorf("decoding the repository: %w", err)
	}
	v.note("repository", repository.Visibility)
	d, _, err := v.describe(ctx, v.Fresh)
	v.note("package", d.Visibility)
	return err
}

// askVisibilityPatch sends a PATCH with the current visibility of the package. The
// PATCH therefore changes nothing, even if GitHub supports this request.
func askVisibilityPatch(ctx context.Context, v *survey) error {
	before, a, err := v.describe(ctx, v.Fresh)
	if err != nil || a.status != http.StatusOK {
		return err
	}
	address, err := v.packageURL(ctx, v.Fresh, "")
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]string{"visibility": before.Visibility})
	if err != nil {
		return fmt.Errorf("encoding the request: %w", err)
	}
	a, err = v.rest(ctx, http.MethodPatch, address, body)
	v.note("PATCH", a.summary())
	return err
}
