"""GitLab: the note on a merge request. Failing to write it never changes the exit status."""
