"""A stand-in of Google Drive's API, version 3: what the official client needs of it, refusals and faults included."""
