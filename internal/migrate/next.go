package migrate

import (
	"fmt"
	"strings"
)

// grantList is the list of the packages to which one repository needs access.
type grantList struct {
	repository string
	packages   []Advice
}

// grantLists groups the packages that need a grant by their repository.
func (r *Report) grantLists() []grantList {
	var out []grantList
	for _, a := range r.Advice {
		if !a.Grant {
			continue
		}
		if len(out) == 0 || out[len(out)-1].repository != a.Repository {
			out = append(out, grantList{repository: a.Repository})
		}
		last := &out[len(out)-1]
		last.packages = append(last.packages, a)
	}
	return out
}

// title asks for the access to the packages of the list.
func (g grantList) title() string {
	return fmt.Sprintf("Give %s access to %s:", g.repository, plural(len(g.packages), "package"))
}

// clicks returns the steps for each package of the list.
func (g grantList) clicks() []string {
	role := g.packages[0].Role
	for _, a := range g.packages {
		if a.Role != role {
			role = ""
		}
	}
	return clicks(g.repository, role)
}

// reasons returns the texts of the packages. A text that several packages share
// occurs once. If the list has several texts, each text starts with the names of
// its packages.
func (g grantList) reasons() []string {
	names := map[string][]string{}
	var texts []string
	for _, a := range g.packages {
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

// uncertain returns a sentence about addresses whose kind of owner is unknown, or
// "".
func (g grantList) uncertain() string {
	var owners []string
	for _, a := range g.packages {
		if !a.Package.OwnerKnown && !strings.Contains(strings.Join(owners, " ")+" ", a.Image.Owner+" ") {
			owners = append(owners, a.Image.Owner)
		}
	}
	if len(owners) == 0 {
		return ""
	}
	return fmt.Sprintf("If %s is a user and not an organization, write \"users\" instead of \"orgs\" in the address.", strings.Join(owners, " or "))
}

// facts returns the sentences about packages that need no grant, and about jobs
// whose packages are unknown.
func (r *Report) facts() []string {
	var out []string
	for _, a := range r.Advice {
		if !a.Grant {
			out = append(out, a.Image.String()+": "+a.Text)
		}
	}
	if len(r.Unnamed) > 0 {
		out = append(out, fmt.Sprintf("The files do not show the names of all packages of %s (%s). Give the repository access to these packages too.",
			map[bool]string{true: "this job", false: "these jobs"}[len(r.Unnamed) == 1], strings.Join(r.Unnamed, ", ")))
	}
	return out
}
