import io
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.ingest.config import IngestConfig
from tasks.ingest.read_archives import Member, Refused, read_archive, unsafe_name

CONFIG = IngestConfig()


def read(path: Path, config: IngestConfig = CONFIG) -> list[Member | Refused]:
    return list(read_archive(str(path), path.name, lambda _: config.max_file_bytes, config))


def reasons(path: Path, config: IngestConfig = CONFIG) -> list[tuple[str, str]]:
    return [(item.path, item.reason) for item in read(path, config) if isinstance(item, Refused)]


def zip_of(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def tar_of(path: Path, members: dict[str, bytes], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


FILES = {"a/b.py": b"x = 1\n", "README.md": "# Tïtle\n".encode()}


@pytest.mark.parametrize("name", ["x.zip", "x.whl", "x.jar"])
def test_members_of_a_zip_come_in_its_order(tmp_path, name):
    assert read(zip_of(tmp_path / name, FILES)) == [Member(*item) for item in FILES.items()]


@pytest.mark.parametrize(
    ("name", "mode"),
    [("x.tar", "w"), ("x.tar.gz", "w:gz"), ("x.tgz", "w:gz"), ("x.tar.bz2", "w:bz2"), ("x.tar.xz", "w:xz")],
)
def test_members_of_a_tar_come_in_its_order(tmp_path, name, mode):
    assert read(tar_of(tmp_path / name, FILES, mode)) == [Member(*item) for item in FILES.items()]


def test_a_tar_packed_with_zstandard_is_read(tmp_path):
    import pyarrow as pa

    plain = tar_of(tmp_path / "x.tar", FILES, "w").read_bytes()
    with pa.CompressedOutputStream(pa.OSFile(str(tmp_path / "x.tar.zst"), "wb"), "zstd") as out:
        out.write(plain)
    assert read(tmp_path / "x.tar.zst") == [Member(*item) for item in FILES.items()]


HOSTILE = {"../up.py": b"x", "/etc/x.py": b"x", "C:/x.py": b"x", "a/../../x.py": b"x", "..\\x.py": b"x"}


def test_names_that_lead_out_are_refused_and_the_others_read(tmp_path):
    for path in (zip_of(tmp_path / "x.zip", HOSTILE | FILES), tar_of(tmp_path / "x.tar.gz", HOSTILE | FILES)):
        assert [reason for _, reason in reasons(path)] == ["unsafe_path"] * 5
        assert [item.path for item in read(path) if isinstance(item, Member)] == list(FILES)


def test_nothing_is_written_to_disk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    read(zip_of(tmp_path / "x.zip", HOSTILE | FILES))
    read(tar_of(tmp_path / "x.tar.gz", HOSTILE | FILES))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.tar.gz", "x.zip"]


def test_a_member_that_packs_too_well_is_a_bomb(tmp_path):
    path = zip_of(tmp_path / "x.zip", {"bomb.py": b"\0" * (2 << 20), "a.py": b"x = 1\n"})
    assert reasons(path) == [("bomb.py", "zip_bomb")]


def test_a_member_larger_than_allowed_is_refused_unread(tmp_path):
    path = zip_of(tmp_path / "x.zip", {"big.py": b"\0" * (30 << 20), "a.py": b"x"})
    assert reasons(path) == [("big.py", "too_large")]


def test_an_archive_that_unpacks_to_too_much_is_stopped(tmp_path):
    members = {f"{number}.py": bytes([48 + number]) * 1000 for number in range(10)}
    config = IngestConfig(max_archive_bytes=5000)
    assert reasons(zip_of(tmp_path / "x.zip", members), config) == [("", "zip_bomb")]
    small = {f"{number}.py": b"x" * 4000 for number in range(10)}
    assert reasons(tar_of(tmp_path / "x.tar.gz", small), IngestConfig(max_archive_bytes=20_000)) == [
        ("", "zip_bomb")
    ]


def test_a_tar_that_packs_too_well_is_stopped_while_it_unpacks(tmp_path):
    path = tar_of(tmp_path / "x.tar.gz", {"a.py": b"x = 1\n", "bomb.bin": b"\0" * (64 << 20), "b.py": b"x"})
    assert [item.path for item in read(path) if isinstance(item, Member)] == ["a.py"]
    assert reasons(path)[-1] == ("", "zip_bomb")


def test_too_many_members_end_the_reading_with_one_reject(tmp_path):
    path = zip_of(tmp_path / "x.zip", {f"{number}.py": b"x" for number in range(8)})
    found = read(path, IngestConfig(max_members=3))
    assert [type(item) for item in found] == [Member] * 3 + [Refused]
    assert isinstance(found[-1], Refused)
    assert found[-1].reason == "too_many_members"


def test_archives_inside_archives_are_not_opened(tmp_path):
    path = zip_of(tmp_path / "x.zip", {"inner.zip": b"PK", "inner.tar.gz": b"x"})
    assert [reason for _, reason in reasons(path)] == ["nested_archive"] * 2


def test_links_and_devices_in_archives_are_refused(tmp_path):
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        for name, kind in (("soft", tarfile.SYMTYPE), ("hard", tarfile.LNKTYPE), ("pipe", tarfile.FIFOTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    assert reasons(tmp_path / "x.tar") == [("soft", "symlink"), ("hard", "symlink"), ("pipe", "not_a_file")]
    link = zipfile.ZipInfo("link.py")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as packed:
        packed.writestr(link, "/etc/passwd")
    assert reasons(tmp_path / "x.zip") == [("link.py", "symlink")]


def test_an_encrypted_member_is_refused(tmp_path):
    path = zip_of(tmp_path / "x.zip", {"a.py": b"x = 1\n"})
    data = bytearray(path.read_bytes())
    # The flag stands 6 bytes into the local header and 8 into the central one.
    central = data.find(b"PK\x01\x02")
    for place in (6, central + 8):
        data[place : place + 2] = struct.pack("<H", 1)
    path.write_bytes(data)
    assert reasons(path) == [("a.py", "encrypted")]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_comes_twice_is_read_once(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a.py", "x = 1")
        archive.writestr("a.py", "x = 2")
    assert reasons(tmp_path / "x.zip") == [("a.py", "duplicate_member")]


def test_no_archive_under_an_archives_name_is_one_reject(tmp_path):
    for name in ("x.zip", "x.tar", "x.tar.gz", "x.tar.bz2", "x.tar.xz", "x.tar.zst", "x.whl"):
        (tmp_path / name).write_bytes(b"no archive at all")
        assert reasons(tmp_path / name) == [("", "broken_archive")]


@given(
    st.binary(max_size=40),
    st.integers(min_value=0, max_value=400),
    st.sampled_from(["x.zip", "x.tar.gz", "x.tar"]),
)
@settings(max_examples=150, deadline=None)
def test_a_damaged_archive_never_raises(tmp_path_factory, damage, place, name):
    folder = tmp_path_factory.getbasetemp() / "damaged"
    folder.mkdir(exist_ok=True)
    path = (
        zip_of(folder / name, FILES)
        if name == "x.zip"
        else tar_of(folder / name, FILES, "w:gz" if "gz" in name else "w")
    )
    data = path.read_bytes()
    place = min(place, len(data))
    path.write_bytes(data[:place] + damage + data[place + len(damage) :])
    read(path)


@given(st.text(max_size=30))
def test_a_safe_name_stays_inside_any_folder(name):
    if unsafe_name(name) is None:
        assert ".." not in Path("/srv/x", name).parts
        assert Path("/srv/x", name).is_relative_to("/srv/x")
