"""A stand-in for Meta's Graph API, as far as a page's posts, comments and metrics are read from it."""
