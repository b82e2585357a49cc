"""What a run writes stays where it was told to, whatever links the checkout holds."""

from pathlib import Path

import pytest

from git_repos import Repo
from miglint.cli._caching import cache_of
from miglint.cli._files import folder_in, write_file
from miglint.errors import MiglintError
from miglint.git import open_repository


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    monkeypatch.chdir(checkout)
    return checkout


def test_a_file_is_written_anew(checkout: Path) -> None:
    (checkout / "out.json").write_text("something longer that was there")
    write_file(Path("out.json"), "é\udcff", checkout)
    assert (checkout / "out.json").read_text() == "é\\udcff"


def test_a_link_is_not_written_through(checkout: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (checkout / "out.json").symlink_to(victim)
    with pytest.raises(MiglintError, match=r"^out\.json is a link, which is not written through$"):
        write_file(Path("out.json"), "x", checkout)
    assert victim.read_text() == "precious"


def test_a_link_to_nothing_creates_nothing(checkout: Path, tmp_path: Path) -> None:
    (checkout / "out.json").symlink_to(tmp_path / "new")
    with pytest.raises(MiglintError, match="is a link"):
        write_file(Path("out.json"), "x", checkout)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("path", ["out/file", "./out/file", "../checkout/out/file"])
def test_a_folder_that_leads_out_is_refused(path: str, checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (checkout / "out").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(MiglintError, match="leads out of the checkout"):
        write_file(Path(path), "x", checkout)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_folder_that_links_within_is_followed(checkout: Path) -> None:
    (checkout / "real").mkdir()
    (checkout / "out").symlink_to("real")
    write_file(Path("out/file"), "x", checkout, confined=True)
    assert (checkout / "real" / "file").read_text() == "x"


def test_outside_is_the_users_own_word_unless_confined(checkout: Path, tmp_path: Path) -> None:
    write_file(tmp_path / "file", "x", checkout)
    assert (tmp_path / "file").read_text() == "x"
    with pytest.raises(MiglintError, match="is outside of the checkout"):
        write_file(Path("../file"), "y", checkout, confined=True)
    assert (tmp_path / "file").read_text() == "x"


def test_a_folder_of_the_checkout_that_is_a_link_out(checkout: Path, tmp_path: Path) -> None:
    (checkout / "cache").symlink_to(tmp_path)
    with pytest.raises(MiglintError, match="leads out of the checkout"):
        folder_in(Path("cache"), checkout)


def test_a_folder_that_is_not_there_can_not_be_written_to(checkout: Path) -> None:
    with pytest.raises(MiglintError, match=r"^no/file cannot be written: No such file or directory$"):
        write_file(Path("no/file"), "x", checkout)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.init(tmp_path / "repo")


@pytest.mark.parametrize("name", ["cache", "."])
def test_a_cache_that_is_committed_is_refused(name: str, repo: Repo) -> None:
    """A pull request could bring one that says its migrations are empty."""
    repo.commit({"cache/miglint-cache.jsonl": "x", "miglint-cache.jsonl": "x"})
    with (
        pytest.raises(MiglintError, match="holds files of the repository"),
        cache_of(open_repository(repo.path), repo.path / name, off=False),
    ):
        pass


def test_a_cache_beside_the_repositorys_files_is_used(repo: Repo) -> None:
    repo.commit({"README": "x"})
    with cache_of(open_repository(repo.path), repo.path / "cache", off=False) as cache:
        cache.put("kind", "key", [1])
    with cache_of(open_repository(repo.path), repo.path / "cache", off=False) as cache:
        assert cache.get("kind", "key") == [1]
