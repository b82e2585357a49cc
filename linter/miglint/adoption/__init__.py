"""Taking miglint up in a repository: the texts of the files that `miglint init` writes, made from those that are there.

Nothing in here writes a file.
"""
