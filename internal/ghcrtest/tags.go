package ghcrtest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// tagPage is the default number of tags on a page.
const tagPage = 100

// listTags serves GET …/tags/list. The list contains the tags in the order of their
// creation, because ghcr.io does not guarantee a sorted list (docs/ghcr.md, Manifests
// and tags).
func (s *Server) listTags(w http.ResponseWriter, r *http.Request, t target) *refusal {
	missing := absent(CodeNameUnknown, "repository name not known to registry")
	if refused := s.authorizeRead(r, t.name, missing); refused != nil {
		return refused
	}
	query := r.URL.Query()
	n := tagPage
	if given := query.Get("n"); given != "" {
		var err error
		if n, err = strconv.Atoi(given); err != nil || n < 0 {
			return refuse(http.StatusBadRequest, CodePageSizeInvalid, "invalid number of results requested")
		}
	}
	all, ok := s.state.tagsAfter(t.name, query.Get("last"))
	if !ok {
		return missing
	}
	page := all[:min(n, len(all))]
	if len(page) < len(all) && len(page) > 0 {
		next := url.Values{"n": {strconv.Itoa(n)}, "last": {page[len(page)-1]}}
		w.Header().Set("Link", fmt.Sprintf(`</v2/%s/tags/list?%s>; rel="next"`, t.name, next.Encode()))
	}
	if len(page) == 0 {
		page = nil // On a page after the last tag, the JSON list is null.
	}
	writeJSON(w, r, http.StatusOK, struct {
		Name string   `json:"name"`
		Tags []string `json:"tags"`
	}{t.name, page})
	return nil
}

// tagsAfter returns the tags after the tag in the argument "last", or all tags if
// this argument is empty. The result "ok" is false if the package does not exist.
func (w *state) tagsAfter(name, last string) (tags []string, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.findLocked(name)
	if p == nil {
		return nil, false
	}
	all := p.lag.tagsSeen(p.tagOrder)
	if last == "" {
		return all, true
	}
	at := slices.Index(all, last)
	if at < 0 {
		return nil, true
	}
	return all[at+1:], true
}
