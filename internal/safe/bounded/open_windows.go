package bounded

// noWait is 0, because a file on Windows cannot be a named pipe.
const noWait = 0
