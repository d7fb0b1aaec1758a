package registry

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
)

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

// page is the body of a response: the prefix, then the same text without an end. Every 4
// MiB, page measures the memory that is in use.
type page struct {
	prefix, text string
	read         int
	base, peak   uint64
}

func (p *page) Read(b []byte) (int, error) {
	n := 0
	if p.prefix != "" {
		n = copy(b, p.prefix)
		p.prefix = p.prefix[n:]
	}
	for n < len(b) {
		n += copy(b[n:], p.text)
	}
	if p.read>>22 != (p.read+n)>>22 {
		p.peak = max(p.peak, inUse())
	}
	p.read += n
	return n, nil
}

func (p *page) Close() error { return nil }

// inUse returns the number of bytes of the heap that are in use.
func inUse() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// The test is not parallel, because it measures the memory of the whole process.
func TestHostilePagesOfTagsNeedLittleMemory(t *testing.T) {
	tag := `"` + strings.Repeat("t", 127) + `",`
	cases := []struct {
		name, prefix, text string
		limit              uint64 // MiB
	}{
		{"a long string of another key", `{"name":"`, strings.Repeat("x", 4096), 2},
		{"a string with escapes", `{"name":"`, strings.Repeat(`\"`, 2048), 2},
		{"a long number", `{"name":1`, strings.Repeat("1", 4096), 2},
		{"a long list of another key", `{"name":[`, strings.Repeat("1,", 2048), 2},
		{"nested lists", `{"name":`, strings.Repeat("[", 4096), 2},
		{"nested lists in the tags", `{"tags":`, strings.Repeat("[", 4096), 2},
		{"an object in the tags", `{"tags":[{`, strings.Repeat(`"a":1,`, 700), 2},
		{"many other keys", `{`, strings.Repeat(`"a":1,`, 700), 2},
		{"a long tag", `{"tags":["`, strings.Repeat("x", 4096), 2},
		{"white space", `{"tags":`, strings.Repeat(" ", 4096), 2},
		{"short tags", `{"tags":[`, strings.Repeat(`"a",`, 1024), 64},
		{"long tags", `{"tags":[`, strings.Repeat(tag, 32), 64},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			list := &tagList{left: maxTagBytes}
			body := &page{prefix: c.prefix, text: c.text, base: inUse()}
			err := list.readPage(&http.Response{Body: body})
			if err == nil && list.addPage() {
				t.Error("the page was accepted")
			}
			if used := int64(body.peak) - int64(body.base); used > int64(c.limit)<<20 {
				t.Errorf("the page needed %d MiB, want at most %d", used>>20, c.limit)
			}
			if body.read > maxTagBytes+1<<20 {
				t.Errorf("%d bytes were read", body.read)
			}
		})
	}
}

func TestOtherValuesOfAPageOfTagsAreSkipped(t *testing.T) {
	t.Parallel()
	list := &tagList{left: maxTagBytes}
	text := `{"name":{"a":[1,"]",{"b":null}],"c":"\\"},"tags":["1","2"],"more":[[],{}],"n":-1.5e3}`
	if err := list.readPage(&http.Response{Body: io.NopCloser(strings.NewReader(text))}); err != nil || !list.addPage() {
		t.Fatal(err)
	}
	if got := list.sorted(); len(got) != 2 || got[0] != "1" || got[1] != "2" {
		t.Errorf("got %q", got)
	}
}

// FuzzTagPage checks that tagPage returns for every page, and that tagPage finds the tags
// beside every other value.
func FuzzTagPage(f *testing.F) {
	for _, other := range []string{`null`, `"\\"`, `-1.5e3`, ` [ [ "]" , {} ] , `, `{"tags":["x"],"a":{"b":"\""}}`, `tru`, `]`} {
		f.Add([]byte(other), "1.2", `a"\`)
	}
	f.Fuzz(func(t *testing.T, other []byte, first, second string) {
		read := func(page []byte) (got []string, err error) {
			err = tagPage{bufio.NewReader(bytes.NewReader(page))}.decode(func(tag string) error {
				got = append(got, tag)
				return nil
			})
			return got, err
		}
		_, _ = read(other)
		list, err := json.Marshal([]string{first, second})
		if err != nil || !json.Valid(other) || len(list) > maxText {
			return
		}
		var want []string
		if err := json.Unmarshal(list, &want); err != nil {
			t.Fatal(err)
		}
		page := fmt.Sprintf(` { "name" : %s , "tags" : %s , "more" : %[1]s } `, other, list)
		if got, err := read([]byte(page)); err != nil || !slices.Equal(got, want) {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
		if got, err := read([]byte(strings.TrimRight(page, " }"))); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("a page without its end: got %q, %v", got, err)
		}
	})
}
