package registry

import "testing"

// A list of tiny pages ends after 8192 requests.
func TestTinyPagesCountForTheLimit(t *testing.T) {
	t.Parallel()
	list := &tagList{left: maxTagBytes}
	n := 0
	for list.read = 11; list.addPage(); n++ {
	}
	if n != maxTagBytes/pageBytes {
		t.Errorf("the list ends after %d pages", n)
	}
}
