package ghcrtest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

type (
	pullJSON struct {
		Number  int    `json:"number"`
		State   string `json:"state"`
		HTMLURL string `json:"html_url"`
	}

	branchJSON struct {
		Name   string     `json:"name"`
		Commit parentJSON `json:"commit"`
	}
)

// pulls serves GET …/pulls and …/pulls/{number}.
func (c *apiCall) pulls(repo *Repository, rest []string) *apiError {
	switch len(rest) {
	case 0:
		return c.listPulls(repo)
	case 1:
		number, err := strconv.Atoi(rest[0])
		state, known := repo.Pulls[number]
		if err != nil || !known {
			return notFound()
		}
		return c.reply(c.pullJSON(repo, number, state))
	}
	return notFound()
}

// listPulls lists the pull requests with the state in the query, the newest first. The
// default state is "open", as on GitHub.
func (c *apiCall) listPulls(repo *Repository) *apiError {
	want := cmp.Or(c.r.URL.Query().Get("state"), "open")
	out := []pullJSON{}
	for _, number := range slices.Backward(slices.Sorted(maps.Keys(repo.Pulls))) {
		if state := repo.Pulls[number]; want == "all" || want == state {
			out = append(out, c.pullJSON(repo, number, state))
		}
	}
	return c.reply(page(c, out))
}

func (c *apiCall) pullJSON(repo *Repository, number int, state string) pullJSON {
	return pullJSON{Number: number, State: state, HTMLURL: fmt.Sprintf("%s/%s/pull/%d", base(c.r), repo.Name, number)}
}
