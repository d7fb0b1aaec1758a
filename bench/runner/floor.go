package main

import (
	"archive/tar"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// manifestTypes are the media types that the probe accepts for a manifest.
const manifestTypes = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json"

// floor does the least work that the protocol requires for one operation. Its time is the
// lower limit for a client that is written in Go. The operations are:
//
//	digest REFERENCE             requests a token, and reads the digest of a tag
//	unchanged FILE REFERENCE     also compares the digest with an OCI layout, or the config with a docker save
//	tag REFERENCE TAG            requests a token, reads the manifest and writes it under another tag
func floor(args []string) error {
	if len(args) < 2 {
		return errors.New("usage: bench floor digest REFERENCE, unchanged FILE REFERENCE or tag REFERENCE TAG")
	}
	switch op, rest := args[0], args[1:]; {
	case op == "digest":
		_, digest, err := openProbe(rest[0], "pull").manifest(http.MethodHead)
		fmt.Println(digest)
		return err
	case op == "unchanged" && len(rest) == 2:
		return unchanged(rest[0], openProbe(rest[1], "pull,push"))
	case op == "tag" && len(rest) == 2:
		p := openProbe(rest[0], "pull,push")
		body, _, err := p.manifest(http.MethodGet)
		if err != nil {
			return err
		}
		return p.write(rest[1], body)
	}
	return fmt.Errorf("unknown operation: %q", args)
}

// unchanged returns an error if the registry has another image than the file.
func unchanged(file string, p *probe) error {
	if strings.HasSuffix(file, ".tar") {
		want, err := savedConfig(file)
		if err != nil {
			return err
		}
		body, _, err := p.manifest(http.MethodGet)
		if err != nil {
			return err
		}
		if !bytes.Contains(body, []byte(want)) {
			return fmt.Errorf("the registry does not have the config %s", want)
		}
		return nil
	}
	b, err := os.ReadFile(filepath.Join(file, "index.json"))
	if err != nil {
		return err
	}
	_, digest, err := p.manifest(http.MethodHead)
	if err != nil {
		return err
	}
	if !bytes.Contains(b, []byte(digest)) {
		return fmt.Errorf("the registry has another image: %s", digest)
	}
	return nil
}

// savedConfig returns the hexadecimal digest of the config in a docker save. The name of the
// config is its digest.
func savedConfig(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	for r := tar.NewReader(f); ; {
		h, err := r.Next()
		if err != nil {
			return "", fmt.Errorf("searching manifest.json in %q: %w", file, err)
		}
		if h.Name != "manifest.json" {
			continue
		}
		var images []struct{ Config string }
		if err := json.NewDecoder(r).Decode(&images); err != nil || len(images) == 0 {
			return "", fmt.Errorf("reading manifest.json in %q: %w", file, err)
		}
		return strings.TrimSuffix(filepath.Base(images[0].Config), ".json"), nil
	}
}

// probe is one repository with a tag. The probe requests its token without a challenge.
type probe struct{ host, repo, tag, actions, token string }

func openProbe(reference, actions string) *probe {
	host, rest, _ := strings.Cut(reference, "/")
	repo, tag, _ := strings.Cut(rest, ":")
	return &probe{host: host, repo: repo, tag: tag, actions: actions}
}

func (p *probe) manifest(method string) (body []byte, digest string, err error) {
	resp, err := p.send(method, p.tag, nil, "")
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	return body, resp.Header.Get("Docker-Content-Digest"), err
}

func (p *probe) write(tag string, manifest []byte) error {
	var m struct{ MediaType string }
	if err := json.Unmarshal(manifest, &m); err != nil {
		return err
	}
	resp, err := p.send(http.MethodPut, tag, manifest, m.MediaType)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// send sends a request for a manifest. The caller closes the body of the response.
func (p *probe) send(method, tag string, body []byte, mediaType string) (*http.Response, error) {
	if err := p.authorize(); err != nil {
		return nil, err
	}
	req, err := http.NewRequest(method, "https://"+p.host+"/v2/"+p.repo+"/manifests/"+tag, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	req.Header.Set("Accept", manifestTypes)
	if mediaType != "" {
		req.Header.Set("Content-Type", mediaType)
	}
	resp, err := http.DefaultClient.Do(req)
	if err == nil && resp.StatusCode >= 300 {
		resp.Body.Close()
		return nil, errors.New(resp.Status)
	}
	return resp, err
}

func (p *probe) authorize() error {
	if p.token != "" {
		return nil
	}
	req, err := http.NewRequest(http.MethodGet, "https://"+p.host+"/token?service="+p.host+"&scope=repository:"+p.repo+":"+p.actions, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("octo:ghp_labtoken")))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var answer struct{ Token string }
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return fmt.Errorf("requesting a token: %s: %w", resp.Status, err)
	}
	p.token = answer.Token
	return nil
}
