package input

import "slices"

// imageTable returns the inputs for the image, its source and its names.
func imageTable() []Input {
	return []Input{
		{
			Name: "command", Group: GroupImage, Kind: Choice, Values: []string{string(Publish), string(Merge), string(Promote), string(Metadata), string(Pull), string(Inspect), string(Diff), string(Attest), string(Verify), string(Login), string(Check), string(Cleanup), string(Migrate)}, Default: string(Publish), NoFlag: true,
			Help:    "Command to run. At a terminal, write the command as the first argument.",
			Short:   "Command to run. At a terminal, it is the first argument.",
			Example: "publish",
		},
		{
			Name: "source", Group: GroupImage, Commands: []Command{Publish, Promote, Pull, Inspect, Diff, Attest, Verify},
			Help: "Image to publish: a path, a name in the Docker engine, docker://REFERENCE, or - for a tar from standard input. A prefix selects the kind of the source: oci:, oci-archive:, docker-archive:, docker-daemon: or containers-storage:.",
			Own: map[Command]string{
				Promote: "Tag, digest or reference of the image to promote.",
				Pull:    "Reference of the image to pull. A reference without a tag or a digest means the tag \"latest\".",
				Inspect: "Image to describe: a reference, or an image on this machine.",
				Diff:    "Two images to compare, one per line: the old image, then the new image. Each image is a reference, or an image on this machine.",
				Attest:  "Reference of the image in the registry that the run attests.",
				Verify:  "Reference of the image whose attestation the run verifies.",
			},
			Short:   "Image to publish, promote, pull or inspect: a path, a name in the Docker engine, or docker://REFERENCE.",
			Example: "image.tar",
		},
		{
			Name: "sources", Group: GroupImage, Kind: Lines, Commands: publish,
			Help:    "Images to publish together as one release: NAME=SOURCE, one per line. SOURCE is a source, or context:FOLDER for a build. *=FILE publishes all images in a file. A NAME without an owner belongs to the owner of the repository. All images are uploaded before any tag moves.",
			Short:   "Images to publish as one release: NAME=SOURCE, one per line. SOURCE is a source, or context:FOLDER. *=FILE publishes all images in a file. All uploads come before all tags.",
			Example: "api=api.tar",
		},
		{
			Name: "content", Group: GroupFiles, Kind: Lines, Commands: publish,
			Help:    "Files to create an image from: PATH:/PATH/IN/IMAGE, one per line. The contents of a folder are added. {platform} in PATH matches linux-amd64, linux_arm_v7 and linux/arm/v7, and creates one image per platform. {os}, {arch} and {variant} match parts of these names. Programs become executable.",
			Short:   "Files to create an image from, without a builder: PATH:/PATH/IN/IMAGE, one per line. {platform} in PATH creates one image per platform.",
			Example: "dist/{platform}/app:/usr/bin/app",
		},
		{
			Name: "artifact-type", Group: GroupFiles, Commands: publish,
			Help:    "Media type of the artifact to create from the files in `content`. If this input is empty, the files become an image. Each line of `content` is PATH:MEDIA/TYPE, or PATH for application/octet-stream. To publish a Helm chart (.tgz), write application/vnd.cncf.helm.config.v1+json.",
			Short:   "Media type of the artifact to create from the files in `content`. If this input is empty, the files become an image.",
			Example: "application/vnd.cyclonedx+json",
		},
		{
			Name: "subject", Group: GroupFiles, Commands: publish,
			Help:    "Reference or digest of the image that the artifact describes. This input needs `artifact-type`. The run pushes the artifact to the repository of the image, as a referrer of the image. The artifact gets tags only if `tags` is set.",
			Short:   "Reference or digest of the image that the artifact describes. This input needs `artifact-type`.",
			Example: "${{ steps.push.outputs.reference }}",
		},
		{
			Name: "base", Group: GroupFiles, Commands: publish,
			Help:    "Base image of an image from `content`: a reference, as in a FROM line, or scratch. If the base image is on the same registry, the run mounts its layers and does not copy them. Default: scratch.",
			Example: "gcr.io/distroless/static:nonroot",
		},
		{
			Name: "entrypoint", Group: GroupFiles, Kind: Lines, Commands: publish,
			Help:    "Program of an image from `content`, with its first arguments, one per line or as a JSON list. This input also removes the command of the base image. Default: the entrypoint of the base image.",
			Example: "/usr/bin/app",
		},
		{
			Name: "cmd", Group: GroupFiles, Kind: Lines, Commands: publish,
			Help:    "Arguments of the program in an image from `content`, one per line or as a JSON list. The user of the image can replace these arguments. Default: the command of the base image, unless `entrypoint` is set.",
			Short:   "Arguments of the program in an image from `content`, one per line or as a JSON list. Default: the command of the base image, unless `entrypoint` is set.",
			Example: `["--port", "8080"]`,
		},
		{
			Name: "env", Group: GroupFiles, Kind: Lines, Commands: publish,
			Help:    "Environment variables of an image from `content`: KEY=value, one per line. The run adds the variables to the variables of the base image, and replaces variables with the same name. Every user of the image can read the variables.",
			Short:   "Environment variables of an image from `content`: KEY=value, one per line. Every user of the image can read the variables.",
			Example: "PORT=8080",
		},
		{
			Name: "user", Group: GroupFiles, Commands: publish,
			Help:    "User that runs the program of an image from `content`: a name or a number, optionally with :GROUP. Default: the user of the base image.",
			Example: "65532:65532",
		},
		{
			Name: "workdir", Group: GroupFiles, Commands: publish,
			Help:    "Working directory of the program in an image from `content`: an absolute path. Default: the working directory of the base image.",
			Example: "/srv",
		},
		{
			Name: "foreign-layers", Group: GroupImage, Kind: Choice, Commands: publish, Values: []string{"keep", "push"}, Default: "keep",
			Help:    "Handling of layers whose descriptors contain URLs, as in Windows images. `keep` does not upload these layers. `push` downloads these layers over HTTPS, verifies them and uploads them. The digest of the image does not change. Check that the licence of the layers permits the upload.",
			Short:   "Handling of layers whose descriptors contain URLs, as in Windows images. `push` downloads these layers and uploads them.",
			Example: "push",
		},
		{
			Name: "compression", Group: GroupImage, Kind: Choice, Commands: publish, Values: []string{"keep", "gzip", "zstd"}, Default: "keep",
			Help:    "Compression of the layers of the image. `keep` compresses only uncompressed layers, for example from `docker save`, with gzip. `gzip` and `zstd` also recompress layers of other formats, except eStargz and zstd:chunked layers. Recompression changes the digest, but not the image id.",
			Short:   "Compression of the layers of the image. `keep` compresses only uncompressed layers, with gzip. Recompression changes the digest.",
			Example: "zstd",
		},
		{
			Name: "compression-level", Group: GroupImage, Commands: publish,
			Help:    "Compression level: 1 to 9 for `gzip`, 1 to 22 for `zstd`. The run does not compress a layer that already has the requested format, or that the registry already has in this format. Default: 1 for `gzip`, 3 for `zstd`.",
			Short:   "Compression level: 1 to 9 for `gzip`, 1 to 22 for `zstd`. Default: 1 for `gzip`, 3 for `zstd`.",
			Example: "6",
		},
		{
			Name: "image", Group: GroupImage, Kind: Lines, Commands: slices.Concat(naming, authenticating, cleanup),
			Help: "Repositories to publish to, one per line, without tag or digest. Default: OWNER/REPOSITORY of the workflow in lower case, on the registry of this GitHub server.",
			Own: map[Command]string{
				Cleanup: "Packages to clean up, one per line, without tag or digest. A pattern (ghcr.io/acme/*) needs a token that may list packages, and GITHUB_TOKEN may not. Default: OWNER/REPOSITORY of the workflow in lower case, on the registry of this GitHub server.",
			},
			Example: "ghcr.io/acme/web",
		},
		{
			Name: "tags", Group: GroupTags, Kind: Lines, Commands: naming,
			Help:    "Tags for the image, one per line. A line is a name, a full reference to one of the images, or a rule of docker/metadata-action (type=semver,pattern={{version}}). Default: 1.2.3, 1.2, 1 and latest for v1.2.3, the name of a branch, pr-N for a pull request, nightly for a schedule.",
			Short:   "Tags, one per line: names (1.2.3), full references (ghcr.io/acme/web:1.2.3), or rules of docker/metadata-action (type=semver,pattern={{version}}). Default: tags that depend on the event.",
			Example: "1.2.3",
		},
		{
			Name: "images", Group: GroupImage, Kind: Lines, Commands: metadata,
			Help:    "Image names to combine with the tags, in the syntax of docker/metadata-action: NAME or name=…,enable=…, one per line.",
			Example: "ghcr.io/acme/web",
		},
		{
			Name: "flavor", Group: GroupTags, Kind: Lines, Commands: naming,
			Help:    "Settings for all tags, one per line: latest=VALUE (auto, true, false or highest), prefix=TEXT, suffix=TEXT. With latest=highest, the tags latest, MAJOR and MAJOR.MINOR move only if the registry has no higher stable version.",
			Short:   "Settings for all tags, one per line: latest=VALUE, prefix=TEXT and suffix=TEXT. VALUE is `auto`, `true`, `false` or `highest`.",
			Example: "latest=highest",
		},
		{
			Name: "version", Group: GroupTags, Commands: naming,
			Help:    "Version for the tag rules \"semver\" and \"pep440\". Set this input if no Git tag starts the workflow, for example with workflow_dispatch or a release tool. Default: the Git tag.",
			Example: "${{ inputs.version }}",
		},
		{
			Name: "labels", Group: GroupTags, Kind: Lines, Commands: labels,
			Help:    "Labels to add to the default OCI labels, or to replace them: KEY=value, one per line. An existing image gets labels only if this input is set, because labels change the digest. An image that is built from `context` always gets labels, unless this input contains only comments.",
			Short:   "Labels to add to the default OCI labels: KEY=value, one per line. If `source` is set, these labels change the digest of the image.",
			Example: "org.opencontainers.image.vendor=Acme",
		},
		{
			Name: "annotations", Group: GroupTags, Kind: Lines, Commands: annotating,
			Help:    "Annotations to add to the default annotations, or to replace them: KEY=value, one per line. An existing image gets annotations only if `annotations` or `labels` is set. The place is the index or, without an index, the manifest. For another place, write a level of docker buildx: manifest:KEY=value.",
			Short:   "Annotations to add to the default annotations: KEY=value, one per line. If `source` is set, these annotations change the digest of the image.",
			Example: "org.opencontainers.image.vendor=Acme",
		},
		{
			Name: "ref-context", Group: GroupTags, Kind: Choice, Commands: metadata, Values: []string{"workflow", "git"}, Default: "workflow",
			Help:    "Source of the Git reference and the commit: the event (`workflow`), or the checkout (`git`).",
			Example: "git",
		},
	}
}
