// Package network describes network errors in words. Each description names the
// host and the cause. A description contains no URL, because the query of a URL
// can contain secrets and makes a message hard to read.
package network

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
)

// Error is the network error of a request to a host. The method Error returns
// the text of [Describe].
type Error struct {
	Host string
	Err  error
}

// Error returns a text that names the host and the cause.
func (e *Error) Error() string { return Describe(e.Host, e.Err) }

// Unwrap returns the original network error.
func (e *Error) Unwrap() error { return e.Err }

// Describe returns a clause that explains why a request to a host failed, for
// example "ghcr.io refused the connection". If the kind of the error is
// unknown, Describe returns the host and the text of the error.
func Describe(host string, err error) string {
	var proxy *net.OpError
	if errors.As(err, &proxy) && proxy.Op == "proxyconnect" {
		return fmt.Sprintf("the proxy in HTTPS_PROXY or HTTP_PROXY failed: %s", Describe(address(proxy, "the proxy"), proxy.Err))
	}
	for _, describe := range []func(string, error) string{resolution, certificate, handshake, connection, byProxy, timeout} {
		if text := describe(host, err); text != "" {
			return text
		}
	}
	return host + ": " + cause(err)
}

// address returns the address to which a network operation tried to connect.
func address(op *net.OpError, otherwise string) string {
	var dial *net.OpError
	var resolve *net.DNSError
	switch {
	case errors.As(op.Err, &resolve) && resolve.Name != "":
		return resolve.Name
	case errors.As(op.Err, &dial) && dial.Addr != nil:
		return dial.Addr.String()
	}
	return otherwise
}

// cause returns the text of an error without the URL of its request.
func cause(err error) string {
	var request *url.Error
	if errors.As(err, &request) {
		return request.Err.Error()
	}
	return err.Error()
}

// resolution describes the failure to resolve a host name.
func resolution(host string, err error) string {
	var e *net.DNSError
	switch {
	case !errors.As(err, &e):
		return ""
	case e.IsNotFound:
		return fmt.Sprintf("%s cannot be resolved (no such host)", host)
	case e.IsTimeout:
		return fmt.Sprintf("%s cannot be resolved (the DNS server did not answer)", host)
	}
	return fmt.Sprintf("%s cannot be resolved (%s)", host, e.Err)
}

// certificate describes a certificate that this machine does not trust.
func certificate(host string, err error) string {
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var verification *tls.CertificateVerificationError
	switch {
	case errors.As(err, &authority):
		return fmt.Sprintf("the certificate of %s is signed by an authority that this machine does not trust", host)
	case errors.As(err, &name):
		return fmt.Sprintf("the certificate of %s is for another host (%s)", host, name.Error())
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Sprintf("the certificate of %s has expired or is not valid yet (%s)", host, invalid.Detail)
	case errors.As(err, &verification):
		return fmt.Sprintf("the certificate of %s is not valid (%s)", host, verification.Err)
	}
	return ""
}

// handshake describes a server that refuses TLS, or that does not use TLS.
func handshake(host string, err error) string {
	var record tls.RecordHeaderError
	var alert tls.AlertError
	switch {
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return fmt.Sprintf("%s does not use TLS on this port", host)
	case errors.As(err, &alert):
		return fmt.Sprintf("%s refused the TLS handshake (%s)", host, alert.Error())
	}
	return ""
}

// On Windows, connection errors have the numbers of Windows Sockets ("Windows
// Sockets Error Codes"). These numbers have no other meaning on other systems.
const (
	wsaNetworkUnreachable = syscall.Errno(10051)
	wsaConnectionAborted  = syscall.Errno(10053)
	wsaConnectionReset    = syscall.Errno(10054)
	wsaConnectionRefused  = syscall.Errno(10061)
	wsaHostUnreachable    = syscall.Errno(10065)
)

// These variables group the errors of the operating systems by their meaning.
var (
	refused     = []error{syscall.ECONNREFUSED, wsaConnectionRefused}
	reset       = []error{syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED, wsaConnectionReset, wsaConnectionAborted}
	unreachable = []error{syscall.EHOSTUNREACH, syscall.ENETUNREACH, wsaHostUnreachable, wsaNetworkUnreachable}
)

// connection describes a connection that was refused or that ended early.
func connection(host string, err error) string {
	is := func(target error) bool { return errors.Is(err, target) }
	switch {
	case slices.ContainsFunc(refused, is):
		return fmt.Sprintf("%s refused the connection", host)
	case slices.ContainsFunc(reset, is):
		return fmt.Sprintf("%s closed the connection early (connection reset)", host)
	case slices.ContainsFunc(unreachable, is):
		return fmt.Sprintf("this machine has no route to %s", host)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Sprintf("%s closed the connection before the end of its response", host)
	}
	return ""
}

// byProxy describes the refusal of a request by a proxy. If a proxy refuses a
// request, the error text of net/http is only the status text of the response.
func byProxy(host string, err error) string {
	text := cause(err)
	for status := http.StatusBadRequest; status < 600; status++ {
		if known := http.StatusText(status); known != "" && strings.EqualFold(text, known) {
			return fmt.Sprintf("the proxy refused the connection to %s (%d %s)", host, status, known)
		}
	}
	return ""
}

// timeout describes a host that did not respond in time.
func timeout(host string, err error) string {
	var e net.Error
	switch {
	case !errors.As(err, &e) || !e.Timeout(), errors.Is(err, context.Canceled):
		return ""
	case strings.Contains(err.Error(), "TLS handshake"):
		return fmt.Sprintf("the TLS handshake with %s took too long", host)
	}
	return fmt.Sprintf("%s did not answer in time", host)
}
