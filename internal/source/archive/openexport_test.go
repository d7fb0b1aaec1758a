package archive

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// engine returns exports and counts them.
type engine struct {
	tars   [][]byte // the last entry is used for all later exports
	starts atomic.Int32
	before func(n int) // runs before each export
	cut    int64       // if not 0, exports end after this number of bytes
}

func (e *engine) export(ctx context.Context) (io.ReadCloser, error) {
	n := int(e.starts.Add(1))
	if e.before != nil {
		e.before(n)
	}
	raw := e.tars[min(n, len(e.tars))-1]
	var r io.Reader = bytes.NewReader(raw)
	if e.cut > 0 {
		r = io.MultiReader(io.LimitReader(r, e.cut), brokenPipe{})
	}
	return &contextReader{ctx: ctx, Reader: r}, nil
}

type brokenPipe struct{}

func (brokenPipe) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// contextReader fails when its context ends, like the body of a net/http
// response.
type contextReader struct {
	io.Reader
	ctx context.Context
}

func (s *contextReader) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.Reader.Read(p)
}

func (s *contextReader) Close() error { return nil }

var bigNames = []string{"big0", "big1", "big2", "big3"}

func bigFiles() []file {
	files := []file{{Name: "small", Body: []byte("small")}}
	for _, name := range bigNames {
		files = append(files, file{Name: name, Body: append([]byte(name), large...)})
	}
	return files
}

func openExport(t *testing.T, e *engine) *Archive {
	t.Helper()
	a, err := OpenExport(t.Context(), "app:1", e.export)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	return a
}

func TestConcurrentReadersNeedOneMoreExport(t *testing.T) {
	t.Parallel()
	e := &engine{tars: [][]byte{sourcetest.TarBytes(t, bigFiles())}}
	a := openExport(t, e)
	queue := a.bodies.(*streams)
	e.before = func(int) { // the export waits until all other readers are queued
		for !queue.queued(len(bigNames) - 1) {
			continue
		}
	}
	var wait sync.WaitGroup
	for _, name := range slices.Backward(bigNames) {
		wait.Go(func() {
			if got := content(t, a, name); got != name+string(large) {
				t.Errorf("%s has %d bytes", name, len(got))
			}
		})
	}
	wait.Wait()
	if got := content(t, a, "small"); got != "small" {
		t.Errorf("small is %q", got)
	}
	if got := e.starts.Load(); got != 2 {
		t.Errorf("%d exports, want one to list the files and one to read", got)
	}
}

func (t *streams) queued(n int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.waiting) >= n
}

func TestAFileBehindTheReaderStartsAnotherExport(t *testing.T) {
	t.Parallel()
	e := &engine{tars: [][]byte{sourcetest.TarBytes(t, bigFiles())}}
	a := openExport(t, e)
	for i, c := range []struct {
		name  string
		total int32
	}{{"big1", 2}, {"big3", 2}, {"big0", 3}, {"big0", 4}, {"small", 4}} {
		content(t, a, c.name)
		if got := e.starts.Load(); got != c.total {
			t.Errorf("after %d: %d exports, want %d", i, got, c.total)
		}
	}
}

func TestAFileThatWasClosedEarlyCanBeReadAgain(t *testing.T) {
	t.Parallel()
	a := openExport(t, &engine{tars: [][]byte{sourcetest.TarBytes(t, bigFiles())}})
	for _, some := range []int64{0, 10} {
		r, err := a.Open(t.Context(), "big2")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(io.Discard, r, some); err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		if got := content(t, a, "big2"); got != "big2"+string(large) {
			t.Errorf("after %d bytes: got %d bytes", some, len(got))
		}
	}
}

func TestACancelledReaderDoesNotBlockTheOthers(t *testing.T) {
	t.Parallel()
	a := openExport(t, &engine{tars: [][]byte{sourcetest.TarBytes(t, bigFiles())}})
	first, err := a.Open(t.Context(), "big0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() {
		_, err := a.Open(ctx, "big1")
		failed <- err
	}()
	for !a.bodies.(*streams).queued(1) {
		continue
	}
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("a waiting reader whose context ended got %v", err)
	}
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	content(t, a, "big2")
}

func TestAnEndedContextStopsOnlyItsOwnReader(t *testing.T) {
	t.Parallel()
	a := openExport(t, &engine{tars: [][]byte{sourcetest.TarBytes(t, bigFiles())}})
	ctx, cancel := context.WithCancel(t.Context())
	r, err := a.Open(ctx, "big0")
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := io.ReadAll(r); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	content(t, a, "big1")
}

func TestExportsThatDifferOrEndEarlyAreRefused(t *testing.T) {
	t.Parallel()
	whole := sourcetest.TarBytes(t, bigFiles())
	other := func(name string, body []byte) []byte {
		return sourcetest.TarBytes(t, sourcetest.Replace(bigFiles(), name, body))
	}
	cases := []struct {
		name string
		tars [][]byte
		cut  int64
		code string
		says string
	}{
		{"a missing file", [][]byte{whole, sourcetest.TarBytes(t, sourcetest.Without(bigFiles(), "big2"))}, 0, "source-unreadable", "no longer exists"},
		{"a file has another size", [][]byte{whole, other("big2", []byte("other"))}, 0, "source-unreadable", "now has 5"},
		{"truncated while its files are listed", [][]byte{whole}, 300_000, "source-truncated", "truncated"},
		{"truncated after its last file", [][]byte{whole}, int64(len(whole)), "source-truncated", "truncated"},
		{"no tar", [][]byte{[]byte(strings.Repeat("<html>", 1000))}, 0, "source-not-a-layout", "not an image archive"},
		{"a name twice", [][]byte{sourcetest.TarBytes(t, append(bigFiles(), bigFiles()...))}, 0, "source-unsafe-path", "twice"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a, err := OpenExport(t.Context(), "app:1", (&engine{tars: c.tars, cut: c.cut}).export)
			if err == nil {
				defer a.Close()
				_, err = a.Open(t.Context(), "big2")
			}
			if !diag.Is(err, c.code) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %s: %s", err, c.code, c.says)
			}
		})
	}
}

func TestErrorsOfTheEngineAreReturned(t *testing.T) {
	t.Parallel()
	refusal := errors.New("no space left on device")
	if _, err := OpenExport(t.Context(), "app:1", func(context.Context) (io.ReadCloser, error) { return nil, refusal }); !errors.Is(err, refusal) {
		t.Errorf("got %v", err)
	}
}

func TestAClosedExportReturnsErrors(t *testing.T) {
	t.Parallel()
	a := openExport(t, &engine{tars: [][]byte{sourcetest.TarBytes(t, bigFiles())}})
	r, err := a.Open(t.Context(), "big0")
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(r); err == nil {
		t.Error("the reader returns content after its source was closed")
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, err := a.Open(t.Context(), "big1"); err == nil {
		t.Error("a closed source opens files")
	}
}
