from miglint.fingerprint import fingerprints


def test_equal_identities_are_told_apart_and_parts_are_not_glued() -> None:
    first, second, glued = fingerprints([("a", "bc"), ("a", "bc"), ("ab", "c")])
    assert len({first, second, glued}) == 3
    assert fingerprints([("a", "bc")]) == [first]


def test_a_surrogate_from_a_file_name_does_no_harm() -> None:
    assert len(fingerprints([("\udcff",)])[0]) == 32
