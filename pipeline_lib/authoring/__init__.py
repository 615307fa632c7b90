"""What authors of projects are helped with: new projects, code schemes, the names of flows."""
