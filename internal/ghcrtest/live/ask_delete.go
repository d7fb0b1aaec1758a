package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

var deleteQuestions = []question{
	{"deleted-index", "Which manifests remain after the deletion of the version of an index?", askDeletedIndex},
	{"restored-version", "Does a restored version get its tag again?", askRestoredVersion},
}

// settleTime is the time after which the program repeats a read, because a change is not
// visible at once.
const settleTime = 5 * time.Second

// deletedVersion is the result of the question about a deleted index.
type deletedVersion struct{ digest, address string }

// askDeletedIndex pushes an index with one child that has no tag, and deletes the version of
// the index.
func askDeletedIndex(ctx context.Context, v *survey) error {
	auth, err := v.bearer(ctx, v.Fresh+":pull,push")
	if err != nil {
		return err
	}
	child, index, err := v.pushIndex(ctx, auth)
	if err != nil {
		return err
	}
	address, err := v.versionURL(ctx, index)
	if err != nil {
		return err
	}
	a, err := v.rest(ctx, http.MethodDelete, address, nil)
	if err != nil {
		return err
	}
	v.note("DELETE", a.summary())
	if a.status == http.StatusNoContent {
		v.deleted = deletedVersion{index, address}
	}
	for _, read := range []struct{ name, reference string }{{"index", index}, {"tag of the index", "index"}, {"child", child}} {
		if err := v.readTwice(ctx, auth, read.name, read.reference); err != nil {
			return err
		}
	}
	return nil
}

// askRestoredVersion restores the index that the previous question deleted.
func askRestoredVersion(ctx context.Context, v *survey) error {
	if v.deleted.address == "" {
		return errors.New("the previous deletion failed")
	}
	auth, err := v.bearer(ctx, v.Fresh+":pull,push")
	if err != nil {
		return err
	}
	a, err := v.rest(ctx, http.MethodPost, v.deleted.address+"/restore", nil)
	if err != nil {
		return err
	}
	v.note("restore", a.summary())
	if err := v.readTwice(ctx, auth, "index", v.deleted.digest); err != nil {
		return err
	}
	return v.readTwice(ctx, auth, "tag of the index", "index")
}

// readTwice records the response to a read of a manifest. On a real registry, readTwice waits
// and reads again, and records the last response.
func (v *survey) readTwice(ctx context.Context, auth, name, reference string) error {
	wait := settleTime
	if strings.HasPrefix(v.Registry, "http://") {
		wait = 0 // The embedded registry shows a change at once.
	}
	for range 2 {
		a, err := v.call(ctx, request{method: http.MethodGet, url: v.v2(v.Fresh, "manifests/"+reference), auth: auth, header: acceptAll})
		if err != nil {
			return err
		}
		v.note(name, a.summary())
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
	return nil
}

// acceptAll accepts images and indexes.
var acceptAll = map[string]string{"Accept": string(types.OCIManifestSchema1) + "," + string(types.OCIImageIndex)}

// pushIndex pushes an image without a tag, and an index of this image with the tag "index".
func (v *survey) pushIndex(ctx context.Context, auth string) (child, index string, err error) {
	config, err := v1.NewHash(v.pushed.config)
	if err != nil {
		return "", "", errors.New("the previous push failed")
	}
	image := v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Layers: []v1.Descriptor{},
		Config:      v1.Descriptor{MediaType: types.OCIConfigJSON, Size: v.pushed.configSize, Digest: config},
		Annotations: map[string]string{"org.opencontainers.image.ref.name": "child"},
	}
	raw, child, err := v.putJSON(ctx, auth, "", types.OCIManifestSchema1, image)
	if err != nil {
		return "", "", err
	}
	_, index, err = v.putJSON(ctx, auth, "index", types.OCIImageIndex, v1.IndexManifest{
		SchemaVersion: 2, MediaType: types.OCIImageIndex,
		Manifests: []v1.Descriptor{{MediaType: types.OCIManifestSchema1, Size: int64(len(raw)), Digest: hash(raw)}},
	})
	return child, index, err
}

// putJSON pushes a manifest under a tag, or under its digest if the tag is empty.
func (v *survey) putJSON(ctx context.Context, auth, tag string, kind types.MediaType, manifest any) (raw []byte, digest string, err error) {
	raw, err = json.Marshal(manifest)
	if err != nil {
		return nil, "", fmt.Errorf("encoding a manifest: %w", err)
	}
	digest = hash(raw).String()
	reference := tag
	if tag == "" {
		reference = digest
	}
	a, err := v.call(ctx, request{
		method: http.MethodPut, url: v.v2(v.Fresh, "manifests/"+reference), auth: auth, body: raw,
		header: map[string]string{"Content-Type": string(kind)},
	})
	if err == nil && a.status != http.StatusCreated {
		err = fmt.Errorf("the registry refuses the push: %s", v.excerpt(a.body))
	}
	return raw, digest, err
}

// versionURL returns the URL of the version with a digest in the REST API.
func (v *survey) versionURL(ctx context.Context, digest string) (string, error) {
	address, err := v.packageURL(ctx, v.Fresh, "/versions")
	if err != nil {
		return "", err
	}
	for range 5 {
		a, err := v.rest(ctx, http.MethodGet, address, nil)
		if err != nil {
			return "", err
		}
		var list []struct {
			ID   int64
			Name string
		}
		if err := json.Unmarshal(a.body, &list); err != nil {
			return "", fmt.Errorf("decoding the versions: %w", err)
		}
		for _, one := range list {
			if one.Name == digest {
				return address + "/" + strconv.FormatInt(one.ID, 10), nil
			}
		}
		if err := pause(ctx, settleTime); err != nil {
			return "", err
		}
	}
	return "", fmt.Errorf("the REST API does not list the version %s", digest)
}
