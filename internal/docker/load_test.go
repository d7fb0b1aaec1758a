package docker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// connected returns a connection to a fake engine. The handler answers the
// requests that load an image.
func connected(t *testing.T, loading http.HandlerFunc) *Daemon {
	t.Helper()
	e := sourcetest.NewEngine(t, web())
	e.Loading = loading
	d, err := New(environment("DOCKER_HOST", e.Host)).Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// writeLoad writes size bytes to the load l, and then closes l.
func writeLoad(l *Load, size int) error {
	part := make([]byte, 64<<10)
	for size > 0 {
		n, err := l.Write(part[:min(size, len(part))])
		if err != nil {
			l.Abort(err)
			return err
		}
		size -= n
	}
	return l.Close()
}

const several = 8 << 20 // number of bytes that exceeds the buffers of a connection

func answers(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, text)
	}
}

func resetConnection(w http.ResponseWriter, r *http.Request) {
	_, _ = io.CopyN(io.Discard, r.Body, several/4)
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.(*net.TCPConn).SetLinger(0)
		_ = conn.Close()
	}
}

func TestLoadReportsTheResultOfTheEngine(t *testing.T) {
	t.Parallel()
	full := `{"errorDetail":{"message":"write /x: no space left on device"},"error":"write /x: no space left on device"}`
	cases := []struct {
		name   string
		answer http.HandlerFunc
		code   string // "" if the engine loads the image
		words  string
	}{
		{"loaded", answers(`{"stream":"Loaded image: web:1\n"}`), "", ""},
		{"loaded with an empty response", answers(""), "", ""},
		{"with warnings", answers("{\"stream\":\"The image web:1 already exists\"}\n{\"stream\":\"Loaded image: web:1\"}\n"), "", ""},
		{"no disk space", answers(full), CodeRefused, "docker system df"},
		{"the engine's message", answers("{\"stream\":\"…\"}\n{\"error\":\"invalid diffID for layer 0\"}"), CodeRefused, "invalid diffID for layer 0"},
		{"another operating system", answers(`{"error":"cannot load windows image on linux"}`), CodeRefused, "input platform"},
		{"zstd", answers(`{"error":"ApplyLayer exit status 1 stdout:  stderr: archive/tar: invalid tar header"}`), CodeRefused, "version 23"},
		{"not unpacked", answers(`{"stream":"Loaded image: web:1\n"}{"stream":"Error unpacking image web:1: not found\n"}`), CodeRefused, "not found"},
		{"an error status", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			answers(`{"message":"the disk is full"}`)(w, r)
		}, CodeRefused, "the disk is full"},
		{"not JSON", answers("<html>"), CodeInterrupted, "reading the engine's response"},
		{"an endless response", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = io.WriteString(w, `{"stream":"`)
			_, _ = io.Copy(w, io.LimitReader(endless{}, 4<<20)) // more than the client reads
		}, CodeInterrupted, "reading the engine's response"},
		{"an error before the end of the tar", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.CopyN(io.Discard, r.Body, 1<<20)
			_, _ = io.WriteString(w, full)
		}, CodeRefused, "no space left"},
		{"success before the end of the tar", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.CopyN(io.Discard, r.Body, 1<<20)
			_, _ = io.WriteString(w, `{"stream":"Loaded image: web:1"}`)
		}, CodeRefused, answeredEarly},
		{"connection reset before the end of the tar", resetConnection, CodeInterrupted, "Check that the engine runs"},
		{"connection reset after the end of the tar", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			resetConnection(w, r)
		}, CodeInterrupted, "closed the connection"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := writeLoad(connected(t, c.answer).Load(t.Context(), several), several)
			if c.code == "" && err != nil || c.code != "" && !diag.Is(err, c.code) || err != nil && !strings.Contains(err.Error(), c.words) {
				t.Errorf("got %v, want the code %q and the words %q", err, c.code, c.words)
			}
		})
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return copy(p, bytes.Repeat([]byte("x"), len(p))), nil }

// If the caller ends a load, the engine never receives a complete tar, and no
// goroutine keeps waiting.
func TestLoadsThatTheCallerEnds(t *testing.T) {
	t.Parallel()
	cause := errors.New("the blob is damaged")
	cases := []struct {
		name string
		end  func(context.CancelFunc, *Load) error
		want error
	}{
		{"by an abort", func(_ context.CancelFunc, l *Load) error { l.Abort(cause); return nil }, nil},
		{"by the context", func(cancel context.CancelFunc, l *Load) error {
			cancel()
			_, err := io.Copy(l, endless{})
			l.Abort(err)
			return err
		}, context.Canceled},
		{"by the context, during the engine's work", func(cancel context.CancelFunc, l *Load) error {
			time.AfterFunc(50*time.Millisecond, cancel)
			return writeLoad(l, several-1000)
		}, context.Canceled},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			received := make(chan error, 1)
			d := connected(t, func(_ http.ResponseWriter, r *http.Request) {
				n, err := io.Copy(io.Discard, r.Body)
				if err == nil && n < several {
					err = fmt.Errorf("the request ended without an error after %d bytes", n)
				}
				received <- err
				<-r.Context().Done()
			})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			l := d.Load(ctx, several)
			if _, err := l.Write(make([]byte, 1000)); err != nil {
				t.Fatal(err)
			}
			err := c.end(cancel, l)
			if !errors.Is(err, c.want) || diag.Is(err, CodeUnreachable) || diag.Is(err, CodeInterrupted) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if err := <-received; c.name != "by the context, during the engine's work" && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("the engine received %v", err)
			}
		})
	}
}

func TestConnectReadsPlatformAndStore(t *testing.T) {
	t.Parallel()
	for _, containerd := range []bool{false, true} {
		e := sourcetest.NewEngine(t, web())
		e.Containerd, e.Arch = containerd, "arm64"
		d, err := New(environment("DOCKER_HOST", e.Host)).Connect(t.Context())
		want := map[bool]Store{false: Classic, true: Containerd}[containerd]
		if err != nil || d.Store != want || d.Platform.String() != "linux/arm64" {
			t.Errorf("got %+v, %v", d, err)
		}
	}
	if _, err := New(environment("DOCKER_HOST", "unix:///no/such.sock")).Connect(t.Context()); !diag.Is(err, CodeUnreachable) {
		t.Errorf("got %v", err)
	}
}

func TestTagGivesAName(t *testing.T) {
	t.Parallel()
	e := sourcetest.NewEngine(t, web())
	d, err := New(environment("DOCKER_HOST", e.Host)).Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"app:1", "docker.io/acme/web:3", "ghcr.io/acme/web:3"} {
		tag, err := name.NewTag(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Tag(t.Context(), webID, tag); err != nil {
			t.Fatal(err)
		}
		if found, err := d.Image(t.Context(), text); err != nil || found == nil || found.ID != webID {
			t.Errorf("%s: got %v, %v", text, found, err)
		}
		if images, err := d.ImagesOf(t.Context(), tag.Context()); err != nil || len(images) != 1 || images[0].ID != webID {
			t.Errorf("%s: got %v, %v", text, images, err)
		}
	}
	if found, err := d.Image(t.Context(), "app:2"); err != nil || found != nil {
		t.Errorf("got %v, %v", found, err)
	}
	tag, _ := name.NewTag("app:1")
	if err := d.Tag(t.Context(), "sha256:none", tag); !diag.Is(err, CodeRefused) {
		t.Errorf("got %v", err)
	}
}
