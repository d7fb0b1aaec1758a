//go:build ignore

// Command generate writes testdata/hello.tar. Each run writes the same bytes.
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"log"
	"os"
)

const message = "Hello! You are running an image that ghcr-publish published.\n"

type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int               `json:"size"`
	Platform    map[string]string `json:"platform,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// blobs contains the blobs of the layout in the order of the archive.
var blobs []struct {
	digest string
	data   []byte
}

func add(mediaType string, data []byte) descriptor {
	sum := sha256.Sum256(data)
	digest := hex.EncodeToString(sum[:])
	known := false
	for _, b := range blobs {
		known = known || b.digest == digest
	}
	if !known {
		blobs = append(blobs, struct {
			digest string
			data   []byte
		}{digest, data})
	}
	return descriptor{MediaType: mediaType, Digest: "sha256:" + digest, Size: len(data)}
}

func main() {
	readme := layer("README.txt", 0o644, []byte("An image that ghcr-publish publishes to try itself.\n"))
	var children []descriptor
	for _, p := range []struct {
		arch string
		code []byte
	}{{"amd64", amd64()}, {"arm64", arm64()}} {
		children = append(children, child(p.arch, readme, layer("hello", 0o755, p.code)))
	}
	index := add("application/vnd.oci.image.index.v1+json", encode(map[string]any{
		"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": children,
	}))
	index.Annotations = map[string]string{"org.opencontainers.image.ref.name": "hello"}

	var out bytes.Buffer
	w := tar.NewWriter(&out)
	write(w, "oci-layout", 0o644, []byte(`{"imageLayoutVersion":"1.0.0"}`))
	write(w, "index.json", 0o644, encode(map[string]any{
		"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": []descriptor{index},
	}))
	for _, b := range blobs {
		write(w, "blobs/sha256/"+b.digest, 0o644, b.data)
	}
	check(w.Close())
	check(os.WriteFile("testdata/hello.tar", out.Bytes(), 0o644))
}

type packed struct{ plain, compressed []byte }

func layer(name string, mode int64, data []byte) packed {
	var plain, compressed bytes.Buffer
	w := tar.NewWriter(&plain)
	write(w, name, mode, data)
	check(w.Close())
	z := gzip.NewWriter(&compressed)
	_, err := z.Write(plain.Bytes())
	check(err)
	check(z.Close())
	return packed{plain.Bytes(), compressed.Bytes()}
}

func child(arch string, layers ...packed) descriptor {
	var descs []descriptor
	var diffs []string
	for _, l := range layers {
		sum := sha256.Sum256(l.plain)
		diffs = append(diffs, "sha256:"+hex.EncodeToString(sum[:]))
		descs = append(descs, add("application/vnd.oci.image.layer.v1.tar+gzip", l.compressed))
	}
	config := add("application/vnd.oci.image.config.v1+json", encode(map[string]any{
		"architecture": arch, "os": "linux", "created": "2026-01-01T00:00:00Z",
		"config": map[string]any{"Entrypoint": []string{"/hello"}},
		"rootfs": map[string]any{"type": "layers", "diff_ids": diffs},
	}))
	d := add("application/vnd.oci.image.manifest.v1+json", encode(map[string]any{
		"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": descs,
	}))
	d.Platform = map[string]string{"architecture": arch, "os": "linux"}
	return d
}

func write(w *tar.Writer, name string, mode int64, data []byte) {
	check(w.WriteHeader(&tar.Header{Name: name, Mode: mode, Size: int64(len(data)), Format: tar.FormatUSTAR}))
	_, err := w.Write(data)
	check(err)
}

// amd64 and arm64 are static ELF programs that write the message to file descriptor 1
// and exit with 0.
func amd64() []byte {
	code := []byte{
		0xb8, 1, 0, 0, 0, // mov eax, 1 (write)
		0xbf, 1, 0, 0, 0, // mov edi, 1
		0x48, 0x8d, 0x35, 16, 0, 0, 0, // lea rsi, [rip+16]
		0xba, byte(len(message)), 0, 0, 0, // mov edx, len
		0x0f, 0x05, // syscall
		0xb8, 60, 0, 0, 0, // mov eax, 60 (exit)
		0x31, 0xff, // xor edi, edi
		0x0f, 0x05, // syscall
	}
	return elf(62, append(code, message...))
}

func arm64() []byte {
	var code []byte
	for _, op := range []uint32{
		0xd2800020,                           // mov x0, #1
		0x10000001 | 28>>2<<5,                // adr x1, +28
		0xd2800002 | uint32(len(message))<<5, // mov x2, len
		0xd2800808, 0xd4000001,               // mov x8, #64 (write); svc 0
		0xd2800000,             // mov x0, #0
		0xd2800ba8, 0xd4000001, // mov x8, #93 (exit); svc 0
	} {
		code = binary.LittleEndian.AppendUint32(code, op)
	}
	return elf(183, append(code, message...))
}

func elf(machine uint16, code []byte) []byte {
	const base, header = 0x400000, 64 + 56
	le := binary.LittleEndian
	out := []byte{0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	out = le.AppendUint16(out, 2)
	out = le.AppendUint16(out, machine)
	out = le.AppendUint32(out, 1)
	out = le.AppendUint64(out, base+header) // entry
	out = le.AppendUint64(out, 64)          // program headers
	out = le.AppendUint64(out, 0)
	out = le.AppendUint32(out, 0)
	for _, n := range []uint16{64, 56, 1, 64, 0, 0} {
		out = le.AppendUint16(out, n)
	}
	out = le.AppendUint32(out, 1) // PT_LOAD
	out = le.AppendUint32(out, 5) // read, execute
	for _, n := range []uint64{0, base, base, uint64(header + len(code)), uint64(header + len(code)), 0x10000} {
		out = le.AppendUint64(out, n)
	}
	return append(out, code...)
}

func encode(v any) []byte {
	data, err := json.Marshal(v)
	check(err)
	return data
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
