"""The server puts rows into the hash partitions that are worked out."""

import pytest

from evaluation import servers
from miglint.dialects.postgresql.hashing import hash_of_whole

NUMBERS = (0, 1, -1, 7, 100, -32768, 32767, 32768, 2**31 - 1, -(2**31), 2**31, 2**40 + 12345, 2**63 - 1, -(2**63))


@pytest.mark.parametrize("kind", ["int2", "int4", "int8"])
def test_the_server_hashes_alike(kind: str, postgresql: servers.PostgreSQL) -> None:
    with postgresql.connect() as connection:
        connection.execute(f"CREATE TEMP TABLE hashed (k {kind}) PARTITION BY HASH (k)")
        for number, found in [(each, hash_of_whole(each, kind)) for each in NUMBERS]:
            if found is None:
                with pytest.raises(Exception, match="out of range"):
                    connection.execute(f"SELECT '{number}'::{kind}")
                continue
            asked = (
                f"SELECT satisfies_hash_partition('hashed'::regclass::oid, 1000, {found % 1000}, '{number}'::{kind})"
            )
            row = connection.execute(asked).fetchone()
            assert row == (True,), number


def test_what_is_no_whole_number_of_the_type_has_no_hash() -> None:
    assert hash_of_whole(70000, "int2") is None
    assert hash_of_whole(1, "numeric") is None
