"""MariaDB's documentation: "InnoDB Online DDL Operations with the INSTANT Alter Algorithm" and "Online Schema Change".

The first was read up to *Table Operations*, the second in full. They hold for 10.6 as for 11.4, since all that they
date is of 10.4 or before, except that from 11.2 others write while a table is copied. What they leave out was measured
on 10.11 (`evaluation/locks`). No other release was asked.

Whether a new foreign key is checked online the page does not say; the model keeps to what 10.11 does, which is to make
writers of both tables wait. Changing a column to AUTO_INCREMENT is online under three conditions, one of them the
session's: the model takes it not to be.
"""

import pytest

from miglint.effects import Work
from miglint.history import Target
from tests.miglint.dialects.mysql.asking import effects_of

V106, V114 = Target("mariadb", (10, 6)), Target("mariadb", (11, 4))
SETUP = (
    "CREATE TABLE parent (id bigint PRIMARY KEY) ENGINE=InnoDB",
    """CREATE TABLE tab (a int PRIMARY KEY, b varchar(50) NULL, c varchar(50) NOT NULL, p bigint NULL, KEY by_p (p),
       e enum('red','green')) ENGINE=InnoDB CHARACTER SET=latin1""",
    "CREATE TABLE redundant (a int PRIMARY KEY, c varchar(200) NOT NULL) ROW_FORMAT=REDUNDANT CHARACTER SET=latin1",
    "CREATE TABLE short (a int PRIMARY KEY, c varchar(127)) ROW_FORMAT=DYNAMIC CHARACTER SET=latin1",
    "CREATE TABLE squeezed (a int PRIMARY KEY, c varchar(127)) ROW_FORMAT=COMPRESSED CHARACTER SET=latin1",
    "CREATE TABLE middling (a int PRIMARY KEY, c varchar(128)) ROW_FORMAT=DYNAMIC CHARACTER SET=latin1",
    "CREATE TABLE child (a int PRIMARY KEY, p bigint, FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE)",
    """CREATE TABLE sibling (a int PRIMARY KEY, b bigint, p bigint,
       FOREIGN KEY (p) REFERENCES parent (id) ON DELETE RESTRICT)""",
    "CREATE TABLE old (a int PRIMARY KEY, b int) ENGINE=MyISAM",
    "CREATE TABLE history (a int PRIMARY KEY, b int) WITH SYSTEM VERSIONING",
)
INSTANT_PAGE = [
    ("ALTER TABLE tab ADD COLUMN x varchar(50)", "INSTANT"),
    ("ALTER TABLE tab ADD COLUMN x varchar(50) AFTER a", "INSTANT"),
    ("ALTER TABLE tab DROP COLUMN c", "INSTANT"),
    ("ALTER TABLE tab MODIFY COLUMN c varchar(50) NOT NULL AFTER a", "INSTANT"),
    ("ALTER TABLE tab MODIFY COLUMN c int NOT NULL", "COPY"),
    ("ALTER TABLE tab MODIFY COLUMN c varchar(100) NOT NULL", "INSTANT"),
    ("ALTER TABLE redundant MODIFY COLUMN c varchar(300) NOT NULL", "INSTANT"),
    ("ALTER TABLE short MODIFY COLUMN c varchar(300)", "INSTANT"),
    ("ALTER TABLE squeezed MODIFY COLUMN c varchar(300)", "INSTANT"),
    ("ALTER TABLE middling MODIFY COLUMN c varchar(300)", "COPY"),
    ("ALTER TABLE redundant MODIFY COLUMN c varchar(200) NULL", "INSTANT"),
    ("ALTER TABLE tab MODIFY COLUMN c varchar(50) NULL", "INPLACE"),
    ("ALTER TABLE tab MODIFY COLUMN b varchar(50) NOT NULL", "INPLACE"),
    ("ALTER TABLE tab MODIFY COLUMN e enum('red','green','blue')", "INSTANT"),
    ("ALTER TABLE tab MODIFY COLUMN e enum('red','blue','green')", "COPY"),
    ("ALTER TABLE tab ALTER COLUMN c SET DEFAULT 'x'", "INSTANT"),
    ("ALTER TABLE tab ALTER COLUMN c DROP DEFAULT", "INSTANT"),
    ("ALTER TABLE tab CHANGE COLUMN c str varchar(50) NOT NULL", "INSTANT"),
    ("ALTER TABLE tab CHANGE COLUMN c num int NOT NULL", "COPY"),
    ("ALTER TABLE tab DROP PRIMARY KEY", "COPY"),
    ("ALTER TABLE tab ADD INDEX b_index (b)", "NOCOPY"),
    ("CREATE INDEX b_index ON tab (b)", "NOCOPY"),
    ("SET foreign_key_checks=OFF; ALTER TABLE sibling ADD FOREIGN KEY (b) REFERENCES parent (id)", "NOCOPY"),
    ("SET foreign_key_checks=OFF; ALTER TABLE tab ADD FOREIGN KEY (a) REFERENCES parent (id)", "INSTANT"),
    ("ALTER TABLE sibling DROP FOREIGN KEY sibling_ibfk_1", "INSTANT"),
    ("ALTER TABLE tab AUTO_INCREMENT=100", "INSTANT"),
    ("ALTER TABLE tab ROW_FORMAT=COMPRESSED", "INPLACE"),
]
COPIED_ONLINE = [
    "ALTER TABLE tab MODIFY COLUMN p int",
    "ALTER TABLE tab ADD COLUMN x int DEFAULT (a + 1)",
    "ALTER TABLE tab ADD COLUMN x int AS (a + 1) STORED",
    "ALTER TABLE tab ADD CONSTRAINT positive CHECK (a > 0)",
    "ALTER TABLE tab DROP PRIMARY KEY",
    "ALTER TABLE tab PARTITION BY HASH (a) PARTITIONS 4",
    "ALTER TABLE sibling MODIFY COLUMN a bigint",
    "ALTER TABLE tab FORCE, ALGORITHM=COPY",
]
COPIED_ALONE = [
    "ALTER TABLE tab MODIFY COLUMN p int, ADD COLUMN x int NOT NULL AUTO_INCREMENT UNIQUE",
    "ALTER TABLE tab ADD COLUMN x int DEFAULT nextval(numbers)",
    "ALTER TABLE tab MODIFY COLUMN a int NOT NULL AUTO_INCREMENT",
    "ALTER TABLE child MODIFY COLUMN a bigint",
    "ALTER TABLE tab ORDER BY c",
    "ALTER TABLE tab MODIFY COLUMN p int, LOCK=SHARED",
    "ALTER TABLE tab ADD FOREIGN KEY (p) REFERENCES parent (id)",
    "ALTER TABLE old MODIFY COLUMN b bigint",
    "ALTER TABLE history MODIFY COLUMN b bigint",
]


