package migrate

import (
	"fmt"
	"strings"
)

// grantList lists the packages for which a person must grant access.
type grantList []Advice

// grantList returns the packages for which a person must grant access.
func (r *Report) grantList() grantList {
	var out grantList
	for _, a := range r.Advice {
		if a.Grant {
			out = append(out, a)
		}
	}
	return out
}

// common returns the value of a field if all packages in the list have the same
// value. Otherwise, the method "common" returns "".
func (g grantList) common(field func(Advice) string) string {
	value := field(g[0])
	for _, a := range g {
		if field(a) != value {
			return ""
		}
	}
	return value
}

func (g grantList) repository() string {
	return g.common(func(a Advice) string { return a.Repository })
}
func (g grantList) role() string { return g.common(func(a Advice) string { return a.Role }) }

// title returns the sentence that asks the user to grant access to the packages
// in the list.
func (g grantList) title() string {
	repository := g.repository()
	if repository == "" {
		repository = "the repositories"
	}
	return fmt.Sprintf("Give %s access to %s:", repository, plural(len(g), "package"))
}

// access returns a phrase about the role that a repository needs for one
// package in the list.
func (g grantList) access(a Advice) string {
	if g.repository() == "" {
		return "role " + a.Role + " for " + a.Repository
	}
	return "role " + a.Role
}

// clicks returns the steps on GitHub's website that grant the access
// (docs/ghcr.md, Moving from a personal access token).
func (g grantList) clicks() []string {
	repository, role := g.repository(), g.role()
	if repository == "" {
		repository = "the repository from the list"
	}
	if role == "" {
		role = "the role from the list"
	}
	return []string{
		"Open the address of the package.",
		"Under “Manage Actions access”, click “Add repository”.",
		fmt.Sprintf("Select %s and click “Add repositories”.", repository),
		fmt.Sprintf("In the “Role” menu of the repository, choose %s.", role),
	}
}

// reasons returns the explanations for the packages in the list. If several
// packages have the same explanation, the result contains it once. If the
// result contains several explanations, each explanation starts with the names
// of its packages.
func (g grantList) reasons() []string {
	names := map[string][]string{}
	var texts []string
	for _, a := range g {
		if names[a.Text] == nil {
			texts = append(texts, a.Text)
		}
		names[a.Text] = append(names[a.Text], a.Image.String())
	}
	if len(texts) > 1 {
		for i, text := range texts {
			texts[i] = list(names[text]) + ": " + text
		}
	}
	return texts
}

// uncertain returns a sentence about addresses that are wrong if the owner of
// the package is a user. The method "uncertain" returns "" if the kind of each owner is
// known.
func (g grantList) uncertain() string {
	var owners []string
	for _, a := range g {
		if !a.Package.OwnerKnown && !strings.Contains(strings.Join(owners, " ")+" ", a.Image.Owner+" ") {
			owners = append(owners, a.Image.Owner)
		}
	}
	if len(owners) == 0 {
		return ""
	}
	return fmt.Sprintf("If %s is a user and not an organization, write \"users\" instead of \"orgs\" in the address.", strings.Join(owners, " or "))
}

// facts returns sentences about packages that already have access, about jobs
// whose packages are unknown, and about packages that could not be read.
func (r *Report) facts() []string {
	var out []string
	for _, a := range r.Advice {
		if !a.Grant {
			out = append(out, a.Image.String()+": "+a.Text)
		}
	}
	if len(r.Unnamed) > 0 {
		out = append(out, fmt.Sprintf("The files do not show the names of all packages of %s (%s). Also give the repository access to the packages whose names are not shown.",
			map[bool]string{true: "this job", false: "these jobs"}[len(r.Unnamed) == 1], strings.Join(r.Unnamed, ", ")))
	}
	if r.Unread != nil {
		out = append(out, fmt.Sprintf("Some packages could not be read from GitHub's API: %s", strings.ReplaceAll(r.Unread.Error(), "\n", "; ")))
	}
	return out
}
