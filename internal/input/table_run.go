package input

import "slices"

// runTable returns the inputs for the token, the safety and the output of a run.
func runTable() []Input {
	return []Input{
		{
			Name: "token", Group: GroupLogin, Commands: slices.Concat(reporting, authenticating), NoFlag: true, ActionDefault: "${{ github.token }}",
			Help:    "Token for the registry and the API of this GitHub server. No other host receives the token. Default: the GITHUB_TOKEN of the job. At a terminal, the token comes from the variables GITHUB_TOKEN, GH_TOKEN or CR_PAT, or from --token-stdin.",
			Short:   "Token for the registry and the API of this GitHub server. No other host receives the token. Default: the GITHUB_TOKEN of the job.",
			Example: "${{ secrets.GITHUB_TOKEN }}",
		},
		{
			Name: "username", Group: GroupLogin, Commands: slices.Concat([]Command{Publish, Merge, Promote, Pull, Inspect, Diff, Attest, Verify, Cleanup}, authenticating),
			Help:    "User name to send with the token. ghcr.io ignores the user name, but other registries can check it. Default: the actor of the workflow.",
			Example: "octocat",
		},
		{
			Name: "registry", Group: GroupLogin, Commands: slices.Concat([]Command{Publish, Merge, Promote, Pull, Inspect, Diff, Attest, Verify, Cleanup}, authenticating),
			Help: "Registry for images whose names contain no host. Default: the registry of this GitHub server, for example ghcr.io.",
			Own: map[Command]string{
				Login: "Registry hosts to log in to, one per line, in addition to the hosts in `credentials`. Default: the registry of this GitHub server.",
			},
			Example: "containers.github.example.com",
		},
		{
			Name: "credentials", Group: GroupLogin, Kind: Lines, Commands: slices.Concat([]Command{Publish, Merge, Promote, Pull, Inspect, Diff, Attest, Verify, Cleanup}, authenticating), NoFlag: true,
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
				Cleanup: "Checks after the deletions. `tags` lists the package again. `full` reads each version that is connected to a deleted version. The run restores a version that should have stayed.",
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
	}
}
