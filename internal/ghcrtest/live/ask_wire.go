package main

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

var wireQuestions = []question{
	{"challenge", "What is the response to /v2/ without credentials?", askChallenge},
	{"http2", "Which protocol does the registry use, and how many bytes can a client send before the first acknowledgement?", askHTTP2},
}

func askChallenge(ctx context.Context, v *survey) error {
	a, err := v.call(ctx, request{method: http.MethodGet, url: v.Registry + "/v2/"})
	v.note("answer", a.summary())
	// A challenge contains the name of the registry. The fact contains "REGISTRY"
	// instead of this name, so that the challenges of two registries are comparable.
	_, host, _ := strings.Cut(v.Registry, "://")
	challenge := strings.ReplaceAll(a.header.Get("Www-Authenticate"), v.Registry, "REGISTRY")
	v.note("challenge", strings.ReplaceAll(challenge, host, "REGISTRY"))
	return err
}

// askHTTP2 opens its own connection, because HTTP clients do not show the first
// settings of the server.
func askHTTP2(ctx context.Context, v *survey) error {
	u, err := url.Parse(v.Registry)
	if err != nil {
		return fmt.Errorf("parsing %q: %w", v.Registry, err)
	}
	if u.Scheme != "https" {
		v.note("protocol", "not encrypted")
		return nil
	}
	address := u.Host
	if u.Port() == "" {
		address = net.JoinHostPort(u.Host, "443")
	}
	dialer := tls.Dialer{Config: v.tls(), NetDialer: &net.Dialer{Timeout: askTimeout}}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("connecting to %q: %w", address, err)
	}
	defer conn.Close()
	state := conn.(*tls.Conn).ConnectionState()
	v.note("TLS", tls.VersionName(state.Version))
	v.note("protocol", state.NegotiatedProtocol)
	if state.NegotiatedProtocol != "h2" {
		return nil
	}
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return fmt.Errorf("setting a deadline: %w", err)
	}
	return v.readSettings(conn)
}

// These constants are types and sizes of HTTP/2 frames (RFC 9113, sections 4.1, 6.5,
// 6.7 and 6.9).
const (
	frameHeader       = 9
	frameSettings     = 4
	framePing         = 6
	frameWindowUpdate = 8
	flagAck           = 1
	maxFrames         = 16
)

// hello contains the client's preface, an empty SETTINGS frame and a PING frame. The
// server sends its own first frames before it answers the PING.
const hello = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" +
	"\x00\x00\x00\x04\x00\x00\x00\x00\x00" +
	"\x00\x00\x08\x06\x00\x00\x00\x00\x00" + "question"

var settingNames = map[uint16]string{
	1: "HEADER_TABLE_SIZE", 2: "ENABLE_PUSH", 3: "MAX_CONCURRENT_STREAMS",
	4: "INITIAL_WINDOW_SIZE", 5: "MAX_FRAME_SIZE", 6: "MAX_HEADER_LIST_SIZE",
}

// readSettings sends the first frames of an HTTP/2 connection. It records the
// frames of the server until the server answers the PING.
func (v *survey) readSettings(conn io.ReadWriter) error {
	if _, err := io.WriteString(conn, hello); err != nil {
		return fmt.Errorf("sending the preface: %w", err)
	}
	for range maxFrames {
		kind, flags, payload, err := readFrame(conn)
		if err != nil {
			return err
		}
		switch {
		case kind == framePing && flags&flagAck != 0:
			return nil
		case kind == frameSettings && flags&flagAck == 0:
			v.noteSettings(payload)
		case kind == frameWindowUpdate && len(payload) == 4:
			// The window of the connection starts at 65,535 bytes. A WINDOW_UPDATE
			// frame for stream 0 increases this window.
			v.note("connection window", strconv.FormatUint(65535+uint64(binary.BigEndian.Uint32(payload)), 10))
		}
	}
	return nil
}

func (v *survey) noteSettings(payload []byte) {
	for ; len(payload) >= 6; payload = payload[6:] {
		id := binary.BigEndian.Uint16(payload)
		name := settingNames[id]
		if name == "" {
			name = fmt.Sprintf("setting %d", id)
		}
		v.note(name, strconv.FormatUint(uint64(binary.BigEndian.Uint32(payload[2:])), 10))
	}
}

func readFrame(r io.Reader) (kind, flags byte, payload []byte, err error) {
	var head [frameHeader]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, 0, nil, fmt.Errorf("reading a frame: %w", err)
	}
	size := int(head[0])<<16 | int(head[1])<<8 | int(head[2])
	if size > 16<<10 { // A server may send a larger frame only after the client permits frames of this size.
		return 0, 0, nil, errors.New("the frame is larger than HTTP/2 allows at the start")
	}
	payload = make([]byte, size)
	if _, err := io.ReadFull(r, payload); err != nil {
		return 0, 0, nil, fmt.Errorf("reading a frame: %w", err)
	}
	return head[3], head[4], payload, nil
}