@pytest.mark.parametrize(("statement", "algorithm"), INSTANT_PAGE)
@pytest.mark.parametrize("target", [V106, V114], ids=["10.6", "11.4"])
def test_an_example_of_the_page_on_the_instant_algorithm(statement: str, algorithm: str, target: Target) -> None:
    (effect,) = effects_of(statement, target, SETUP)
    assert effect.algorithm == algorithm


@pytest.mark.parametrize("statement", COPIED_ONLINE)
def test_from_112_others_write_while_a_table_is_copied(statement: str) -> None:
    (before,), (since,) = (effects_of(statement, Target("mariadb", v), SETUP) for v in ((11, 1), (11, 2)))
    assert (before.algorithm, before.lock, before.dangerous) == ("COPY", "SHARED", True)
    assert (since.algorithm, since.lock, since.dangerous) == ("COPY", "NONE", False)
    assert since.work == frozenset({Work.COPY})


@pytest.mark.parametrize("statement", COPIED_ALONE)
def test_what_cannot_be_copied_online_still_makes_writers_wait(statement: str) -> None:
    effects = effects_of(statement, V114, SETUP)
    assert effects[0].algorithm == "COPY"
    assert all((each.lock, each.dangerous) == ("SHARED", True) for each in effects)


def test_a_mariadb_of_unknown_version_is_not_taken_to_copy_online() -> None:
    (effect,) = effects_of("ALTER TABLE tab MODIFY COLUMN p int", Target("mariadb"), SETUP)
    assert effect.dangerous
