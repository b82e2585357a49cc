from miglint.changeset import MemoryTree


def test_a_memory_tree_names_blobs_as_git_does() -> None:
    tree = MemoryTree({"a.txt": b"hello\n"})
    assert tree.blob("a.txt") == "ce013625030ba8dba906f756967f9e9ca394464a"  # git hash-object
