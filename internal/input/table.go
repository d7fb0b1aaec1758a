package input

import (
	"slices"

	"github.com/ghcr-publish/ghcr-publish/internal/attest"
)

// Table lists all inputs, in the order of the documentation.
var Table = []Input{
	{
		Name: "command", Group: GroupImage, Kind: Choice, Values: []string{string(Publish), string(Merge), string(Promote), string(Metadata), string(Pull), string(Inspect), string(Diff), string(Verify), string(Login), string(Check), string(Cleanup), string(Migrate)}, Default: string(Publish), NoFlag: true,
		Help:    "Command to run. At a terminal, write the command as the first argument.",
		Example: "publish",
	},
	{
		Name: "source", Group: GroupImage, Commands: []Command{Publish, Promote, Pull, Inspect, Diff, Verify},
		Help: "Image to publish: a path, a name in the Docker engine, docker://REFERENCE, or - for a tar from standard input. A prefix selects the kind of the source: oci:, oci-archive:, docker-archive:, docker-daemon: or containers-storage:.",
		Own: map[Command]string{
			Promote: "Tag, digest or reference of the image to promote.",
			Pull:    "Reference of the image to pull. A reference without a tag or a digest means the tag \"latest\".",
			Inspect: "Image to describe: a reference, or an image on this machine.",
			Diff:    "Two images to compare, one per line: the old image, then the new image. Each image is a reference, or an image on this machine.",
			Verify:  "Reference of the image whose attestation the run verifies.",
		},
		Short:   "Image to publish, promote, pull or inspect: a path, a name in the Docker engine, or docker://REFERENCE.",
		Example: "image.tar",
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
			Cleanup: "Repositories to clean up, one per line, without tag or digest. Default: OWNER/REPOSITORY of the workflow in lower case, on the registry of this GitHub server.",
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
		Help:    "Annotations to add to the default annotations, or to replace them: KEY=value, one per line. An existing image gets annotations only if `annotations` or `labels` is set. The annotations are in the index or, without an index, in the manifest. The command `merge` always writes annotations.",
		Short:   "Annotations to add to the default annotations: KEY=value, one per line. If `source` is set, these annotations change the digest of the image.",
		Example: "org.opencontainers.image.vendor=Acme",
	},
	{
		Name: "ref-context", Group: GroupTags, Kind: Choice, Commands: metadata, Values: []string{"workflow", "git"}, Default: "workflow",
		Help:    "Source of the Git reference and the commit: the event (`workflow`), or the checkout (`git`).",
		Example: "git",
	},
	{
		Name: "context", Group: GroupBuild, OwnGroup: map[Command]Group{Metadata: GroupTags}, Commands: []Command{Publish, Metadata},
		Help: "Folder with the Dockerfile to build, or URL of a Git repository with a Dockerfile. The run uses the first of these builders that works: docker buildx, the Docker engine, buildah, podman. The run checks the token before the build.",
		Own: map[Command]string{
			Metadata: "Other name of `ref-context`, as in docker/metadata-action.",
		},
		Short:   "Folder with the Dockerfile to build, or URL of a Git repository with a Dockerfile.",
		Example: ".",
	},
	{
		Name: "file", Group: GroupBuild, Commands: publish,
		Help:    "Path of the Dockerfile. Default: the file Dockerfile in `context`. If `context` is empty, the build uses the working directory.",
		Example: "build/Dockerfile",
	},
	{
		Name: "target", Group: GroupBuild, Commands: publish,
		Help:    "Stage of the Dockerfile to build. Default: the last stage.",
		Example: "release",
	},
	{
		Name: "build-args", Group: GroupBuild, Kind: Lines, Commands: publish,
		Help:    "Build arguments for the Dockerfile: NAME=value, one per line. Every user of the image can read the arguments. Write secret values into `secrets` instead.",
		Example: "VERSION=1.2.3",
	},
	{
		Name: "secrets", Group: GroupBuild, Kind: Lines, Commands: publish, NoFlag: true,
		Help:    "Secrets that a step of the Dockerfile can mount by id: ID=value, one per line. Put an entry of several lines in double quotes. The builder receives the secrets in its environment, not on its command line.",
		Short:   "Secrets that a step of the Dockerfile can mount by id: ID=value, one per line. The builder receives the secrets in its environment.",
		Example: "npm=${{ secrets.NPM_TOKEN }}",
	},
	{
		Name: "platforms", Group: GroupBuild, Kind: Lines, Commands: publish,
		Help:    "Platforms to build the Dockerfile for, separated by commas or spaces. Default: the platform of the builder.",
		Example: "linux/amd64,linux/arm64",
	},
	{
		Name: "builder", Group: GroupBuild, Commands: publish,
		Help:    "Name of the docker buildx builder. Default: the current builder.",
		Example: "${{ steps.buildx.outputs.name }}",
	},
	{
		Name: "cache-from", Group: GroupBuild, Kind: Lines, Commands: publish,
		Help:    "Cache sources of the builder, one per line, in the syntax of the builder.",
		Example: "type=gha",
	},
	{
		Name: "cache-to", Group: GroupBuild, Kind: Lines, Commands: publish,
		Help:    "Cache destinations of the builder, one per line, in the syntax of the builder.",
		Example: "type=gha,mode=max",
	},
	{
		Name: "sep-tags", Group: GroupOutput, Commands: metadata,
		Help:    "Separator between the tags in the outputs. Default: a newline.",
		Example: ",",
	},
	{
		Name: "sep-labels", Group: GroupOutput, Commands: metadata,
		Help:    "Separator between the labels in the outputs. Default: a newline.",
		Example: ",",
	},
	{
		Name: "sep-annotations", Group: GroupOutput, Commands: metadata,
		Help:    "Separator between the annotations in the outputs. Default: a newline.",
		Example: ",",
	},
	{
		Name: "bake-target", Group: GroupOutput, Commands: metadata, Default: "docker-metadata-action",
		Help:    "Name of the target in the bake files, which docker buildx bake reads.",
		Example: "web",
	},
	{
		Name: "explain", Group: GroupOutput, Kind: Bool, Commands: metadata, Default: "false",
		Help:    "Print the tag that each rule gives, or the reason why a rule gives no tag. The job summary always contains these results.",
		Example: "true",
	},
	{
		Name: "push-by-digest", Group: GroupImage, Kind: Bool, Commands: publish, Default: "false",
		Help:    "Push the image without tags. A later job reads the outputs digest-OS-ARCH, and adds the tags with the command `merge`.",
		Example: "true",
	},
	{
		Name: "digest-name", Group: GroupImage, Commands: building,
		Help: "Short name for the image that this job pushes with `push-by-digest`. Set this input if another job pushes an image for the same platform. The output digest-NAME then also contains the digest of the image.",
		Own: map[Command]string{
			Merge: "Pattern for the short names of the images to merge. An asterisk matches any text.",
		},
		Short:   "Short name for the image that a job pushes with `push-by-digest`. If several jobs push images for the same platform, set a different name in each job.",
		Example: "web-${{ matrix.platform }}",
	},
	{
		Name: "digests", Group: GroupImage, Kind: Lines, Commands: merge,
		Help:    "Images to merge: the expression toJSON(needs.JOB.outputs), another JSON object of digests, or one image per line, as NAME=DIGEST, DIGEST or REPOSITORY@DIGEST. JOB is the id of the job that pushes with `push-by-digest`.",
		Short:   "Images to merge: the expression toJSON(needs.JOB.outputs), or one image per line, as NAME=DIGEST, DIGEST or REPOSITORY@DIGEST.",
		Example: "${{ toJSON(needs.build.outputs) }}",
	},
	{
		Name: "expect-platforms", Group: GroupSafety, Kind: Lines, Commands: merge,
		Help:    "Exact set of platforms that the merged index must contain, separated by commas or spaces. Default: no check of the platforms.",
		Example: "linux/amd64,linux/arm64",
	},
	{
		Name: "attestations", Group: GroupImage, Kind: Choice, Commands: building, Values: []string{"keep", "strip", "legacy", "referrers"}, Default: "keep",
		OwnValues: map[Command][]string{Publish: {"keep", "strip", "legacy"}},
		Help:      "Handling of the provenance and the SBOM from BuildKit. `keep` leaves both in the index, and `strip` removes both. `legacy` writes the form before BuildKit 0.32. `referrers` (only for the command `merge`) publishes both as referrers of the image. The digests of the images do not change.",
		Short:     "Handling of the provenance and the SBOM from BuildKit: `keep`, `strip`, or `legacy` for old registries. For `merge`, also `referrers`.",
		Example:   "strip",
	},
	{
		Name: "index-type", Group: GroupImage, Kind: Choice, Commands: merge, Values: []string{"oci", "docker"}, Default: "oci",
		Help:    "Media type of the index. The value `docker` is for old clients. A Docker index can contain only images with Docker media types, and no annotations.",
		Example: "docker",
	},
	{
		Name: "expected-digest", Group: GroupSafety, Commands: promote,
		Help:    "Digest that the image in `source` must have. If the image has another digest, the run fails before it writes anything.",
		Example: "${{ needs.test.outputs.digest }}",
	},
	{
		Name: "only-newer", Group: GroupSafety, Kind: Bool, Commands: promote, Default: "false",
		Help:    "Move a tag only if its current image is known to be older than the new image. With `false`, a tag also moves if the age of its current image is unknown.",
		Example: "true",
	},
	{
		Name: "overwrite", Group: GroupSafety, Kind: Lines, Commands: pushing, Default: "versions=same-digest,moving=allow",
		Help:    "Rules for existing tags, as CLASS=RULE. CLASS is `versions`, for tags of full versions (1.2.3), or `moving`, for all other tags. RULE is `allow` (the tag may get another digest), `same-digest` (an existing tag must keep its digest) or `never` (the tag must not exist before the run).",
		Short:   "Rules for existing tags, as CLASS=RULE. CLASS is `versions` (tags such as 1.2.3) or `moving` (other tags). RULE is `allow`, `same-digest` or `never`.",
		Example: "versions=allow",
	},
	{
		Name: "if-published", Group: GroupSafety, Kind: Choice, Commands: publish, Values: []string{"continue", "skip", "fail"}, Default: "continue",
		Help:    "Reaction to an image whose version tag, such as 1.2.3, exists before the run. With `context`, the label org.opencontainers.image.revision of that image must also be this commit. `skip` publishes the existing image again, without a build. The outputs are the same, and moving tags still move.",
		Short:   "Reaction if the version tag exists, and for `context` also names this commit. `skip` uses the existing image and does not build.",
		Example: "skip",
	},
	{
		Name: "monotonic", Group: GroupSafety, Kind: Bool, Commands: pushing, Default: "true",
		Help:    "Do not move a tag that points at a newer version, or at a build of a later commit of this repository, but print a warning. For a rollback, set `false`.",
		Example: "false",
	},
	{
		Name: "on-loss", Group: GroupSafety, Kind: Choice, Commands: pushing, Default: "warn", Values: []string{"warn", "fail", "ignore"},
		Help:    "Reaction if a tag moves to an image that lacks a platform, an attestation, an SBOM or a label key of the previous image: a warning, a failure before any tag moves, or nothing. Attestations that `attestations: strip` removes, and the labels created, revision and version, do not count.",
		Short:   "Reaction if a tag moves to an image that lacks a platform, an attestation, an SBOM or a label of the previous image.",
		Example: "fail",
	},
	{
		Name: "size-limit", Group: GroupSafety, Kind: Lines, Commands: pushing,
		Help:    "Maximum compressed size of the image for each platform, one limit per line: a size (500MB, 2GiB), or a growth (+10%) over the previous image of each tag that moves. If the image exceeds a limit, the run fails before any tag moves. Units: kB, MB, GB, KiB, MiB, GiB.",
		Short:   "Maximum compressed size per platform, one limit per line: a size (500MB), or a growth over the previous image (+10%).",
		Example: "500MB",
	},
	{
		Name: "visibility", Group: GroupSafety, Kind: Choice, Commands: slices.Concat(pushing, check), Default: "keep",
		Values:  []string{"public", "private", "internal", "keep"},
		Help:    "Visibility that the package must have. Before a push, the run reports the visibility that a new package inherits. If the package has another visibility, the run prints the steps to change it, because GitHub has no API for this change. The value `keep` accepts any visibility.",
		Short:   "Visibility that the package must have. If the package has another visibility, the run prints the steps to change it.",
		Example: "public",
	},
	{
		Name: "on-visibility-mismatch", Group: GroupSafety, Kind: Choice, Commands: slices.Concat(pushing, check), Default: "warn",
		Values:  []string{"warn", "fail"},
		Help:    "Reaction to a package whose visibility differs from `visibility`: a warning or a failure. If `visibility` is private or internal and the package is or would be public, publishing always fails before the upload.",
		Short:   "Reaction to a package whose visibility differs from the input `visibility`: a warning or a failure.",
		Example: "fail",
	},
	{
		Name: "link", Group: GroupImage, Kind: Choice, Commands: publish, Default: "auto", Values: []string{"auto", "label"},
		Help:    "Method that links the package to the repository. With `auto`, GitHub links a package that a workflow creates with GITHUB_TOKEN. Use `label` for a first push outside a workflow. `label` writes the label org.opencontainers.image.source, which changes the digest.",
		Short:   "Method that links the package to the repository. Use `label` for a first push outside a workflow. `label` changes the digest of the image.",
		Example: "label",
	},
	{
		Name: "token", Group: GroupLogin, Commands: slices.Concat(reporting, authenticating), NoFlag: true, ActionDefault: "${{ github.token }}",
		Help:    "Token for the registry and the API of this GitHub server. No other host receives the token. Default: the GITHUB_TOKEN of the job. At a terminal, the token comes from the variables GITHUB_TOKEN, GH_TOKEN or CR_PAT, or from --token-stdin.",
		Short:   "Token for the registry and the API of this GitHub server. No other host receives the token. Default: the GITHUB_TOKEN of the job.",
		Example: "${{ secrets.GITHUB_TOKEN }}",
	},
	{
		Name: "username", Group: GroupLogin, Commands: slices.Concat([]Command{Publish, Merge, Promote, Pull, Inspect, Diff, Verify, Cleanup}, authenticating),
		Help:    "User name to send with the token. ghcr.io ignores the user name, but other registries can check it. Default: the actor of the workflow.",
		Example: "octocat",
	},
	{
		Name: "registry", Group: GroupLogin, Commands: slices.Concat([]Command{Publish, Merge, Promote, Pull, Inspect, Diff, Verify, Cleanup}, authenticating),
		Help: "Registry for images whose names contain no host. Default: the registry of this GitHub server, for example ghcr.io.",
		Own: map[Command]string{
			Login: "Registry hosts to log in to, one per line, in addition to the hosts in `credentials`. Default: the registry of this GitHub server.",
		},
		Example: "containers.github.example.com",
	},
	{
		Name: "credentials", Group: GroupLogin, Kind: Lines, Commands: slices.Concat([]Command{Publish, Merge, Promote, Pull, Inspect, Diff, Verify, Cleanup}, authenticating), NoFlag: true,
		Help:    "Logins for other registries, for reading and for publishing: HOST USERNAME SECRET, one login per line. For other registries, the run uses the Docker config file of the machine (config.json).",
		Example: "docker.io octocat ${{ secrets.DOCKERHUB_TOKEN }}",
	},
	{
		Name: "isolated", Group: GroupLogin, Kind: Bool, Commands: login, Default: "false",
		Help:    "Write the login to a private file, and set DOCKER_CONFIG and REGISTRY_AUTH_FILE for later steps. Later steps then use only this login, and no credential helper of the machine.",
		Example: "true",
	},
	{
		Name: "dry-run", Group: GroupSafety, Kind: Bool, Commands: slices.Concat(pushing, cleanup), Default: "false",
		Help: "Open and check the source, query the registry, print the plan, and write nothing.",
		Own: map[Command]string{
			Cleanup: "Print the plan of a real run, and delete nothing. At a terminal, write --dry-run=false to delete. Default in a workflow: false.",
		},
		FlagDefault: map[Command]string{Cleanup: "true"},
		Example:     "true",
	},
	{
		Name: "push", Group: GroupSafety, Kind: Bool, Commands: slices.Concat(pushing, login),
		Help: "Publish the image. With `false`, the run only reports the changes that it would make, as with `dry-run: true`. Default: true.",
		Own: map[Command]string{
			Login: "Check that the token may push to `image`. The check opens an upload and sends no data. Default: false.",
		},
		Example: "${{ github.event_name != 'pull_request' }}",
	},
	{
		Name: "on-readonly", Group: GroupSafety, Kind: Choice, Commands: slices.Concat(pushing, check), Values: []string{"skip", "fail", "archive"},
		Help:    "Reaction to a token that can only read, as in pull requests from forks and from Dependabot. `skip` publishes nothing and succeeds. `fail` makes the run fail. `archive` writes an OCI archive, and sets the outputs \"path\" and \"archive-digest\". Default: `skip` on pull requests, otherwise `fail`.",
		Short:   "Reaction to a token that can only read, as in pull requests from forks. `archive` writes the image to a file. Default: `skip` on pull requests, otherwise `fail`.",
		Example: "fail",
	},
	{
		Name: "gate", Group: GroupSafety, Commands: pushing,
		Help:    "Script that checks the image after the push by digest and before any tag moves. If the script fails, no tag moves and the step fails. The script gets REFERENCE, DIGEST, DIGESTS, IMAGE, PREVIOUS and TAGS. It runs in bash with -eo pipefail, or in PowerShell on Windows. Default: no check.",
		Short:   "Script that checks the pushed image before any tag moves. If the script fails, no tag moves and the step fails. Variables: REFERENCE, DIGEST, DIGESTS, IMAGE, PREVIOUS, TAGS.",
		Example: "./scan.sh",
	},
	{
		Name: "verify", Group: GroupSafety, Kind: Choice, Commands: slices.Concat(pushing, cleanup), Default: "full", Values: []string{"full", "digest", "none"},
		OwnValues: map[Command][]string{Cleanup: {"full", "tags", "none"}},
		Own: map[Command]string{
			Cleanup: "Checks after the deletions. `tags` lists the package again. `full` also reads each version that is connected to a deleted version. The run restores a version that should have stayed.",
		},
		Help:    "Checks after the push. `digest` reads every tag and the digest again from the registry. `full` also pulls the image without credentials, and reads the visibility and the link of the package. With `none`, the run makes no checks, and does not notice if another run moves a tag back.",
		Short:   "Checks after the push. `digest` reads every tag and the digest again from the registry. `full` also pulls the image without credentials.",
		Example: "digest",
	},
	{
		Name: "metadata-file", Group: GroupOutput, Commands: pushing,
		Help:    "File to write the result to, as JSON with the keys of `docker buildx build --metadata-file`: containerimage.digest, containerimage.descriptor and image.name. The key ghcr-publish contains the complete report. The file is written only if the image is published.",
		Short:   "File to write the result to, as JSON with the keys of `docker buildx build --metadata-file`. The file is written only if the image is published.",
		Example: "metadata.json",
	},
	{
		Name: "digest-file", Group: GroupOutput, Commands: pushing,
		Help:    "File to write the digest of the published image to, without a newline. The file is written only if the image is published.",
		Example: "digest.txt",
	},
	{
		Name: "timeout", Group: GroupSafety, Kind: Duration, Commands: slices.Concat(reporting, authenticating), Default: "30m",
		Help:    "Maximum duration of the run, including waits and retries. After a timeout, the run reports the changes that it made. A number without a unit means minutes.",
		Example: "1h",
	},
	{
		Name: "summary", Group: GroupOutput, Kind: Bool, Commands: slices.Concat(reporting, check), Default: "true",
		Help:    "Write the job summary.",
		Example: "false",
	},
	{
		Name: "debug", Group: GroupOutput, Kind: Bool, Commands: slices.Concat(reporting, authenticating), Default: "false",
		Help:    "Print one line for each HTTP request. If debug logging is enabled for the workflow, the run always prints these lines.",
		Example: "true",
	},
	{
		Name: "trace", Group: GroupOutput, Commands: slices.Concat(reporting, authenticating),
		Help:    "File to write a trace to, with one line of JSON per HTTP request: method, host, path, status, bytes, nanoseconds, attempt, request id. The trace contains no credentials and no query of a signed URL.",
		Example: "trace.jsonl",
	},
	{
		Name: "ca-file", Group: GroupLogin, Commands: slices.Concat(reporting, authenticating),
		Help:    "PEM file with certificates to trust, in addition to the certificates of the system. Set this input for a proxy that inspects TLS, or for a registry whose certificate comes from a private authority (CA). The environment variables HTTPS_PROXY and NO_PROXY configure the proxy.",
		Short:   "PEM file with certificates to trust, in addition to the certificates of the system.",
		Example: "/etc/ssl/company.pem",
	},
	{
		Name: "destination", Group: GroupOutput, Commands: pull,
		Help:    "Destination of the pulled image: a directory for an OCI layout, oci-archive:FILE, docker-archive:FILE, or docker-daemon: for the Docker engine. To name the image, append :NAME to the path, or write docker-daemon:NAME. docker-archive: and docker-daemon: accept an image for one platform only.",
		Short:   "Destination of the pulled image: a directory for an OCI layout, oci-archive:FILE, docker-archive:FILE, or docker-daemon: for the Docker engine.",
		Example: "oci-archive:web.tar",
	},
	{
		Name: "platform", Group: GroupImage, OwnGroup: map[Command]Group{Publish: GroupFiles}, Commands: []Command{Pull, Inspect, Publish},
		Help: "Platform to select from an index: OS/ARCH or OS/ARCH/VARIANT. Default: all platforms.",
		Own: map[Command]string{
			Publish: "Platforms of an image from `content`, separated by commas. Default: the platforms in the paths of `content`. If the paths name no platform, the run uses the platforms of the executable files. If no file is executable, the run uses the platforms of the base image.",
		},
		Short:   "Platform to pull or to inspect, or platforms of an image from `content`, as OS/ARCH or OS/ARCH/VARIANT.",
		Example: "linux/arm64",
	},
	{
		Name: "verify-only", Group: GroupSafety, Kind: Bool, Commands: pull, Default: "false",
		Help:    "Check that the whole image can be pulled. The run downloads and verifies every byte, and writes nothing.",
		Example: "true",
	},
	{
		Name: "json", Group: GroupOutput, Kind: Bool, Commands: []Command{Inspect, Diff, Verify}, Default: "false",
		Help: "Print complete manifests and configs as JSON, instead of a table.",
		Own: map[Command]string{
			Diff:   "Print the differences as JSON, instead of text.",
			Verify: "Print the facts about the attestation as JSON, instead of text.",
		},
		Short:   "Print the result of `inspect`, `diff` or `verify` as JSON, instead of text.",
		Example: "true",
	},
	{
		Name: "exit-code", Group: GroupOutput, Kind: Bool, Commands: []Command{Diff}, Default: "false", OnlyFlag: true,
		Help:    "Exit with the status 1 if the images differ, and with the status 2 after an error. In a workflow, read the output `changed` instead.",
		Example: "true",
	},
	{
		Name: "digest-only", Group: GroupOutput, Kind: Bool, Commands: []Command{Inspect}, Default: "false",
		Help:    "Print only the digest of the image. The run sends one request and downloads no content.",
		Example: "true",
	},
	{
		Name: "delete", Group: GroupRules, Kind: Lines, Commands: cleanup,
		Help:    "Images to delete, one selector per line: globs (pr-*,tmp-*), /regex/, a digest, type=semver,keep=3,per=minor, type=pr,state=closed or type=branch,state=deleted,match=GLOB. A line can add keep=N and older-than=30d. The platforms and signatures go with their image.",
		Short:   "Images to delete, one selector per line: globs (pr-*,tmp-*), /regex/, a digest, type=semver,keep=3, type=pr,state=closed or type=branch,state=deleted,match=GLOB.",
		Example: "type=pr,state=closed",
	},
	{
		Name: "keep", Group: GroupRules, Kind: Lines, Commands: cleanup,
		Help:    "Images that always stay, one per line: globs, /regex/, digests or references. This input wins over all other rules.",
		Example: "latest",
	},
	{
		Name: "keep-newest", Group: GroupRules, Commands: cleanup,
		Help:    "Number of newest images that stay, of the images that `delete` selects by a tag.",
		Example: "5",
	},
	{
		Name: "older-than", Group: GroupRules, Commands: cleanup,
		Help:    "Minimum age of the images that a rule can select: 12h, 30d, 2w 3d, 6mo, 1 year or P30D. Default: every age.",
		Example: "30d",
	},
	{
		Name: "age-from", Group: GroupRules, Commands: cleanup, Default: "updated",
		Help:    "Start of the age: `updated` or `created`.",
		Example: "created",
	},
	{
		Name: "untagged", Group: GroupRules, Commands: cleanup, Default: "keep",
		Help:    "Images without a tag: delete, or keep=N to delete all except the newest N. A platform of an index and a signature are never untagged images.",
		Example: "delete",
	},
	{
		Name: "orphans", Group: GroupRules, Commands: cleanup, Default: "keep",
		Help:    "Signatures, attestations and other referrers whose image is gone: keep or delete.",
		Example: "delete",
	},
	{
		Name: "broken", Group: GroupRules, Commands: cleanup, Default: "keep",
		Help:    "Indexes with missing platforms: keep, `ghost` to delete the indexes without any platform, `partial` to delete the indexes that lack some platforms, or `all`.",
		Example: "ghost",
	},
	{
		Name: "keep-used", Group: GroupRules, Kind: Lines, Commands: cleanup,
		Help:    "Images that stay because something runs them, one per line: references, @FILE with the output of kubectl, or files and folders that contain references.",
		Example: "deploy/production",
	},
	{
		Name: "min-age", Group: GroupRules, Commands: cleanup, Default: "1h",
		Help:    "Minimum age of the images that `untagged`, `orphans` and `broken` can select. This age protects images that other jobs are pushing.",
		Example: "1d",
	},
	{
		Name: "max-delete", Group: GroupSafety, Commands: cleanup, Default: "100",
		Help:    "Maximum number of images and detached tags, or the maximum share of the images (25%). If the rules select more, the run fails and deletes nothing.",
		Example: "25%",
	},
	{
		Name: "detach", Group: GroupRules, Commands: cleanup, Default: "true",
		Help:    "Remove the selected tags of an image that stays because of another tag: `true` or `false`.",
		Example: "false",
	},
	{
		Name: "empty", Group: GroupRules, Commands: cleanup, Default: "keep",
		Help:    "Last tagged image of a package: keep or delete.",
		Example: "delete",
	},
	{
		Name: "on-unreadable", Group: GroupSafety, Commands: cleanup, Default: "fail",
		Help:    "Reaction to a manifest that cannot be read: fail, or keep to warn and to continue with the next package. In both cases, the run deletes nothing in the package of the manifest.",
		Short:   "Reaction to a manifest that cannot be read: fail, or keep to warn and to continue with the next package. The package of the manifest stays unchanged.",
		Example: "keep",
	},
	{
		Name: "undo", Group: GroupImage, Commands: cleanup,
		Help:    "Undo list of an earlier run: the file in the output `undo-file`, or the JSON of the output `deleted`. With this input, the run restores the versions and tags, and deletes nothing.",
		Short:   "Undo list of an earlier run, as a file or JSON. With this input, the run restores versions and tags, and deletes nothing.",
		Example: "undo.jsonl",
	},
	{
		Name: "cache", Group: GroupOutput, Commands: cleanup,
		Help:    "File with the connections of known manifests, for actions/cache. Without this file, each run downloads every manifest, and each download counts on the page of the package.",
		Short:   "File with the connections of known manifests, for actions/cache. Without this file, each run downloads every manifest.",
		Example: ".cleanup-cache",
	},
	{
		Name: "repo", Group: GroupSafety, Commands: verify,
		Help:    "Repository, as OWNER/NAME, whose workflow must have made the attestation. `repo` or `owner` is required. Without `signer-repo`, `signer-workflow` and `cert-identity`, the workflow file that signed must also be in this repository.",
		Short:   "Repository, as OWNER/NAME, whose workflow must have made the attestation that `verify` checks.",
		Example: "acme/web",
	},
	{
		Name: "owner", Group: GroupSafety, Commands: verify,
		Help:    "Owner of the repository whose workflow must have made the attestation.",
		Example: "acme",
	},
	{
		Name: "signer-repo", Group: GroupSafety, Commands: verify,
		Help:    "Repository, as OWNER/NAME, that contains the workflow file that signed. This input is necessary if a reusable workflow of another repository attested the image.",
		Short:   "Repository, as OWNER/NAME, that contains the workflow file that signed the attestation.",
		Example: "acme/workflows",
	},
	{
		Name: "signer-workflow", Group: GroupSafety, Commands: verify,
		Help:    "Workflow file that signed, as OWNER/NAME/PATH.",
		Example: "acme/web/.github/workflows/release.yml",
	},
	{
		Name: "source-ref", Group: GroupSafety, Commands: verify,
		Help:    "Git reference that the workflow must have built.",
		Example: "refs/tags/v1.2.3",
	},
	{
		Name: "source-digest", Group: GroupSafety, Commands: verify,
		Help:    "Commit that the workflow must have built.",
		Example: "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d",
	},
	{
		Name: "predicate-type", Group: GroupSafety, Commands: verify, Default: attest.Provenance,
		Help:    "Type of the statement that the attestation must contain.",
		Example: "https://spdx.dev/Document/v2.3",
	},
	{
		Name: "cert-identity", Group: GroupSafety, Commands: verify,
		Help:    "Name that the certificate of the signer must have. In a workflow, the name is the URL of the workflow file, an @ and the Git reference.",
		Example: "https://github.com/acme/web/.github/workflows/release.yml@refs/heads/main",
	},
	{
		Name: "cert-identity-regex", Group: GroupSafety, Commands: verify,
		Help:    "Regular expression (RE2) that the name in the certificate of the signer must match.",
		Example: "^https://github.com/acme/",
	},
	{
		Name: "cert-oidc-issuer", Group: GroupSafety, Commands: verify,
		Help:    "Issuer of the identity token of the signer. Default: the issuer of GitHub Actions.",
		Example: "https://token.actions.githubusercontent.com/acme-corp",
	},
	{
		Name: "deny-self-hosted-runners", Group: GroupSafety, Kind: Bool, Commands: verify, Default: "false",
		Help:    "Refuse an attestation that was made on a self-hosted runner.",
		Example: "true",
	},
	{
		Name: "bundle", Group: GroupSafety, Commands: verify,
		Help:    "File with the attestation of the image: one bundle as JSON, or one bundle per line. Default: the attestations in the registry.",
		Example: "attestations.jsonl",
	},
	{
		Name: "trusted-root", Group: GroupSafety, Commands: verify,
		Help:    "File with the keys of Sigstore that the run trusts, as \"gh attestation trusted-root\" writes it. Default: the keys of sigstore.dev, which the program contains.",
		Example: "trusted_root.jsonl",
	},
	{
		Name: "paths", Group: GroupFiles, Kind: Lines, Commands: migrate,
		Help:    "Folders of Git checkouts, or workflow files, that the run reads, one per line. Default: the workflows and actions of the working directory.",
		Example: ".github/workflows/release.yml",
	},
	{
		Name: "write", Group: GroupFiles, Kind: Bool, Commands: migrate, Default: "false",
		Help:    "Write the edits into the workflow files. Without this input, the run only prints the edits as a diff.",
		Example: "true",
	},
	{
		Name: "check", Group: GroupSafety, Kind: Bool, Commands: migrate, Default: "false",
		Help:    "Fail if a workflow file needs an edit. Use this input in CI.",
		Example: "true",
	},
	{
		Name: "add-check", Group: GroupFiles, Kind: Bool, Commands: migrate, Default: "false",
		Help:    "Add a workflow that runs the command `check`. This input needs `write`. The new workflow checks that the repository may push to each package that a workflow of the repository publishes. Run the new workflow once by hand, because no API shows this permission.",
		Short:   "Add a workflow that runs the command `check`. This input needs `write`.",
		Example: "true",
	},
	{
		Name: "to-action", Group: GroupFiles, Commands: migrate,
		Help:    "Name of this action, as OWNER/NAME@REF. The run replaces the steps for login, metadata and push by one step of this action, and names each difference. If one step cannot replace these steps, the run keeps the steps and prints the reason.",
		Short:   "Name of this action, as OWNER/NAME@REF. With this input, the run replaces the steps for login, metadata and push by one step of this action, where one step can do the same work.",
		Example: "ghcr-publish/ghcr-publish@v1",
	},
	{
		Name: "sarif", Group: GroupOutput, Commands: migrate,
		Help:    "File to write the findings to, in the format SARIF 2.1.0 for code scanning.",
		Example: "migrate.sarif",
	},
}
