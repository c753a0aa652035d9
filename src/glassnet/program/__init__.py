"""The recorded step as data: record it, name it, verify it, rewrite it, write it out."""
