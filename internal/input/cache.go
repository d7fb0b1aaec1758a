package input

import (
	"fmt"
	"strings"
)

// cacheForms contains the right form of each type of caches of docker buildx. %s is src
// or dest.
var cacheForms = map[string]string{
	"gha": "type=gha", "inline": "type=inline", "local": "type=local,%s=FOLDER", "registry": "type=registry,ref=ghcr.io/acme/web:cache",
	"s3": "type=s3,region=REGION,bucket=BUCKET", "azblob": "type=azblob,name=NAME",
}

// caches reads the input "cache-from" or the input "cache-to". caches refuses a type
// without "type=", because docker buildx reads such a word as the name of an image.
func (r *reader) caches(name string) []string {
	lines := r.lines(name)
	for _, line := range lines {
		first, rest, more := strings.Cut(line, ",")
		word := strings.ToLower(strings.TrimSpace(strings.TrimPrefix(first, "type:")))
		if isOn(word) {
			word = "gha"
		}
		form, known := cacheForms[word]
		if !known {
			continue
		}
		place := map[string]string{"cache-from": "src", "cache-to": "dest"}[name]
		if form = strings.ReplaceAll(form, "%s", place); more {
			form = "type=" + word + "," + rest
		}
		r.fail(name, CodeValue, fmt.Sprintf("Write %s. Without type=, docker buildx reads the word as the name of an image.", form), "The input %s contains %q, which has no type", name, line)
	}
	return lines
}
