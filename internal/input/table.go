package input

import (
	"slices"
)

// Table lists all inputs, in the order of the documentation.
var Table = []Input{
	{
		Name: "command", Kind: Choice, Values: []string{string(Publish), string(Merge), string(Promote), string(Metadata), string(Pull), string(Inspect), string(Login), string(Check), string(Migrate)}, Default: string(Publish), NoFlag: true,
		Help:    "What to do. At a terminal it is the subcommand.",
		Example: "publish",
	},
	{
		Name: "source", Commands: []Command{Publish, Promote, Pull, Inspect},
		Help: "The image to publish: a directory with an OCI layout, an OCI archive, a `docker save` tar, an image in the Docker engine or in podman's storage by name or id, or a registry reference. It is recognised by looking, paths first, then the Docker engine; a prefix (oci:, oci-archive:, docker-archive:, docker-daemon:, containers-storage:, docker://) names the kind outright, and podman's storage needs it. Where a tar holds several images, #name:tag picks one.",
		Own: map[Command]string{
			Promote: "The image to promote: a reference, or the tag or digest of one in image.",
			Pull:    "The image to pull: NAME, NAME:TAG or NAME@DIGEST; without either, latest.",
			Inspect: "What to look at: a reference, taken as written, or whatever publish takes.",
		},
		Example: "image.tar",
	},
	{
		Name: "content", Kind: Lines, Commands: publish,
		Help:    "In the place of source: files to make an image of, without any builder. One PATH:/PATH/IN/IMAGE a line; of a folder goes what is in it. {os}, {arch} and {variant} in PATH make an image for each platform there is. The same files give the same digest on every machine: times and owners are fixed, programs and scripts can be executed.",
		Example: "dist/{os}-{arch}/app:/usr/bin/app",
	},
	{
		Name: "artifact-type", Commands: publish,
		Help:    "Publish the files of content as an artifact, not as an image: its media type. content then has PATH:MEDIA/TYPE a line, or PATH for application/octet-stream. For application/vnd.cncf.helm.config.v1+json it is the .tgz of a Helm chart.",
		Example: "application/vnd.cyclonedx+json",
	},
	{
		Name: "subject", Commands: publish,
		Help:    "With artifact-type: the image that the artifact is about, as a reference or a digest. It is published beside that image and listed among its referrers, and gets tags only if tags is set.",
		Example: "${{ steps.push.outputs.reference }}",
	},
	{
		Name: "base", Commands: publish,
		Help:    "With content: the image below the files, a registry reference as in a Dockerfile's FROM, or scratch. Its layers are mounted, not copied, where it lives on the same registry. Without it: scratch.",
		Example: "gcr.io/distroless/static:nonroot",
	},
	{
		Name: "entrypoint", Kind: Lines, Commands: publish,
		Help:    "With content: the program to start, with its first arguments, one a line or as JSON. It takes the base's cmd away, as in a Dockerfile.",
		Example: "/usr/bin/app",
	},
	{
		Name: "cmd", Kind: Lines, Commands: publish,
		Help:    "With content: the arguments that whoever runs the image may replace, one a line or as JSON.",
		Example: `["--port", "8080"]`,
	},
	{
		Name: "env", Kind: Lines, Commands: publish,
		Help:    "With content: variables to add to the base's, or to replace there: KEY=value, one a line. Whoever has the image can read them.",
		Example: "PORT=8080",
	},
	{
		Name: "user", Commands: publish,
		Help:    "With content: who runs the program: a name or number, with :GROUP after it.",
		Example: "65532:65532",
	},
	{
		Name: "workdir", Commands: publish,
		Help:    "With content: the folder in the image to start in.",
		Example: "/srv",
	},
	{
		Name: "foreign-layers", Kind: Choice, Commands: publish, Values: []string{"keep", "push"}, Default: "keep",
		Help:    "What becomes of layers that are fetched from addresses of their own, as in Windows images: keep leaves them there; push fetches them (HTTPS only, checked) and sends them along. The digest stays the same. Check that their licence allows it.",
		Example: "push",
	},
	{
		Name: "compression", Kind: Choice, Commands: publish, Values: []string{"keep", "gzip", "zstd"}, Default: "keep",
		Help:    "What layers are compressed with. keep leaves them as they came; plain layers of `docker save`, of the engine and of podman become gzip, or stay as the registry has them. gzip and zstd compress those anew that have another format, which changes the digest but not the image id; eStargz and zstd:chunked layers stay. The same layers give the same bytes on every machine. With push-by-digest no tag tells what was pushed before, so layers are compressed again in every run.",
		Example: "zstd",
	},
	{
		Name: "compression-level", Commands: publish,
		Help:    "With compression: how hard to try, 1 to 9 for gzip (without it 1), 1 to 22 for zstd (without it 3). Layers that have the format already, or that the registry has in it, stay as they are.",
		Example: "6",
	},
	{
		Name: "image", Kind: Lines, Commands: slices.Concat(naming, asking),
		Help:    "Where to publish: one repository a line, without tag or digest. Without it: the registry of this GitHub, then owner and repository of the workflow in lower case.",
		Example: "ghcr.io/acme/web",
	},
	{
		Name: "tags", Kind: Lines, Commands: naming,
		Help:    "Tags to point at the image, one a line: names, full references to one of the images, or rules as docker/metadata-action has them (type=semver,pattern={{version}}). Without it they follow the event: a version tag gives 1.2.3, 1.2, 1 and latest; a branch its name; a pull request pr-N; a schedule nightly.",
		Example: "1.2.3",
	},
	{
		Name: "images", Kind: Lines, Commands: metadata,
		Help:    "The images to name, in docker/metadata-action's form: a name a line, or name=…,enable=….",
		Example: "ghcr.io/acme/web",
	},
	{
		Name: "flavor", Kind: Lines, Commands: naming,
		Help:    "What tags have in common: latest=auto|true|false|highest, prefix=…, suffix=…. With latest=highest, latest, the major and the major.minor tag move only if this version is the highest stable one in the registry.",
		Example: "latest=highest",
	},
	{
		Name: "version", Commands: naming,
		Help:    "The version that semver and pep440 rules take, on any event: for workflow_dispatch, workflow_call and release tools. Without it: the git tag.",
		Example: "${{ inputs.version }}",
	},
	{
		Name: "labels", Kind: Lines, Commands: labels,
		Help:    "Labels to add to, or to replace in, the usual ones of the OCI image-spec: key=value, one a line. publish writes them into an image that is there only if this is set, because that changes its digest; one that it builds from context has them always.",
		Example: "org.opencontainers.image.vendor=Acme",
	},
	{
		Name: "annotations", Kind: Lines, Commands: annotating,
		Help:    "Annotations to add to, or to replace in, the usual ones: key=value, one a line. If this or labels is set, publish writes them into the index or, without one, the manifest; merge writes them into the index it makes.",
		Example: "org.opencontainers.image.vendor=Acme",
	},
	{
		Name: "ref-context", Kind: Choice, Commands: metadata, Values: []string{"workflow", "git"}, Default: "workflow",
		Help:    "Where ref and commit come from: the workflow's event, or the checkout.",
		Example: "git",
	},
	{
		Name: "context", Commands: []Command{Publish, Metadata},
		Help: "In the place of source: a folder to build from with a Dockerfile, or the address of one that the builder fetches. The builder is docker buildx, else the Docker engine's own, else buildah or podman. Whether the image may be pushed is looked at before it is built.",
		Own: map[Command]string{
			Metadata: "Another word for ref-context, for workflows that come from docker/metadata-action.",
		},
		Example: ".",
	},
	{
		Name: "file", Commands: publish,
		Help:    "The Dockerfile. Without it: Dockerfile in the context. Without context, that is the working directory.",
		Example: "build/Dockerfile",
	},
	{
		Name: "target", Commands: publish,
		Help:    "The stage of the Dockerfile to build. Without it: the last one.",
		Example: "release",
	},
	{
		Name: "build-args", Kind: Lines, Commands: publish,
		Help:    "Arguments for the Dockerfile: NAME=value, one a line. They can be read in the image: what is secret belongs into secrets.",
		Example: "VERSION=1.2.3",
	},
	{
		Name: "secrets", Kind: Lines, Commands: publish, NoFlag: true,
		Help:    "Secrets that a step of the Dockerfile may mount by id: ID=value, one a line, or in double quotes over several. The builder gets them in its environment, not on its command line.",
		Example: "npm=${{ secrets.NPM_TOKEN }}",
	},
	{
		Name: "platforms", Kind: Lines, Commands: publish,
		Help:    "The platforms to build the Dockerfile for, separated by commas or blanks. Without it: the builder's own.",
		Example: "linux/amd64,linux/arm64",
	},
	{
		Name: "builder", Commands: publish,
		Help:    "The builder of docker buildx to use. Without it: the current one.",
		Example: "${{ steps.buildx.outputs.name }}",
	},
	{
		Name: "cache-from", Kind: Lines, Commands: publish,
		Help:    "Where the builder may take steps from that were built before, one a line, as it writes them itself.",
		Example: "type=gha",
	},
	{
		Name: "cache-to", Kind: Lines, Commands: publish,
		Help:    "Where the builder keeps what it built, one a line, as it writes them itself.",
		Example: "type=gha,mode=max",
	},
	{
		Name: "sep-tags", Commands: metadata,
		Help:    "What stands between tags in the outputs. Without it: a line each.",
		Example: ",",
	},
	{
		Name: "sep-labels", Commands: metadata,
		Help:    "The same between labels.",
		Example: ",",
	},
	{
		Name: "sep-annotations", Commands: metadata,
		Help:    "The same between annotations.",
		Example: ",",
	},
	{
		Name: "bake-target", Commands: metadata, Default: "docker-metadata-action",
		Help:    "The target that the bake files define.",
		Example: "web",
	},
	{
		Name: "explain", Kind: Bool, Commands: metadata, Default: "false",
		Help:    "Print for each rule what it gave, or why nothing. The summary always shows it.",
		Example: "true",
	},
	{
		Name: "push-by-digest", Kind: Bool, Commands: publish, Default: "false",
		Help:    "Push the image without any tag, for merge to join with those of other runners. The outputs digest-OS-ARCH then name what was pushed.",
		Example: "true",
	},
	{
		Name: "digest-name", Commands: building,
		Help:    "With push-by-digest: a name for the image of this job, if another job pushes the same platform. The output digest-NAME then also contains the digest. With merge: a pattern, which selects the images with a matching name; * matches any part of a name.",
		Example: "web-${{ matrix.platform }}",
	},
	{
		Name: "digests", Kind: Lines, Commands: merge,
		Help:    "What to join: the outputs of the jobs that pushed with push-by-digest, as toJSON gives them; or a JSON object of digests; or lines of NAME=DIGEST, DIGEST or REPOSITORY@DIGEST.",
		Example: "${{ toJSON(needs.build.outputs) }}",
	},
	{
		Name: "expect-platforms", Kind: Lines, Commands: merge,
		Help:    "The platforms that must come, no more and no less, separated by commas or blanks. Without it: whatever comes.",
		Example: "linux/amd64,linux/arm64",
	},
	{
		Name: "attestations", Kind: Choice, Commands: building, Values: []string{"keep", "strip", "referrers"}, Default: "keep",
		OwnValues: map[Command][]string{Publish: {"keep", "strip"}},
		Help:      "What becomes of the provenance and SBOM that BuildKit attached: entries of the index as they were, left out, or, with merge, manifests of their own that refer to the image. Leaving them out changes the digest of the index, not of its images.",
		Example:   "strip",
	},
	{
		Name: "index-type", Kind: Choice, Commands: merge, Values: []string{"oci", "docker"}, Default: "oci",
		Help:    "The media type of the index. docker is for old clients: it takes images of Docker's own types alone, and has no annotations.",
		Example: "docker",
	},
	{
		Name: "expected-digest", Commands: promote,
		Help:    "The digest that the source must have. Another one ends the run before anything is written.",
		Example: "${{ needs.test.outputs.digest }}",
	},
	{
		Name: "only-newer", Kind: Bool, Commands: promote, Default: "false",
		Help:    "Move a tag only if what it points at is known to be older. With monotonic alone, it also moves where nothing tells.",
		Example: "true",
	},
	{
		Name: "overwrite", Kind: Lines, Commands: pushing, Default: "versions=same-digest,moving=allow",
		Help:    "What may be done to tags that exist, by class: versions are tags of a full version (1.2.3), moving all others. same-digest lets a tag be written again as it is, never not even that, allow points it elsewhere.",
		Example: "versions=allow",
	},
	{
		Name: "monotonic", Kind: Bool, Commands: pushing, Default: "true",
		Help:    "Do not move a tag back: one that points at a newer version, or at a build of a later commit of this repository, stays where it is, and a warning says so. False for rollbacks.",
		Example: "false",
	},
	{
		Name: "visibility", Kind: Choice, Commands: slices.Concat(pushing, check), Default: "keep",
		Values:  []string{"public", "private", "internal", "keep"},
		Help:    "The visibility the package must have. It is checked, and what a new package will inherit is said before it is pushed. GitHub has no call that changes it: where it differs, the page and the clicks are printed. keep accepts what is there.",
		Example: "public",
	},
	{
		Name: "on-visibility-mismatch", Kind: Choice, Commands: slices.Concat(pushing, check), Default: "warn",
		Values:  []string{"warn", "fail"},
		Help:    "Whether another visibility than the wanted one is a warning or a failure. Publishing where private or internal is wanted and the package is or would be public always fails, before anything is uploaded.",
		Example: "fail",
	},
	{
		Name: "link", Kind: Choice, Commands: publish, Default: "auto", Values: []string{"auto", "label"},
		Help:    "How the package comes to belong to the repository. auto leaves it to GitHub, which links what a workflow creates with GITHUB_TOKEN. label writes org.opencontainers.image.source into the image first, for a first push from outside a workflow; that changes its digest.",
		Example: "label",
	},
	{
		Name: "token", Commands: slices.Concat(reporting, asking), NoFlag: true, ActionDefault: "${{ github.token }}",
		Help:    "The token to publish with. It goes to the registry and the API of this GitHub and to no other host. At a terminal it comes from GITHUB_TOKEN, GH_TOKEN or CR_PAT, or from --token-stdin.",
		Example: "${{ secrets.GITHUB_TOKEN }}",
	},
	{
		Name: "username", Commands: slices.Concat([]Command{Publish, Merge, Promote, Pull, Inspect}, asking),
		Help:    "The user name sent with the token. ghcr.io does not look at it; other registries may. Without it: the actor of the workflow.",
		Example: "octocat",
	},
	{
		Name: "registry", Commands: slices.Concat([]Command{Publish, Merge, Promote, Pull, Inspect}, asking),
		Help: "The registry of images named without a host. Without it: ghcr.io, or the registry that belongs to GITHUB_SERVER_URL.",
		Own: map[Command]string{
			Login: "Where to log in, a host a line. Without it: the registry of this GitHub, and wherever credentials are for.",
		},
		Example: "containers.github.example.com",
	},
	{
		Name: "credentials", Kind: Lines, Commands: slices.Concat([]Command{Publish, Merge, Promote, Pull, Inspect}, asking), NoFlag: true,
		Help:    "Logins for other registries, to read sources from or to publish to, one a line: host, user name and secret, separated by blanks. Without one, the host's Docker login file is used.",
		Example: "docker.io octocat ${{ secrets.DOCKERHUB_TOKEN }}",
	},
	{
		Name: "isolated", Kind: Bool, Commands: login, Default: "false",
		Help:    "Write the login to a private file instead of the host's, and lead later steps there (DOCKER_CONFIG, REGISTRY_AUTH_FILE). They see no other login of the host, and its credential helpers are not asked.",
		Example: "true",
	},
	{
		Name: "dry-run", Kind: Bool, Commands: pushing, Default: "false",
		Help:    "Open and check the source, ask the registry what is there, print the plan, and write nothing.",
		Example: "true",
	},
	{
		Name: "push", Kind: Bool, Commands: slices.Concat(pushing, login),
		Help: "false is another word for dry-run: true, for workflows that come from docker/build-push-action.",
		Own: map[Command]string{
			Login: "Check that the token may push to image: it opens an upload and sends nothing.",
		},
		Example: "${{ github.event_name != 'pull_request' }}",
	},
	{
		Name: "on-readonly", Kind: Choice, Commands: slices.Concat(pushing, check), Values: []string{"skip", "fail", "archive"},
		Help:    "What to do when the token may only read, as in pull requests from forks and from Dependabot. Without it: skip on pull requests, fail elsewhere. archive leaves the image as an OCI archive (outputs path and archive-digest) for a trusted job to publish.",
		Example: "fail",
	},
	{
		Name: "verify", Kind: Choice, Commands: pushing, Default: "full", Values: []string{"full", "digest", "none"},
		Help:    "How much is proven after pushing: digest reads every tag and the digest back; full also pulls the image as a stranger would and reads the package's visibility and link; none trusts the registry's answers, and does not look whether a tag moves back.",
		Example: "digest",
	},
	{
		Name: "timeout", Kind: Duration, Commands: slices.Concat(reporting, asking), Default: "30m",
		Help:    "The most the whole run may take, waits and repetitions included. What is true by then is reported.",
		Example: "1h",
	},
	{
		Name: "summary", Kind: Bool, Commands: slices.Concat(reporting, check), Default: "true",
		Help:    "Write the job summary.",
		Example: "false",
	},
	{
		Name: "debug", Kind: Bool, Commands: slices.Concat(reporting, asking), Default: "false",
		Help:    "Print one line for each request. Also on when the workflow runs with debug logging.",
		Example: "true",
	},
	{
		Name: "trace", Commands: slices.Concat(reporting, asking),
		Help:    "A file to write every request to, as JSON lines: method, host, path, status, bytes, nanoseconds, attempt, request id; never a credential or a signed query.",
		Example: "trace.jsonl",
	},
	{
		Name: "ca-file", Commands: slices.Concat(reporting, asking),
		Help:    "A file with certificates in PEM to trust beside the system's: of a proxy that looks into TLS, or of a registry with an authority of its own. Proxies themselves come from HTTPS_PROXY and NO_PROXY.",
		Example: "/etc/ssl/company.pem",
	},
	{
		Name: "destination", Commands: pull,
		Help:    "Where to put the image: a directory for an OCI layout, which may hold others already; oci-archive:FILE; docker-archive:FILE (- in place of FILE is a pipe, at a terminal); or docker-daemon: for the Docker engine. A :NAME after oci:DIRECTORY or a file, or a NAME after docker-daemon:, names the image there; without one it keeps its own. docker-archive and docker-daemon take one platform: that of this machine or of the engine unless platform chooses.",
		Example: "oci-archive:web.tar",
	},
	{
		Name: "platform", Commands: []Command{Pull, Inspect, Publish},
		Help: "One platform of an index, as os/arch or os/arch/variant. Without it: all of them.",
		Own: map[Command]string{
			Publish: "With content: the platforms to make images for, separated by commas. Without it: those of the paths, of the programs among the files, or of the base.",
		},
		Example: "linux/arm64",
	},
	{
		Name: "verify-only", Kind: Bool, Commands: pull, Default: "false",
		Help:    "Prove that the image can be pulled whole: fetch and check every byte, and write nothing.",
		Example: "true",
	},
	{
		Name: "json", Kind: Bool, Commands: []Command{Inspect}, Default: "false",
		Help:    "Print JSON in place of a table: manifests and configs whole.",
		Example: "true",
	},
	{
		Name: "digest-only", Kind: Bool, Commands: []Command{Inspect}, Default: "false",
		Help:    "Print the digest alone: one question to the registry, and nothing is fetched.",
		Example: "true",
	},
	{
		Name: "paths", Kind: Lines, Commands: migrate,
		Help:    "Folders of checkouts, or workflow files, one a line. Without it: the workflows and actions of the working directory.",
		Example: ".github/workflows/release.yml",
	},
	{
		Name: "write", Kind: Bool, Commands: migrate, Default: "false",
		Help:    "Write the edits into the files. Without it they are shown as a diff.",
		Example: "true",
	},
	{
		Name: "check", Kind: Bool, Commands: migrate, Default: "false",
		Help:    "Fail if an edit is left to be made: for CI.",
		Example: "true",
	},
	{
		Name: "add-check", Kind: Bool, Commands: migrate, Default: "false",
		Help:    "With write: add a workflow, to be run once by hand, that proves with check that the repository may push the packages found. No API shows that grant.",
		Example: "true",
	},
	{
		Name: "to-action", Commands: migrate,
		Help:    "Fold login, metadata and push steps into one step of this action, named as OWNER/NAME@REF, where that is exact; where it is not, the reason is said.",
		Example: "ghcr-publish/ghcr-publish@v1",
	},
	{
		Name: "sarif", Commands: migrate,
		Help:    "A file to write the findings to in SARIF 2.1.0, for code scanning.",
		Example: "migrate.sarif",
	},
}
