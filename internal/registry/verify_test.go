package registry_test

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/ghcr-publish/ghcr-publish/internal/registry"
)

func TestVerifyReturnsAnErrorForOtherContent(t *testing.T) {
	t.Parallel()
	content := []byte("content")
	cases := []struct {
		name  string
		read  io.Reader
		wrong bool
		got   string
	}{
		{name: "right", read: bytes.NewReader(content), got: "content"},
		{name: "right, one byte per read", read: iotest.OneByteReader(bytes.NewReader(content)), got: "content"},
		{name: "right, EOF with the last bytes", read: iotest.DataErrReader(bytes.NewReader(content)), got: "content"},
		{name: "short", read: bytes.NewReader(content[:3]), wrong: true, got: "con"},
		{name: "long", read: bytes.NewReader([]byte("contents")), wrong: true},
		{name: "long, one byte per read", read: iotest.OneByteReader(bytes.NewReader([]byte("contents"))), wrong: true, got: "conten"},
		{name: "other", read: bytes.NewReader([]byte("CONTENT")), wrong: true},
		{name: "empty", read: bytes.NewReader(nil), wrong: true},
	}
	for _, tc := range cases {
		got, err := io.ReadAll(registry.Verify(io.NopCloser(tc.read), descriptor(content)))
		if errors.As(err, new(*registry.WrongContent)) != tc.wrong || string(got) != tc.got {
			t.Errorf("%s: got %q, %v", tc.name, got, err)
		}
	}
}

// The transport reads only as many bytes as the descriptor states. If the blob is
// longer, the transport must not receive the last of these bytes.
func TestVerifyWithholdsTheLastBytesOfALongerBlob(t *testing.T) {
	t.Parallel()
	content := []byte("content")
	longer := io.NopCloser(bytes.NewReader([]byte("contents")))
	if n, err := registry.Verify(longer, descriptor(content)).Read(make([]byte, len(content))); err == nil || n > 0 {
		t.Errorf("Read returned %d bytes, %v", n, err)
	}
}

func TestVerifyAcceptsAnEmptyBlob(t *testing.T) {
	t.Parallel()
	if got, err := io.ReadAll(registry.Verify(io.NopCloser(bytes.NewReader(nil)), descriptor(nil))); err != nil || len(got) != 0 {
		t.Errorf("got %q, %v", got, err)
	}
}
